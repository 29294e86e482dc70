#include "domain/client/client.h"
#include "domain/client/credential.h"
#include "domain/client/grant.h"
#include "domain/device_credential.h"
#include "domain/resource_server.h"
#include "domain/tenant_settings.h"
#include "shape.h"

/* A test key of 2048 bits, and its RFC 7638 thumbprint by an independent computation. */
#define TEST_KEY                                                                                       \
    "-----BEGIN PUBLIC KEY-----\\n"                                                                    \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA2YvATPtI2oUxe0VOxFYs\\n" \
    "1GkAN0UmiFc/Ef30HsGpqBNmiuX5rShyXn3USGl5gJdtfAoQlwJIGLBwIFRvOgHj\\n" \
    "X/AJkCOhQE0e5wcRropHBvxljTKmNumZfAO+iQazoy9ngwUsTw25q4gnmQRtUQfG\\n" \
    "Y0FIpSruLk0fySGiUuZFgnaX/gVI4gu06lLVoI33ScvnFZyCvqtHS4xSSDZa6REs\\n" \
    "ym20yy/6duZ2xLWAMfq0HUzcMZ6nRnlwz5OIO+5h0UTVH2cWBHA4jno32xPjzs6G\\n" \
    "V7EeMv0tx2iS+jI8vrR48ytr/y6Df5Flq/b9k+xkoBCYdISJpgXKAjtTb3MuyIJI\\n" \
    "8wIDAQAB\\n" \
    "-----END PUBLIC KEY-----\\n"
#define TEST_KID "feGAV6ySt7nlA2P2J0lYLwruZ8HfnbyQPoQOGu_Ynbo"

/* --- steps -------------------------------------------------------------------- */

static struct result create_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct client c;
    TRY(client_create(tx, step_body(tx, s), &c));
    return client_present(tx, &c, CLIENT_SEES_SETTINGS | CLIENT_SEES_KEYS | CLIENT_SEES_NEW, &s->out);
}

static struct result read_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct client c;
    TRY(client_read(tx, s->id, &c));
    return client_present(tx, &c, CLIENT_SEES_SETTINGS | CLIENT_SEES_KEYS, &s->out);
}

static struct result patch_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct client c;
    TRY(client_patch(tx, s->id, step_body(tx, s), &c));
    return client_present(tx, &c, CLIENT_SEES_SETTINGS | CLIENT_SEES_KEYS, &s->out);
}

static struct result delete_tx(struct tx *tx, void *arg)
{
    return client_delete(tx, ((struct step *)arg)->id);
}

static struct json *create(struct testing *t, const char *text)
{
    struct json *out;
    testing_ok(step_write(t, create_tx, STR_NONE, text, &out), text);
    return out;
}

static str id_of(const struct json *client)
{
    return json_get_text(client, STR("client_id"));
}

/* --- creation ------------------------------------------------------------------- */

#define FULL_GRANTS "[\"authorization_code\",\"implicit\",\"refresh_token\",\"client_credentials\"]"

