#include "domain/client/client.h"
#include "domain/connection/keys.h"
#include "shape.h"

#define CERT                                                                                           \
    "-----BEGIN CERTIFICATE-----\\n" \
    "MIICeDCCAeGgAwIBAgIUIvB+tUZ9WyxjpVu7SrFCVUAoEO0wDQYJKoZIhvcNAQEL\\n" \
    "BQAwTjELMAkGA1UEBhMCQVUxEzARBgNVBAgMClNvbWUtU3RhdGUxEDAOBgNVBAoM\\n" \
    "B0V4YW1wbGUxGDAWBgNVBAMMD2lkcC5leGFtcGxlLm9yZzAeFw0yNjExMjExMzM0\\n" \
    "MzJaFw0zNjExMTgxMzM0MzJaME4xCzAJBgNVBAYTAkFVMRMwEQYDVQQIDApTb21l\\n" \
    "LVN0YXRlMRAwDgYDVQQKDAdFeGFtcGxlMRgwFgYDVQQDDA9pZHAuZXhhbXBsZS5v\\n" \
    "cmcwgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGBAMl9j5cvccpZ188eGeRTEWYJ\\n" \
    "ew23h8ptM+o99xjgI2I3JC5SA2aSlG3BOrCBE8F8wjwpsDT4C2kFc0D5XYPnPHNj\\n" \
    "o/5u6lAJS5ENGxlseMEFwDoJDOIXWpyM7439l/PGJmlB/ec5kda3xdiK4ygZd5sq\\n" \
    "r9qtOEuFp1pKJ1Kh75EpAgMBAAGjUzBRMB0GA1UdDgQWBBTC2edrMjy9yD/Fc2PT\\n" \
    "ALvBaa3yoTAfBgNVHSMEGDAWgBTC2edrMjy9yD/Fc2PTALvBaa3yoTAPBgNVHRMB\\n" \
    "Af8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4GBAJQzUq4UUg/e+WhS2sCt3UM3L41a\\n" \
    "luPTlIqYcfAt3c14W8KQRdZ7TcujC+2t6R5CgnmnXqdOfr0zeKzHoYxNO91BXn+a\\n" \
    "kvrUFHwmkKg63zYsz7/Wu+6sAk+8EvRV0jrjkX27gfF611GuZG7xJdhbovV4kLKf\\n" \
    "OZlIss0D8js3pCtb\\n" \
    "-----END CERTIFICATE-----\\n"
#define CERT_SHA1 "947f1b479e00b0f02370a2801ac0b43a152f52cd"
#define CERT_END "2036-11-18T13:34:32.000Z"

/* --- steps -------------------------------------------------------------------- */

static struct result create_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct connection c;
    TRY(connection_create(tx, step_body(tx, s), &c));
    return connection_present(tx, &c, &s->out);
}

static struct result read_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct connection c;
    TRY(connection_by_id(tx, s->id, &c));
    return connection_present(tx, &c, &s->out);
}

static struct result patch_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct connection c;
    TRY(connection_patch(tx, s->id, step_body(tx, s), &c));
    return connection_present(tx, &c, &s->out);
}

/* What is kept, not what is shown. */
static struct result options_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct connection c;
    TRY(connection_by_id(tx, s->id, &c));
    s->out = c.options;
    return OK;
}

static struct result delete_tx(struct tx *tx, void *arg)
{
    return connection_delete(tx, ((struct step *)arg)->id);
}

static struct json *create(struct testing *t, const char *text)
{
    struct json *out;
    testing_ok(step_write(t, create_tx, STR_NONE, text, &out), text);
    return out;
}

static str id_of(const struct json *connection)
{
    return json_get_text(connection, STR("id"));
}

/* --- creation ------------------------------------------------------------------- */

#define AUTH0_NEW                                                                                       \
    "\"mfa\":{\"active\":true,\"return_enroll_settings\":true},\"passwordPolicy\":\"good\",\"strategy_version\":2,"            \
    "\"authentication_methods\":{\"password\":{\"enabled\":true},\"passkey\":{\"enabled\":false}},"                             \
    "\"passkey_options\":{\"challenge_ui\":\"both\",\"progressive_enrollment_enabled\":true,\"local_enrollment_enabled\":true}," \
    "\"brute_force_protection\":true"

