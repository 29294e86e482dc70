#include "domain/client/shape.h"

#include "domain/resource_server.h"

/* --- defaults ------------------------------------------------------------------ */

/* The approval channel was recorded on every client made in November 2025 and not since; what is not said means the same. */
static const str common = STR_INIT(
    "{\"async_approval_notification_channels\":[\"guardian-push\"],\"is_first_party\":true,\"oidc_conformant\":false,\"sso_disabled\":false,\"cross_origin_authentication\":false,"
    "\"is_token_endpoint_ip_header_trusted\":false,\"custom_login_page_on\":true,"
    "\"refresh_token\":{\"rotation_type\":\"non-rotating\",\"expiration_type\":\"non-expiring\"}}");

#define RS256_TOKENS "\"oidc_conformant\":true,\"jwt_configuration\":{\"secret_encoded\":false,\"alg\":\"RS256\"}"

/* Of the types that apps choose none changes a default: a spa or native one is public when it says so (recorded). */
static const struct {
    str app_type, defaults;
} kinds[] = {
    { STR_INIT("resource_server"), STR_INIT("{" RS256_TOKENS ",\"grant_types\":[]}") },
    { STR_INIT("express_configuration"),
      STR_INIT("{" RS256_TOKENS ",\"grant_types\":[\"authorization_code\",\"client_credentials\"],"
               "\"callbacks\":[\"https://system-admin.okta.com/admin/app/generic/oauth20redirect\"],"
               "\"organization_usage\":\"require\",\"organization_require_behavior\":\"pre_login_prompt\","
               "\"client_authentication_methods\":{\"private_key_jwt\":{\"credentials\":[]}}}") },
};

static struct result lay_under(struct arena *a, struct json *body, str text)
{
    struct json *defaults;
    const struct json_member *m;
    TRY(json_parse(a, text, &defaults));
    JSON_EACH_MEMBER(defaults, i, m)
        if (!json_get(body, m->key))
            json_set(a, body, m->key, m->value);
    return OK;
}

static bool is_public(const struct json *body)
{
    return str_eq(json_get_text(body, STR("token_endpoint_auth_method")), STR("none"));
}

/* A client that says how it authenticates by keys is not public. */
static struct result fill_kind(struct arena *a, struct json *body)
{
    str app_type = json_get_text(body, STR("app_type"));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq(kinds[i].app_type, app_type))
            TRY(lay_under(a, body, kinds[i].defaults));
    if (json_get(body, STR("client_authentication_methods")) && is_public(body))
        json_remove(body, STR("token_endpoint_auth_method"));
    return OK;
}

static const str strict = STR_INIT(
    "{\"grant_types\":[\"authorization_code\"],"
    "\"jwt_configuration\":{\"secret_encoded\":false,\"alg\":\"RS256\",\"lifetime_in_seconds\":3600},"
    "\"refresh_token\":{\"rotation_type\":\"non-rotating\",\"expiration_type\":\"expiring\",\"infinite_token_lifetime\":true}}");

static bool is_third_party(const struct json *body)
{
    const struct json *first = json_get(body, STR("is_first_party"));
    return json_is(first, JSON_BOOL) && !json_true(first);
}

bool client_shape_is_strict(const struct json *body)
{
    return is_third_party(body) && str_eq(json_get_text(body, STR("third_party_security_mode")), STR("strict"));
}

struct result client_shape_fill(struct arena *a, struct json *body)
{
    TRY(fill_kind(a, body));
    if (is_third_party(body))
        TRY(lay_under(a, body, STR("{\"oidc_conformant\":true}"))); /* other companies' apps get no legacy flows */
    if (client_shape_is_strict(body))
        TRY(lay_under(a, body, strict));
    TRY(lay_under(a, body, common));
    TRY(lay_under(a, body, is_public(body) ? STR("{\"grant_types\":[\"authorization_code\",\"implicit\",\"refresh_token\"]}")
                                           : STR("{\"grant_types\":[\"authorization_code\",\"implicit\",\"refresh_token\","
                                                 "\"client_credentials\"]}")));
    return lay_under(a, body, STR("{\"jwt_configuration\":{\"lifetime_in_seconds\":36000,\"secret_encoded\":false}}"));
}

