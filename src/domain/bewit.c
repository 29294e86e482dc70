#include "domain/bewit.h"

#include "base/clock.h"
#include "crypto/hash.h"

#include <string.h>

/* What is signed: kind, client, expiry, path and query, each on a line. */
static str signed_text(struct arena *a, str kind, str client, str expires, str path, str query)
{
    return str_fmt(a, "bewit\n%.*s\n%.*s\n%.*s\n%.*s\n%.*s", STR_ARG(kind), STR_ARG(client), STR_ARG(expires), STR_ARG(path), STR_ARG(query));
}

/* The key is derived from the tenant's data key, so that a link of one tenant
 * opens nothing of another. */
static str mac(struct tenant *t, struct arena *a, str text)
{
    unsigned char key[DIGEST_LEN_MAX], out[DIGEST_LEN_MAX];
    digest_hmac(DIGEST_SHA256, (str){ (const char *)tenant_data_key(t), SEAL_KEY_LEN }, STR("bewit key"), key);
    digest_hmac(DIGEST_SHA256, (str){ (const char *)key, digest_len(DIGEST_SHA256) }, text, out);
    explicit_bzero(key, sizeof key);
    return base64url_encode(a, (str){ (const char *)out, digest_len(DIGEST_SHA256) });
}

static str without_bewit(struct arena *a, str query)
{
    str out = STR(""), rest = query;
    while (rest.p) {
        str pair = str_cut(rest, '&', &rest);
        if (pair.len == 0 || str_starts(pair, STR("bewit=")))
            continue;
        out = out.len ? str_cat(a, str_cat(a, out, STR("&")), pair) : pair;
    }
    return out;
}

static str kind_of(const struct caller *c)
{
    return c->kind == CALLER_V1_GLOBAL ? STR("g") : STR("c");
}

str bewit_make(struct tenant *t, struct arena *a, str path, str query, const struct caller *for_whom, int64_t now_us)
{
    str kind = kind_of(for_whom);
    str expires = str_fmt(a, "%lld", (long long)(now_us / US_PER_S + BEWIT_LIFETIME_S));
    str tag = mac(t, a, signed_text(a, kind, for_whom->client_id, expires, path, without_bewit(a, query)));
    str plain = str_fmt(a, "%.*s.%.*s.%.*s.%.*s", STR_ARG(kind), STR_ARG(for_whom->client_id), STR_ARG(expires), STR_ARG(tag));
    return base64url_encode(a, plain);
}

struct check {
    struct arena *a;
    str path, query, bewit;
    struct caller *out;
};

/* Inside a transaction: there the tenant's data key stands still. */
static struct result check(struct tx *tx, void *arg)
{
    const struct check *k = arg;
    str plain, rest;
    int64_t expires_s;
    if (!base64url_decode(k->a, k->bewit, &plain))
        return fail(ERR_INVALID_TOKEN);
    str kind = str_cut(plain, '.', &rest);
    str client = str_cut(rest, '.', &rest);
    str expires = str_cut(rest, '.', &rest);
    str expected = mac(tx->tenant, k->a, signed_text(k->a, kind, client, expires, k->path, without_bewit(k->a, k->query)));
    if (!str_eq_secret(rest, expected) || !str_int(expires, &expires_s) || expires_s <= tx->now_us / US_PER_S)
        return fail(ERR_INVALID_TOKEN);
    TRY(caller_of_v1_client(tx, client, k->out));
    return str_eq(kind, kind_of(k->out)) ? OK : fail(ERR_INVALID_TOKEN);
}

struct result bewit_check(struct tenant *t, struct arena *a, str path, str query, str bewit, int64_t now_us, struct caller *out)
{
    struct check k = { a, path, query, bewit, out };
    struct tx_options o = { .arena = a, .now_us = now_us };
    return store_read(t, &o, check, &k);
}