static const struct {
    const char *name, *body, *want;
} creations[] = {
    { "database", "{\"name\":\"db1\",\"strategy\":\"auth0\"}",
      "{\"name\":\"db1\",\"strategy\":\"auth0\",\"is_domain_connection\":false,\"realms\":[\"db1\"],\"enabled_clients\":[],"
      "\"authentication\":{\"active\":true},\"connected_accounts\":{\"active\":false},\"show_as_button\":null,"
      "\"provisioning_ticket_url\":null,\"options\":{" AUTH0_NEW "}}" },
    { "flexible password options stand in place of the policy",
      "{\"name\":\"db2\",\"strategy\":\"auth0\",\"options\":{\"password_options\":{\"history\":{\"active\":true,\"size\":5}}}}",
      "{\"options\":{\"passwordPolicy\":null,\"password_options\":{\"history\":{\"active\":true,\"size\":5},"
      "\"complexity\":{\"min_length\":15,\"character_type_rule\":\"all\"},\"dictionary\":{\"active\":false,\"default\":\"en_100k\"},"
      "\"profile_data\":{\"active\":false}}}}" },
    { "email attribute",
      "{\"name\":\"db3\",\"strategy\":\"auth0\",\"options\":{\"attributes\":{\"email\":{\"identifier\":{\"active\":true},"
      "\"profile_required\":true,\"signup\":{\"status\":\"required\"}}}}}",
      "{\"options\":{\"attributes\":{\"email\":{\"unique\":true,\"verification_method\":\"link\",\"profile_required\":true}}}}" },
    { "sent options win", "{\"name\":\"db4\",\"strategy\":\"auth0\",\"options\":{\"passwordPolicy\":\"low\",\"mfa\":{\"active\":false}}}",
      "{\"options\":{\"passwordPolicy\":\"low\",\"mfa\":{\"active\":false,\"return_enroll_settings\":true}}}" },
    { "unknown options are kept", "{\"name\":\"db5\",\"strategy\":\"auth0\",\"options\":{\"own\":{\"x\":[1,null]}}}",
      "{\"options\":{\"own\":{\"x\":[1,null]}}}" },
    { "sms", "{\"name\":\"s1\",\"strategy\":\"sms\"}", "{\"options\":{\"brute_force_protection\":true}}" },
    { "google", "{\"name\":\"g1\",\"strategy\":\"google-oauth2\",\"options\":{\"profile\":true,\"calendar\":true,\"youtube\":false}}",
      "{\"options\":{\"email\":true,\"scope\":[\"email\",\"profile\",\"https://www.googleapis.com/auth/calendar\"]}}" },
    { "facebook", "{\"name\":\"f1\",\"strategy\":\"facebook\",\"options\":{\"email\":true,\"public_profile\":true}}",
      "{\"options\":{\"scope\":\"public_profile,email\"}}" },
    { "wordpress knows one permission", "{\"name\":\"w1\",\"strategy\":\"wordpress\",\"options\":{\"scope\":[\"email\",\"profile\"]}}",
      "{\"options\":{\"profile\":true,\"scope\":[\"profile\"]}}" },
    { "freeform scopes", "{\"name\":\"l1\",\"strategy\":\"line\",\"options\":{\"freeform_scopes\":[\"x\"]}}",
      "{\"options\":{\"scope\":[\"openid\",\"profile\",\"x\"]}}" },
    { "oauth2 keeps its scope", "{\"name\":\"o1\",\"strategy\":\"oauth2\",\"options\":{\"scope\":\"a b\"}}", "{\"options\":{\"scope\":\"a b\"}}" },
    { "okta", "{\"name\":\"k1\",\"strategy\":\"okta\",\"options\":{\"client_id\":\"i\",\"domain\":\"e.okta.com\",\"token_endpoint\":null,"
      "\"issuer\":\"https://own\"}}",
      "{\"display_name\":\"k1\",\"show_as_button\":false,\"options\":{\"type\":\"back_channel\",\"schema_version\":\"oidc-V4\","
      "\"attribute_map\":{\"mapping_mode\":\"basic_profile\"},\"connection_settings\":{\"pkce\":\"auto\"},\"issuer\":\"https://own\","
      "\"token_endpoint\":\"https://e.okta.com/oauth2/v1/token\"}}" },
    { "oidc: endpoints out of the metadata", "{\"name\":\"oi1\",\"strategy\":\"oidc\",\"options\":{\"client_id\":\"i\",\"token_endpoint\":null,"
      "\"issuer\":\"https://own\",\"oidc_metadata\":{\"issuer\":\"https://m\",\"token_endpoint\":\"https://m/t\"}}}",
      "{\"options\":{\"type\":\"front_channel\",\"issuer\":\"https://own\",\"token_endpoint\":\"https://m/t\","
      "\"attribute_map\":{\"mapping_mode\":\"bind_all\"}}}" },
    { "waad", "{\"name\":\"a1\",\"strategy\":\"waad\",\"options\":{\"client_id\":\"i\"}}",
      "{\"options\":{\"app_domain\":\"localhost:8443\",\"identity_api\":\"microsoft-identity-platform-v2.0\",\"use_wsfed\":false}}" },
    { "adfs", "{\"name\":\"af1\",\"strategy\":\"adfs\",\"options\":{\"adfs_server\":\"adfs.example.org\"}}",
      "{\"options\":{\"signInEndpoint\":\"https://adfs.example.org/adfs/ls/\",\"thumbprints\":[]}}" },
    { "saml takes the certificate apart",
      "{\"name\":\"sp1\",\"strategy\":\"samlp\",\"options\":{\"signInEndpoint\":\"https://idp\",\"signingCert\":\"" CERT "\"}}",
      "{\"options\":{\"thumbprints\":[\"" CERT_SHA1 "\"],\"expires\":\"" CERT_END "\","
      "\"subject\":{\"countryName\":\"AU\",\"stateOrProvinceName\":\"Some-State\",\"organizationName\":\"Example\","
      "\"commonName\":\"idp.example.org\"}}}" },
    { "pingfederate by v1's spelling",
      "{\"name\":\"p1\",\"strategy\":\"PingFederate\",\"options\":{\"pingFederateBaseUrl\":\"https://ping\",\"signingCert\":\"" CERT "\"}}",
      "{\"strategy\":\"pingfederate\",\"options\":{\"signInEndpoint\":\"https://ping\",\"signingCert\":null,"
      "\"thumbprints\":[\"" CERT_SHA1 "\"]}}" },
};

