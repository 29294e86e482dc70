#include "domain/signing_key.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "json/json.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { KID_LEN = 21, CERT_LIFE_DAYS = 5000 /* about 13.7 years */ };

struct counted_set {
    struct key_set set; /* first: callers hold its address */
    struct arena *arena;
    atomic_uint users;
    uint64_t generation;
};

struct key_cache {
    pthread_mutex_t lock;   /* of `now` */
    pthread_mutex_t making; /* held while keys are generated, so that it happens once */
    struct counted_set *now;
};

static void set_release(struct counted_set *s)
{
    if (s && atomic_fetch_sub(&s->users, 1) == 1)
        arena_free(s->arena);
}

void key_set_release(struct key_set *s)
{
    set_release((struct counted_set *)s);
}

static void *cache_make(struct tenant *t)
{
    (void)t;
    struct key_cache *c = calloc(1, sizeof *c);
    if (!c)
        die("out of memory");
    pthread_mutex_init(&c->lock, NULL);
    pthread_mutex_init(&c->making, NULL);
    return c;
}

static void cache_free(void *p)
{
    struct key_cache *c = p;
    set_release(c->now);
    pthread_mutex_destroy(&c->lock);
    pthread_mutex_destroy(&c->making);
    free(c);
}

/* --- the published form --------------------------------------------------------- */

static struct json *jwk_of(struct arena *a, const struct signing_key *k)
{
    str n, e, thumbprint;
    sign_key_rsa_public(a, k->key, &n, &e);
    struct json *o = json_object(a), *chain = json_array(a);
    json_set_text(a, o, STR("kty"), STR("RSA"));
    json_set_text(a, o, STR("use"), STR("sig"));
    json_set_text(a, o, STR("n"), base64url_encode(a, n));
    json_set_text(a, o, STR("e"), base64url_encode(a, e));
    json_set_text(a, o, STR("kid"), k->kid);
    unsigned char sha1[DIGEST_LEN_MAX];
    digest(DIGEST_SHA1, k->cert_der, sha1);
    thumbprint = base64url_encode(a, (str){ (const char *)sha1, digest_len(DIGEST_SHA1) });
    json_set_text(a, o, STR("x5t"), thumbprint);
    json_push_text(a, chain, base64_encode(a, k->cert_der));
    json_set(a, o, STR("x5c"), chain);
    json_set_text(a, o, STR("alg"), STR("RS256"));
    return o;
}

static str jwks_of(struct arena *a, const struct key_set *s)
{
    struct json *o = json_object(a), *keys = json_array(a);
    for (size_t i = 0; i < s->count; i++)
        json_push(a, keys, jwk_of(a, &s->keys[i]));
    json_set(a, o, STR("keys"), keys);
    return json_dump(a, o);
}

/* --- loading ----------------------------------------------------------------------- */

static void key_dispose(void *k)
{
    sign_key_free(k);
}

static struct result load_key(struct tx *tx, struct counted_set *into, struct sql_rows *rows)
{
    struct signing_key *k = &into->set.keys[into->set.count];
    str der;
    k->kid = str_dup(into->arena, sql_col_text(rows, 0));
    k->state = str_dup(into->arena, sql_col_text(rows, 1));
    if (!cert_from_pem(into->arena, sql_col_text(rows, 2), &k->cert_der))
        return fail(ERR_CRYPTO);
    TRY(tx_unseal(tx, STR("signing_key"), k->kid, STR("key"), sql_col_text(rows, 3), &der));
    struct result r = sign_key_from_der(der, &k->key);
    explicit_bzero((char *)der.p, der.len);
    TRY(r);
    arena_on_free(into->arena, key_dispose, k->key);
    if (str_eq(k->state, STR("current")))
        into->set.current = k;
    into->set.count++;
    return OK;
}

static struct result load_set(struct tx *tx, void *arg)
{
    struct counted_set *into = arg;
    struct sql_rows rows;
    struct result r = OK;
    TRY(sql_open(tx->sql, &rows,
                 "SELECT kid, state, cert, sealed_key FROM signing_keys WHERE state <> 'revoked' "
                 "ORDER BY CASE state WHEN 'current' THEN 0 WHEN 'next' THEN 1 ELSE 2 END, kid",
                 SQL_NO_ARGS));
    while (!failed(r) && into->set.count < KEY_SET_MAX && sql_next(&rows))
        r = load_key(tx, into, &rows);
    struct result closed = sql_close(&rows);
    return failed(r) ? r : closed;
}

static struct result set_load(struct tenant *t, struct counted_set **out)
{
    struct arena *a = arena_new_secret(0);
    struct counted_set *s = ARENA_NEW(a, struct counted_set);
    s->arena = a;
    s->generation = tenant_generation(t);
    atomic_init(&s->users, 1);
    struct tx_options o = { .arena = a, .now_us = clock_now_us() };
    struct result r = store_read(t, &o, load_set, s);
    if (failed(r)) {
        arena_free(a);
        return r;
    }
    s->set.jwks = jwks_of(a, &s->set);
    *out = s;
    return OK;
}

/* --- making ---------------------------------------------------------------------------- */

struct new_key {
    str kid, cert_pem;
    struct sign_key *key;
};

static struct result cert_for(struct tx *tx, struct sign_key *key, struct new_key *out)
{
    str domain = tenant_get_info(tx->tenant)->domain, der, rest;
    struct cert_request rq = {
        .common_name = str_cut(domain, ':', &rest),
        .not_before_s = tx->now_us / US_PER_S,
        .not_after_s = tx->now_us / US_PER_S + (int64_t)CERT_LIFE_DAYS * 86400,
    };
    TRY(cert_make(tx->arena, key, &rq, &der));
    *out = (struct new_key){ .kid = random_text(tx->arena, RANDOM_BASE64URL, KID_LEN),
                             .cert_pem = cert_to_pem(tx->arena, der),
                             .key = key };
    return OK;
}