static const struct {
    const char *name, *body, *want;
} creations[] = {
    { "a name alone", "{\"name\":\"a\"}",
      "{\"name\":\"a\",\"is_first_party\":true,\"oidc_conformant\":false,\"sso_disabled\":false,\"callbacks\":null,"
      "\"cross_origin_authentication\":false,\"custom_login_page_on\":true,\"global\":false,\"tenant\":\"default\","
      "\"is_token_endpoint_ip_header_trusted\":false,\"grant_types\":" FULL_GRANTS ",\"token_endpoint_auth_method\":null,"
      "\"jwt_configuration\":{\"alg\":null,\"lifetime_in_seconds\":36000,\"secret_encoded\":false},"
      "\"refresh_token\":{\"rotation_type\":\"non-rotating\",\"expiration_type\":\"non-expiring\",\"leeway\":0,"
      "\"token_lifetime\":2592000,\"infinite_token_lifetime\":true,\"infinite_idle_token_lifetime\":true,"
      "\"idle_token_lifetime\":1296000}}" },
    { "an own jwt_configuration gets no lifetime", "{\"name\":\"a\",\"jwt_configuration\":{\"alg\":\"RS256\"}}",
      "{\"jwt_configuration\":{\"alg\":\"RS256\",\"secret_encoded\":false,\"lifetime_in_seconds\":null}}" },
    { "expiring refresh tokens end",
      "{\"name\":\"a\",\"refresh_token\":{\"rotation_type\":\"rotating\",\"expiration_type\":\"expiring\",\"leeway\":5}}",
      "{\"refresh_token\":{\"leeway\":5,\"infinite_token_lifetime\":false,\"infinite_idle_token_lifetime\":false,"
      "\"token_lifetime\":2592000}}" },
    { "who proves a secret is refreshed longer", "{\"name\":\"a\",\"token_endpoint_auth_method\":\"client_secret_post\"}",
      "{\"refresh_token\":{\"token_lifetime\":31557600,\"idle_token_lifetime\":2592000,\"infinite_token_lifetime\":true}}" },
    { "another company's app gets no legacy flows", "{\"name\":\"a\",\"is_first_party\":false}",
      "{\"is_first_party\":false,\"oidc_conformant\":true,\"grant_types\":" FULL_GRANTS "}" },
    { "another company's app in strict mode",
      "{\"name\":\"a\",\"is_first_party\":false,\"third_party_security_mode\":\"strict\",\"token_endpoint_auth_method\":\"client_secret_post\"}",
      "{\"oidc_conformant\":true,\"grant_types\":[\"authorization_code\"],\"third_party_security_mode\":\"strict\","
      "\"jwt_configuration\":{\"alg\":\"RS256\",\"lifetime_in_seconds\":3600,\"secret_encoded\":false},"
      "\"refresh_token\":{\"expiration_type\":\"expiring\",\"token_lifetime\":31557600,\"infinite_token_lifetime\":true,"
      "\"infinite_idle_token_lifetime\":false}}" },
    { "spa alone is not public", "{\"name\":\"a\",\"app_type\":\"spa\"}", "{\"token_endpoint_auth_method\":null,\"grant_types\":" FULL_GRANTS "}" },
    { "public", "{\"name\":\"a\",\"app_type\":\"spa\",\"token_endpoint_auth_method\":\"none\"}",
      "{\"token_endpoint_auth_method\":\"none\",\"grant_types\":[\"authorization_code\",\"implicit\",\"refresh_token\"],"
      "\"refresh_token\":{\"token_lifetime\":2592000}}" },
    { "native that says otherwise", "{\"name\":\"a\",\"app_type\":\"native\",\"token_endpoint_auth_method\":\"client_secret_post\"}",
      "{\"token_endpoint_auth_method\":\"client_secret_post\",\"grant_types\":" FULL_GRANTS "}" },
    { "express configuration", "{\"name\":\"a\",\"app_type\":\"express_configuration\"}",
      "{\"oidc_conformant\":true,\"grant_types\":[\"authorization_code\",\"client_credentials\"],"
      "\"organization_usage\":\"require\",\"organization_require_behavior\":\"pre_login_prompt\","
      "\"client_authentication_methods\":{\"private_key_jwt\":{\"credentials\":[]}}}" },
    { "oidc_logout shows under its older name", "{\"name\":\"a\",\"oidc_logout\":{\"backchannel_logout_urls\":[\"https://e.org/x\"],"
      "\"backchannel_logout_session_metadata\":{\"include\":true}}}",
      "{\"oidc_backchannel_logout\":{\"backchannel_logout_urls\":[\"https://e.org/x\"],\"backchannel_logout_session_metadata\":null},"
      "\"oidc_logout\":{\"backchannel_logout_session_metadata\":{\"include\":true}}}" },
    { "null means absent", "{\"name\":\"a\",\"organization_usage\":null}", "{\"organization_usage\":null}" },
};

