#include "domain/connection/options.h"

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/key_info.h"
#include "domain/connection/provider_scope.h"

/* --- rules of database connections --------------------------------------------- */

static const char *const identifiers[] = { "email", "phone_number", "username" };
enum { IDENTIFIER_COUNT = sizeof identifiers / sizeof *identifiers };

static struct result refuse(const char *words)
{
    return fail1(ERR_INVALID_BODY, str_from(words));
}

static struct result check_signup(const struct json *attributes)
{
    static const struct {
        const char *name, *words;
    } rows[] = {
        { "email", "attribute email must also be required on signup" },
        { "phone_number", "attribute phone_number must also be required on signup" },
        { "username", "attribute username must also be required on signup" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct json *attribute = json_get(attributes, str_from(rows[i].name));
        str status = json_get_text(json_get(attribute, STR("signup")), STR("status"));
        if (json_get_true(attribute, STR("profile_required")) && status.p && !str_eq(status, STR("required")))
            return refuse(rows[i].words);
    }
    return OK;
}

static bool has_active_identifier(const struct json *attributes)
{
    for (size_t i = 0; i < IDENTIFIER_COUNT; i++)
        if (json_get_true(json_get(json_get(attributes, str_from(identifiers[i])), STR("identifier")), STR("active")))
            return true;
    return false;
}

static bool is_set(const struct json *options, const char *name)
{
    const struct json *v = json_get(options, str_from(name));
    return v && v->type != JSON_NULL;
}

struct result connection_options_check(const struct strategy *s, const struct json *options)
{
    if (s->kind != STRATEGY_DATABASE || !is_set(options, "attributes"))
        return OK;
    const struct json *attributes = json_get(options, STR("attributes"));
    if (is_set(options, "requires_username"))
        return refuse("Cannot set both options.attributes and options.requires_username");
    if (is_set(options, "validation"))
        return refuse("Cannot set both options.attributes and options.validation");
    if (!has_active_identifier(attributes))
        return refuse("attributes must contain one active identifier");
    return check_signup(attributes);
}

/* --- defaults ---------------------------------------------------------------------- */

/* Members of defaults that are absent from into, at every depth of objects. */
static void lay_under(struct arena *a, struct json *into, const struct json *defaults)
{
    const struct json_member *m;
    JSON_EACH_MEMBER(defaults, i, m) {
        struct json *there = json_get(into, m->key);
        if (!there)
            json_set(a, into, m->key, m->value);
        else if (json_is(there, JSON_OBJECT) && json_is(m->value, JSON_OBJECT))
            lay_under(a, there, m->value);
    }
}

static struct result lay_text_under(struct arena *a, struct json *into, str defaults)
{
    struct json *parsed;
    if (defaults.len == 0)
        return OK;
    TRY(json_parse(a, defaults, &parsed));
    lay_under(a, into, parsed);
    return OK;
}

static const str password_options_defaults = STR_INIT(
    "{\"complexity\":{\"character_type_rule\":\"all\",\"identical_characters\":\"allow\",\"sequential_characters\":\"allow\","
    "\"max_length_exceeded\":\"error\",\"min_length\":15,\"character_types\":[]},"
    "\"profile_data\":{\"active\":false,\"blocked_fields\":[\"name\",\"username\",\"nickname\",\"email\",\"phone_number\","
    "\"user_metadata.name\",\"user_metadata.first\",\"user_metadata.last\"]},"
    "\"history\":{\"active\":false,\"size\":3},\"dictionary\":{\"active\":false,\"custom\":[],\"default\":\"en_100k\"}}");

static struct result fill_database(struct tx *tx, const struct strategy *s, struct json *options, bool is_new)
{
    (void)s;
    struct arena *a = tx->arena;
    struct json *flexible = json_get(options, STR("password_options"));
    struct json *email = json_get(json_get(options, STR("attributes")), STR("email"));
    if (json_is(flexible, JSON_OBJECT))
        TRY(lay_text_under(a, flexible, password_options_defaults));
    else if (is_new && !json_get(options, STR("passwordPolicy")))
        json_set_text(a, options, STR("passwordPolicy"), STR("good"));
    if (json_is(email, JSON_OBJECT))
        return lay_text_under(a, email, STR("{\"verification_method\":\"link\",\"unique\":true}"));
    return OK;
}

/* --- providers ------------------------------------------------------------------------ */

static void set_absent(struct arena *a, struct json *options, const char *name, str value)
{
    if (!is_set(options, name))
        json_set_text(a, options, str_from(name), value);
}

/* What discovery told, or an operator copied from it: members of the same names
 * (OpenID Connect Discovery 1.0, section 3). */
static struct result fill_oidc(struct tx *tx, const struct strategy *s, struct json *options, bool is_new)
{
    static const char *const endpoints[] = { "issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri" };
    (void)s, (void)is_new;
    const struct json *metadata = json_get(options, STR("oidc_metadata"));
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        str told = json_get_text(metadata, str_from(endpoints[i]));
        if (told.len)
            set_absent(tx->arena, options, endpoints[i], told);
    }
    return OK;
}

