#include "domain/connection/keys.h"

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/key_info.h"

enum { CERT_YEARS = 14, COMMON_NAME_MAX = 64 }; /* RFC 5280: ub-common-name */

/* Not a resource of the contract by itself: keys live and die with their connection. */
static const struct filter_rule filters[] = { { STR_INIT("connection_id"), STR_INIT("connection_id") } };
static const str secrets[] = { STR_INIT("private_key") };
static const struct resource_spec spec = {
    .kind = STR_INIT("connection_key"),
    .key = STR_INIT("kid"),
    .filters = filters,
    .filter_count = 1,
    .secrets = { secrets, 1 },
    .missing = ERR_CONNECTION_WITHOUT_KEYS,
};

/* --- making ------------------------------------------------------------------- */

static const struct {
    str name;
    enum key_kind kind;
} algorithms[] = {
    { STR_INIT("RS256"), KEY_RSA2048 }, { STR_INIT("RS384"), KEY_RSA2048 }, { STR_INIT("RS512"), KEY_RSA2048 },
    { STR_INIT("PS256"), KEY_RSA2048 }, { STR_INIT("PS384"), KEY_RSA2048 }, { STR_INIT("ES256"), KEY_P256 },
};

static struct result kind_of(str algorithm, enum key_kind *out)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (str_eq(algorithms[i].name, algorithm)) {
            *out = algorithms[i].kind;
            return OK;
        }
    return fail1(ERR_INVALID_BODY, STR("There are no keys for this signing_alg."));
}

static struct result describe(struct arena *a, const struct sign_key *key, str name, int64_t now_us, struct connection_key_pair *out)
{
    struct public_key_info info;
    const struct cert_request rq = { .common_name = str_sub(name, 0, COMMON_NAME_MAX),
                                     .not_before_s = now_us / US_PER_S,
                                     .not_after_s = now_us / US_PER_S + CERT_YEARS * 365 * 86400LL };
    str der;
    TRY(cert_make(a, key, &rq, &der));
    if (!public_key_info_read(a, sign_key_public_pem(a, key), &info))
        return fail(ERR_CRYPTO);
    out->kid = info.thumbprint;
    out->cert = cert_to_crlf_pem(a, der);
    out->pkcs = cert_to_pkcs7_pem(a, der);
    out->fingerprint = cert_sha1_hex(a, der, ':');
    out->thumbprint = cert_sha1_hex(a, der, 0);
    out->subject_dn = cert_subject(a, der);
    return OK;
}

struct result connection_key_generate(struct arena *a, struct arena *secret, str connection_name, str algorithm, int64_t now_us,
                                      struct connection_key_pair *out)
{
    enum key_kind kind;
    struct sign_key *key;
    *out = (struct connection_key_pair){ .algorithm = algorithm.len ? algorithm : STR("RS256") };
    TRY(kind_of(out->algorithm, &kind));
    TRY(sign_key_generate(kind, &key));
    struct result r = describe(a, key, connection_name, now_us, out);
    out->private_der = sign_key_to_der(secret, key);
    sign_key_free(key);
    return r;
}

bool connection_uses_keys(const struct json *options)
{
    return str_eq(json_get_text(options, STR("token_endpoint_auth_method")), STR("private_key_jwt"));
}

/* --- keeping -------------------------------------------------------------------- */

static const char *const states[] = { "current", "previous", "next" };
enum state { STATE_CURRENT, STATE_PREVIOUS, STATE_NEXT, STATE_COUNT };

static struct result load(struct tx *tx, str connection_id, struct document_list *out)
{
    *out = (struct document_list){ 0 };
    return document_list_by(tx, &spec, "connection_id", connection_id, out);
}

static bool is_in(const struct json *body, enum state s)
{
    return json_get_true(body, str_from(states[s]));
}

static void put_in(struct tx *tx, struct json *body, enum state s)
{
    for (size_t i = 0; i < STATE_COUNT; i++)
        json_remove(body, str_from(states[i]));
    json_remove(body, STR("current_since"));
    json_set_bool(tx->arena, body, str_from(states[s]), true);
    if (s == STATE_CURRENT)
        json_set_text(tx->arena, body, STR("current_since"), clock_iso(tx->arena, tx->now_us));
}

