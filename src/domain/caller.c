#include "domain/caller.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/jwt.h"
#include "domain/blacklist.h"
#include "domain/client/client.h"
#include "domain/signing_key.h"
#include "domain/tenant_settings.h"
#include "domain/user/user.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* --- the seven scopes that an id_token stands for -------------------------------- */

static const str current_user_scopes[] = {
    STR_INIT("read:current_user"),
    STR_INIT("update:current_user_identities"),
    STR_INIT("create:current_user_metadata"),
    STR_INIT("update:current_user_metadata"),
    STR_INIT("delete:current_user_metadata"),
    STR_INIT("create:current_user_device_credentials"),
    STR_INIT("delete:current_user_device_credentials"),
};

static void grant_current_user_scopes(struct scopes *s)
{
    for (size_t i = 0; i < sizeof current_user_scopes / sizeof *current_user_scopes; i++) {
        int id = scope_find(current_user_scopes[i]);
        if (id >= 0)
            scopes_add(s, id);
    }
}

/* --- the cache of verified tokens: by hash, direct mapped, bounded ------------------- */

/* What a token is worth hangs on the client (deleted, public, its secret), the
 * blacklist, the signing keys and the tenant's settings. A change of any of them
 * bumps the tenant's generation before it is answered, a restore does, and a
 * tenant that is opened anew has one that no tenant ever had: a slot is good for
 * the generation that was read before the token was looked up. Users come and go
 * without a new generation: their tokens are looked up each time. */
enum { CACHE_SLOTS = 512, CACHE_TEXT_MAX = 160 };

enum cached_text { CACHED_CLIENT, CACHED_NAME, CACHED_USER, CACHED_TEXTS };

struct cache_slot {
    unsigned char hash[32];
    uint64_t generation;
    int64_t expires_us;
    enum caller_kind kind;
    bool v1; /* of the API that it was verified for: the other one must not take it */
    uint8_t lens[CACHED_TEXTS];
    char texts[CACHED_TEXTS][CACHE_TEXT_MAX];
    struct scopes scopes;
};

struct token_cache {
    pthread_mutex_t lock;
    struct cache_slot *slots[CACHE_SLOTS]; /* made when used first: most tenants see few tokens */
};

/* A token on its way to being verified. */
struct presented {
    struct token_cache *cache;
    unsigned char hash[DIGEST_LEN_MAX];
    uint64_t generation;
    bool v1;
};