static void test_creation(void **state)
{
    struct testing t;
    (void)state;
    testing_open(&t);
    for (size_t i = 0; i < TESTING_ARRAY_LEN(creations); i++) {
        const struct json *c = create(&t, creations[i].body);
        shape_check(&t, creations[i].name, c, creations[i].want);
        bool strict = json_get(c, STR("third_party_security_mode")) != NULL;
        assert_int_equal(id_of(c).len, strict ? 26 : 32);
        assert_int_equal(str_starts(id_of(c), STR("tpc_")), strict);
        assert_int_equal(json_get_text(c, STR("client_secret")).len, CLIENT_SECRET_LEN);
    }
    testing_close(&t);
}

static const struct {
    const char *name, *body;
    enum err_kind want;
} refusals[] = {
    { "two ways to authenticate",
      "{\"name\":\"a\",\"token_endpoint_auth_method\":\"none\",\"client_authentication_methods\":{\"private_key_jwt\":{\"credentials\":[]}}}",
      ERR_NONE }, /* public kinds give way to keys */
    { "secret and keys",
      "{\"name\":\"a\",\"token_endpoint_auth_method\":\"client_secret_post\","
      "\"client_authentication_methods\":{\"private_key_jwt\":{\"credentials\":[]}}}",
      ERR_INVALID_BODY },
    { "a key that is none",
      "{\"name\":\"a\",\"client_authentication_methods\":{\"private_key_jwt\":{\"credentials\":"
      "[{\"credential_type\":\"public_key\",\"pem\":\"nonsense\"}]}}}",
      ERR_INVALID_BODY },
    { "an API that is none", "{\"name\":\"a\",\"app_type\":\"resource_server\",\"resource_server_identifier\":\"urn:none\"}",
      ERR_INVALID_BODY },
    { "an API for another kind of client", "{\"name\":\"a\",\"resource_server_identifier\":\"https://localhost:8443/api/v2/\"}",
      ERR_INVALID_BODY },
    { "an alias", "{\"name\":\"a\",\"client_aliases\":[\"x\"]}", ERR_NONE },
    { "an alias that is taken", "{\"name\":\"b\",\"client_aliases\":[\"y\",\"x\"]}", ERR_CLIENT_ALIAS_EXISTS },
};

static void test_refusals(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    for (size_t i = 0; i < TESTING_ARRAY_LEN(refusals); i++)
        kind_check(refusals[i].name, step_write(&t, create_tx, STR_NONE, refusals[i].body, &out), refusals[i].want);
    testing_close(&t);
}

/* --- changes ---------------------------------------------------------------------- */

static const struct {
    const char *name, *patch, *want;
} patches[] = {
    { "a member", "{\"description\":\"d\"}", "{\"name\":\"a\",\"description\":\"d\"}" },
    { "jwt_configuration merges", "{\"jwt_configuration\":{\"alg\":\"HS256\"}}",
      "{\"jwt_configuration\":{\"alg\":\"HS256\",\"lifetime_in_seconds\":36000,\"secret_encoded\":false}}" },
    { "metadata is added", "{\"client_metadata\":{\"x\":\"1\",\"y\":\"2\"}}", "{\"client_metadata\":{\"x\":\"1\",\"y\":\"2\"}}" },
    { "metadata merges, null takes a key", "{\"client_metadata\":{\"x\":null,\"z\":\"3\"}}",
      "{\"client_metadata\":{\"x\":null,\"y\":\"2\",\"z\":\"3\"}}" },
    { "null takes a member", "{\"description\":null}", "{\"description\":null}" },
    { "session_transfer", "{\"session_transfer\":{\"can_create_session_transfer_token\":true,\"allow_refresh_token\":true}}",
      "{\"session_transfer\":{\"allow_refresh_token\":true}}" },
    { "session_transfer is replaced", "{\"session_transfer\":{\"can_create_session_transfer_token\":false}}",
      "{\"session_transfer\":{\"can_create_session_transfer_token\":false,\"allow_refresh_token\":null}}" },
    { "a secret of one's own", "{\"client_secret\":\"my-own-secret\"}", "{\"client_secret\":\"my-own-secret\"}" },
};

