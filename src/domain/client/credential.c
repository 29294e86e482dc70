#include "domain/client/credential.h"

#include "base/clock.h"
#include "crypto/key_info.h"

enum { RSA_BITS_MIN = 2048 };

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_CLIENT_CREDENTIAL];
}

/* Where a client's body names credentials: lists of {id}. */
static const char *const places[] = {
    "client_authentication_methods.private_key_jwt.credentials",
    "client_authentication_methods.tls_client_auth.credentials",
    "client_authentication_methods.self_signed_tls_client_auth.credentials",
    "signed_request_object.credentials",
    "token_vault_privileged_access.credentials",
};
enum { PLACE_COUNT = sizeof places / sizeof *places };

/* --- making ---------------------------------------------------------------------- */

static struct result refuse(const char *words)
{
    return fail1(ERR_INVALID_BODY, str_from(words));
}

static void copy_text(struct arena *a, struct json *to, const struct json *from, const char *key)
{
    str text = json_get_text(from, str_from(key));
    if (text.p)
        json_set_text(a, to, str_from(key), text);
}

static struct result set_expiry(struct arena *a, struct json *c, const struct json *body)
{
    str text = json_get_text(body, STR("expires_at"));
    int64_t at_us;
    if (!text.p)
        return OK;
    if (!clock_parse_iso(text, &at_us))
        return refuse("expires_at is not a date");
    json_set_text(a, c, STR("expires_at"), clock_iso(a, at_us));
    return OK;
}

static void set_expiry_of_cert(struct arena *a, struct json *c, const struct cert_info *cert)
{
    json_set_text(a, c, STR("expires_at"), clock_iso(a, cert->not_after_s * US_PER_S));
}

static struct result make_public_key(struct tx *tx, const struct json *body, struct json *c)
{
    struct arena *a = tx->arena;
    struct public_key_info key;
    struct cert_info cert;
    str pem = json_get_text(body, STR("pem")), kid = json_get_text(body, STR("kid")), alg = json_get_text(body, STR("alg"));
    if (!public_key_info_read(a, pem, &key))
        return refuse("pem is not a public key or a certificate in PEM form");
    if (!str_eq(key.type, STR("RSA")) || key.bits < RSA_BITS_MIN)
        return refuse("pem must hold an RSA key of at least 2048 bits");
    TRY(set_expiry(a, c, body));
    if (json_get_true(body, STR("parse_expiry_from_cert"))) {
        if (!cert_info_read(a, pem, &cert))
            return refuse("parse_expiry_from_cert needs a certificate");
        set_expiry_of_cert(a, c, &cert);
    }
    json_set_text(a, c, STR("kid"), kid.len ? kid : key.thumbprint);
    json_set_text(a, c, STR("alg"), alg.len ? alg : STR("RS256"));
    json_set_text(a, c, STR("pem"), key.pem);
    return OK;
}

static struct result make_x509(struct tx *tx, const struct json *body, struct json *c)
{
    struct cert_info cert;
    str pem = json_get_text(body, STR("pem"));
    if (!cert_info_read(tx->arena, pem, &cert))
        return refuse("pem is not a certificate in PEM form");
    json_set_text(tx->arena, c, STR("thumbprint_sha256"), cert.sha256_base64url);
    json_set_text(tx->arena, c, STR("pem"), pem);
    set_expiry_of_cert(tx->arena, c, &cert);
    return OK;
}

/* One "C=JP" a line, in the certificate's order, as recorded. */
static str subject_lines(struct arena *a, const struct cert_info *cert)
{
    str text = STR("");
    for (size_t i = 0; i < cert->subject_count; i++)
        text = str_fmt(a, "%.*s%s%.*s=%.*s", STR_ARG(text), i ? "\n" : "", STR_ARG(cert->subject[i].short_name),
                       STR_ARG(cert->subject[i].value));
    return text;
}

