#include "domain/device_credential.h"
#include "shape.h"

static struct result create_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    return device_credential_create(tx, s->id, step_body(tx, s), false, &s->out);
}
static struct result replace_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    return device_credential_create(tx, s->id, step_body(tx, s), true, &s->out);
}
static struct result delete_tx(struct tx *tx, void *arg)
{
    return device_credential_delete(tx, ((struct step *)arg)->id);
}
static struct result drop_tx(struct tx *tx, void *arg)
{
    return device_credential_drop_user(tx, ((struct step *)arg)->id);
}
static struct result find_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    bool found;
    TRY(device_credential_find(tx, s->id, &s->out, &found));
    if (!found)
        s->out = NULL;
    return OK;
}
static struct result list_tx(struct tx *tx, void *arg)
{
    return device_credential_list(tx, arg);
}

#define TOKEN(id, body) \
    "INSERT INTO refresh_tokens (id, hash, user, client_id, body) VALUES ('" id "', '" id "', 5, 'c1', '" body "')"
static const char *const setup[] = {
    "INSERT INTO users (id, uid, doc) VALUES (5, 'auth0|1', '{}'), (6, 'auth0|2', '{}')",
    TOKEN("dcr_one", "{\"device_name\":\"phone\",\"user_id\":\"auth0|1\"}"),
    TOKEN("dcr_two", "{\"rotating\":true,\"user_id\":\"auth0|1\"}"),
};
static struct result setup_tx(struct tx *tx, void *arg)
{
    (void)arg;
    for (size_t i = 0; i < TESTING_ARRAY_LEN(setup); i++)
        TRY(sql_run(tx->sql, setup[i], SQL_NO_ARGS, NULL));
    return OK;
}

static void open(struct testing *t)
{
    struct json *out;
    testing_open(t);
    testing_ok(testing_write(t, setup_tx, NULL), "setup");
    testing_ok(step_write(t, create_tx, STR("auth0|1"),
                          "{\"device_name\":\"laptop\",\"type\":\"public_key\",\"value\":\"k\",\"device_id\":\"ab\",\"client_id\":\"c2\"}", &out),
               "key");
    testing_ok(step_write(t, create_tx, STR("auth0|2"), "{\"device_name\":\"tv\",\"value\":\"k\"}", &out), "key of another");
}

static const struct {
    const char *name, *user, *client, *type;
    size_t offset, limit, want, total;
} lists[] = {
    { "all", NULL, NULL, NULL, 0, 0, 4, 4 },
    { "of a user", "auth0|1", NULL, NULL, 0, 0, 3, 3 },
    { "of a client", NULL, "c1", NULL, 0, 0, 2, 2 },
    { "keys", NULL, NULL, "public_key", 0, 0, 2, 2 },
    { "refresh tokens", "auth0|1", NULL, "refresh_token", 0, 0, 1, 1 },
    { "rotating ones", NULL, NULL, "rotating_refresh_token", 0, 0, 1, 1 },
    { "a page", "auth0|1", NULL, NULL, 2, 2, 1, 3 },
};

static void test_lists(void **state)
{
    struct testing t;
    (void)state;
    open(&t);
    for (size_t i = 0; i < TESTING_ARRAY_LEN(lists); i++) {
        struct device_credential_list l = { .user_id = str_from(lists[i].user), .client_id = str_from(lists[i].client),
                                            .type = str_from(lists[i].type), .offset = lists[i].offset, .limit = lists[i].limit };
        testing_ok(testing_read(&t, list_tx, &l), lists[i].name);
        if (json_count(l.items) != lists[i].want || l.total != lists[i].total)
            print_error("%s: %zu of %zu\n", lists[i].name, json_count(l.items), l.total);
        assert_int_equal(json_count(l.items), lists[i].want);
        assert_int_equal(l.total, lists[i].total);
    }
    testing_close(&t);
}

static void test_keys(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    open(&t);
    static const char again[] = "{\"device_name\":\"laptop\",\"value\":\"k2\",\"device_id\":\"ab\",\"client_id\":\"c2\"}";
    kind_check("the same device again", step_write(&t, create_tx, STR("auth0|1"), again, &out), ERR_DEVICE_KEY_EXISTS);
    kind_check("replaced by name", step_write(&t, replace_tx, STR("auth0|1"), again, &out), ERR_NONE);
    shape_check(&t, "shown without the key", out,
                "{\"device_name\":\"laptop\",\"device_id\":\"ab\",\"type\":\"public_key\",\"user_id\":\"auth0|1\",\"client_id\":\"c2\",\"value\":null}");
    str id = json_get_text(out, STR("id"));
    assert_true(str_starts(id, STR("dcr_")));
    testing_ok(step_write(&t, find_tx, id, "", &out), "find");
    assert_non_null(out);
    testing_ok(step_write(&t, delete_tx, id, "", &out), "delete");
    testing_ok(step_write(&t, delete_tx, id, "", &out), "delete again");
    testing_ok(step_write(&t, find_tx, id, "", &out), "find");
    assert_null(out);
    testing_close(&t);
}

static void test_refresh_tokens(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    open(&t);
    str id = STR("dcr_one");
    testing_ok(step_write(&t, find_tx, id, "", &out), "find");
    shape_check(&t, "found by its id", out, "{\"type\":\"refresh_token\",\"device_name\":\"phone\",\"client_id\":\"c1\",\"user_id\":\"auth0|1\"}");
    testing_ok(step_write(&t, delete_tx, id, "", &out), "delete");
    assert_int_equal(testing_count(&t, "SELECT COUNT(*) FROM refresh_tokens"), 1); /* not its neighbour */
    testing_ok(step_write(&t, drop_tx, STR("auth0|1"), "", &out), "user goes");
    assert_int_equal(testing_count(&t, "SELECT COUNT(*) FROM documents WHERE kind = 'device_credential'"), 1);
    testing_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_lists), cmocka_unit_test(test_keys), cmocka_unit_test(test_refresh_tokens) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
