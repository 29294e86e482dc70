#include "domain/client/client.h"
#include "domain/client/grant.h"
#include "domain/resource_server.h"
#include "shape.h"

static const struct resource_spec *grants(void)
{
    return &resource_specs[RESOURCE_CLIENT_GRANT];
}
static const struct resource_spec *servers(void)
{
    return &resource_specs[RESOURCE_RESOURCE_SERVER];
}

/* --- steps ---------------------------------------------------------------------- */

#define ENGINE_STEPS(what, spec)                                                                         \
    static struct result what##_create_tx(struct tx *tx, void *arg)                                      \
    {                                                                                                    \
        struct step *s = arg;                                                                            \
        struct document d;                                                                               \
        TRY(document_create(tx, spec(), STR_NONE, step_body(tx, s), &d));                                \
        s->out = d.body;                                                                                 \
        return OK;                                                                                       \
    }                                                                                                    \
    static struct result what##_patch_tx(struct tx *tx, void *arg)                                       \
    {                                                                                                    \
        struct step *s = arg;                                                                            \
        struct document d;                                                                               \
        TRY(document_patch(tx, spec(), s->id, step_body(tx, s), &d));                                    \
        s->out = d.body;                                                                                 \
        return OK;                                                                                       \
    }                                                                                                    \
    static struct result what##_read_tx(struct tx *tx, void *arg)                                        \
    {                                                                                                    \
        struct step *s = arg;                                                                            \
        struct document d;                                                                               \
        TRY(document_read(tx, spec(), s->id, &d));                                                       \
        s->out = d.body;                                                                                 \
        return OK;                                                                                       \
    }

ENGINE_STEPS(grant, grants)
ENGINE_STEPS(server, servers)

static struct result server_delete_tx(struct tx *tx, void *arg)
{
    return document_delete(tx, servers(), ((struct step *)arg)->id);
}

static struct result client_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct client c;
    TRY(client_create(tx, step_body(tx, s), &c));
    s->out = c.body;
    return OK;
}
static struct result undo_client_tx(struct tx *tx, void *arg)
{
    return client_delete(tx, ((struct step *)arg)->id);
}

static struct json *make(struct testing *t, tx_fn fn, const char *text)
{
    struct json *out;
    testing_ok(step_write(t, fn, STR_NONE, text, &out), text);
    return out;
}

/* --- resource servers ---------------------------------------------------------------- */

static const struct {
    const char *name, *body;
    enum err_kind kind;
    const char *want;
} servers_made[] = {
    { "defaults", "{\"identifier\":\"urn:a\",\"name\":\"A\"}", ERR_NONE,
      "{\"signing_alg\":\"RS256\",\"token_lifetime\":86400,\"token_lifetime_for_web\":7200,\"allow_offline_access\":false,"
      "\"skip_consent_for_verifiable_first_party_clients\":false,\"signing_secret\":null,\"is_system\":null}" },
    { "twice", "{\"identifier\":\"urn:a\"}", ERR_RESOURCE_SERVER_EXISTS, NULL },
    { "the tenant's own", "{\"identifier\":\"https://localhost:8443/api/v2/\"}", ERR_RESERVED_IDENTIFIER, NULL },
    { "scopes twice", "{\"identifier\":\"urn:b\",\"scopes\":[{\"value\":\"x\"},{\"value\":\"y\"},{\"value\":\"x\"}]}", ERR_INVALID_BODY, NULL },
    { "express configuration", "{\"identifier\":\"urn:auth0:express-configure\",\"name\":\"mine\",\"token_lifetime\":5}", ERR_NONE,
      "{\"name\":\"Okta OIN Express Configuration API\",\"is_system\":true,\"token_lifetime\":300,\"enforce_policies\":true,"
      "\"subject_type_authorization\":{\"client\":{\"policy\":\"deny_all\"}}}" },
    { "my account", "{\"identifier\":\"https://localhost:8443/me/\",\"authorization_policy\":{\"policy_id\":\"p\"}}", ERR_NONE,
      "{\"name\":\"Auth0 My Account API\",\"is_system\":true,\"token_lifetime\":600,\"authorization_policy\":{\"policy_id\":\"p\"},"
      "\"proof_of_possession\":{\"mechanism\":\"dpop\",\"required\":false}}" },
    { "my account of somebody else", "{\"identifier\":\"https://example.org/me/\",\"name\":\"M\"}", ERR_NONE,
      "{\"name\":\"M\",\"is_system\":null}" },
};

static void test_server_creation(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    for (size_t i = 0; i < TESTING_ARRAY_LEN(servers_made); i++) {
        kind_check(servers_made[i].name, step_write(&t, server_create_tx, STR_NONE, servers_made[i].body, &out), servers_made[i].kind);
        if (servers_made[i].want)
            shape_check(&t, servers_made[i].name, out, servers_made[i].want);
    }
    testing_close(&t);
}