static struct json *public_half(struct arena *a, const struct json *body)
{
    struct json *o = json_copy_shallow(a, body);
    json_remove(o, STR("private_key"));
    json_remove(o, STR("connection_id"));
    return o;
}

static struct result store(struct tx *tx, str connection_id, const struct connection_key_pair *p, enum state s, struct json **out)
{
    const struct {
        const char *name;
        str value;
    } members[] = {
        { "connection_id", connection_id }, { "algorithm", p->algorithm }, { "key_use", STR("signing") },
        { "subject_dn", p->subject_dn },    { "cert", p->cert },           { "fingerprint", p->fingerprint },
        { "thumbprint", p->thumbprint },    { "pkcs", p->pkcs },           { "private_key", base64_encode(tx->arena, p->private_der) },
    };
    struct json *body = json_object(tx->arena);
    struct document d;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_set_text(tx->arena, body, str_from(members[i].name), members[i].value);
    put_in(tx, body, s);
    TRY(document_create(tx, &spec, p->kid, body, &d));
    *out = public_half(tx->arena, d.body);
    return OK;
}

struct result connection_keys_list(struct tx *tx, const struct connection *c, struct json **out)
{
    struct document_list all;
    if (!(c->traits->flags & STRATEGY_KEYS))
        return fail(ERR_CONNECTION_WITHOUT_KEYS);
    TRY(load(tx, c->id, &all));
    *out = json_array(tx->arena);
    for (size_t s = 0; s < STATE_COUNT; s++)
        for (size_t i = 0; i < all.count; i++)
            if (is_in(all.items[i].body, (enum state)s))
                json_push(tx->arena, *out, public_half(tx->arena, all.items[i].body));
    return OK;
}

struct result connection_keys_create(struct tx *tx, const struct connection *c, const struct connection_key_pair pairs[2],
                                     struct json **out)
{
    struct document_list all;
    struct json *key;
    if (!(c->traits->flags & STRATEGY_KEYS))
        return fail(ERR_CONNECTION_WITHOUT_KEYS);
    if (!connection_uses_keys(c->options))
        return fail(ERR_CONNECTION_WITHOUT_JWT_AUTH);
    TRY(load(tx, c->id, &all));
    if (all.count)
        return fail(ERR_CONNECTION_KEYS_EXIST);
    *out = json_array(tx->arena);
    TRY(store(tx, c->id, &pairs[0], STATE_CURRENT, &key));
    json_push(tx->arena, *out, key);
    TRY(store(tx, c->id, &pairs[1], STATE_NEXT, &key));
    json_push(tx->arena, *out, key);
    return OK;
}

static struct result move(struct tx *tx, const struct document *d, enum state to)
{
    struct document now;
    struct json *body = json_copy(tx->arena, d->body);
    put_in(tx, body, to);
    return document_replace(tx, &spec, d->id, body, &now);
}

struct result connection_keys_rotate(struct tx *tx, const struct connection *c, const struct connection_key_pair *pair,
                                     struct json **out)
{
    struct document_list all;
    if (!(c->traits->flags & STRATEGY_KEYS))
        return fail(ERR_CONNECTION_KEY_ROTATION);
    if (!connection_uses_keys(c->options))
        return fail(ERR_CONNECTION_WITHOUT_JWT_AUTH);
    TRY(load(tx, c->id, &all));
    for (size_t i = 0; i < all.count; i++) {
        const struct document *d = &all.items[i];
        if (is_in(d->body, STATE_PREVIOUS))
            TRY(document_delete(tx, &spec, d->id));
        else
            TRY(move(tx, d, is_in(d->body, STATE_CURRENT) ? STATE_PREVIOUS : STATE_CURRENT));
    }
    return store(tx, c->id, pair, STATE_NEXT, out);
}

struct result connection_keys_drop(struct tx *tx, str connection_id)
{
    return document_delete_by(tx, &spec, "connection_id", connection_id);
}