static void test_patches(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    str id = id_of(create(&t, "{\"name\":\"a\"}"));
    for (size_t i = 0; i < TESTING_ARRAY_LEN(patches); i++) {
        testing_ok(step_write(&t, patch_tx, id, patches[i].patch, &out), patches[i].name);
        shape_check(&t, patches[i].name, out, patches[i].want);
        testing_ok(step_write(&t, read_tx, client_v2_id(t.arena, id), "{}", &out), "by its v2 id");
        shape_check(&t, patches[i].name, out, patches[i].want);
    }
    testing_close(&t);
}

/* --- secrets ------------------------------------------------------------------------- */

struct secret_check {
    str id, secret, old;
    bool right, wrong, empty, old_works, sealed;
};

static struct result secret_tx(struct tx *tx, void *arg)
{
    struct secret_check *x = arg;
    struct client c;
    TRY(client_read(tx, x->id, &c));
    x->old = str_dup(tx->arena, c.secret);
    x->right = client_secret_check(&c, c.secret);
    x->wrong = client_secret_check(&c, str_cat(tx->arena, c.secret, STR("x")));
    x->empty = client_secret_check(&c, STR(""));
    TRY(client_rotate_secret(tx, x->id, &c));
    x->secret = c.secret;
    x->old_works = client_secret_check(&c, x->old);
    return OK;
}

static void test_secret(void **state)
{
    struct testing t;
    struct secret_check x = { 0 };
    (void)state;
    testing_open(&t);
    x.id = id_of(create(&t, "{\"name\":\"a\"}"));
    uint64_t before = tenant_generation(t.tenant);
    testing_ok(testing_write(&t, secret_tx, &x), "rotate");
    assert_true(x.right);
    assert_false(x.wrong || x.empty || x.old_works);
    assert_int_equal(x.secret.len, CLIENT_SECRET_LEN);
    assert_false(str_eq(x.secret, x.old));
    assert_true(tenant_generation(t.tenant) > before);
    assert_int_equal(testing_count(&t, "SELECT COUNT(*) FROM documents WHERE kind = 'client' AND body LIKE '%client_secret%'"), 0);
    testing_close(&t);
}

static const struct {
    const char *name, *want;
    unsigned sees;
} views[] = {
    { "summary", "{\"client_id\":\"\",\"name\":\"a\",\"description\":\"d\",\"app_type\":\"regular_web\",\"client_secret\":null,"
                 "\"grant_types\":null,\"signing_keys\":null,\"client_authentication_methods\":null}", 0 },
    { "settings", "{\"client_id\":\"\",\"oidc_conformant\":false,\"client_secret\":null,\"client_authentication_methods\":null}",
      CLIENT_SEES_SETTINGS },
    { "keys", "{\"client_id\":\"\",\"oidc_conformant\":null,\"client_authentication_methods\":{\"private_key_jwt\":{}}}",
      CLIENT_SEES_KEYS },
    { "all", "{\"client_id\":\"\",\"oidc_conformant\":false,\"client_authentication_methods\":{\"private_key_jwt\":{}}}",
      CLIENT_SEES_SETTINGS | CLIENT_SEES_KEYS },
};

struct view {
    str id;
    unsigned sees;
    struct json *out;
};
static struct result view_tx(struct tx *tx, void *arg)
{
    struct view *v = arg;
    struct client c;
    TRY(client_read(tx, v->id, &c));
    TRY(client_present(tx, &c, v->sees, &v->out));
    json_set_text(tx->arena, v->out, STR("client_id"), STR(""));
    return OK;
}

static void test_views(void **state)
{
    struct testing t;
    (void)state;
    testing_open(&t);
    str id = id_of(create(&t, "{\"name\":\"a\",\"description\":\"d\",\"app_type\":\"regular_web\","
                              "\"client_authentication_methods\":{\"private_key_jwt\":{\"credentials\":[]}}}"));
    for (size_t i = 0; i < TESTING_ARRAY_LEN(views); i++) {
        struct view v = { .id = id, .sees = views[i].sees };
        testing_ok(testing_read(&t, view_tx, &v), views[i].name);
        shape_check(&t, views[i].name, v.out, views[i].want);
        assert_int_equal(json_get(v.out, STR("client_secret")) != NULL, (views[i].sees & CLIENT_SEES_KEYS) != 0);
    }
    testing_close(&t);
}

