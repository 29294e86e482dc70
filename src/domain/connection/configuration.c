#include "domain/connection/configuration.h"

#include "crypto/hash.h"
#include "crypto/seal.h"

#include <string.h>

static const str member = STR_INIT("configuration");

/* Derived from the tenant's data key: no other tenant's text means anything here, and nobody can try values without it. */
static str stand_in(struct tx *tx, str name, str value)
{
    unsigned char key[DIGEST_LEN_MAX], out[DIGEST_LEN_MAX];
    const size_t len = digest_len(DIGEST_SHA256);
    str text = str_fmt(tx->arena, "%zu\n%.*s%.*s", name.len, STR_ARG(name), STR_ARG(value));
    digest_hmac(DIGEST_SHA256, (str){ (const char *)tenant_data_key(tx->tenant), SEAL_KEY_LEN }, STR("configuration key"), key);
    digest_hmac(DIGEST_SHA256, (str){ (const char *)key, len }, text, out);
    explicit_bzero(key, sizeof key);
    return base64_encode(tx->arena, (str){ (const char *)out, len });
}

void connection_configuration_hide(struct tx *tx, struct json *connection)
{
    struct json *options = json_get(connection, STR("options")), *values = json_get(options, member);
    const struct json_member *m;
    if (!json_is(values, JSON_OBJECT))
        return;
    struct json *shown = json_object(tx->arena);
    JSON_EACH_MEMBER(values, i, m) {
        if (json_is(m->value, JSON_STRING))
            json_set_text(tx->arena, shown, m->key, stand_in(tx, m->key, m->value->text));
        else
            json_set(tx->arena, shown, m->key, m->value);
    }
    options = json_copy_shallow(tx->arena, options);
    json_set(tx->arena, options, member, shown);
    json_set(tx->arena, connection, STR("options"), options);
}

void connection_configuration_keep(struct tx *tx, const struct json *old, struct json *options)
{
    struct json *values = json_get(options, member);
    const struct json *before = json_get(old, member);
    const struct json_member *m;
    if (!json_is(values, JSON_OBJECT) || !json_is(before, JSON_OBJECT))
        return;
    struct json *kept = json_copy_shallow(tx->arena, values);
    JSON_EACH_MEMBER(values, i, m) {
        struct json *value = json_get(before, m->key);
        if (json_is(value, JSON_STRING) && str_eq_secret(json_text(m->value), stand_in(tx, m->key, value->text)))
            json_set(tx->arena, kept, m->key, value);
    }
    json_set(tx->arena, options, member, kept);
}