static void test_server_secret(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    const struct json *made = make(&t, server_create_tx, "{\"identifier\":\"urn:h\",\"signing_alg\":\"HS256\"}");
    str secret = json_get_text(made, STR("signing_secret"));
    assert_int_equal(secret.len, 32);
    testing_ok(step_write(&t, server_read_tx, STR("urn:h"), "", &out), "by identifier");
    assert_true(str_eq(json_get_text(out, STR("signing_secret")), secret));
    testing_ok(step_write(&t, server_patch_tx, STR("urn:h"), "{\"signing_secret\":\"of-my-own-choice\"}", &out), "own secret");
    shape_check(&t, "own secret", out, "{\"signing_secret\":\"of-my-own-choice\"}");
    const struct json *rs = make(&t, server_create_tx, "{\"identifier\":\"urn:r\"}");
    assert_null(json_get(rs, STR("signing_secret")));
    testing_ok(step_write(&t, server_patch_tx, STR("urn:r"), "{\"signing_alg\":\"HS256\"}", &out), "becomes HS256");
    assert_int_equal(json_get_text(out, STR("signing_secret")).len, 32);
    testing_close(&t);
}

static void test_system_servers(void **state)
{
    struct testing t;
    struct json *out;
    static const str management = STR_INIT("https://localhost:8443/api/v2/"), express = STR_INIT("urn:auth0:express-configure");
    (void)state;
    testing_open(&t);
    make(&t, server_create_tx, "{\"identifier\":\"urn:auth0:express-configure\"}");
    kind_check("change", step_write(&t, server_patch_tx, management, "{\"name\":\"x\"}", &out), ERR_SYSTEM_RESOURCE_SERVER_PATCH);
    kind_check("go", step_write(&t, server_delete_tx, management, "", &out), ERR_SYSTEM_RESOURCE_SERVER_DELETE);
    kind_check("change", step_write(&t, server_patch_tx, express, "{\"name\":\"x\"}", &out), ERR_SYSTEM_RESOURCE_SERVER_PATCH);
    kind_check("switched off again", step_write(&t, server_delete_tx, express, "", &out), ERR_NONE);
    kind_check("a change that is none", step_write(&t, server_patch_tx, management, "{\"token_lifetime\":86400}", &out), ERR_NONE);
    testing_close(&t);
}

static void test_linked_client(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    make(&t, server_create_tx, "{\"identifier\":\"urn:a\"}");
    str id = json_get_text(make(&t, client_tx, "{\"name\":\"c\",\"app_type\":\"resource_server\",\"resource_server_identifier\":\"urn:a\"}"),
                           STR("client_id"));
    testing_ok(step_write(&t, server_read_tx, STR("urn:a"), "", &out), "read");
    assert_true(str_eq(json_get_text(out, STR("client_id")), id));
    testing_ok(step_write(&t, undo_client_tx, id, "", &out), "client goes");
    testing_ok(step_write(&t, server_read_tx, STR("urn:a"), "", &out), "read");
    assert_null(json_get(out, STR("client_id")));
    testing_close(&t);
}

/* --- grants ------------------------------------------------------------------------------ */

static const char *grant_text(struct testing *t, str client, const char *rest)
{
    return str_cstr(t->arena, str_fmt(t->arena, "{\"client_id\":\"%.*s\",%s}", STR_ARG(client), rest));
}

static const struct {
    const char *name, *rest;
    enum err_kind kind;
    const char *want;
} grants_made[] = {
    { "first", "\"audience\":\"urn:a\",\"scope\":[\"x\"]", ERR_NONE, "{\"subject_type\":\"client\",\"scope\":[\"x\"],\"is_system\":null}" },
    { "twice", "\"audience\":\"urn:a\",\"scope\":[]", ERR_CLIENT_GRANT_EXISTS, NULL },
    { "for users beside it", "\"audience\":\"urn:a\",\"subject_type\":\"user\"", ERR_NONE, "{\"subject_type\":\"user\",\"scope\":[]}" },
    { "an API that is none", "\"audience\":\"urn:none\",\"scope\":[]", ERR_INEXISTENT_RESOURCE_SERVER, NULL },
    { "scopes that the API does not name are taken", "\"audience\":\"https://localhost:8443/api/v2/\",\"scope\":[\"test:scope\"]", ERR_NONE,
      "{\"scope\":[\"test:scope\"]}" },
};