static struct result make_subject_dn(struct tx *tx, const struct json *body, struct json *c)
{
    struct cert_info cert;
    str dn = json_get_text(body, STR("subject_dn")), pem = json_get_text(body, STR("pem"));
    if (!dn.len && !pem.len)
        return refuse("subject_dn or pem is needed");
    if (pem.len && !cert_info_read(tx->arena, pem, &cert))
        return refuse("pem is not a certificate in PEM form");
    json_set_text(tx->arena, c, STR("subject_dn"), dn.len ? dn : subject_lines(tx->arena, &cert));
    return OK;
}

static const struct {
    str type;
    struct result (*make)(struct tx *tx, const struct json *body, struct json *c);
} types[] = {
    { STR_INIT("public_key"), make_public_key },
    { STR_INIT("x509_cert"), make_x509 },
    { STR_INIT("cert_subject_dn"), make_subject_dn },
};

static struct result make(struct tx *tx, str client_id, const struct json *body, struct document *out)
{
    struct json *c = json_object(tx->arena);
    str type = json_get_text(body, STR("credential_type"));
    json_set_text(tx->arena, c, STR("client_id"), client_id);
    copy_text(tx->arena, c, body, "credential_type");
    copy_text(tx->arena, c, body, "name");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_eq(types[i].type, type)) {
            TRY(types[i].make(tx, body, c));
            tx_bump_generation(tx);
            return document_create(tx, spec(), STR_NONE, c, out);
        }
    return refuse("unknown credential_type");
}

/* --- showing ------------------------------------------------------------------------ */

static struct json *present(struct arena *a, const struct document *d)
{
    struct json *o = json_copy_shallow(a, d->body);
    json_remove(o, STR("client_id"));
    json_remove(o, STR("pem"));
    json_set_text(a, o, STR("created_at"), clock_iso(a, d->created_at_us));
    json_set_text(a, o, STR("updated_at"), clock_iso(a, d->updated_at_us));
    return o;
}

/* A read credential tells that it does not expire; a new one leaves it out. */
static struct json *present_read(struct arena *a, const struct document *d)
{
    struct json *o = present(a, d);
    if (!json_get(o, STR("expires_at")))
        json_set(a, o, STR("expires_at"), json_null(a));
    return o;
}

/* --- one by one ------------------------------------------------------------------------ */

static struct result find(struct tx *tx, str client, str id, struct client *out_client, struct document *out)
{
    TRY(client_read(tx, client, out_client));
    TRY(document_read(tx, spec(), id, out));
    bool own = str_eq(json_get_text(out->body, STR("client_id")), out_client->client_id);
    return own ? OK : fail1(ERR_INEXISTENT_CLIENT_CREDENTIAL, id);
}

struct result client_credential_create(struct tx *tx, str client, const struct json *body, struct json **out)
{
    struct client c;
    struct document d;
    TRY(client_read(tx, client, &c));
    TRY(make(tx, c.client_id, body, &d));
    *out = present(tx->arena, &d);
    return OK;
}

struct result client_credential_read(struct tx *tx, str client, str id, struct json **out)
{
    struct client c;
    struct document d;
    TRY(find(tx, client, id, &c, &d));
    *out = present_read(tx->arena, &d);
    return OK;
}

struct result client_credential_list(struct tx *tx, str client, struct json **out)
{
    struct client c;
    struct document_list all = { 0 };
    TRY(client_read(tx, client, &c));
    TRY(document_list_by(tx, spec(), "client_id", c.client_id, &all));
    *out = json_array(tx->arena);
    for (size_t i = 0; i < all.count; i++)
        json_push(tx->arena, *out, present_read(tx->arena, &all.items[i]));
    return OK;
}

struct result client_credential_patch(struct tx *tx, str client, str id, const struct json *patch, struct json **out)
{
    struct client c;
    struct document d;
    TRY(find(tx, client, id, &c, &d));
    struct json *now = json_copy(tx->arena, d.body);
    json_remove(now, STR("expires_at"));
    TRY(set_expiry(tx->arena, now, patch));
    tx_bump_generation(tx);
    TRY(document_replace(tx, spec(), d.id, now, &d));
    *out = present_read(tx->arena, &d);
    return OK;
}