static void *cache_make(struct tenant *t)
{
    (void)t;
    struct token_cache *c = calloc(1, sizeof *c);
    if (!c)
        die("out of memory");
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

static void cache_free(void *p)
{
    struct token_cache *c = p;
    for (size_t i = 0; i < CACHE_SLOTS; i++)
        free(c->slots[i]);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static struct presented present(struct tenant *t, str token, bool v1)
{
    struct presented p = { .generation = tenant_generation(t), .v1 = v1 };
    p.cache = tenant_slot(t, TENANT_SLOT_TOKENS, cache_make, cache_free);
    digest(DIGEST_SHA256, token, p.hash);
    return p;
}

static struct cache_slot **slot_of(const struct presented *p)
{
    uint32_t n;
    memcpy(&n, p->hash, sizeof n);
    return &p->cache->slots[n % CACHE_SLOTS];
}

static str cached_text(struct arena *a, const struct cache_slot *s, enum cached_text which)
{
    return str_dup(a, (str){ s->texts[which], s->lens[which] });
}

static bool cache_get(const struct presented *p, struct arena *a, int64_t now_us, struct caller *out)
{
    pthread_mutex_lock(&p->cache->lock);
    const struct cache_slot *s = *slot_of(p);
    bool hit = s && s->generation == p->generation && s->v1 == p->v1 && now_us < s->expires_us
               && memcmp(s->hash, p->hash, sizeof s->hash) == 0;
    if (hit)
        *out = (struct caller){ .kind = s->kind,
                                .client_id = cached_text(a, s, CACHED_CLIENT),
                                .client_name = cached_text(a, s, CACHED_NAME),
                                .user_id = cached_text(a, s, CACHED_USER),
                                .scopes = s->scopes };
    pthread_mutex_unlock(&p->cache->lock);
    return hit;
}

static void cache_put(const struct presented *p, int64_t expires_us, const struct caller *who)
{
    const str texts[CACHED_TEXTS] = { [CACHED_CLIENT] = who->client_id, [CACHED_NAME] = who->client_name, [CACHED_USER] = who->user_id };
    for (size_t i = 0; i < CACHED_TEXTS; i++)
        if (texts[i].len > CACHE_TEXT_MAX)
            return;
    pthread_mutex_lock(&p->cache->lock);
    struct cache_slot **slot = slot_of(p);
    struct cache_slot *s = *slot ? *slot : (*slot = malloc(sizeof *s));
    if (!s)
        die("out of memory");
    *s = (struct cache_slot){
        .generation = p->generation, .expires_us = expires_us, .kind = who->kind, .v1 = p->v1, .scopes = who->scopes
    };
    memcpy(s->hash, p->hash, sizeof s->hash);
    for (size_t i = 0; i < CACHED_TEXTS; i++) {
        s->lens[i] = (uint8_t)texts[i].len;
        if (texts[i].len)
            memcpy(s->texts[i], texts[i].p, texts[i].len);
    }
    pthread_mutex_unlock(&p->cache->lock);
}

/* --- JWTs ------------------------------------------------------------------------------ */

static bool audience_has(const struct json *aud, str wanted)
{
    return str_eq(json_text(aud), wanted) || json_array_has(aud, wanted);
}

static str first_audience(const struct json *aud)
{
    return json_is(aud, JSON_STRING) ? json_text(aud) : json_text(json_item(aud, 0));
}

/* The client that a token speaks of: an id_token's audience, an access token's
 * azp. */
struct client_lookup {
    str client_id;
    const struct json *claims;
    struct client client;
    bool found, blacklisted;
    bool id_tokens; /* the tenant takes them as credentials */
    str user_id;     /* of whom the token is; empty: of a machine */
    bool user_found;
};

static str user_of_subject(str subject)
{
    return str_ends(subject, STR("@clients")) ? STR("") : subject;
}

static struct result look_up_client(struct tx *tx, void *arg)
{
    struct client_lookup *l = arg;
    struct json *settings;
    struct user user;
    TRY(tenant_settings_read(tx, &settings));
    const struct json *flag = json_get(json_get(settings, STR("flags")), STR("enable_idtoken_api2"));
    l->id_tokens = !flag || json_true(flag);
    TRY(blacklist_has(tx, l->claims, &l->blacklisted));
    TRY(user_find_by_id(tx, l->user_id, &user, &l->user_found));
    TRY(client_find(tx, l->client_id, &l->client, &l->found));
    l->found = l->found && str_eq(l->client.client_id, l->client_id); /* cli_ is a name in paths only */
    return OK;
}

static struct result verify_rs256(struct tenant *t, const struct jwt *token)
{
    struct key_set *set;
    TRY(key_set_get(t, &set));
    const struct signing_key *k = key_set_find(set, token->kid);
    struct jwt_key key = { .alg = JWT_RS256, .key = k ? k->key : NULL };
    struct result r = k ? jwt_verify(token, &key) : fail(ERR_INVALID_SIGNATURE);
    key_set_release(set);
    return r;
}

/* An id_token may be signed with the secret of a client that is registered so
 * (RFC 8725 §3.1: the verifier chooses the algorithm, not the token). Nobody
 * logs in to the global client, and what a public client holds is no secret. */
static struct result verify_hs256(const struct jwt *token, const struct client_lookup *audience)
{
    const struct client *c = &audience->client;
    str alg = json_get_text(json_get(c->body, STR("jwt_configuration")), STR("alg"));
    bool by_secret = !alg.len || str_eq(alg, STR("HS256"));
    if (!audience->found || !by_secret || c->is_global || c->is_public || c->secret.len == 0)
        return fail(ERR_INVALID_SIGNATURE);
    struct jwt_key key = { .alg = JWT_HS256, .secret = c->secret };
    return jwt_verify(token, &key);
}

static struct result check_times(const struct json *claims, int64_t now_s, int64_t *out_expires_s)
{
    const struct json *nbf = json_get(claims, STR("nbf"));
    int64_t not_before;
    if (!json_to_int(json_get(claims, STR("exp")), out_expires_s))
        return fail(ERR_INVALID_TOKEN);
    if (*out_expires_s <= now_s)
        return fail(ERR_EXPIRED_TOKEN);
    if (nbf && (!json_to_int(nbf, &not_before) || not_before > now_s))
        return fail(ERR_INVALID_TOKEN);
    return OK;
}

/* What the verified claims say about who asks. */
static struct result caller_of_claims(struct arena *a, const struct json *claims, bool is_access_token, const struct client_lookup *l,
                                      struct caller *out)
{
    str subject = json_get_text(claims, STR("sub"));
    *out = (struct caller){ .kind = is_access_token ? CALLER_V2_TOKEN : CALLER_ID_TOKEN };
    if (!is_access_token) {
        out->client_id = str_dup(a, l->client_id);
        out->user_id = str_dup(a, subject);
        grant_current_user_scopes(&out->scopes);
        return subject.len ? OK : fail(ERR_INVALID_TOKEN);
    }
    out->client_id = str_dup(a, json_get_text(claims, STR("azp")));
    out->user_id = str_dup(a, user_of_subject(subject));
    scopes_parse(json_get_text(claims, STR("scope")), &out->scopes);
    return OK;
}

static struct result verify(struct tenant *t, struct arena *a, str text, int64_t now_us, struct caller *out, int64_t *out_expires_s)
{
    struct jwt token;
    TRY(jwt_parse(a, text, &token));
    str issuer = tenant_issuer(t);
    const struct json *aud = json_get(token.claims, STR("aud"));
    bool is_access_token = audience_has(aud, str_cat(a, issuer, STR("api/v2/")));
    struct client_lookup l = { .claims = token.claims };
    l.client_id = is_access_token ? json_get_text(token.claims, STR("azp")) : first_audience(aud);
    str subject = json_get_text(token.claims, STR("sub"));
    l.user_id = is_access_token ? user_of_subject(subject) : subject;
    struct tx_options o = { .arena = a, .now_us = now_us };
    TRY(store_read(t, &o, look_up_client, &l));
    if (!is_access_token && (!l.found || !l.id_tokens))
        return fail1(ERR_BAD_AUDIENCE, l.client_id.p ? l.client_id : STR(""));
    if (token.alg == JWT_RS256)
        TRY(verify_rs256(t, &token));
    else if (token.alg == JWT_HS256 && !is_access_token)
        TRY(verify_hs256(&token, &l));
    else
        return fail(ERR_INVALID_SIGNATURE);
    if (!str_eq(json_get_text(token.claims, STR("iss")), issuer))
        return fail(ERR_INVALID_TOKEN);
    TRY(check_times(token.claims, now_us / US_PER_S, out_expires_s));
    if (l.blacklisted)
        return fail(ERR_INVALID_TOKEN);
    if (is_access_token && !l.found)
        return fail(ERR_INVALID_TOKEN); /* what a deleted client was given ends with it */
    TRY(caller_of_claims(a, token.claims, is_access_token, &l, out));
    out->user_is_gone = l.user_id.len && !l.user_found;
    return OK;
}

struct result caller_from_jwt(struct tenant *t, struct arena *a, str token, int64_t now_us, struct caller *out)
{
    int64_t expires_s;
    if (token.len > JWT_LEN_MAX)
        return fail(ERR_INVALID_TOKEN);
    struct presented p = present(t, token, false);
    if (cache_get(&p, a, now_us, out))
        return OK;
    TRY(verify(t, a, token, now_us, out, &expires_s));
    if (!out->user_id.len)
        cache_put(&p, expires_s < INT64_MAX / US_PER_S ? expires_s * US_PER_S : INT64_MAX, out);
    return OK;
}

/* --- v1 ----------------------------------------------------------------------------------- */

/* What a client may have now, not when its token was made: ordinary clients lose
 * theirs where the tenant switches them off, or as they stop to be what gets one. */
struct result caller_of_v1_client(struct tx *tx, str client_id, struct caller *out)
{
    struct client client;
    struct json *settings;
    bool found;
    TRY(client_find(tx, client_id, &client, &found));
    if (!found)
        return fail(ERR_INVALID_TOKEN);
    TRY(tenant_settings_read(tx, &settings));
    bool off = tenant_settings_flag(settings, STR("disable_v1_for_ordinary_clients"));
    if (!client.is_global && (off || client.is_public || !client.is_first_party))
        return fail(ERR_INVALID_TOKEN);
    *out = (struct caller){ .kind = client.is_global ? CALLER_V1_GLOBAL : CALLER_V1_CLIENT,
                            .client_id = str_dup(tx->arena, client.client_id),
                            .client_name = str_dup(tx->arena, client.name) };
    return OK;
}

struct v1_lookup {
    str hash;
    struct caller *out;
    int64_t expires_us;
};

static struct result look_up_v1(struct tx *tx, void *arg)
{
    struct v1_lookup *l = arg;
    struct sql_value row[2];
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT client_id, expires_at FROM tokens WHERE hash = ? AND kind = 'v1' AND expires_at > ?",
                SQL_ARGS(sql_blob(l->hash), sql_int(tx->now_us)), row, 2, &found));
    l->expires_us = found ? row[1].i : 0;
    return found ? caller_of_v1_client(tx, row[0].s, l->out) : fail(ERR_INVALID_TOKEN);
}

