/* Scopes, routes, error bodies, replies: against the generated tables. */
#include "testing.h"

#include "contract/route.h"

/* --- scopes ---------------------------------------------------------------------------- */

static void test_scope_names_sorted(void **state)
{
    (void)state;
    for (int i = 0; i < SCOPE_MAX; i++) {
        assert_int_equal(scope_find(scope_names[i]), i);
        assert_true(i == 0 || str_cmp(scope_names[i - 1], scope_names[i]) < 0);
    }
    assert_int_equal(scope_find(STR("read:nothing")), -1);
    assert_int_equal(scope_find(STR("")), -1);
}

static void test_scopes_parse(void **state)
{
    (void)state;
    int users = scope_find(STR("read:users")), clients = scope_find(STR("read:clients"));
    static const struct {
        const char *name, *text;
        bool users, clients;
    } rows[] = {
        { "none", "", false, false },
        { "one", "read:users", true, false },
        { "two", "read:users read:clients", true, true },
        { "blanks", "  read:clients   ", false, true },
        { "unknown ones are left out", "openid read:users read:nothing", true, false },
        { "no part of a name", "read:user", false, false },
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct scopes s;
        scopes_parse(str_from(rows[i].text), &s);
        if (scopes_has(&s, users) != rows[i].users || scopes_has(&s, clients) != rows[i].clients)
            fail_msg("%s", rows[i].name);
        assert_false(scopes_has(&s, -1) || scopes_has(&s, SCOPE_MAX));
    }
}

/* --- routes ------------------------------------------------------------------------------ */

static const struct {
    const char *name, *method, *path, *operation, *values[2];
} routes[] = {
    { "a list", "GET", "/api/v2/clients", "get_clients", { NULL } },
    { "another method", "POST", "/api/v2/clients", "post_clients", { NULL } },
    { "a parameter", "GET", "/api/v2/clients/abc", "get_clients_by_id", { "abc" } },
    { "raw segments", "GET", "/api/v2/users/auth0%7Cx%2Fy", "get_users_by_id", { "auth0%7Cx%2Fy" } },
    { "two parameters", "GET", "/api/v2/clients/a/credentials/b", "get_credentials_by_credential_id", { "a", "b" } },
    { "a fixed tail", "GET", "/api/v2/connections/c/status", "get_status", { "c" } },
    { "unknown", "GET", "/api/v2/nothing", NULL, { NULL } },
    { "too long", "GET", "/api/v2/clients/a/b/c", NULL, { NULL } },
    { "empty segment", "GET", "/api/v2/clients//credentials", NULL, { NULL } },
    { "v2 takes no trailing slash", "GET", "/api/v2/clients/", NULL, { NULL } },
    { "the root of v2", "GET", "/api/v2", NULL, { NULL } },
    { "the root", "GET", "/", NULL, { NULL } },
    { "nothing", "GET", "", NULL, { NULL } },
    { "the token endpoint", "POST", "/oauth/token", "token", { NULL } },
    { "with a trailing slash", "POST", "/oauth/token/", NULL, { NULL } },
};

static void test_routes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(routes); i++) {
        struct route_match m = route_find(str_from(routes[i].method), str_from(routes[i].path));
        testing_same(routes[i].name, m.op ? m.op->name : STR("none"), routes[i].operation ? routes[i].operation : "none");
        for (size_t j = 0; j < 2 && routes[i].values[j]; j++)
            testing_same(routes[i].name, m.values[j], routes[i].values[j]);
    }
}

static void test_route_allow(void **state)
{
    (void)state;
    struct route_match m = route_find(STR("PUT"), STR("/api/v2/clients"));
    assert_null(m.op);
    testing_same("known path", m.allow, "GET, HEAD, POST");
    assert_int_equal(route_find(STR("GET"), STR("/api/v2/nothing")).allow.len, 0);
}

/* Every operation is found by its own path. */
static void test_routes_complete(void **state)
{
    for (size_t i = 0; i < OP_MAX; i++) {
        struct buf path;
        buf_init(&path, 4096);
        str rest = operations[i].path;
        for (size_t j = 0; rest.p; j++) {
            str segment = str_cut(rest, '/', &rest);
            if (j)
                buf_add_char(&path, '/');
            buf_add(&path, str_starts(segment, STR("{")) ? STR("~") : segment);
        }
        struct route_match m = route_find(operations[i].method, buf_str(&path));
        if (m.op != &operations[i])
            fail_msg("%.*s", STR_ARG(operations[i].path));
        buf_free(&path);
    }
    (void)state;
}