static void test_creation(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    for (size_t i = 0; i < TESTING_ARRAY_LEN(creations); i++) {
        const struct json *c = create(&t, creations[i].body);
        shape_check(&t, creations[i].name, c, creations[i].want);
        testing_ok(step_write(&t, read_tx, id_of(c), "{}", &out), creations[i].name);
        shape_check(&t, creations[i].name, out, creations[i].want);
    }
    testing_close(&t);
}

static void test_ticket(void **state)
{
    struct testing t;
    (void)state;
    testing_open(&t);
    str a = json_get_text(create(&t, "{\"name\":\"a\",\"strategy\":\"ad\"}"), STR("provisioning_ticket_url"));
    str b = json_get_text(create(&t, "{\"name\":\"b\",\"strategy\":\"ad\"}"), STR("provisioning_ticket_url"));
    assert_true(str_starts(a, STR("https://localhost:8443/p/ad/")));
    assert_int_equal(a.len, sizeof "https://localhost:8443/p/ad/" - 1 + 32);
    assert_false(str_eq(a, b));
    testing_close(&t);
}

#define DB(options) "{\"name\":\"x\",\"strategy\":\"auth0\",\"options\":" options "}"
#define ATTRIBUTE(name, active, status) \
    "\"" name "\":{\"identifier\":{\"active\":" active "},\"profile_required\":true,\"signup\":{\"status\":\"" status "\"}}"