/* --- credentials ------------------------------------------------------------------------ */

#define KEY_BODY(name) "{\"credential_type\":\"public_key\",\"name\":\"" name "\",\"pem\":\"" TEST_KEY "\"}"

static struct result credential_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    return client_credential_create(tx, s->id, step_body(tx, s), &s->out);
}

static struct result credentials_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    return client_credential_list(tx, s->id, &s->out);
}

static struct result expire_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct json *all;
    TRY(client_credential_list(tx, s->id, &all));
    return client_credential_patch(tx, s->id, json_get_text(json_item(all, 0), STR("id")), step_body(tx, s), &s->out);
}

static struct result uncredential_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct json *all;
    TRY(client_credential_list(tx, s->id, &all));
    return client_credential_delete(tx, s->id, json_get_text(json_item(all, 0), STR("id")));
}

static struct result keys_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct client c;
    TRY(client_read(tx, s->id, &c));
    return client_credential_keys(tx, &c, STR("private_key_jwt"), &s->out);
}

static void test_credentials(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    const struct json *c = create(&t, "{\"name\":\"a\",\"client_authentication_methods\":{\"private_key_jwt\":{\"credentials\":["
                                      KEY_BODY("first") "]}}}");
    str id = id_of(c);
    const struct json *first = json_at(c, "client_authentication_methods.private_key_jwt.credentials.0");
    shape_check(&t, "the answer to a creation has the whole credential", first,
                "{\"name\":\"first\",\"kid\":\"" TEST_KID "\",\"alg\":\"RS256\",\"credential_type\":\"public_key\",\"pem\":null,"
                "\"client_id\":null,\"expires_at\":null}");
    testing_ok(step_write(&t, read_tx, id, "{}", &out), "read");
    assert_int_equal(json_count(json_at(out, "client_authentication_methods.private_key_jwt.credentials.0")), 1);

    testing_ok(step_write(&t, credential_tx, id, KEY_BODY("second"), &out), "second");
    testing_ok(step_write(&t, credentials_tx, id, "{}", &out), "list");
    assert_int_equal(json_count(out), 2);
    assert_true(json_is(json_get(json_item(out, 1), STR("expires_at")), JSON_NULL));

    testing_ok(step_write(&t, keys_tx, id, "{}", &out), "keys");
    assert_int_equal(json_count(out), 1); /* the second is not named by the client's methods */
    testing_ok(step_write(&t, expire_tx, id, "{\"expires_at\":\"2023-05-16T11:07:30.535694+02:00\"}", &out), "expire");
    shape_check(&t, "dates are kept in UTC and milliseconds", out, "{\"expires_at\":\"2023-05-16T09:07:30.535Z\"}");
    testing_ok(step_write(&t, keys_tx, id, "{}", &out), "keys");
    assert_int_equal(json_count(out), 0);

    testing_ok(step_write(&t, uncredential_tx, id, "{}", &out), "delete");
    testing_ok(step_write(&t, read_tx, id, "{}", &out), "read");
    assert_int_equal(json_count(json_at(out, "client_authentication_methods.private_key_jwt.credentials")), 0);
    testing_close(&t);
}

struct foreign {
    str mine, theirs, credential;
    struct result read, named;
};
static struct result foreign_tx(struct tx *tx, void *arg)
{
    struct foreign *f = arg;
    struct json *all, *out, *patch;
    struct client c;
    TRY(client_credential_list(tx, f->theirs, &all));
    f->credential = json_get_text(json_item(all, 0), STR("id"));
    f->read = client_credential_read(tx, f->mine, f->credential, &out);
    str text = str_fmt(tx->arena, "{\"client_authentication_methods\":{\"private_key_jwt\":{\"credentials\":[{\"id\":\"%.*s\"}]}}}",
                       STR_ARG(f->credential));
    TRY(json_parse(tx->arena, text, &patch));
    f->named = client_patch(tx, f->mine, patch, &c);
    return OK;
}