static void test_grant_creation(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    make(&t, server_create_tx, "{\"identifier\":\"urn:a\",\"scopes\":[{\"value\":\"x\"}]}");
    str client = t.made.default_app_id;
    for (size_t i = 0; i < TESTING_ARRAY_LEN(grants_made); i++) {
        struct result r = step_write(&t, grant_create_tx, STR_NONE, grant_text(&t, client, grants_made[i].rest), &out);
        kind_check(grants_made[i].name, r, grants_made[i].kind);
        if (grants_made[i].want)
            shape_check(&t, grants_made[i].name, out, grants_made[i].want);
    }
    kind_check("a client that is none",
               step_write(&t, grant_create_tx, STR_NONE, grant_text(&t, STR("nobody"), "\"audience\":\"urn:a\",\"scope\":[]"), &out),
               ERR_INEXISTENT_CLIENT);
    kind_check("nobody named", step_write(&t, grant_create_tx, STR_NONE, "{\"audience\":\"urn:a\"}", &out), ERR_INVALID_BODY);
    testing_close(&t);
}

struct lookup {
    str client, audience;
    const char *subject, *scope;
    bool found, allows;
};
static struct result lookup_tx(struct tx *tx, void *arg)
{
    struct lookup *l = arg;
    struct client_grant g;
    TRY(client_grant_find(tx, l->client, l->audience, str_from(l->subject), &g, &l->found));
    l->allows = l->found && client_grant_allows(&g, str_from(l->scope));
    return OK;
}

static void test_grant_lookup(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    make(&t, server_create_tx, "{\"identifier\":\"urn:a\"}");
    str client = t.made.default_app_id;
    str id = json_get_text(make(&t, grant_create_tx, grant_text(&t, client, "\"audience\":\"urn:a\",\"scope\":[\"x\",\"y\"]")), STR("id"));
    const struct {
        const char *name, *audience, *subject, *scope;
        bool found, allows;
    } rows[] = {
        { "granted", "urn:a", "client", "y", true, true },
        { "another scope", "urn:a", "client", "z", true, false },
        { "part of a scope", "urn:a", "client", "", true, false },
        { "another subject", "urn:a", "user", "x", false, false },
        { "another audience", "urn:b", "client", "x", false, false },
    };
    for (size_t i = 0; i < TESTING_ARRAY_LEN(rows); i++) {
        struct lookup l = { client, str_from(rows[i].audience), rows[i].subject, rows[i].scope, false, false };
        testing_ok(testing_read(&t, lookup_tx, &l), rows[i].name);
        if (l.found != rows[i].found || l.allows != rows[i].allows)
            print_error("%s\n", rows[i].name);
        assert_int_equal(l.found, rows[i].found);
        assert_int_equal(l.allows, rows[i].allows);
    }
    uint64_t before = tenant_generation(t.tenant);
    testing_ok(step_write(&t, grant_patch_tx, id, "{\"scope\":null,\"allow_all_scopes\":true}", &out), "all scopes");
    assert_true(tenant_generation(t.tenant) > before);
    struct lookup l = { client, STR("urn:a"), "client", "anything", false, false };
    testing_ok(testing_read(&t, lookup_tx, &l), "all scopes");
    assert_true(l.allows);
    kind_check("audience stays", step_write(&t, grant_patch_tx, id, "{\"audience\":\"urn:b\"}", &out), ERR_INVALID_BODY);
    testing_ok(step_write(&t, server_delete_tx, STR("urn:a"), "", &out), "API goes");
    kind_check("grant went with it", step_write(&t, grant_read_tx, id, "", &out), ERR_INEXISTENT_CLIENT_GRANT);
    testing_close(&t);
}

static void test_express_clients(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    make(&t, server_create_tx, "{\"identifier\":\"urn:a\"}");
    str id = json_get_text(make(&t, client_tx, "{\"name\":\"e\",\"app_type\":\"express_configuration\"}"), STR("client_id"));
    struct lookup l = { id, STR("https://localhost:8443/api/v2/"), "client", "read:connections", false, false };
    testing_ok(testing_read(&t, lookup_tx, &l), "own grant");
    assert_true(l.allows);
    struct result r = step_write(&t, grant_create_tx, STR_NONE, grant_text(&t, id, "\"audience\":\"urn:a\",\"scope\":[]"), &out);
    kind_check("no other grant", r, ERR_CLIENT_GRANT_CLIENT_TYPE);
    assert_string_equal(str_cstr(t.arena, r.args.v[0]), "express_configuration");
    testing_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_creation), cmocka_unit_test(test_server_secret), cmocka_unit_test(test_system_servers),
        cmocka_unit_test(test_linked_client),   cmocka_unit_test(test_grant_creation), cmocka_unit_test(test_grant_lookup),
        cmocka_unit_test(test_express_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