static const struct {
    const char *name, *body;
    enum err_kind want;
    const char *words; /* NULL: any */
} refusals[] = {
    { "a strategy that is none", "{\"name\":\"x\",\"strategy\":\"nothing\"}", ERR_UNSUPPORTED_STRATEGY, NULL },
    { "a name that is taken", "{\"name\":\"Username-Password-Authentication\",\"strategy\":\"auth0\"}", ERR_CONNECTION_EXISTS, NULL },
    { "an exchange without OpenID Connect", "{\"name\":\"x\",\"strategy\":\"auth0\",\"cross_app_access_requesting_app\":{\"active\":true}}",
      ERR_OPERATION_NOT_SUPPORTED, "Cross App Access Requesting App is not supported for this connection." },
    { "a realm that is taken", "{\"name\":\"x\",\"strategy\":\"auth0\",\"realms\":[\"x\",\"Username-Password-Authentication\"]}",
      ERR_CONNECTION_REALM_EXISTS, NULL },
    { "requires_username", DB("{\"requires_username\":true,\"attributes\":{" ATTRIBUTE("email", "true", "required") "}}"), ERR_INVALID_BODY,
      "Cannot set both options.attributes and options.requires_username" },
    { "validation", DB("{\"validation\":{},\"attributes\":{" ATTRIBUTE("email", "true", "required") "}}"), ERR_INVALID_BODY,
      "Cannot set both options.attributes and options.validation" },
    { "no identifier", DB("{\"attributes\":{" ATTRIBUTE("email", "false", "required") "," ATTRIBUTE("username", "false", "required") "}}"),
      ERR_INVALID_BODY, "attributes must contain one active identifier" },
    { "sign-up", DB("{\"attributes\":{" ATTRIBUTE("phone_number", "true", "inactive") "}}"), ERR_INVALID_BODY,
      "attribute phone_number must also be required on signup" },
};

static void test_refusals(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    for (size_t i = 0; i < TESTING_ARRAY_LEN(refusals); i++) {
        struct result r = step_write(&t, create_tx, STR_NONE, refusals[i].body, &out);
        kind_check(refusals[i].name, r, refusals[i].want);
        if (refusals[i].words)
            assert_string_equal(str_cstr(t.arena, r.args.v[0]), refusals[i].words);
    }
    assert_int_equal(testing_count(&t, "SELECT COUNT(*) FROM documents WHERE kind = 'connection'"), 1);
    testing_close(&t);
}

/* --- changes ---------------------------------------------------------------------- */

static const struct {
    const char *name, *strategy, *patch, *want;
} patches[] = {
    { "database options are replaced whole, some defaults come back", "auth0", "{\"options\":{\"upstream_params\":{\"a\":{\"value\":\"b\"}}}}",
      "{\"options\":{\"mfa\":null,\"passwordPolicy\":null,\"brute_force_protection\":true,\"upstream_params\":{\"a\":{\"value\":\"b\"}},"
      "\"passkey_options\":{\"challenge_ui\":\"both\"},\"authentication_methods\":{\"passkey\":{\"enabled\":false}}}}" },
    { "directory: brute force protection does not come back", "ad", "{\"options\":{\"strategy_version\":2}}",
      "{\"options\":{\"strategy_version\":2,\"brute_force_protection\":null}}" },
    { "scope is computed again", "google-oauth2", "{\"options\":{\"calendar\":true}}",
      "{\"options\":{\"scope\":[\"email\",\"profile\",\"https://www.googleapis.com/auth/calendar\"]}}" },
    { "options stay when they are not sent", "auth0", "{\"display_name\":\"D\"}", "{\"display_name\":\"D\",\"options\":{" AUTH0_NEW "}}" },
    { "metadata", "github", "{\"metadata\":{\"a\":\"1\"}}", "{\"metadata\":{\"a\":\"1\"}}" },
};