static void test_foreign_credential(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    struct foreign f = { .mine = id_of(create(&t, "{\"name\":\"a\"}")), .theirs = id_of(create(&t, "{\"name\":\"b\"}")) };
    testing_ok(step_write(&t, credential_tx, f.theirs, KEY_BODY("k"), &out), "theirs");
    testing_ok(testing_write(&t, foreign_tx, &f), "foreign");
    kind_check("read", f.read, ERR_INEXISTENT_CLIENT_CREDENTIAL);
    kind_check("named", f.named, ERR_INEXISTENT_CLIENT_CREDENTIAL);
    testing_close(&t);
}

/* --- lists ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    struct client_list list;
    const char *app_type, *q;
    size_t want, total;
} lists[] = {
    { "all", { .is_global = -1, .is_first_party = -1 }, NULL, NULL, 7, 7 },
    { "global", { .is_global = 1, .is_first_party = -1 }, NULL, NULL, 1, 1 },
    { "not global", { .is_global = 0, .is_first_party = -1 }, NULL, NULL, 6, 6 },
    { "third party", { .is_global = -1, .is_first_party = 0 }, NULL, NULL, 1, 1 },
    { "a kind", { .is_global = -1, .is_first_party = -1 }, "spa", NULL, 2, 2 },
    { "a page", { .is_global = -1, .is_first_party = -1, .offset = 1, .limit = 2 }, NULL, NULL, 2, 7 },
    { "a page of a kind", { .is_global = -1, .is_first_party = -1, .offset = 1, .limit = 2 }, "spa", NULL, 1, 2 },
    { "search", { .is_global = -1, .is_first_party = -1, .limit = 10 }, NULL, "name:shop*", 2, 2 },
    { "a page of a search", { .is_global = -1, .is_first_party = -1, .offset = 1, .limit = 1 }, NULL, "name:shop*", 1, 2 },
};

struct listing {
    struct client_list list;
    const char *q;
};
static struct result list_tx(struct tx *tx, void *arg)
{
    struct listing *l = arg;
    struct search_node *search = NULL;
    TRY(search_parse(tx->arena, str_from(l->q), SEARCH_V3, &search));
    l->list.search = search;
    return client_list(tx, &l->list);
}

static void test_lists(void **state)
{
    struct testing t;
    (void)state;
    testing_open(&t);
    create(&t, "{\"name\":\"shop one\",\"app_type\":\"spa\"}");
    create(&t, "{\"name\":\"shop two\",\"app_type\":\"spa\",\"is_first_party\":false}");
    create(&t, "{\"name\":\"other\",\"app_type\":\"native\"}");
    create(&t, "{\"name\":\"none\"}");
    for (size_t i = 0; i < TESTING_ARRAY_LEN(lists); i++) {
        struct listing l = { .list = lists[i].list, .q = lists[i].q };
        str app_type = str_from(lists[i].app_type);
        l.list.app_types = &app_type;
        l.list.app_type_count = app_type.p != NULL;
        testing_ok(testing_read(&t, list_tx, &l), lists[i].name);
        if (l.list.count != lists[i].want || l.list.total != lists[i].total)
            print_error("%s: %zu of %zu\n", lists[i].name, l.list.count, l.list.total);
        assert_int_equal(l.list.count, lists[i].want);
        assert_int_equal(l.list.total, lists[i].total);
    }
    testing_close(&t);
}

/* --- going ------------------------------------------------------------------------------------- */

struct dependants {
    str id, connection;
    const struct testing *t;
};
static struct result depend_tx(struct tx *tx, void *arg)
{
    struct dependants *d = arg;
    struct json *grant, *device, *out;
    struct document doc;
    str text = str_fmt(tx->arena, "{\"client_id\":\"%.*s\",\"audience\":\"https://localhost:8443/api/v2/\",\"scope\":[]}", STR_ARG(d->id));
    TRY(json_parse(tx->arena, text, &grant));
    TRY(document_create(tx, &resource_specs[RESOURCE_CLIENT_GRANT], STR_NONE, grant, &doc));
    TRY(connection_set_client(tx, d->connection, d->id, true));
    text = str_fmt(tx->arena, "{\"device_name\":\"d\",\"value\":\"k\",\"client_id\":\"%.*s\"}", STR_ARG(d->id));
    TRY(json_parse(tx->arena, text, &device));
    TRY(device_credential_create(tx, STR("auth0|1"), device, false, &out));
    return sql_run(tx->sql, "INSERT INTO tokens (hash, kind, client_id, body, created_at) VALUES (x'01', 'v1', ?, '{}', 0)",
                   SQL_ARGS(sql_text(d->id)), NULL);
}