/* Every list that names id loses it. *out_changed: was there one? */
static void forget(struct arena *a, struct json *body, str id, bool *out_changed)
{
    for (size_t p = 0; p < PLACE_COUNT; p++) {
        struct json *list = json_at(body, places[p]), *kept = json_array(a), *item;
        JSON_EACH_ITEM(list, i, item)
            if (!str_eq(json_get_text(item, STR("id")), id))
                json_push(a, kept, item);
        if (json_count(kept) == json_count(list))
            continue;
        *list = *kept;
        *out_changed = true;
    }
}

struct result client_credential_delete(struct tx *tx, str client, str id)
{
    struct client c;
    struct document d;
    bool named = false;
    struct result r = find(tx, client, id, &c, &d);
    if (r.kind == ERR_INEXISTENT_CLIENT_CREDENTIAL || r.kind == ERR_INEXISTENT_CLIENT)
        return OK;
    TRY(r);
    TRY(document_delete(tx, spec(), d.id));
    tx_bump_generation(tx);
    struct json *body = json_copy(tx->arena, c.body);
    forget(tx->arena, body, id, &named);
    return named ? document_replace(tx, &resource_specs[RESOURCE_CLIENT], c.client_id, body, &d) : OK;
}

struct result client_credential_drop_client(struct tx *tx, str client_id)
{
    return document_delete_by(tx, spec(), "client_id", client_id);
}

/* --- inside a client's body ---------------------------------------------------------------- */

static struct json *id_only(struct arena *a, str id)
{
    struct json *o = json_object(a);
    json_set_text(a, o, STR("id"), id);
    return o;
}

static struct result take_out_one(struct tx *tx, str client_id, struct json **item)
{
    struct document d;
    str id = json_get_text(*item, STR("id"));
    if (!id.p)
        TRY(make(tx, client_id, *item, &d));
    else
        TRY(document_read(tx, spec(), id, &d));
    if (!str_eq(json_get_text(d.body, STR("client_id")), client_id))
        return fail1(ERR_INEXISTENT_CLIENT_CREDENTIAL, id);
    *item = id_only(tx->arena, d.id);
    return OK;
}

struct result client_credentials_take_out(struct tx *tx, str client_id, struct json *body)
{
    for (size_t p = 0; p < PLACE_COUNT; p++) {
        struct json *list = json_at(body, places[p]);
        for (size_t i = 0; json_is(list, JSON_ARRAY) && i < list->count; i++)
            TRY(take_out_one(tx, client_id, &list->items[i]));
    }
    return OK;
}

struct result client_credentials_put_back(struct tx *tx, struct json *body)
{
    struct document d;
    for (size_t p = 0; p < PLACE_COUNT; p++) {
        struct json *list = json_at(body, places[p]);
        for (size_t i = 0; json_is(list, JSON_ARRAY) && i < list->count; i++) {
            TRY(document_read(tx, spec(), json_get_text(list->items[i], STR("id")), &d));
            list->items[i] = present(tx->arena, &d);
        }
    }
    return OK;
}

static bool is_expired(const struct json *credential, int64_t now_us)
{
    int64_t at_us;
    str text = json_get_text(credential, STR("expires_at"));
    return text.p && (!clock_parse_iso(text, &at_us) || at_us <= now_us);
}

struct result client_credential_keys(struct tx *tx, const struct client *c, str method, struct json **out)
{
    const struct json *methods = json_get(c->body, STR("client_authentication_methods")), *item;
    const struct json *list = json_get(json_get(methods, method), STR("credentials"));
    struct document d;
    *out = json_array(tx->arena);
    JSON_EACH_ITEM(list, i, item) {
        TRY(document_read(tx, spec(), json_get_text(item, STR("id")), &d));
        if (!is_expired(d.body, tx->now_us))
            json_push(tx->arena, *out, d.body);
    }
    return OK;
}
