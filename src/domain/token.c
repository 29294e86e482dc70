#include "domain/token.h"

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/jwt.h"
#include "crypto/random.h"
#include "domain/signing_key.h"
#include "domain/token_plan.h"

#include <string.h>

/* --- the v1 token ------------------------------------------------------------------------ */

struct v1_token {
    str token, client_id, client_name;
};

static struct result v1_store(struct tx *tx, void *arg)
{
    const struct v1_token *t = arg;
    unsigned char hash[DIGEST_LEN_MAX];
    struct log_entry e = { .type = STR("seccft"), .description = STR("Client Credentials for Access Token"), .client_id = t->client_id,
                           .client_name = t->client_name };
    digest(DIGEST_SHA256, t->token, hash);
    TRY(sql_run(tx->sql, "INSERT INTO tokens (hash, kind, client_id, body, created_at, expires_at) VALUES (?, 'v1', ?, '{}', ?, ?)",
                SQL_ARGS(sql_blob((str){ (const char *)hash, digest_len(DIGEST_SHA256) }), sql_text(t->client_id),
                         sql_int(tx->now_us), sql_int(tx->now_us + V1_TOKEN_LIFETIME_S * US_PER_S)),
                NULL));
    return log_append(tx, &e);
}

static struct result issue_v1(struct tenant *t, const struct token_request *rq, const struct token_plan *p, struct token_reply *out)
{
    struct v1_token v1 = { .token = random_text(rq->arena, RANDOM_ALNUM, V1_TOKEN_LEN),
                           .client_id = p->client.client_id,
                           .client_name = p->client.name };
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

static str claims_of(struct tenant *t, const struct token_request *rq, const struct token_plan *p)
{
    struct arena *a = rq->arena;
    struct buf b;
    int64_t now_s = rq->now_us / US_PER_S;
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

static struct result sign(struct tenant *t, const struct token_request *rq, const struct token_plan *p, str *out_token)
{
    struct arena *a = rq->arena;
    str claims = claims_of(t, rq, p);
    str typ = p->profile_9068 ? STR("at+jwt") : STR("JWT");
    if (str_eq(p->api.signing_alg, STR("HS256"))) {
        struct jwt_key hs = { .alg = JWT_HS256, .secret = p->api.signing_secret };
        return jwt_sign_text(a, &hs, typ, STR_NONE, claims, out_token);
    }
    struct key_set *set;
    TRY(key_set_get(t, &set));
    struct jwt_key rs = { .alg = JWT_RS256, .key = set->current->key };
    jwt_alg_find(p->api.signing_alg, &rs.alg);
    struct result r = jwt_sign_text(a, &rs, typ, set->current->kid, claims, out_token);
    key_set_release(set);
    return r;
}

/* --- the log ---------------------------------------------------------------------------------- */

/* Copied with its texts, since it is written after the request is gone. */
enum exchange_text { TEXT_CLIENT_ID, TEXT_CLIENT_NAME, TEXT_AUDIENCE, TEXT_SCOPE, TEXT_REASON, TEXT_IP, TEXT_USER_AGENT, TEXT_MAX };
enum { TEXT_LEN_MAX = 512 };
struct exchange_log {
    int64_t now_us;
    bool ok;
    uint16_t lens[TEXT_MAX];
    char texts[TEXT_MAX * TEXT_LEN_MAX]; /* one behind the other; hundreds of these may wait */
};

/* Answers the bytes of x that are in use. */
static size_t pack(struct exchange_log *x, const str texts[TEXT_MAX])
{
    char *to = x->texts;
    for (size_t i = 0; i < TEXT_MAX; i++) {
        x->lens[i] = (uint16_t)(texts[i].len < TEXT_LEN_MAX ? texts[i].len : TEXT_LEN_MAX);
        if (x->lens[i])
            memcpy(to, texts[i].p, x->lens[i]);
        to += x->lens[i];
    }
    return (size_t)(to - (char *)x);
}

static void unpack(const struct exchange_log *x, str texts[TEXT_MAX])
{
    const char *from = x->texts;
    for (size_t i = 0; i < TEXT_MAX; i++) {
        texts[i] = (str){ from, x->lens[i] };
        from += x->lens[i];
    }
}

static struct result write_exchange(struct tx *tx, void *arg)
{
    const struct exchange_log *x = arg;
    str texts[TEXT_MAX];
    unpack(x, texts);
    const struct actor who = { .ip = texts[TEXT_IP], .user_agent = texts[TEXT_USER_AGENT] };
    struct log_entry e = {
        .type = x->ok ? STR("seccft") : STR("feccft"),
        .description = x->ok ? STR("Client Credentials for Access Token") : texts[TEXT_REASON],
        .client_id = texts[TEXT_CLIENT_ID],
        .client_name = texts[TEXT_CLIENT_NAME],
        .audience = texts[TEXT_AUDIENCE],
        .scope = texts[TEXT_SCOPE],
    };
    tx->actor = &who;
    tx->now_us = x->now_us;
    struct result r = log_append(tx, &e);
    tx->actor = NULL;
    return r;
}

/* p: NULL when the request was refused. */
static void log_exchange(struct tenant *t, const struct token_request *rq, const struct token_plan *p, struct result r)
{
    static const struct actor nobody;
    const struct actor *who = rq->actor ? rq->actor : &nobody;
    const str texts[TEXT_MAX] = {
        [TEXT_CLIENT_ID] = rq->client.client_id,
        [TEXT_CLIENT_NAME] = p ? p->client.name : STR_NONE,
        [TEXT_AUDIENCE] = p ? p->audience : rq->audience,
        [TEXT_SCOPE] = p ? p->scope : rq->scope,
        [TEXT_REASON] = failed(r) ? err_rows[r.kind].words[API_AUTH].text : STR_NONE,
        [TEXT_IP] = who->ip,
        [TEXT_USER_AGENT] = who->user_agent,
    };
    struct exchange_log x; /* not zeroed as a whole: only what is packed is read */
    x.now_us = rq->now_us;
    x.ok = !failed(r);
    store_write_later(t, write_exchange, &x, pack(&x, texts));
}

static struct result issue_jwt(struct tenant *t, const struct token_request *rq, const struct token_plan *p, struct token_reply *out)
{
    str token;
    struct result r = sign(t, rq, p, &token);
    log_exchange(t, rq, p, r);
    TRY(r);
    *out = (struct token_reply){ .access_token = token,
                                 .token_type = STR("Bearer"),
                                 .scope = p->scope.len ? str_dup(rq->arena, p->scope) : STR_NONE,
                                 .expires_in_s = p->api.token_lifetime_s };
    return OK;
}

struct result token_client_credentials(struct tenant *t, const struct token_request *rq, struct token_reply *out)
{
    const struct token_plan *p;
    struct result r = token_plan_get(t, rq, &p);
    if (failed(r)) {
        log_exchange(t, rq, NULL, r);
        return r;
    }
    r = p->for_v1 ? issue_v1(t, rq, p, out) : issue_jwt(t, rq, p, out);
    token_plan_release(p);
    return r;
}