struct result signing_key_insert(struct tx *tx, struct sign_key *key, str state, str cert_pem)
{
    struct new_key n;
    TRY(cert_for(tx, key, &n));
    if (cert_pem.p)
        n.cert_pem = cert_pem;
    str sealed = tx_seal(tx, STR("signing_key"), n.kid, STR("key"), sign_key_to_der(tx->arena, key));
    return sql_run(tx->sql, "INSERT INTO signing_keys (kid, state, cert, sealed_key, current_since) VALUES (?, ?, ?, ?, ?)",
                   SQL_ARGS(sql_text(n.kid), sql_text(state), sql_text(n.cert_pem), sql_text(sealed),
                            str_eq(state, STR("current")) ? sql_int(tx->now_us) : sql_text(STR_NONE)),
                   NULL);
}

struct result signing_keys_insert(struct tx *tx, struct sign_key *current, struct sign_key *next)
{
    TRY(signing_key_insert(tx, current, STR("current"), STR_NONE));
    TRY(signing_key_insert(tx, next, STR("next"), STR_NONE));
    tx_bump_generation(tx);
    return OK;
}

struct key_pair {
    struct sign_key *current, *next;
};

static struct result insert_pair(struct tx *tx, void *arg)
{
    struct key_pair *p = arg;
    struct sql_value row[1];
    bool found; /* a restore brought keys after we had seen that there are none */
    TRY(sql_row(tx->sql, tx->arena, "SELECT kid FROM signing_keys WHERE state = 'current'", SQL_NO_ARGS, row, 1, &found));
    return found ? OK : signing_keys_insert(tx, p->current, p->next);
}

/* A spare key of the pool, or a new one. */
static struct result key_obtain(struct tenant *t, struct arena *secret, struct sign_key **out)
{
    str der;
    bool found;
    TRY(store_spare_key_take(tenant_get_store(t), secret, &der, &found));
    return found ? sign_key_from_der(der, out) : sign_key_generate(KEY_RSA2048, out);
}

static struct result keys_make(struct tenant *t)
{
    struct arena *a = arena_new_secret(0);
    struct key_pair p = { 0 };
    struct tx_options o = { .arena = a, .now_us = clock_now_us() };
    struct result r = key_obtain(t, a, &p.current);
    if (!failed(r))
        r = key_obtain(t, a, &p.next);
    if (!failed(r))
        r = store_write(t, &o, insert_pair, &p);
    sign_key_free(p.current);
    sign_key_free(p.next);
    arena_free(a);
    return r;
}

/* --- the cache ------------------------------------------------------------------------------ */

/* The cached set when it is of the tenant's present generation; counted. */
static struct counted_set *cache_get(struct key_cache *c, uint64_t generation)
{
    pthread_mutex_lock(&c->lock);
    struct counted_set *s = c->now && c->now->generation == generation ? c->now : NULL;
    if (s)
        atomic_fetch_add(&s->users, 1);
    pthread_mutex_unlock(&c->lock);
    return s;
}

static void cache_put(struct key_cache *c, struct counted_set *s)
{
    atomic_fetch_add(&s->users, 1);
    pthread_mutex_lock(&c->lock);
    struct counted_set *old = c->now;
    c->now = s;
    pthread_mutex_unlock(&c->lock);
    set_release(old);
}

/* A tenant that is restored meanwhile may lose the keys that were just made. */
enum { MAKE_TRIES = 4 };

static struct result load_or_make(struct tenant *t, struct counted_set **out)
{
    for (int tries = 0; tries < MAKE_TRIES; tries++) {
        if (tries)
            TRY(keys_make(t));
        TRY(set_load(t, out));
        if ((*out)->set.current)
            return OK;
        set_release(*out);
    }
    return fail(ERR_BUSY);
}

struct result key_set_get(struct tenant *t, struct key_set **out)
{
    struct key_cache *c = tenant_slot(t, TENANT_SLOT_KEYS, cache_make, cache_free);
    struct counted_set *s = cache_get(c, tenant_generation(t));
    if (s) {
        *out = &s->set;
        return OK;
    }
    pthread_mutex_lock(&c->making);
    s = cache_get(c, tenant_generation(t));
    struct result r = s ? OK : load_or_make(t, &s);
    if (!failed(r)) {
        cache_put(c, s);
        *out = &s->set;
    }
    pthread_mutex_unlock(&c->making);
    return r;
}

const struct signing_key *key_set_find(const struct key_set *s, str kid)
{
    for (size_t i = 0; i < s->count; i++)
        if (str_eq(s->keys[i].kid, kid))
            return &s->keys[i];
    return NULL;
}

struct result signing_key_current_cert(struct tx *tx, str *out_pem, str *out_pkcs7)
{
    struct sql_value row[1];
    bool found;
    str der;
    *out_pem = *out_pkcs7 = STR_NONE;
    TRY(sql_row(tx->sql, tx->arena, "SELECT cert FROM signing_keys WHERE state = 'current'", SQL_NO_ARGS, row, 1, &found));
    if (!found || !cert_from_pem(tx->arena, row[0].s, &der))
        return OK;
    *out_pem = cert_to_crlf_pem(tx->arena, der);
    *out_pkcs7 = cert_to_pkcs7_pem(tx->arena, der);
    return OK;
}
