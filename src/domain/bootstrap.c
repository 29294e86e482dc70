#include "domain/bootstrap.h"

#include "crypto/hash.h"
#include "crypto/random.h"
#include "domain/client/client.h"
#include "domain/client/grant.h"
#include "domain/connection/connection.h"
#include "domain/resource_server.h"

enum { CLIENT_ID_LEN = 32, ADMIN_PASSWORD_LEN = 24 };

void bootstrap_prepare(struct bootstrap *b, struct arena *secret)
{
    *b = (struct bootstrap){
        .arena = secret,
        .management_id = random_text(secret, RANDOM_ALNUM, CLIENT_ID_LEN),
        .global_id = random_text(secret, RANDOM_ALNUM, CLIENT_ID_LEN),
        .default_app_id = random_text(secret, RANDOM_ALNUM, CLIENT_ID_LEN),
        .management_secret = random_text(secret, RANDOM_BASE64URL, CLIENT_SECRET_LEN),
        .global_secret = random_text(secret, RANDOM_BASE64URL, CLIENT_SECRET_LEN),
        .admin_email = STR("admin@localhost"),
        .admin_password = random_text(secret, RANDOM_ALNUM, ADMIN_PASSWORD_LEN),
    };
}

static struct result make_client(struct tx *tx, const char *body_text, str id, str secret, bool is_global)
{
    struct json *body;
    struct client c;
    TRY(json_parse(tx->arena, str_from(body_text), &body));
    if (secret.len)
        json_set_text(tx->arena, body, STR("client_secret"), secret);
    return client_create_as(tx, id, is_global, body, &c);
}

static struct result make_clients(struct tx *tx, const struct bootstrap *b)
{
    TRY(make_client(tx, "{\"name\":\"All Applications\"}", b->global_id, b->global_secret, true));
    TRY(make_client(tx, "{\"name\":\"Default App\"}", b->default_app_id, STR_NONE, false));
    return make_client(tx,
                       "{\"name\":\"Doorward Management\",\"app_type\":\"non_interactive\",\"grant_types\":[\"client_credentials\"]}",
                       b->management_id, b->management_secret, false);
}

/* Every scope of the API, so that the first curl works. */
static struct result make_grant(struct tx *tx, const struct bootstrap *b, const struct document *api)
{
    struct arena *a = tx->arena;
    struct json *body = json_object(a), *scope = json_array(a), *item;
    struct document grant;
    JSON_EACH_ITEM(json_get(api->body, STR("scopes")), i, item)
        json_push_text(a, scope, json_get_text(item, STR("value")));
    json_set_text(a, body, STR("client_id"), b->management_id);
    json_set_text(a, body, STR("audience"), json_get_text(api->body, STR("identifier")));
    json_set(a, body, STR("scope"), scope);
    return document_create(tx, &resource_specs[RESOURCE_CLIENT_GRANT], STR_NONE, body, &grant);
}

/* Policy low, so that the passwords of the documents' examples run; a username
 * may be given and need not (recorded users of default connections have one, the
 * documents' examples have none); enabled for Default App. */
static const char first_connection[] =
    "{\"name\":\"Username-Password-Authentication\",\"strategy\":\"auth0\",\"options\":{\"passwordPolicy\":\"low\","
    "\"brute_force_protection\":true,\"attributes\":{"
    "\"email\":{\"identifier\":{\"active\":true},\"profile_required\":true,\"verification_method\":\"link\","
    "\"signup\":{\"status\":\"required\",\"verification\":{\"active\":true}}},"
    "\"username\":{\"identifier\":{\"active\":true},\"profile_required\":false,\"signup\":{\"status\":\"optional\"},"
    "\"validation\":{\"min_length\":1,\"max_length\":128,\"allowed_types\":{\"email\":false,\"phone_number\":false}}}}}}";

static struct result make_connection(struct tx *tx, const struct bootstrap *b)
{
    struct json *body, *clients = json_array(tx->arena);
    struct connection c;
    TRY(json_parse(tx->arena, STR(first_connection), &body));
    json_push_text(tx->arena, clients, b->default_app_id);
    json_set(tx->arena, body, STR("enabled_clients"), clients);
    return connection_create(tx, body, &c);
}

/* The password is ours, 24 random letters: a fast hash gives nothing away that
 * guessing could use, and the first start stays in milliseconds. */
static struct result make_admin(struct tx *tx, const struct bootstrap *b)
{
    unsigned char hash[DIGEST_LEN_MAX];
    struct arena *a = tx->arena;
    struct json *admin = json_object(a);
    digest(DIGEST_SHA256, b->admin_password, hash);
    json_set_text(a, admin, STR("email"), b->admin_email);
    json_set_text(a, admin, STR("password_sha256"), hex_encode(a, (str){ (const char *)hash, digest_len(DIGEST_SHA256) }));
    return sql_run(tx->sql, "INSERT INTO settings (name, body) VALUES ('administrator', ?)",
                   SQL_ARGS(sql_text(json_dump(a, admin))), NULL);
}

struct result bootstrap_fill(struct tx *tx, void *arg)
{
    const struct bootstrap *b = arg;
    struct document api;
    TRY(resource_server_create_management(tx, &api));
    TRY(make_clients(tx, b));
    TRY(make_grant(tx, b, &api));
    TRY(make_connection(tx, b));
    return make_admin(tx, b);
}

static struct json *pair(struct arena *a, const char *first, str x, const char *second, str y)
{
    struct json *o = json_object(a);
    json_set_text(a, o, str_from(first), x);
    json_set_text(a, o, str_from(second), y);
    return o;
}

struct json *bootstrap_credentials(struct arena *a, const struct bootstrap *b, const struct tenant_info *info,
                                   const struct credentials_place *place)
{
    struct json *o = json_object(a);
    str issuer = str_fmt(a, "https://%.*s/", STR_ARG(info->domain));
    json_set_text(a, o, STR("tenant"), info->name);
    json_set_text(a, o, STR("domain"), info->domain);
    json_set_text(a, o, STR("issuer"), issuer);
    if (place->base_url.len)
        json_set_text(a, o, STR("base_url"), place->base_url);
    if (place->tls_url.len)
        json_set_text(a, o, STR("tls_url"), place->tls_url);
    json_set_text(a, o, STR("ca_file"), place->ca_file);
    struct json *management = pair(a, "client_id", b->management_id, "client_secret", b->management_secret);
    json_set_text(a, management, STR("audience"), str_cat(a, issuer, STR("api/v2/")));
    json_set(a, o, STR("management"), management);
    json_set(a, o, STR("global_client"), pair(a, "client_id", b->global_id, "client_secret", b->global_secret));
    json_set(a, o, STR("admin"), pair(a, "email", b->admin_email, "password", b->admin_password));
    return o;
}