static void test_patches(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    for (size_t i = 0; i < TESTING_ARRAY_LEN(patches); i++) {
        str body = str_fmt(t.arena, "{\"name\":\"c%zu\",\"strategy\":\"%s\"}", i, patches[i].strategy);
        str id = id_of(create(&t, str_cstr(t.arena, body)));
        testing_ok(step_write(&t, patch_tx, id, patches[i].patch, &out), patches[i].name);
        shape_check(&t, patches[i].name, out, patches[i].want);
    }
    kind_check("unknown", step_write(&t, patch_tx, STR("con_0000000000000000"), "{\"options\":{}}", &out), ERR_INEXISTENT_CONNECTION);
    testing_close(&t);
}

static str shown_of(const struct json *connection, const char *name)
{
    return json_get_text(json_at(connection, "options.configuration"), str_from(name));
}

static void test_configuration(void **state)
{
    struct testing t;
    struct json *first, *second, *kept;
    (void)state;
    testing_open(&t);
    first = create(&t, DB("{\"configuration\":{\"a\":\"same\",\"b\":\"same\"}}"));
    str a = shown_of(first, "a"), b = shown_of(first, "b");
    assert_int_equal(a.len, 44);
    assert_false(str_eq(a, b)); /* equal values do not look alike */

    /* Sent back it is kept; another name's text, or another value, is what it says. */
    str body = str_fmt(t.arena, "{\"options\":{\"configuration\":{\"a\":\"%.*s\",\"b\":\"%.*s\",\"c\":\"new\"}}}", STR_ARG(a), STR_ARG(a));
    testing_ok(step_write(&t, patch_tx, id_of(first), str_cstr(t.arena, body), &second), "patch");
    assert_true(str_eq(shown_of(second, "a"), a));
    assert_false(str_eq(shown_of(second, "b"), b));
    testing_ok(step_write(&t, options_tx, id_of(first), "{}", &kept), "read");
    shape_check(&t, "kept", json_get(kept, STR("configuration")),
                str_cstr(t.arena, str_fmt(t.arena, "{\"a\":\"same\",\"b\":\"%.*s\",\"c\":\"new\"}", STR_ARG(a))));
    testing_close(&t);
}

static void test_unique_email_stays(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    str id = id_of(create(&t, DB("{\"attributes\":{" ATTRIBUTE("email", "true", "required") "}}")));
    struct result r = step_write(&t, patch_tx, id,
                                 "{\"options\":{\"attributes\":{\"email\":{\"unique\":false,\"identifier\":{\"active\":true}}}}}", &out);
    kind_check("unique", r, ERR_INVALID_BODY);
    assert_string_equal(str_cstr(t.arena, r.args.v[0]), "cannot add non-unique email attribute");
    testing_close(&t);
}

/* Secrets in options are sealed apart from the document. */
static void test_secrets(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    str id = id_of(create(&t, "{\"name\":\"g\",\"strategy\":\"github\",\"options\":{\"client_secret\":\"very-secret\"}}"));
    testing_ok(step_write(&t, read_tx, id, "{}", &out), "read");
    shape_check(&t, "shown", out, "{\"options\":{\"client_secret\":\"very-secret\"}}");
    assert_int_equal(testing_count(&t, "SELECT COUNT(*) FROM documents WHERE body LIKE '%very-secret%'"), 0);
    assert_int_equal(testing_count(&t, "SELECT COUNT(*) FROM document_secrets WHERE sealed LIKE '%very-secret%'"), 0);
    testing_close(&t);
}

/* --- clients ------------------------------------------------------------------------- */

struct toggle {
    str connection, client;
    bool on, is_on;
};
static struct result toggle_tx(struct tx *tx, void *arg)
{
    struct toggle *g = arg;
    TRY(connection_set_client(tx, g->connection, g->client, g->on));
    return connection_is_enabled(tx, g->connection, g->client, &g->is_on);
}
static struct result all_tx(struct tx *tx, void *arg)
{
    struct toggle *g = arg;
    return g->on ? connection_enable_all(tx, g->connection) : connection_disable_all(tx, g->connection);
}

