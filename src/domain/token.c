#include "domain/token.h"

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/jwt.h"
#include "crypto/random.h"
#include "domain/client.h"
#include "domain/client_grant.h"
#include "domain/resource_server.h"
#include "domain/signing_key.h"
#include "domain/tenant_settings.h"

/* --- what a request leads to: read once, then signed outside the transaction ------- */

struct plan {
    const struct token_request *rq;
    struct client client;
    str audience;
    bool for_v1;
    struct resource_server api;
    str scope;         /* granted, space separated */
    bool permissions;  /* RBAC dialect: the scopes stand in `permissions` too */
    bool profile_9068; /* RFC 9068 dialect */
};

/* The method that the client is registered with decides what counts. */
static bool authenticated(const struct client *c, const struct client_auth *auth)
{
    if (c->is_public || !auth->secret.p)
        return false;
    if (str_eq(c->auth_method, STR("client_secret_basic")) && !auth->by_basic)
        return false;
    if (str_eq(c->auth_method, STR("client_secret_post")) && auth->by_basic)
        return false;
    bool by_secret = c->auth_method.len == 0 || str_starts(c->auth_method, STR("client_secret_"));
    return by_secret && client_secret_check(c, auth->secret);
}

static struct result find_client(struct tx *tx, struct plan *p)
{
    bool found;
    TRY(client_find(tx, p->rq->client.client_id, &p->client, &found));
    if (!found)
        return fail(ERR_CLIENT_UNAUTHORIZED);
    if (p->client.is_public)
        return fail1(ERR_GRANT_NOT_ALLOWED, STR("client_credentials"));
    return authenticated(&p->client, &p->rq->client) ? OK : fail(ERR_CLIENT_UNAUTHORIZED);
}

/* Without an audience the kind of token is v1's, unless the tenant names a
 * default audience and has switched v1 off for ordinary clients
 * (V1-V2-SEMANTICS 2). */
static struct result choose_audience(struct tx *tx, struct plan *p)
{
    p->audience = p->rq->audience;
    if (p->audience.len)
        return OK;
    struct json *settings;
    TRY(tenant_settings_read(tx, &settings));
    bool v1_closed = tenant_settings_flag(settings, STR("disable_v1_for_ordinary_clients"));
    str preset = json_get_text(settings, STR("default_audience"));
    if (!v1_closed || p->client.is_global) {
        bool allowed = p->client.is_global || (p->client.is_first_party && client_has_grant_type(&p->client, STR("client_credentials")));
        p->for_v1 = true;
        return allowed ? OK : fail(ERR_V1_NOT_ALLOWED);
    }
    p->audience = preset;
    return preset.len ? OK : fail(ERR_V1_NOT_ALLOWED);
}

static str all_granted(struct arena *a, const struct client_grant *g, const struct resource_server *api)
{
    struct json *item;
    str out = STR("");
    bool all = g->allow_all_scopes;
    const struct json *from = all ? api->scopes : g->scope;
    struct buf b;
    buf_init(&b, 1 << 20);
    JSON_EACH_ITEM(from, i, item) {
        if (b.len)
            buf_add_char(&b, ' ');
        buf_add(&b, all ? json_get_text(item, STR("value")) : json_text(item));
    }
    out = str_dup(a, buf_str(&b));
    buf_free(&b);
    return out;
}

static bool grants(const struct client_grant *g, const struct resource_server *api, str scope)
{
    return g->allow_all_scopes ? resource_server_has_scope(api, scope) : client_grant_allows(g, scope);
}

static struct result narrow_scopes(struct arena *a, struct plan *p, const struct client_grant *g)
{
    str missing = STR_NONE, rest = p->rq->scope;
    while (rest.p) {
        str one = str_cut(rest, ' ', &rest);
        if (one.len && !grants(g, &p->api, one))
            missing = missing.p ? str_cat(a, str_cat(a, missing, STR(", ")), one) : one;
    }
    p->scope = str_trim(p->rq->scope);
    return missing.p ? fail1(ERR_SCOPES_NOT_GRANTED, missing) : OK;
}

