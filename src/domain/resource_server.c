#include "domain/resource_server.h"

#include "base/map.h"
#include "crypto/random.h"
#include "domain/client/grant.h"
#include "domain/permission.h"

enum { SIGNING_SECRET_LEN = 32 };

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_RESOURCE_SERVER];
}

static void from_document(const struct document *d, struct resource_server *out)
{
    *out = (struct resource_server){
        .id = d->id,
        .identifier = json_get_text(d->body, STR("identifier")),
        .name = json_get_text(d->body, STR("name")),
        .signing_alg = json_get_text(d->body, STR("signing_alg")),
        .signing_secret = json_get_text(d->body, STR("signing_secret")),
        .token_lifetime_s = json_get_int(d->body, STR("token_lifetime"), 86400),
        .token_lifetime_for_web_s = json_get_int(d->body, STR("token_lifetime_for_web"), 7200),
        .is_system = json_get_true(d->body, STR("is_system")),
        .allow_offline_access = json_get_true(d->body, STR("allow_offline_access")),
        .scopes = json_get(d->body, STR("scopes")),
        .body = d->body,
    };
}

struct result resource_server_find(struct tx *tx, str identifier, struct resource_server *out, bool *out_found)
{
    struct document d;
    TRY(document_find(tx, spec(), STR("identifier"), identifier, &d, out_found));
    if (*out_found)
        from_document(&d, out);
    return OK;
}

bool resource_server_has_scope(const struct resource_server *rs, str scope)
{
    const struct json *item;
    JSON_EACH_ITEM(rs->scopes, i, item)
        if (str_eq(json_get_text(item, STR("value")), scope))
            return true;
    return false;
}

/* --- system APIs ------------------------------------------------------------------- */

static str at_domain(struct tx *tx, const char *path)
{
    return str_fmt(tx->arena, "https://%.*s%s", STR_ARG(tenant_get_info(tx->tenant)->domain), path);
}

str resource_server_management_identifier(struct tx *tx)
{
    return at_domain(tx, "/api/v2/");
}

/* APIs of the server's own that a tenant switches on by naming their identifier:
 * what they hold is fixed, whatever else the request says (recorded). */
static const struct {
    const char *identifier, *path; /* a path stands for an address at the tenant's domain */
    str body;
} built_in[] = {
    { "urn:auth0:express-configure", NULL,
      STR_INIT("{\"name\":\"Okta OIN Express Configuration API\","
               "\"scopes\":[{\"value\":\"express_configure:sso\",\"description\":\"Ability to create SSO configurations\"},"
               "{\"value\":\"express_configure:scim\",\"description\":\"Ability to create scim configurations\"}],"
               "\"signing_alg\":\"RS256\",\"allow_offline_access\":false,\"token_lifetime\":300,\"token_lifetime_for_web\":7200,"
               "\"skip_consent_for_verifiable_first_party_clients\":false,\"enforce_policies\":true,"
               "\"subject_type_authorization\":{\"user\":{\"policy\":\"allow_all\"},\"client\":{\"policy\":\"deny_all\"}}}") },
    { NULL, "/me/",
      STR_INIT("{\"name\":\"Auth0 My Account API\","
               "\"scopes\":[{\"value\":\"create:me:connected_accounts\",\"description\":\"Create Connected Accounts\"},"
               "{\"value\":\"read:me:connected_accounts\",\"description\":\"Read Connected Accounts\"},"
               "{\"value\":\"delete:me:connected_accounts\",\"description\":\"Delete Connected Accounts\"}],"
               "\"signing_alg\":\"RS256\",\"allow_offline_access\":true,\"token_lifetime\":600,\"token_lifetime_for_web\":600,"
               "\"skip_consent_for_verifiable_first_party_clients\":true,"
               "\"proof_of_possession\":{\"mechanism\":\"dpop\",\"required\":false},"
               "\"subject_type_authorization\":{\"user\":{\"policy\":\"require_client_grant\"},"
               "\"client\":{\"policy\":\"deny_all\"}}}") },
};

/* At the tenant's domain, or at a name that goes on from it: recorded requests
 * carry the domain with a region's suffix. */
static bool is_own_path(struct tx *tx, str identifier, const char *path)
{
    str root = at_domain(tx, "");
    if (!str_starts(identifier, root) || !str_ends(identifier, str_from(path)))
        return false;
    str suffix = str_sub(identifier, root.len, identifier.len - root.len - str_from(path).len);
    return suffix.len == 0 || (suffix.p[0] == '.' && str_find_char(suffix, '/') < 0);
}

static struct result become_built_in(struct tx *tx, struct json *now)
{
    str identifier = json_get_text(now, STR("identifier"));
    struct json *fixed;
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++) {
        const char *path = built_in[i].path;
        if (path ? !is_own_path(tx, identifier, path) : !str_eq(str_from(built_in[i].identifier), identifier))
            continue;
        TRY(json_parse(tx->arena, built_in[i].body, &fixed));
        json_merge(tx->arena, now, fixed);
        json_set_bool(tx->arena, now, STR("is_system"), true);
    }
    return OK;
}