static void test_clients(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    struct toggle g = { .client = t.made.default_app_id, .on = true };
    g.connection = id_of(create(&t, "{\"name\":\"c\",\"strategy\":\"auth0\"}"));
    testing_ok(testing_write(&t, toggle_tx, &g), "on");
    assert_true(g.is_on);
    testing_ok(testing_write(&t, toggle_tx, &g), "on again");
    testing_ok(step_write(&t, read_tx, g.connection, "{}", &out), "read");
    assert_int_equal(json_count(json_get(out, STR("enabled_clients"))), 1);
    g.on = false;
    testing_ok(testing_write(&t, toggle_tx, &g), "off");
    assert_false(g.is_on);
    g = (struct toggle){ .connection = g.connection, .client = STR("nobody"), .on = true };
    kind_check("a client that is none", testing_write(&t, toggle_tx, &g), ERR_INEXISTENT_CLIENT);
    testing_ok(testing_write(&t, all_tx, &g), "all");
    testing_ok(step_write(&t, read_tx, g.connection, "{}", &out), "read");
    assert_int_equal(json_count(json_get(out, STR("enabled_clients"))), 2); /* all but the global client */
    testing_ok(step_write(&t, patch_tx, g.connection, "{\"enabled_clients\":[\"a\",\"b\",\"c\"]}", &out), "replace");
    shape_check(&t, "replaced", out, "{\"enabled_clients\":[\"a\",\"b\",\"c\"]}");
    g.on = false;
    testing_ok(testing_write(&t, all_tx, &g), "none");
    testing_ok(step_write(&t, read_tx, g.connection, "{}", &out), "read");
    assert_int_equal(json_count(json_get(out, STR("enabled_clients"))), 0);
    testing_close(&t);
}

/* --- lists ----------------------------------------------------------------------------- */

static const struct {
    const char *name, *strategies[2], *only, *domain;
    unsigned kinds;
    size_t offset, limit, want, total;
    bool of_default_app;
} lists[] = {
    { .name = "all", .want = 6, .total = 6 },
    { .name = "one strategy", .strategies = { "auth0" }, .want = 2, .total = 2 },
    { .name = "two strategies", .strategies = { "auth0", "ad" }, .want = 3, .total = 3 },
    { .name = "a page of a strategy", .strategies = { "auth0", "ad" }, .offset = 1, .limit = 1, .want = 1, .total = 3 },
    { .name = "a name", .only = "dir", .want = 1, .total = 1 },
    { .name = "a name of another strategy", .only = "dir", .strategies = { "auth0" }, .want = 0, .total = 0 },
    { .name = "enterprise", .kinds = 1u << STRATEGY_ENTERPRISE, .want = 2, .total = 2 },
    { .name = "social or passwordless", .kinds = 1u << STRATEGY_SOCIAL | 1u << STRATEGY_PASSWORDLESS, .want = 2, .total = 2 },
    { .name = "a page of enterprise", .kinds = 1u << STRATEGY_ENTERPRISE, .offset = 1, .limit = 5, .want = 1, .total = 2 },
    { .name = "a domain", .domain = "EXAMPLE.org", .want = 2, .total = 2 },
    { .name = "of a client", .of_default_app = true, .want = 1, .total = 1 },
};

static struct result list_tx(struct tx *tx, void *arg)
{
    return connection_list(tx, arg);
}

static void test_lists(void **state)
{
    struct testing t;
    (void)state;
    testing_open(&t);
    create(&t, "{\"name\":\"db\",\"strategy\":\"auth0\"}");
    create(&t, "{\"name\":\"dir\",\"strategy\":\"ad\",\"options\":{\"domain_aliases\":[\"x.org\",\"example.org\"]}}");
    create(&t, "{\"name\":\"saml\",\"strategy\":\"samlp\",\"options\":{\"tenant_domain\":\"example.org\"}}");
    create(&t, "{\"name\":\"hub\",\"strategy\":\"github\"}");
    create(&t, "{\"name\":\"mail\",\"strategy\":\"email\"}");
    for (size_t i = 0; i < TESTING_ARRAY_LEN(lists); i++) {
        str strategies[2] = { str_from(lists[i].strategies[0]), str_from(lists[i].strategies[1]) };
        struct connection_list l = { .strategies = strategies,
                                     .strategy_count = (size_t)(strategies[0].p != NULL) + (strategies[1].p != NULL),
                                     .kinds = lists[i].kinds,
                                     .name = str_from(lists[i].only),
                                     .domain_alias = str_from(lists[i].domain),
                                     .client_id = lists[i].of_default_app ? t.made.default_app_id : STR_NONE,
                                     .offset = lists[i].offset,
                                     .limit = lists[i].limit };
        testing_ok(testing_read(&t, list_tx, &l), lists[i].name);
        if (l.count != lists[i].want || l.total != lists[i].total)
            print_error("%s: %zu of %zu\n", lists[i].name, l.count, l.total);
        assert_int_equal(l.count, lists[i].want);
        assert_int_equal(l.total, lists[i].total);
    }
    testing_close(&t);
}