static struct result grant_scopes(struct tx *tx, struct plan *p)
{
    struct client_grant g;
    bool found;
    TRY(client_grant_find(tx, p->client.client_id, p->audience, STR("client"), &g, &found));
    if (!found)
        return fail1(ERR_NO_CLIENT_GRANT, p->audience);
    if (str_trim(p->rq->scope).len)
        return narrow_scopes(tx->arena, p, &g);
    p->scope = all_granted(tx->arena, &g, &p->api);
    return OK;
}

static struct result plan_read(struct tx *tx, void *arg)
{
    struct plan *p = arg;
    bool found;
    TRY(find_client(tx, p));
    TRY(choose_audience(tx, p));
    if (p->for_v1)
        return OK;
    if (!client_has_grant_type(&p->client, STR("client_credentials")))
        return fail1(ERR_GRANT_NOT_ALLOWED, STR("client_credentials"));
    TRY(resource_server_find(tx, p->audience, &p->api, &found));
    if (!found)
        return fail1(ERR_UNKNOWN_AUDIENCE, p->audience);
    str dialect = json_get_text(p->api.body, STR("token_dialect"));
    p->permissions = json_get_true(p->api.body, STR("enforce_policies")) && str_ends(dialect, STR("_authz"));
    p->profile_9068 = str_starts(dialect, STR("rfc9068_profile"));
    return grant_scopes(tx, p);
}

/* --- the v1 token ------------------------------------------------------------------------ */

struct v1_token {
    str token, client_id;
};

static struct result v1_store(struct tx *tx, void *arg)
{
    const struct v1_token *t = arg;
    unsigned char hash[DIGEST_LEN_MAX];
    struct log_entry e = { .type = STR("seccft"), .description = STR("Client Credentials for Access Token"), .client_id = t->client_id };
    digest(DIGEST_SHA256, t->token, hash);
    TRY(sql_run(tx->sql, "INSERT INTO tokens (hash, kind, client_id, body, created_at, expires_at) VALUES (?, 'v1', ?, '{}', ?, ?)",
                SQL_ARGS(sql_blob((str){ (const char *)hash, digest_len(DIGEST_SHA256) }), sql_text(t->client_id),
                         sql_int(tx->now_us), sql_int(tx->now_us + V1_TOKEN_LIFETIME_S * US_PER_S)),
                NULL));
    return log_append(tx, &e);
}

static struct result issue_v1(struct tenant *t, const struct plan *p, struct token_reply *out)
{
    const struct token_request *rq = p->rq;
    struct v1_token v1 = { .token = random_text(rq->arena, RANDOM_ALNUM, V1_TOKEN_LEN), .client_id = p->client.client_id };
    struct tx_options o = { .arena = rq->arena, .now_us = rq->now_us, .actor = rq->actor };
    TRY(store_write(t, &o, v1_store, &v1));
    *out = (struct token_reply){ .access_token = v1.token, .token_type = STR("bearer"), .expires_in_s = V1_TOKEN_LIFETIME_S };
    return OK;
}

/* --- JWTs ---------------------------------------------------------------------------------- */

static void write_member(struct buf *b, const char *name, str value)
{
    buf_add_char(b, b->len ? ',' : '{');
    json_write_string(b, str_from(name));
    buf_add_char(b, ':');
    json_write_string(b, value);
}

static void write_number(struct buf *b, const char *name, int64_t value)
{
    buf_add_char(b, ',');
    json_write_string(b, str_from(name));
    buf_add_char(b, ':');
    buf_add_int(b, value);
}

static void write_permissions(struct buf *b, str scope)
{
    str rest = scope;
    const char *sep = "";
    buf_add(b, STR(",\"permissions\":["));
    while (rest.p) {
        str one = str_cut(rest, ' ', &rest);
        if (one.len == 0)
            continue;
        buf_add(b, str_from(sep));
        json_write_string(b, one);
        sep = ",";
    }
    buf_add_char(b, ']');
}

