/* /api/v2/users and /api/v2/users-by-email. */
#include "api/hits.h"
#include "api/call.h"
#include "domain/user/user.h"

#include <string.h>

enum { SEARCH_RESULTS_MAX = 1000 }; /* AUTH-REFERENCE 22; only where the real service's limits are copied */

/* --- what a caller sees of a user --------------------------------------------------- */

static bool sees_tokens(const struct call *c)
{
    int tokens = scope_find(STR("read:user_idp_tokens"));
    return tokens >= 0 && scopes_has(&c->caller.scopes, tokens);
}

static struct result present(struct call *c, const struct user *u, struct json **out)
{
    struct json *doc = u->doc;
    if (sees_tokens(c))
        TRY(user_with_tokens(c->tx, u, &doc));
    *out = call_pick_fields(c, doc);
    return OK;
}

static struct result reply_user(struct call *c, int status, const struct user *u)
{
    struct json *doc;
    TRY(present(c, u, &doc));
    return call_reply(c, status, doc);
}

/* --- one user -------------------------------------------------------------------------- */

/* Most readers get the document whole, and so as it is kept. */
struct result v2_users_read(struct call *c)
{
    struct user u;
    str text;
    TRY(user_text_by_id(c->tx, call_param(c, "id"), &text));
    if (!json_get(c->query, STR("fields")) && !(sees_tokens(c) && user_text_may_have_tokens(text)))
        return call_reply_written(c, 200, text);
    TRY(user_by_id(c->tx, call_param(c, "id"), &u));
    return reply_user(c, 200, &u);
}

/* Before the transaction: a password in the body is checked and hashed. */
struct result v2_users_hash(struct call *c)
{
    const struct json *password = json_get(c->body, STR("password"));
    if (!json_is(password, JSON_STRING))
        return OK;
    const struct user_password_request rq = {
        .text = json_text(password),
        .connection = json_get_text(c->body, STR("connection")),
        .user_id = c->op->path_param_count ? call_param(c, "id") : STR_NONE,
        .body = c->body,
    };
    struct user_password *ready;
    TRY(user_password_prepare(c->tenant, c->arena, c->now_us, &rq, &ready));
    c->prepared = ready;
    return OK;
}

struct result v2_users_create(struct call *c)
{
    struct user_new n;
    struct user u;
    user_new_from_body(c->body, &n);
    n.password = c->prepared;
    TRY(user_create(c->tx, &n, &u));
    return call_reply(c, 201, u.doc);
}

struct result v2_users_patch(struct call *c)
{
    const struct user_change change = { .body = c->body, .password = c->prepared };
    struct user u;
    TRY(user_patch(c->tx, call_param(c, "id"), &change, &u));
    return call_reply(c, 200, u.doc);
}

struct result v2_users_delete(struct call *c)
{
    bool found;
    TRY(user_delete_by_id(c->tx, call_param(c, "id"), &found));
    return call_reply_empty(c, 204);
}

struct result v2_users_delete_all(struct call *c)
{
    TRY(user_delete_all(c->tx));
    return call_reply_empty(c, 204);
}

/* --- lists ----------------------------------------------------------------------------------- */

static enum search_engine engine_of(const struct call *c)
{
    str name = call_query_text(c, "search_engine");
    return str_eq(name, STR("v1")) ? SEARCH_V1 : str_eq(name, STR("v2")) ? SEARCH_V2 : SEARCH_V3;
}

static struct result read_query(const struct call *c, struct search_request *rq)
{
    struct search_node *asked, *here = NULL;
    str connection = call_query_text(c, "connection");
    TRY(search_parse(c->arena, call_query_text(c, "q"), engine_of(c), &asked));
    if (connection.len)
        here = search_equals(c->arena, STR("identities.connection"), connection);
    rq->query = search_and(c->arena, asked, here);
    return OK;
}

static bool is_sortable(str field)
{
    for (size_t i = 0; i < field.len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.", field.p[i]))
            return false;
    return field.len && !str_starts(field, STR("user_metadata")) && !str_starts(field, STR("app_metadata"));
}

/* sort=field:1 or field:-1; primary_order=false leaves the order open. */
static struct result read_sort(const struct call *c, struct search_request *rq)
{
    const struct json *primary = json_get(c->query, STR("primary_order"));
    str sort = call_query_text(c, "sort"), direction;
    if (!sort.len)
        return OK;
    str field = str_cut(sort, ':', &direction);
    bool down = str_eq(direction, STR("-1"));
    if (!is_sortable(field) || (!down && !str_eq(direction, STR("1"))))
        return fail1(ERR_INVALID_QUERY, str_fmt(c->arena, "Query validation error: 'Cannot sort by %.*s' on property sort "
                                                          "(Root attribute and direction: name:1 or name:-1).", STR_ARG(sort)));
    if (primary && !json_true(primary))
        return OK;
    rq->sort_field = field;
    rq->descending = down;
    return OK;
}

struct result v2_users_list(struct call *c)
{
    struct call_page p;
    struct search_page found;
    struct json *users;
    TRY(call_get_page(c, &p));
    if (c->real_limits && p.offset + p.limit > SEARCH_RESULTS_MAX)
        return fail(ERR_INVALID_PAGING);
    struct search_request rq = { .offset = p.offset, .limit = p.limit, .want_total = p.totals };
    TRY(read_query(c, &rq));
    TRY(read_sort(c, &rq));
    TRY(search_users(c->tx, &rq, &found));
    TRY(hits_present(c, &found, present, &users));
    return p.totals ? call_reply_page(c, &p, users, found.total, 0, found.more) : call_reply(c, 200, users);
}

struct result v2_users_by_email(struct call *c)
{
    struct user *users;
    size_t count;
    struct json *list = json_array(c->arena), *one;
    TRY(users_by_email(c->tx, call_query_text(c, "email"), &users, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(present(c, &users[i], &one));
        json_push(c->arena, list, one);
    }
    return call_reply(c, 200, list);
}
