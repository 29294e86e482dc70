/* Credentials that are JWTs: access tokens and RS256 id_tokens, signed with the
 * tenant's own key as login will sign them. (HS256: tests/api/current-user.test.js.) */
#include "crypto/hash.h"
#include "crypto/jwt.h"
#include "domain/blacklist.h"
#include "domain/caller.h"
#include "domain/client/client.h"
#include "domain/signing_key.h"
#include "domain/tenant_settings.h"

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

/* --- what ends a token ends it at its very next use ------------------------------------ */

struct holder {
    struct client client;
    str access, by_secret, by_key, v1; /* its four credentials */
};

/* For one transaction: body is what to make or to change. */
struct step {
    struct holder *holder;
    struct json *body;
};

static struct result make_client(struct tx *tx, void *arg)
{
    struct step *s = arg;
    return client_create(tx, s->body, &s->holder->client);
}

static struct result insert_v1(struct tx *tx, void *arg)
{
    const struct step *s = arg;
    unsigned char hash[DIGEST_LEN_MAX];
    digest(DIGEST_SHA256, s->holder->v1, hash);
    return sql_run(tx->sql, "INSERT INTO tokens (hash, kind, client_id, body, created_at, expires_at) VALUES (?, 'v1', ?, '{}', 0, ?)",
                   SQL_ARGS(sql_blob((str){ (const char *)hash, digest_len(DIGEST_SHA256) }), sql_text(s->holder->client.client_id),
                            sql_int(tx->now_us + 60000000)),
                   NULL);
}

/* Each has all four, unlike those of any other holder. */
static struct holder make_holder(struct testing *t)
{
    static int number;
    struct holder h = { 0 };
    struct step s = { &h, testing_json(t->arena, "{\"name\":\"holder\",\"jwt_configuration\":{\"alg\":\"HS256\"}}") };
    testing_ok(testing_write(t, make_client, &s), "a client");
    const char *id = str_cstr(t->arena, h.client.client_id);
    str claims = str_fmt(t->arena, "{\"jti\":\"token %d\",\"azp\":\"%s\",\"scope\":\"read:users\"}", ++number, id);
    const struct minted access = { "access", ISSUER, ISSUER "api/v2/", "x@clients", str_cstr(t->arena, claims) };
    const struct minted by_key = { "id_token", ISSUER, id, USER, str_cstr(t->arena, claims) };
    str signed_claims = str_fmt(t->arena, "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"%s\",\"exp\":%d,\"jti\":\"token %d\"}", ISSUER, id, USER,
                                NOW_S + 60, number);
    const struct jwt_key secret = { .alg = JWT_HS256, .secret = h.client.secret };
    h.access = mint(t, &access);
    h.by_key = mint(t, &by_key);
    testing_ok(jwt_sign_text(t->arena, &secret, STR("JWT"), STR_NONE, signed_claims, &h.by_secret), "by secret");
    h.v1 = str_fmt(t->arena, "v1 token %d", number);
    testing_ok(testing_write(t, insert_v1, &s), "a v1 token");
    return h;
}

static struct result change_delete(struct tx *tx, void *arg)
{
    struct step *s = arg;
    return client_delete(tx, s->holder->client.client_id);
}

static struct result change_client(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct client out;
    return client_patch(tx, s->holder->client.client_id, s->body, &out);
}

static struct result change_secret(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct client out;
    return client_rotate_secret(tx, s->holder->client.client_id, &out);
}

static struct result change_blacklist(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct jwt token;
    TRY(jwt_parse(tx->arena, s->holder->access, &token));
    return blacklist_add(tx, json_get_text(token.claims, STR("jti")), s->holder->client.client_id);
}

static struct result change_settings(struct tx *tx, void *arg)
{
    struct step *s = arg;
    struct json *out;
    return tenant_settings_patch(tx, s->body, &out);
}

static enum err_kind kind_of_jwt(struct testing *t, str token)
{
    struct caller c;
    return caller_from_jwt(t->tenant, t->arena, token, t->now_us, &c).kind;
}

static enum err_kind kind_of_v1(struct testing *t, str token)
{
    struct caller c;
    return caller_from_v1_token(t->tenant, t->arena, token, t->now_us, &c).kind;
}

struct verdicts {
    enum err_kind access, by_secret, by_key, v1;
};

static void expect_verdicts(struct testing *t, const char *name, const struct holder *h, const struct verdicts *want)
{
    const struct verdicts got = { kind_of_jwt(t, h->access), kind_of_jwt(t, h->by_secret), kind_of_jwt(t, h->by_key), kind_of_v1(t, h->v1) };
    if (memcmp(&got, want, sizeof got) != 0)
        print_error("%s: access %d, by secret %d, by key %d, v1 %d\n", name, (int)got.access, (int)got.by_secret, (int)got.by_key, (int)got.v1);
    assert_memory_equal(&got, want, sizeof got);
}

#define V1_OFF "{\"flags\":{\"disable_v1_for_ordinary_clients\":true}}"
#define V1_ON "{\"flags\":{\"disable_v1_for_ordinary_clients\":null}}"
#define ID_TOKENS_OFF "{\"flags\":{\"enable_idtoken_api2\":false}}"
#define ID_TOKENS_ON "{\"flags\":{\"enable_idtoken_api2\":true}}"