static str claims_of(struct arena *a, struct tenant *t, const struct plan *p)
{
    struct buf b;
    int64_t now_s = p->rq->now_us / US_PER_S;
    buf_init(&b, 1 << 20);
    write_member(&b, "iss", tenant_issuer(t));
    write_member(&b, "sub", str_cat(a, p->client.client_id, STR("@clients")));
    write_member(&b, "aud", p->audience);
    write_number(&b, "iat", now_s);
    write_number(&b, "exp", now_s + p->api.token_lifetime_s);
    if (p->scope.len)
        write_member(&b, "scope", p->scope);
    if (p->profile_9068) {
        write_member(&b, "jti", random_text(a, RANDOM_ALNUM, 22));
        write_member(&b, "client_id", p->client.client_id);
    } else {
        write_member(&b, "gty", STR("client-credentials"));
        write_member(&b, "azp", p->client.client_id);
    }
    if (p->permissions)
        write_permissions(&b, p->scope);
    buf_add_char(&b, '}');
    str claims = str_dup(a, buf_str(&b));
    buf_free(&b);
    return claims;
}

static struct result sign(struct tenant *t, const struct plan *p, str *out_token)
{
    struct arena *a = p->rq->arena;
    str claims = claims_of(a, t, p);
    str typ = p->profile_9068 ? STR("at+jwt") : STR("JWT");
    if (str_eq(p->api.signing_alg, STR("HS256"))) {
        struct jwt_key hs = { .alg = JWT_HS256, .secret = p->api.signing_secret };
        return jwt_sign_text(a, &hs, typ, STR_NONE, claims, out_token);
    }
    struct key_set *set;
    TRY(key_set_get(t, &set));
    struct jwt_key rs = { .alg = JWT_RS256, .key = set->current->key };
    struct result r = jwt_sign_text(a, &rs, typ, set->current->kid, claims, out_token);
    key_set_release(set);
    return r;
}

/* --- the log ---------------------------------------------------------------------------------- */

/* Copied with its texts, since it is written after the request is gone. */
struct exchange_log {
    int64_t now_us;
    bool ok;
    struct exchange_text {
        uint16_t len;
        char text[512];
    } client_id, client_name, audience, scope, reason, ip, user_agent;
};

static void keep(struct exchange_text *into, str from)
{
    into->len = (uint16_t)(from.len < sizeof into->text ? from.len : sizeof into->text);
    for (size_t i = 0; i < into->len; i++)
        into->text[i] = from.p[i];
}

static str kept(const struct exchange_text *t)
{
    return (str){ t->text, t->len };
}

static struct result write_exchange(struct tx *tx, void *arg)
{
    const struct exchange_log *x = arg;
    const struct actor who = { .ip = kept(&x->ip), .user_agent = kept(&x->user_agent) };
    struct log_entry e = {
        .type = x->ok ? STR("seccft") : STR("feccft"),
        .description = x->ok ? STR("Client Credentials for Access Token") : kept(&x->reason),
        .client_id = kept(&x->client_id),
        .client_name = kept(&x->client_name),
        .audience = kept(&x->audience),
        .scope = kept(&x->scope),
    };
    tx->actor = &who;
    tx->now_us = x->now_us;
    struct result r = log_append(tx, &e);
    tx->actor = NULL;
    return r;
}

static void log_exchange(struct tenant *t, const struct plan *p, struct result r)
{
    struct exchange_log x = { .now_us = p->rq->now_us, .ok = !failed(r) };
    keep(&x.client_id, p->rq->client.client_id);
    keep(&x.client_name, p->client.name);
    keep(&x.audience, p->audience);
    keep(&x.scope, p->scope);
    keep(&x.reason, err_rows[r.kind].words[API_AUTH].text);
    if (p->rq->actor) {
        keep(&x.ip, p->rq->actor->ip);
        keep(&x.user_agent, p->rq->actor->user_agent);
    }
    store_write_later(t, write_exchange, &x, sizeof x);
}

struct result token_client_credentials(struct tenant *t, const struct token_request *rq, struct token_reply *out)
{
    struct plan p = { .rq = rq };
    struct tx_options o = { .arena = rq->arena, .now_us = rq->now_us };
    struct result r = store_read(t, &o, plan_read, &p);
    if (!failed(r) && p.for_v1)
        return issue_v1(t, &p, out);
    str token = STR_NONE;
    if (!failed(r))
        r = sign(t, &p, &token);
    log_exchange(t, &p, r);
    TRY(r);
    *out = (struct token_reply){ .access_token = token,
                                 .token_type = STR("Bearer"),
                                 .scope = p.scope.len ? p.scope : STR_NONE,
                                 .expires_in_s = p.api.token_lifetime_s };
    return OK;
}