/* --- objects that are sent in part ------------------------------------------------ */

/* Lifetimes: recorded longer for clients that say how they prove their secret. */
static struct result complete_refresh_token(struct arena *a, struct json *now)
{
    struct json *refresh = json_get(now, STR("refresh_token"));
    if (!json_is(refresh, JSON_OBJECT))
        return OK;
    refresh = json_copy_shallow(a, refresh);
    bool endless = !str_eq(json_get_text(refresh, STR("expiration_type")), STR("expiring"));
    bool has_method = json_get_text(now, STR("token_endpoint_auth_method")).len && !is_public(now);
    TRY(lay_under(a, refresh, has_method ? STR("{\"leeway\":0,\"token_lifetime\":31557600,\"idle_token_lifetime\":2592000}")
                                         : STR("{\"leeway\":0,\"token_lifetime\":2592000,\"idle_token_lifetime\":1296000}")));
    TRY(lay_under(a, refresh, endless ? STR("{\"infinite_token_lifetime\":true,\"infinite_idle_token_lifetime\":true}")
                                      : STR("{\"infinite_token_lifetime\":false,\"infinite_idle_token_lifetime\":false}")));
    json_set(a, now, STR("refresh_token"), refresh);
    return OK;
}

static struct result complete_jwt(struct arena *a, struct json *now)
{
    struct json *jwt = json_get(now, STR("jwt_configuration"));
    if (!json_is(jwt, JSON_OBJECT))
        return OK;
    jwt = json_copy_shallow(a, jwt);
    json_set(a, now, STR("jwt_configuration"), jwt);
    return lay_under(a, jwt, STR("{\"secret_encoded\":false}"));
}

/* oidc_backchannel_logout is the older name of oidc_logout and shows its addresses. */
static void mirror_logout(struct arena *a, const struct json *old, struct json *now)
{
    static const str newer = STR_INIT("oidc_logout"), older = STR_INIT("oidc_backchannel_logout"),
                     urls = STR_INIT("backchannel_logout_urls");
    struct json *n = json_get(now, newer), *o = json_get(now, older);
    bool older_changed = !json_equal(o, json_get(old, older)), newer_changed = !json_equal(n, json_get(old, newer));
    str to = newer_changed ? older : newer;
    struct json *from = newer_changed ? n : o;
    if (!newer_changed && !older_changed)
        return;
    if (!json_is(from, JSON_OBJECT)) {
        json_remove(now, to);
        return;
    }
    struct json *other = json_get(now, to);
    other = json_is(other, JSON_OBJECT) ? json_copy_shallow(a, other) : json_object(a);
    if (json_get(from, urls))
        json_set(a, other, urls, json_get(from, urls));
    json_set(a, now, to, other);
}

/* --- rules -------------------------------------------------------------------------- */

static bool is_set(const struct json *body, const char *name)
{
    const struct json *v = json_get(body, str_from(name));
    return v && v->type != JSON_NULL;
}

static struct result check_authentication(const struct json *now)
{
    if (is_set(now, "token_endpoint_auth_method") && is_set(now, "client_authentication_methods"))
        return fail1(ERR_INVALID_BODY, STR("token_endpoint_auth_method and client_authentication_methods cannot both be set"));
    return OK;
}

static struct result check_resource_server(struct tx *tx, const struct json *old, const struct json *now)
{
    struct resource_server rs;
    bool found;
    str identifier = json_get_text(now, STR("resource_server_identifier"));
    if (old || !identifier.p)
        return OK;
    if (!str_eq(json_get_text(now, STR("app_type")), STR("resource_server")))
        return fail1(ERR_INVALID_BODY, STR("resource_server_identifier is only for clients of app_type resource_server"));
    TRY(resource_server_find(tx, identifier, &rs, &found));
    return found ? OK : fail1(ERR_INVALID_BODY, STR("The resource server does not exist."));
}

struct result client_shape_check(struct tx *tx, const struct json *old, struct json *now)
{
    TRY(check_authentication(now));
    TRY(check_resource_server(tx, old, now));
    TRY(complete_refresh_token(tx->arena, now));
    TRY(complete_jwt(tx->arena, now));
    mirror_logout(tx->arena, old, now);
    return OK;
}