static void test_checkpoint_walk(void **state)
{
    struct testing t;
    size_t seen = 0, pages = 0;
    (void)state;
    testing_open(&t);
    for (int i = 0; i < 5; i++)
        create(&t, str_cstr(t.arena, str_fmt(t.arena, "{\"name\":\"c%d\",\"strategy\":\"github\"}", i)));
    struct connection_list l = { .limit = 2 };
    do {
        testing_ok(testing_read(&t, list_tx, &l), "page");
        seen += l.count;
        l.after_seq = l.last_seq;
        assert_true(++pages < 10);
    } while (l.more);
    assert_int_equal(seen, 6);
    assert_int_equal(pages, 3);
    testing_close(&t);
}

/* --- keys ---------------------------------------------------------------------------------- */

struct keys {
    str id;
    struct connection_key_pair pairs[3];
    struct json *list;
    struct result result;
};
static struct result keys_create_tx(struct tx *tx, void *arg)
{
    struct keys *k = arg;
    struct connection c;
    TRY(connection_by_id(tx, k->id, &c));
    k->result = connection_keys_create(tx, &c, k->pairs, &k->list);
    return failed(k->result) ? OK : connection_keys_list(tx, &c, &k->list);
}
static struct result keys_rotate_tx(struct tx *tx, void *arg)
{
    struct keys *k = arg;
    struct connection c;
    struct json *next;
    TRY(connection_by_id(tx, k->id, &c));
    TRY(connection_keys_rotate(tx, &c, &k->pairs[2], &next));
    return connection_keys_list(tx, &c, &k->list);
}

static str kid_at(const struct json *list, size_t i)
{
    return json_get_text(json_item(list, i), STR("kid"));
}

static void test_keys(void **state)
{
    struct testing t;
    struct json *out;
    struct keys k = { 0 };
    (void)state;
    testing_open(&t);
    struct arena *secret = arena_new_secret(0);
    for (size_t i = 0; i < 3; i++)
        testing_ok(connection_key_generate(t.arena, secret, STR("okta"), STR("ES256"), t.now_us, &k.pairs[i]), "generate");
    k.id = id_of(create(&t, "{\"name\":\"plain\",\"strategy\":\"okta\",\"options\":{\"client_id\":\"i\"}}"));
    testing_ok(testing_write(&t, keys_create_tx, &k), "without");
    kind_check("not configured", k.result, ERR_CONNECTION_WITHOUT_JWT_AUTH);
    k.id = id_of(create(&t, "{\"name\":\"okta\",\"strategy\":\"okta\",\"options\":{\"client_id\":\"i\","
                            "\"token_endpoint_auth_method\":\"private_key_jwt\"}}"));
    testing_ok(testing_write(&t, keys_create_tx, &k), "create");
    assert_int_equal(json_count(k.list), 2);
    shape_check(&t, "current", json_item(k.list, 0),
                "{\"current\":true,\"next\":null,\"algorithm\":\"ES256\",\"key_use\":\"signing\",\"subject_dn\":\"/CN=okta\","
                "\"private_key\":null,\"connection_id\":null,\"current_since\":\"2023-11-14T22:13:20.000Z\"}");
    shape_check(&t, "next", json_item(k.list, 1), "{\"next\":true,\"current\":null,\"current_since\":null}");
    str first = kid_at(k.list, 0), second = kid_at(k.list, 1);
    testing_ok(testing_write(&t, keys_create_tx, &k), "again");
    kind_check("exist", k.result, ERR_CONNECTION_KEYS_EXIST);
    testing_ok(testing_write(&t, keys_rotate_tx, &k), "rotate");
    assert_int_equal(json_count(k.list), 3);
    assert_true(str_eq(kid_at(k.list, 0), second)); /* next became current */
    assert_true(str_eq(kid_at(k.list, 1), first));  /* current became previous */
    assert_true(json_get_true(json_item(k.list, 1), STR("previous")));
    assert_true(json_get_true(json_item(k.list, 2), STR("next")));
    testing_ok(step_write(&t, delete_tx, k.id, "", &out), "delete");
    assert_int_equal(testing_count(&t, "SELECT COUNT(*) FROM documents WHERE kind = 'connection_key'"), 0);
    assert_int_equal(testing_count(&t, "SELECT COUNT(*) FROM document_secrets WHERE seq NOT IN (SELECT seq FROM documents)"), 0);
    arena_free(secret);
    testing_close(&t);
}