/* --- errors ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum api api;
    enum err_kind kind;
    const char *argument;
    int status;
    const char *body;
} errors[] = {
    { "recorded: no header", API_V2, ERR_MISSING_AUTHENTICATION, "", 401,
      "{\"statusCode\":401,\"error\":\"Unauthorized\",\"message\":\"Missing authentication\","
      "\"error_description\":\"Missing authentication\"}" },
    { "quoted: token", API_V2, ERR_EXPIRED_TOKEN, "", 401,
      "{\"statusCode\":401,\"error\":\"Unauthorized\",\"message\":\"Expired token received for JSON Web Token validation\","
      "\"errorCode\":\"invalid_token\",\"error_description\":\"Expired token received for JSON Web Token validation\","
      "\"attributes\":{\"error\":\"Expired token received for JSON Web Token validation\"}}" },
    { "recorded: scope", API_V2, ERR_INSUFFICIENT_SCOPE, "read:organization_clients", 403,
      "{\"statusCode\":403,\"error\":\"Forbidden\",\"message\":\"Insufficient scope, expected any of: "
      "read:organization_clients\",\"errorCode\":\"insufficient_scope\",\"error_description\":\"Insufficient scope, expected "
      "any of: read:organization_clients\"}" },
    { "recorded: header format", API_V2, ERR_BAD_AUTHORIZATION_HEADER, "", 400,
      "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"Bad HTTP authentication header format\","
      "\"errorCode\":\"Bearer\"}" },
    { "recorded: rate limit", API_V2, ERR_TOO_MANY_REQUESTS, "", 429,
      "{\"statusCode\":429,\"error\":\"Too Many Requests\",\"message\":\"Global limit has been reached\","
      "\"errorCode\":\"too_many_requests\"}" },
    { "recorded: grant", API_V2, ERR_INEXISTENT_CLIENT_GRANT, "", 404,
      "{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"The grant does not exist.\","
      "\"errorCode\":\"inexistent_client_grant\"}" },
    { "recorded: connection", API_V2, ERR_INEXISTENT_CONNECTION, "", 404,
      "{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"The connection does not exist\","
      "\"errorCode\":\"inexistent_connection\"}" },
    { "recorded: resource server", API_V2, ERR_INEXISTENT_RESOURCE_SERVER, "", 404,
      "{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"The resource server does not exist\","
      "\"errorCode\":\"inexistent_resource_server\"}" },
    { "recorded: client", API_V2, ERR_INEXISTENT_CLIENT, "", 404,
      "{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"The client does not exist\","
      "\"errorCode\":\"inexistent_client\"}" },
    { "recorded: user", API_V2, ERR_INEXISTENT_USER, "", 404,
      "{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"The user does not exist.\",\"errorCode\":\"inexistent_user\"}" },
    { "recorded: kind of client", API_V2, ERR_CLIENT_GRANT_CLIENT_TYPE, "express_configuration", 400,
      "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"Client of type express_configuration cannot be used\","
      "\"errorCode\":\"validation_error\"}" },
    { "no code, no member", API_V2, ERR_NOT_FOUND, "", 404, "{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"Not Found\"}" },
    { "v1 shape", API_V1, ERR_INVALID_TOKEN, "", 401,
      "{\"statusCode\":401,\"error\":\"unauthorized\",\"detail\":\"Unauthorized\",\"error_description\":\"Unauthorized\","
      "\"message\":\"Unauthorized\"}" },
    { "v1 derives", API_V1, ERR_DATABASE, "disk on fire", 500,
      "{\"statusCode\":500,\"error\":\"internal_error\",\"detail\":\"An internal server error occurred\",\"error_description\":"
      "\"An internal server error occurred\",\"message\":\"An internal server error occurred\"}" },
    { "oauth shape", API_AUTH, ERR_GRANT_NOT_ALLOWED, "password", 403,
      "{\"error\":\"unauthorized_client\",\"error_description\":\"Grant type 'password' not allowed for the client.\"}" },
    { "marks in an argument stay", API_V2, ERR_BAD_REQUEST, "{0}{1}", 400,
      "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"{0}{1}\"}" },
};

static void test_errors(void **state)
{
    for (size_t i = 0; i < ROWS(errors); i++) {
        int status = 0;
        struct json *body = error_body(*state, errors[i].api, fail1(errors[i].kind, str_from(errors[i].argument)), &status);
        testing_same(errors[i].name, json_dump(*state, body), errors[i].body);
        assert_int_equal(status, errors[i].status);
    }
}

static void test_error_rows_whole(void **state)
{
    (void)state;
    for (int kind = ERR_NONE + 1; kind < ERR_MAX; kind++)
        for (int api = 0; api < API_MAX; api++) {
            const struct err_words *w = &err_rows[kind].words[api];
            if (w->status < 400 || w->status > 599 || w->text.len == 0 || (api != API_V2 && w->code.len == 0))
                fail_msg("%.*s on API %d", STR_ARG(err_rows[kind].name), api);
        }
}

/* --- paths and replies ------------------------------------------------------------------------ */