static void what_ends_a_token_ends_it_at_once(void **state)
{
    static const struct {
        const char *name;
        tx_fn change;
        const char *body;
        struct verdicts want;
        const char *settings_after;
    } rows[] = {
        { "the client is deleted", change_delete, "{}", { ERR_INVALID_TOKEN, ERR_BAD_AUDIENCE, ERR_BAD_AUDIENCE, ERR_INVALID_TOKEN }, NULL },
        { "it becomes public", change_client, "{\"token_endpoint_auth_method\":\"none\"}",
          { ERR_NONE, ERR_INVALID_SIGNATURE, ERR_NONE, ERR_INVALID_TOKEN }, NULL },
        { "it signs by key", change_client, "{\"jwt_configuration\":{\"alg\":\"RS256\"}}",
          { ERR_NONE, ERR_INVALID_SIGNATURE, ERR_NONE, ERR_NONE }, NULL },
        { "its secret is a new one", change_secret, "{}", { ERR_NONE, ERR_INVALID_SIGNATURE, ERR_NONE, ERR_NONE }, NULL },
        { "the token is blacklisted", change_blacklist, "{}", { ERR_INVALID_TOKEN, ERR_INVALID_TOKEN, ERR_INVALID_TOKEN, ERR_NONE }, NULL },
        { "id_tokens are no credentials", change_settings, ID_TOKENS_OFF, { ERR_NONE, ERR_BAD_AUDIENCE, ERR_BAD_AUDIENCE, ERR_NONE }, ID_TOKENS_ON },
        { "v1 is off", change_settings, V1_OFF, { ERR_NONE, ERR_NONE, ERR_NONE, ERR_INVALID_TOKEN }, V1_ON },
    };
    static const struct verdicts all_good = { ERR_NONE, ERR_NONE, ERR_NONE, ERR_NONE };
    struct testing *t = *state;
    for (size_t i = 0; i < TESTING_ARRAY_LEN(rows); i++) {
        struct holder h = make_holder(t);
        for (int times = 0; times < 2; times++) /* the second time from the cache */
            expect_verdicts(t, rows[i].name, &h, &all_good);
        struct step s = { &h, testing_json(t->arena, rows[i].body) };
        testing_ok(testing_write(t, rows[i].change, &s), rows[i].name);
        for (int times = 0; times < 2; times++)
            expect_verdicts(t, rows[i].name, &h, &rows[i].want);
        if (!rows[i].settings_after)
            continue;
        s.body = testing_json(t->arena, rows[i].settings_after);
        testing_ok(testing_write(t, change_settings, &s), rows[i].name);
        expect_verdicts(t, rows[i].name, &h, &all_good);
    }
}

/* What a snapshot does not know yet opens nothing after it was put back. */
static void a_restore_ends_what_came_later(void **state)
{
    struct testing *t = *state;
    const char *file = str_cstr(t->arena, str_fmt(t->arena, "%s/snapshot", t->dir));
    struct holder before = make_holder(t);
    testing_ok(store_tenant_snapshot(t->store, STR("default"), file), "snapshot");
    struct holder after = make_holder(t);
    static const struct verdicts all_good = { ERR_NONE, ERR_NONE, ERR_NONE, ERR_NONE };
    static const struct verdicts gone = { ERR_INVALID_TOKEN, ERR_BAD_AUDIENCE, ERR_BAD_AUDIENCE, ERR_INVALID_TOKEN };
    expect_verdicts(t, "before", &before, &all_good);
    expect_verdicts(t, "after", &after, &all_good);
    testing_ok(store_tenant_restore(t->store, STR("default"), file), "restore");
    expect_verdicts(t, "before, restored", &before, &all_good);
    expect_verdicts(t, "after, restored", &after, &gone);
}

/* The caches of both APIs are one: a token of one must open nothing in the other. */
static void each_api_has_its_own_tokens(void **state)
{
    struct testing *t = *state;
    struct holder h = make_holder(t);
    static const struct verdicts all_good = { ERR_NONE, ERR_NONE, ERR_NONE, ERR_NONE };
    expect_verdicts(t, "cached", &h, &all_good);
    assert_int_equal(kind_of_jwt(t, h.v1), ERR_INVALID_TOKEN);
    assert_int_equal(kind_of_v1(t, h.access), ERR_INVALID_TOKEN);
    assert_int_equal(kind_of_v1(t, h.by_secret), ERR_INVALID_TOKEN);
    expect_verdicts(t, "still cached", &h, &all_good);
}

static void a_cached_v1_token_ends_with_its_time(void **state)
{
    struct testing *t = *state;
    struct holder h = make_holder(t);
    struct caller c;
    testing_ok(caller_from_v1_token(t->tenant, t->arena, h.v1, t->now_us, &c), "fresh");
    testing_ok(caller_from_v1_token(t->tenant, t->arena, h.v1, t->now_us, &c), "from the cache");
    assert_int_equal(c.kind, CALLER_V1_CLIENT);
    assert_true(str_eq(c.client_id, h.client.client_id) && str_eq(c.client_name, STR("holder")));
    assert_int_equal(caller_from_v1_token(t->tenant, t->arena, h.v1, t->now_us + 60000000, &c).kind, ERR_INVALID_TOKEN);
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
        cmocka_unit_test(what_ends_a_token_ends_it_at_once),
        cmocka_unit_test(a_restore_ends_what_came_later),
        cmocka_unit_test(each_api_has_its_own_tokens),
        cmocka_unit_test(a_cached_v1_token_ends_with_its_time),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