static const char *const leftovers[] = {
    "SELECT COUNT(*) FROM tokens",
    "SELECT COUNT(*) FROM documents WHERE kind = 'device_credential'",
    "SELECT COUNT(*) FROM documents WHERE kind = 'client_credential'",
    "SELECT COUNT(*) FROM document_secrets WHERE seq NOT IN (SELECT seq FROM documents)",
    "SELECT COUNT(*) FROM document_filter WHERE seq NOT IN (SELECT seq FROM documents)",
    "SELECT COUNT(*) - 1 FROM documents WHERE kind = 'client_grant'", /* the management client keeps its own */
    "SELECT COUNT(*) FROM relations",
};

static void test_delete(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    struct dependants d = { .t = &t };
    d.id = id_of(create(&t, "{\"name\":\"a\",\"client_authentication_methods\":{\"private_key_jwt\":{\"credentials\":["
                            KEY_BODY("k") "]}}}"));
    d.connection = testing_connection(&t, "{\"name\":\"db\",\"strategy\":\"auth0\",\"enabled_clients\":[]}").id;
    testing_ok(testing_write(&t, depend_tx, &d), "dependants");
    testing_ok(step_write(&t, delete_tx, client_v2_id(t.arena, d.id), "", &out), "delete by v2 id");
    kind_check("read", step_write(&t, read_tx, d.id, "{}", &out), ERR_INEXISTENT_CLIENT);
    testing_ok(step_write(&t, delete_tx, d.id, "", &out), "delete again");
    testing_ok(step_write(&t, delete_tx, t.made.default_app_id, "", &out), "the only enabled client of the first connection");
    for (size_t i = 0; i < TESTING_ARRAY_LEN(leftovers); i++) {
        int64_t left = testing_count(&t, leftovers[i]);
        if (left)
            print_error("%s\n", leftovers[i]);
        assert_int_equal(left, 0);
    }
    kind_check("the global client", step_write(&t, delete_tx, t.made.global_id, "", &out), ERR_GLOBAL_CLIENT_DELETE);
    testing_close(&t);
}

static struct result global_tx(struct tx *tx, void *arg)
{
    struct client c;
    TRY(client_global(tx, &c));
    *(str *)arg = c.client_id;
    return OK;
}

static void test_global(void **state)
{
    struct testing t;
    str id = STR_NONE;
    (void)state;
    testing_open(&t);
    testing_ok(testing_read(&t, global_tx, &id), "global");
    assert_true(str_eq(id, t.made.global_id));
    testing_close(&t);
}

/* --- a setting that acts here ------------------------------------------------------------------------ */

static struct result settings_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    return tenant_settings_patch(tx, step_body(tx, s), &s->out);
}

static void test_enable_client_connections(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    create(&t, "{\"name\":\"before\"}");
    assert_int_equal(testing_count(&t, "SELECT COUNT(*) FROM relations"), 1);
    testing_ok(step_write(&t, settings_tx, STR_NONE, "{\"flags\":{\"enable_client_connections\":true}}", &out), "settings");
    create(&t, "{\"name\":\"after\"}");
    assert_int_equal(testing_count(&t, "SELECT COUNT(*) FROM relations"), 2);
    testing_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_creation),     cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_patches),      cmocka_unit_test(test_secret),
        cmocka_unit_test(test_views),        cmocka_unit_test(test_credentials),
        cmocka_unit_test(test_foreign_credential), cmocka_unit_test(test_lists),
        cmocka_unit_test(test_delete),       cmocka_unit_test(test_global),
        cmocka_unit_test(test_enable_client_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