/* --- going ------------------------------------------------------------------------------------ */

static struct result user_tx(struct tx *tx, void *arg)
{
    (void)arg;
    TRY(sql_run(tx->sql, "INSERT INTO users (id, uid, doc) VALUES (7, 'auth0|1', ?)",
                SQL_ARGS(sql_text(STR("{\"user_id\":\"auth0|1\",\"identities\":[{\"connection\":\"db\",\"user_id\":\"1\","
                                      "\"provider\":\"auth0\",\"isSocial\":false}]}"))),
                NULL));
    return sql_run(tx->sql, "INSERT INTO identities (provider, native_id, user, connection) VALUES ('auth0', '1', 7, 'db')", SQL_NO_ARGS, NULL);
}

static void test_delete(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    str id = id_of(create(&t, "{\"name\":\"db\",\"strategy\":\"auth0\",\"enabled_clients\":[\"x\"]}"));
    testing_ok(testing_write(&t, user_tx, NULL), "user");
    kind_check("customization of a used database",
               step_write(&t, patch_tx, id, "{\"options\":{\"enabledDatabaseCustomization\":true}}", &out), ERR_BAD_REQUEST);
    testing_ok(step_write(&t, delete_tx, id, "", &out), "delete");
    kind_check("read", step_write(&t, read_tx, id, "{}", &out), ERR_INEXISTENT_CONNECTION);
    kind_check("delete again", step_write(&t, delete_tx, id, "", &out), ERR_INEXISTENT_CONNECTION);
    assert_int_equal(testing_count(&t, "SELECT COUNT(*) FROM users"), 0);
    assert_int_equal(testing_count(&t, "SELECT COUNT(*) FROM relations"), 1); /* that of the first connection */
    create(&t, "{\"name\":\"db\",\"strategy\":\"auth0\"}"); /* the name is free again */
    testing_close(&t);
}

/* --- the table of strategies --------------------------------------------------------------------- */

static void test_strategies(void **state)
{
    size_t count;
    (void)state;
    struct arena *a = arena_new(0);
    const struct strategy *all = strategy_list(&count);
    for (size_t i = 0; i < count; i++) {
        struct json *parsed;
        assert_true(strategy_find(all[i].name) == &all[i]); /* no name twice */
        if (all[i].options.len)
            testing_ok(json_parse(a, all[i].options, &parsed), all[i].name.p);
        if (all[i].again.len)
            testing_ok(json_parse(a, all[i].again, &parsed), all[i].name.p);
    }
    assert_null(strategy_find(STR("")));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_creation), cmocka_unit_test(test_ticket),  cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_patches),  cmocka_unit_test(test_unique_email_stays), cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_configuration),
        cmocka_unit_test(test_clients),  cmocka_unit_test(test_lists),   cmocka_unit_test(test_checkpoint_walk),
        cmocka_unit_test(test_keys),     cmocka_unit_test(test_delete),  cmocka_unit_test(test_strategies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