/* Rows of v1 tokens go with their client or when they are over. */
struct result caller_from_v1_token(struct tenant *t, struct arena *a, str token, int64_t now_us, struct caller *out)
{
    struct presented p = present(t, token, true);
    struct v1_lookup l = { .hash = { (const char *)p.hash, digest_len(DIGEST_SHA256) }, .out = out };
    struct tx_options o = { .arena = a, .now_us = now_us };
    if (cache_get(&p, a, now_us, out))
        return OK;
    TRY(store_read(t, &o, look_up_v1, &l));
    cache_put(&p, l.expires_us, out);
    return OK;
}

/* --- scopes ---------------------------------------------------------------------------------- */

static bool holds_all(const struct scopes *have, const struct scope_set *need)
{
    for (size_t i = 0; i < need->count; i++)
        if (!scopes_has(have, need->ids[i]))
            return false;
    return need->count > 0;
}

static bool holds_any(const struct scopes *have, const struct scope_set *need)
{
    for (size_t i = 0; i < need->count; i++)
        if (scopes_has(have, need->ids[i]))
            return true;
    return false;
}

struct result caller_check_scopes(const struct caller *c, const struct scope_rule *rule, str path_user)
{
    for (size_t i = 0; c->kind != CALLER_ID_TOKEN && i < rule->count; i++)
        if (holds_all(&c->scopes, &rule->any_of[i]))
            return OK;
    if (!holds_any(&c->scopes, &rule->self))
        return fail1(ERR_INSUFFICIENT_SCOPE, rule->words);
    return c->user_id.len && str_eq(path_user, c->user_id) ? OK : fail(ERR_WRONG_SUBJECT);
}