/* Okta's endpoints follow from its domain (its own API reference, "well-known"). */
static struct result fill_okta(struct tx *tx, const struct strategy *s, struct json *options, bool is_new)
{
    static const struct {
        const char *option, *path;
    } endpoints[] = {
        { "authorization_endpoint", "/oauth2/v1/authorize" },
        { "token_endpoint", "/oauth2/v1/token" },
        { "userinfo_endpoint", "/oauth2/v1/userinfo" },
        { "jwks_uri", "/oauth2/v1/keys" },
        { "issuer", "" },
    };
    str domain = json_get_text(options, STR("domain"));
    TRY(fill_oidc(tx, s, options, is_new));
    if (!domain.len)
        return OK;
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
        set_absent(tx->arena, options, endpoints[i].option,
                   str_fmt(tx->arena, "https://%.*s%s", STR_ARG(domain), endpoints[i].path));
    return OK;
}

static struct result fill_waad(struct tx *tx, const struct strategy *s, struct json *options, bool is_new)
{
    (void)s, (void)is_new;
    set_absent(tx->arena, options, "app_domain", tenant_get_info(tx->tenant)->domain);
    return OK;
}

/* adfs_server may be a host or a metadata URL; the sign-in page stands on that host. */
static struct result fill_adfs(struct tx *tx, const struct strategy *s, struct json *options, bool is_new)
{
    (void)s, (void)is_new;
    str server = json_get_text(options, STR("adfs_server")), rest;
    if (!server.len)
        return OK;
    if (str_starts(server, STR("https://")))
        server = str_sub(server, sizeof "https://" - 1, server.len);
    str host = str_cut(server, '/', &rest);
    set_absent(tx->arena, options, "signInEndpoint", str_fmt(tx->arena, "https://%.*s/adfs/ls/", STR_ARG(host)));
    return OK;
}

static struct json *subject_of(struct arena *a, const struct cert_info *cert)
{
    struct json *subject = json_object(a);
    for (size_t i = 0; i < cert->subject_count; i++)
        json_set_text(a, subject, cert->subject[i].long_name, cert->subject[i].value);
    return subject;
}

/* The provider's certificate, as PEM or as PEM in base64. */
static str signing_cert(struct arena *a, const struct json *options)
{
    str given = json_get_text(options, STR("signingCert")), decoded;
    if (!given.len)
        given = json_get_text(options, STR("cert"));
    if (str_find(given, STR("-----BEGIN")) >= 0)
        return given;
    return given.len && base64_decode(a, given, &decoded) ? decoded : STR_NONE;
}

static struct result fill_cert(struct tx *tx, const struct strategy *s, struct json *options, bool is_new)
{
    (void)s, (void)is_new;
    struct arena *a = tx->arena;
    struct cert_info cert;
    str pem = signing_cert(a, options);
    if (!pem.len || !cert_info_read(a, pem, &cert))
        return OK;
    struct json *thumbprints = json_array(a);
    json_push_text(a, thumbprints, cert.sha1_hex);
    json_set_text(a, options, STR("expires"), clock_iso(a, cert.not_after_s * US_PER_S));
    json_set(a, options, STR("subject"), subject_of(a, &cert));
    json_set(a, options, STR("thumbprints"), thumbprints);
    json_set_text(a, options, STR("cert"), pem);
    return OK;
}

static struct result fill_pingfederate(struct tx *tx, const struct strategy *s, struct json *options, bool is_new)
{
    str base = json_get_text(options, STR("pingFederateBaseUrl"));
    if (base.len)
        set_absent(tx->arena, options, "signInEndpoint", base);
    TRY(fill_cert(tx, s, options, is_new));
    if (is_set(options, "cert"))
        json_remove(options, STR("signingCert"));
    return OK;
}

static const struct {
    const char *strategy;
    struct result (*fill)(struct tx *tx, const struct strategy *s, struct json *options, bool is_new);
} fillers[] = {
    { "auth0", fill_database }, { "oidc", fill_oidc },  { "okta", fill_okta },
    { "waad", fill_waad },      { "adfs", fill_adfs },  { "samlp", fill_cert },
    { "pingfederate", fill_pingfederate },
};

struct result connection_options_fill(struct tx *tx, const struct strategy *s, struct json *options, bool is_new)
{
    TRY(lay_text_under(tx->arena, options, is_new ? s->options : s->again));
    provider_scope_fill(tx->arena, s, options);
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
        if (str_eq(s->name, str_from(fillers[i].strategy)))
            return fillers[i].fill(tx, s, options, is_new);
    return OK;
}
