/* Credentials that are JWTs: access tokens and RS256 id_tokens, signed with the
 * tenant's own key as login will sign them. (HS256: tests/api/current-user.test.js.) */
#include "crypto/jwt.h"
#include "domain/caller.h"
#include "domain/client.h"
#include "domain/signing_key.h"

#include "testing.h"

enum { NOW_S = 1700000000 };

struct minted {
    const char *name, *issuer, *audience, *subject, *claims; /* claims: laid over the rest */
    bool foreign_key, unknown_kid;
    enum err_kind want;
    enum caller_kind kind;
};

static str mint(struct testing *t, const struct minted *m)
{
    struct key_set *keys;
    struct sign_key *other = NULL;
    struct json *claims = json_object(t->arena);
    str token;
    testing_ok(key_set_get(t->tenant, &keys), "keys");
    if (m->foreign_key)
        testing_ok(sign_key_generate(KEY_RSA2048, &other), "another key");
    json_set_text(t->arena, claims, STR("iss"), str_from(m->issuer));
    json_set_text(t->arena, claims, STR("aud"), str_from(m->audience));
    json_set_text(t->arena, claims, STR("sub"), str_from(m->subject));
    json_set_int(t->arena, claims, STR("iat"), NOW_S - 60);
    json_set_int(t->arena, claims, STR("exp"), NOW_S + 60);
    json_merge(t->arena, claims, testing_json(t->arena, m->claims));
    struct jwt_key key = { .alg = JWT_RS256, .key = other ? other : keys->current->key };
    testing_ok(jwt_sign(t->arena, &key, STR("JWT"), m->unknown_kid ? STR("nobody") : keys->current->kid, claims, &token), "sign");
    sign_key_free(other);
    key_set_release(keys);
    return token;
}

#define ISSUER "https://localhost:8443/"
#define USER "auth0|61b0c2d4e5f60718293a4b5c"

static void id_tokens_by_rs256(void **state)
{
    struct testing *t = *state;
    const char *app = str_cstr(t->arena, t->made.default_app_id);
    const struct minted rows[] = {
        { "an id_token", ISSUER, app, USER, "{}", .want = ERR_NONE, .kind = CALLER_ID_TOKEN },
        { "expired", ISSUER, app, USER, "{\"exp\":1699999999}", .want = ERR_EXPIRED_TOKEN },
        { "without an end", ISSUER, app, USER, "{\"exp\":\"soon\"}", .want = ERR_INVALID_TOKEN },
        { "of another issuer", "https://evil.example/", app, USER, "{}", .want = ERR_INVALID_TOKEN },
        { "for a client that is none", ISSUER, "nobody", USER, "{}", .want = ERR_BAD_AUDIENCE },
        { "signed by another key", ISSUER, app, USER, "{}", .foreign_key = true, .want = ERR_INVALID_SIGNATURE },
        { "by a key that nobody has", ISSUER, app, USER, "{}", .unknown_kid = true, .want = ERR_INVALID_SIGNATURE },
        { "without a user", ISSUER, app, "", "{}", .want = ERR_INVALID_TOKEN },
    };
    for (size_t i = 0; i < TESTING_ARRAY_LEN(rows); i++) {
        struct caller c = { 0 };
        struct result r = caller_from_jwt(t->tenant, t->arena, mint(t, &rows[i]), t->now_us, &c);
        if (r.kind != rows[i].want)
            print_error("%s: kind %d\n", rows[i].name, (int)r.kind);
        assert_int_equal(r.kind, rows[i].want);
        if (r.kind != ERR_NONE)
            continue;
        assert_int_equal(c.kind, rows[i].kind);
        assert_true(str_eq(c.user_id, STR(USER)));
        assert_true(scopes_has(&c.scopes, scope_find(STR("update:current_user_metadata"))));
        assert_false(scopes_has(&c.scopes, scope_find(STR("read:users"))));
    }
}

static void id_tokens_open_their_own_user(void **state)
{
    struct testing *t = *state;
    const struct minted m = { "own", ISSUER, str_cstr(t->arena, t->made.default_app_id), USER, "{}" };
    const struct operation *op = &operations[OP_GET_USERS_BY_ID];
    struct caller c;
    testing_ok(caller_from_jwt(t->tenant, t->arena, mint(t, &m), t->now_us, &c), "id_token");
    testing_ok(caller_check_scopes(&c, &op->scopes, STR(USER)), "own user");
    assert_int_equal(caller_check_scopes(&c, &op->scopes, STR("auth0|other")).kind, ERR_WRONG_SUBJECT);
    assert_int_equal(caller_check_scopes(&c, &operations[OP_GET_CLIENTS].scopes, STR(USER)).kind, ERR_INSUFFICIENT_SCOPE);
}

/* The cache of verified tokens must not outlive them. */
static void a_cached_token_ends_with_its_time(void **state)
{
    struct testing *t = *state;
    const struct minted m = { "cached", ISSUER, str_cstr(t->arena, t->made.default_app_id), USER, "{}" };
    struct caller c;
    str token = mint(t, &m);
    testing_ok(caller_from_jwt(t->tenant, t->arena, token, t->now_us, &c), "fresh");
    testing_ok(caller_from_jwt(t->tenant, t->arena, token, t->now_us, &c), "from the cache");
    assert_int_equal(caller_from_jwt(t->tenant, t->arena, token, t->now_us + 61000000, &c).kind, ERR_EXPIRED_TOKEN);
}

static int setup(void **state)
{
    static struct testing t;
    testing_open(&t);
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    testing_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id_tokens_by_rs256),
        cmocka_unit_test(id_tokens_open_their_own_user),
        cmocka_unit_test(a_cached_token_ends_with_its_time),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