static const struct schema text = { .types = SCHEMA_STRING };
static const struct schema integer = { .types = SCHEMA_INTEGER };
static const struct schema free_object = { .types = SCHEMA_OBJECT, .flags = SCHEMA_FREE };
static const struct schema_member reply_members[] = { { STR_INIT("id"), &text, true },
                                                      { STR_INIT("n"), &integer, false },
                                                      { STR_INIT("options"), &free_object, false },
                                                      { STR_INIT("app_metadata"), &free_object, false } };
static const struct schema reply_schema = { .types = SCHEMA_OBJECT, .members = reply_members, .member_count = ROWS(reply_members) };
static const struct op_reply op_replies[] = { { 200, &reply_schema, false }, { 204, NULL, false }, { 202, NULL, true } };
static const struct operation op = { .name = STR_INIT("op"), .replies = op_replies, .reply_count = 3 };

static const struct {
    const char *name;
    int status;
    const char *reply, *want;
} replies[] = {
    { "fits", 200, "{\"id\":\"x\",\"n\":1,\"options\":{\"any\":[{}]}}", "ok" },
    { "unknown member", 200, "{\"id\":\"x\",\"hash\":\"y\"}", "op 200: hash: not in the contract" },
    { "missing member", 200, "{\"n\":1}", "op 200: id: missing" },
    { "other type", 200, "{\"id\":7}", "op 200: id: of another type" },
    { "a fraction", 200, "{\"id\":\"x\",\"n\":1.5}", "op 200: n: of another type" },
    { "a secret in a free place", 200, "{\"id\":\"x\",\"options\":{\"a\":[{\"password_hash\":\"y\"}]}}",
      "op 200: options.a.password_hash: a secret" },
    { "metadata is the customer's", 200, "{\"id\":\"x\",\"app_metadata\":{\"password_hash\":\"y\"}}", "ok" },
    { "no body where one belongs", 200, NULL, "op 200: (root): no body" },
    { "empty", 204, NULL, "ok" },
    { "a body where none belongs", 204, "{}", "op 204: (root): a body where none belongs" },
    { "text", 202, NULL, "ok" },
    { "another status", 201, "{}", "op 201: (root): status not in the contract" },
};

static void test_replies(void **state)
{
    for (size_t i = 0; i < ROWS(replies); i++) {
        struct json *v = replies[i].reply ? testing_json(*state, replies[i].reply) : NULL;
        struct result r = validate_reply(*state, &op, replies[i].status, v);
        testing_same(replies[i].name, failed(r) ? r.args.v[0] : STR("ok"), replies[i].want);
    }
}

static void test_reply_in_part(void **state)
{
    static const struct schema_member fields[] = { { STR_INIT("fields"), &text, false } };
    struct operation in_part = op;
    in_part.query_params = fields;
    in_part.query_param_count = 1;
    assert_int_equal(validate_reply(*state, &in_part, 200, testing_json(*state, "{\"n\":1}")).kind, ERR_NONE);
    assert_int_equal(validate_reply(*state, &in_part, 200, testing_json(*state, "{\"x\":1}")).kind, ERR_REPLY_OUTSIDE_CONTRACT);
}

static void test_path(void **state)
{
    static const struct schema_member path[] = { { STR_INIT("n"), &integer, true } };
    static const struct operation by_number = { .path_params = path, .path_param_count = 1 };
    str good = STR("7"), bad = STR("x");
    assert_int_equal(validate_path(*state, &by_number, &good).kind, ERR_NONE);
    struct result r = validate_path(*state, &by_number, &bad);
    assert_int_equal(r.kind, ERR_INVALID_URI);
    testing_same("path", r.args.v[0], "Path validation error: 'Expected type integer but found type string' on property n.");
}

/* Every document and default that the generator wrote can be read. */
static void test_documents(void **state)
{
    for (int api = 0; api < API_MAX; api++) {
        struct json *v = NULL;
        assert_int_equal(json_parse(*state, openapi_documents[api], &v).kind, ERR_NONE);
        testing_same("version", json_get_text(v, STR("openapi")), "3.1.0");
    }
    for (int i = 0; i < RESOURCE_MAX; i++) {
        struct json *v = NULL;
        assert_int_equal(json_parse(*state, resource_specs[i].defaults_json, &v).kind, ERR_NONE);
        assert_int_equal(v->type, JSON_OBJECT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_scope_names_sorted), TEST(test_scopes_parse), TEST(test_routes),  TEST(test_route_allow),
        TEST(test_routes_complete),    TEST(test_errors),       TEST(test_error_rows_whole), TEST(test_replies), TEST(test_reply_in_part),
        TEST(test_path),               TEST(test_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