static struct json *all_scopes(struct arena *a)
{
    struct json *scopes = json_array(a);
    for (size_t i = 0; i < SCOPE_MAX; i++) {
        struct json *scope = json_object(a);
        json_set_text(a, scope, STR("value"), scope_names[i]);
        json_push(a, scopes, scope);
    }
    return scopes;
}

struct result resource_server_create_management(struct tx *tx, struct document *out)
{
    struct json *body;
    TRY(json_parse(tx->arena,
                   STR("{\"name\":\"Auth0 Management API\",\"is_system\":true,\"allow_offline_access\":false,"
                       "\"skip_consent_for_verifiable_first_party_clients\":false,\"token_lifetime\":86400,"
                       "\"token_lifetime_for_web\":7200,\"signing_alg\":\"RS256\","
                       "\"subject_type_authorization\":{\"client\":{\"policy\":\"require_client_grant\"},"
                       "\"user\":{\"policy\":\"allow_all\"}}}"),
                   &body));
    json_set_text(tx->arena, body, STR("identifier"), resource_server_management_identifier(tx));
    json_set(tx->arena, body, STR("scopes"), all_scopes(tx->arena));
    return document_create(tx, spec(), STR_NONE, body, out);
}

struct result resource_server_link_client(struct tx *tx, str identifier, str client_id)
{
    struct document d;
    bool found;
    TRY(document_find(tx, spec(), STR("identifier"), identifier, &d, &found));
    if (!found)
        return OK;
    struct json *now = json_copy(tx->arena, d.body);
    json_remove(now, STR("client_id"));
    if (client_id.p)
        json_set_text(tx->arena, now, STR("client_id"), client_id);
    return document_replace(tx, spec(), d.id, now, &d);
}

/* --- hooks ----------------------------------------------------------------------------- */

/* The Management API's identifier is the only one that is taken before anybody
 * asks; it is reserved so that it stays the tenant's even where it is missing. */
static struct result check_new(struct tx *tx, struct json *now)
{
    bool reserved = str_eq(json_get_text(now, STR("identifier")), resource_server_management_identifier(tx));
    if (reserved && !json_get_true(now, STR("is_system")))
        return fail(ERR_RESERVED_IDENTIFIER);
    return become_built_in(tx, now);
}

/* A linked client may come and go; nothing else of a system API changes. */
static bool only_client_differs(struct tx *tx, const struct json *old, const struct json *now)
{
    struct json *x = json_copy_shallow(tx->arena, old), *y = json_copy_shallow(tx->arena, now);
    json_remove(x, STR("client_id"));
    json_remove(y, STR("client_id"));
    return json_equal(x, y);
}

static struct result check_scopes(struct arena *a, const struct json *now)
{
    struct map *seen = map_new(a);
    struct json *scope;
    JSON_EACH_ITEM(json_get(now, STR("scopes")), i, scope) {
        str value = json_get_text(scope, STR("value"));
        if (map_get(seen, value))
            return fail1(ERR_INVALID_BODY, STR("Scope values must be unique."));
        map_set(seen, value, scope);
    }
    return OK;
}

static struct result check(struct tx *tx, const struct json *old, struct json *now)
{
    tx_bump_generation(tx);
    if (!old)
        TRY(check_new(tx, now));
    else if (json_get_true(old, STR("is_system")) && !only_client_differs(tx, old, now))
        return fail(ERR_SYSTEM_RESOURCE_SERVER_PATCH);
    bool shared = str_eq(json_get_text(now, STR("signing_alg")), STR("HS256"));
    if (shared && !json_get_text(now, STR("signing_secret")).len)
        json_set_text(tx->arena, now, STR("signing_secret"), random_text(tx->arena, RANDOM_ALNUM, SIGNING_SECRET_LEN));
    return check_scopes(tx->arena, now);
}

static struct result deleting(struct tx *tx, const struct document *d)
{
    str identifier = json_get_text(d->body, STR("identifier"));
    tx_bump_generation(tx);
    if (str_eq(identifier, resource_server_management_identifier(tx)))
        return fail(ERR_SYSTEM_RESOURCE_SERVER_DELETE);
    TRY(relation_drop(tx, THING_RESOURCE_SERVER, d->id));
    return client_grant_drop_audience(tx, identifier);
}

static struct result changed(struct tx *tx, const struct json *old, const struct document *d)
{
    return permission_drop_scopes(tx, d->id, json_get(old, STR("scopes")), json_get(d->body, STR("scopes")));
}

const struct resource_hooks resource_server_hooks = { .check = check, .changed = changed, .deleting = deleting };
