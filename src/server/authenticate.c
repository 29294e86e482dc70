/* The credential of a request → who asks, and whether the operation is open to
 * them. Order of checks: VALIDATION.md, 14. */
#include "server/exchange.h"

#include "domain/bewit.h"

/* --- finding the credential ----------------------------------------------------- */

/* "Bearer x", the scheme in any case. */
static bool bearer(str header, str *out_token)
{
    str rest;
    str scheme = str_cut(header, ' ', &rest);
    if (!str_eq_nocase(scheme, STR("Bearer")) || str_trim(rest).len == 0 || str_find_char(str_trim(rest), ' ') >= 0)
        return false;
    *out_token = str_trim(rest);
    return true;
}

static struct result authenticate_v2(struct exchange *x)
{
    struct call *c = &x->call;
    str token;
    if (!c->authorization.p)
        return fail(ERR_MISSING_AUTHENTICATION);
    if (!bearer(c->authorization, &token))
        return fail(ERR_BAD_AUTHORIZATION_HEADER);
    TRY(caller_from_jwt(c->tenant, c->arena, token, c->now_us, &c->caller));
    return c->caller.user_is_gone ? fail(ERR_INVALID_TOKEN) : OK;
}

/* Header, then ?access_token=, then (GET only) ?bewit= (V1-REFERENCE 1.2). */
static struct result authenticate_v1(struct exchange *x)
{
    struct call *c = &x->call;
    str token = STR_NONE;
    if (c->authorization.p) {
        if (!bearer(c->authorization, &token))
            return fail(ERR_BAD_AUTHORIZATION_HEADER);
    } else {
        token = exchange_query(x, STR("access_token"));
    }
    if (token.len)
        return caller_from_v1_token(c->tenant, c->arena, token, c->now_us, &c->caller);
    str bewit = exchange_query(x, STR("bewit"));
    if (bewit.len && x->rq->method == HTTP_GET)
        return bewit_check(c->tenant, c->arena, x->rq->path, x->rq->query, bewit, c->now_us, &c->caller);
    return fail(ERR_MISSING_AUTHENTICATION);
}

struct result exchange_authenticate(struct exchange *x)
{
    struct call *c = &x->call;
    c->authorization = http_header_get(x->rq, STR("Authorization"));
    if (c->op->api == API_V1 && c->op->credential != V1_PUBLIC)
        return authenticate_v1(x);
    if (c->op->api == API_V2 && c->op->needs_token)
        return authenticate_v2(x);
    return OK;
}

/* --- is it open to them ----------------------------------------------------------- */

/* The user whom scopes of `self` must belong to: the one in the path. Where it
 * names none (a device credential), the handler looks whose the thing is. */
static str acted_on(const struct exchange *x)
{
    bool names_user = str_starts(x->call.op->path, STR("/api/v2/users/{"));
    return names_user ? str_url_decode(x->call.arena, x->raw_values[0], false) : x->call.caller.user_id;
}

struct result exchange_authorize(struct exchange *x)
{
    struct call *c = &x->call;
    if (c->op->api == API_V1)
        return c->op->credential == V1_GLOBAL && c->caller.kind != CALLER_V1_GLOBAL ? fail(ERR_GLOBAL_CLIENT_REQUIRED) : OK;
    if (c->op->api != API_V2 || !c->op->needs_token)
        return OK;
    return caller_check_scopes(&c->caller, &c->op->scopes, acted_on(x));
}

static bool is_guard_scope(const struct operation *op, uint16_t id)
{
    for (size_t i = 0; i < op->guard_count; i++)
        for (size_t j = 0; j < op->guards[i].scopes.count; j++)
            if (op->guards[i].scopes.ids[j] == id)
                return true;
    return false;
}

/* A scope that opens every member, not only guarded ones. */
static bool holds_full_scope(const struct operation *op, const struct caller *who)
{
    for (size_t i = 0; i < op->scopes.count; i++) {
        const struct scope_set *set = &op->scopes.any_of[i];
        bool held = true, full = false;
        for (size_t j = 0; j < set->count; j++) {
            held = held && scopes_has(&who->scopes, set->ids[j]);
            full = full || !is_guard_scope(op, set->ids[j]);
        }
        if (held && full)
            return true;
    }
    return false;
}

static const struct scope_guard *guard_of(const struct operation *op, str member)
{
    for (size_t i = 0; i < op->guard_count; i++)
        if (str_eq(op->guards[i].member, member))
            return &op->guards[i];
    return NULL;
}

static bool member_open(const struct operation *op, const struct caller *who, str member, bool full)
{
    const struct scope_guard *g = guard_of(op, member);
    if (!g || (full && !g->always))
        return full;
    for (size_t i = 0; i < g->scopes.count; i++)
        if (scopes_has(&who->scopes, g->scopes.ids[i]))
            return true;
    return false;
}

struct result exchange_check_guards(struct exchange *x)
{
    const struct operation *op = x->call.op;
    struct json_member *m;
    if (op->guard_count == 0)
        return OK;
    bool full = holds_full_scope(op, &x->call.caller);
    JSON_EACH_MEMBER(x->call.body, i, m)
        if (!member_open(op, &x->call.caller, m->key, full))
            return fail1(ERR_INSUFFICIENT_SCOPE, op->scopes.words);
    return OK;
}
