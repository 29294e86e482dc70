/* /.well-known: what this server can do, built from the tables that do it
 * (OpenID Connect Discovery 1.0 §3, RFC 8414; AUTH-REFERENCE 7.2). */
#include "api/auth/grants.h"
#include "domain/signing_key.h"

struct endpoint {
    const char *member, *path;
};
/* Addresses are fixed from the start (OpenID Connect Discovery requires the
 * first); what answers there grows with login. */
static const struct endpoint endpoints[] = {
    { "authorization_endpoint", "authorize" },
    { "token_endpoint", "oauth/token" },
    { "userinfo_endpoint", "userinfo" },
    { "jwks_uri", ".well-known/jwks.json" },
};

struct list {
    const char *member;
    const char *values[12];
};
static const struct list lists[] = {
    { "scopes_supported",
      { "openid", "profile", "offline_access", "name", "given_name", "family_name", "nickname", "email", "email_verified", "picture",
        "created_at", NULL } },
    { "response_types_supported", { "code", "token", "id_token", "code token", "code id_token", "token id_token", "code token id_token", NULL } },
    { "code_challenge_methods_supported", { "S256", "plain", NULL } },
    { "response_modes_supported", { "query", "fragment", "form_post", NULL } },
    { "subject_types_supported", { "public", NULL } },
    { "id_token_signing_alg_values_supported", { "HS256", "RS256", NULL } },
    { "token_endpoint_auth_methods_supported", { "client_secret_basic", "client_secret_post", NULL } },
    { "claims_supported", { "aud", "exp", "iat", "iss", "sub", NULL } },
};

static void add_lists(struct arena *a, struct json *o)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct json *values = json_array(a);
        for (size_t j = 0; lists[i].values[j]; j++)
            json_push_text(a, values, str_from(lists[i].values[j]));
        json_set(a, o, str_from(lists[i].member), values);
    }
}

struct result auth_openid_configuration(struct call *c)
{
    struct arena *a = c->arena;
    struct json *o = json_object(a), *grants = json_array(a);
    str issuer = tenant_issuer(c->tenant);
    json_set_text(a, o, STR("issuer"), issuer);
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
        json_set_text(a, o, str_from(endpoints[i].member), str_cat(a, issuer, str_from(endpoints[i].path)));
    add_lists(a, o);
    for (size_t i = 0; i < grant_type_count; i++)
        json_push_text(a, grants, grant_types[i].name);
    json_set(a, o, STR("grant_types_supported"), grants);
    json_set_bool(a, o, STR("request_uri_parameter_supported"), false);
    json_set_bool(a, o, STR("request_parameter_supported"), false);
    call_header(c, STR("Access-Control-Allow-Origin"), STR("*"));
    call_header(c, STR("Cache-Control"), STR("public, max-age=15, stale-while-revalidate=15, stale-if-error=86400"));
    return call_reply(c, 200, o);
}

struct result auth_jwks(struct call *c)
{
    struct key_set *set;
    TRY(key_set_get(c->tenant, &set));
    str jwks = str_dup(c->arena, set->jwks);
    key_set_release(set);
    call_header(c, STR("Access-Control-Allow-Origin"), STR("*"));
    call_header(c, STR("Cache-Control"), STR("public, max-age=15, stale-while-revalidate=15, stale-if-error=86400"));
    call_header(c, STR("Content-Type"), STR("application/json; charset=utf-8"));
    return call_reply_text(c, 200, jwks);
}
