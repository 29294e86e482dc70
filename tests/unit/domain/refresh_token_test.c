#include "domain/refresh_token.h"
#include "people.h"
#include "shape.h"

struct one {
    const struct user *user;
    const char *client, *device, *servers, *id;
    int64_t ttl_s, idle_s;
    struct refresh_token t;
    struct refresh_token_list l;
    str secret;
    bool found;
};

static struct result create_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct one *o = p->arg;
    const struct refresh_token_new n = { .user = o->user,
                                         .client_id = str_from(o->client),
                                         .session_id = STR_NONE,
                                         .device_name = str_from(o->device),
                                         .resource_servers = o->servers ? testing_json(p->t.arena, o->servers) : NULL,
                                         .ttl_s = o->ttl_s,
                                         .idle_ttl_s = o->idle_s };
    return refresh_token_create(tx, &n, &o->t, &o->secret);
}
static struct result find_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    return refresh_token_find(tx, o->secret, &o->t, &o->found);
}
static struct result metadata_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct one *o = p->arg;
    TRY(refresh_token_set_metadata(tx, o->t.id, testing_json(p->t.arena, "{\"a\":1}"), &o->t));
    return refresh_token_read(tx, o->t.id, &o->t);
}
static struct result list_tx(struct tx *tx, void *arg)
{
    return refresh_token_list(tx, &((struct one *)((struct people *)arg)->arg)->l);
}
static struct result revoke_tx(struct tx *tx, void *arg)
{
    return refresh_token_revoke(tx, ((struct one *)((struct people *)arg)->arg)->t.id);
}

static void test_one(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct one o = { .user = &p.ann, .client = "c1", .device = "phone", .ttl_s = 3600, .idle_s = 60,
                     .servers = "[{\"audience\":\"urn:api\",\"scopes\":\"openid\"}]" };
    people_do(&p, create_tx, &o);
    shape_check(&p.t, "a new one", o.t.body,
                "{\"client_id\":\"c1\",\"rotating\":false,\"created_at\":\"2023-11-14T22:13:20.000Z\","
                "\"idle_expires_at\":\"2023-11-14T22:14:20.000Z\",\"expires_at\":\"2023-11-14T23:13:20.000Z\","
                "\"resource_servers\":[{\"audience\":\"urn:api\",\"scopes\":\"openid\"}],\"device_name\":null}");
    assert_true(str_eq(o.t.device_name, STR("phone")));
    assert_int_equal(testing_count(&p.t, "SELECT COUNT(*) FROM refresh_tokens WHERE length(hash) = 32"), 1);
    people_do(&p, find_tx, &o);
    assert_true(o.found);
    people_do(&p, metadata_tx, &o);
    shape_check(&p.t, "metadata", o.t.body, "{\"refresh_token_metadata\":{\"a\":1},\"client_id\":\"c1\"}");
    assert_true(str_eq(o.t.device_name, STR("phone")));
    p.t.now_us += 61 * 1000000LL;
    people_do(&p, find_tx, &o);
    assert_false(o.found);
    people_close(&p);
}

static void fill(struct people *p, struct one *out, size_t count)
{
    static const struct {
        bool of_bob;
        const char *client, *servers;
    } rows[] = {
        { false, "c1", "[{\"audience\":\"urn:a\",\"scopes\":\"x\"}]" },
        { false, "c2", "[{\"audience\":\"urn:b\",\"scopes\":\"x\"}]" },
        { true, "c1", "[{\"audience\":\"urn:b\",\"scopes\":\"x\"},{\"audience\":\"urn:a\",\"scopes\":\"y\"}]" },
        { true, "c2", "[]" },
    };
    for (size_t i = 0; i < count; i++) {
        out[i] = (struct one){ .user = rows[i].of_bob ? &p->bob : &p->ann, .client = rows[i].client, .servers = rows[i].servers };
        people_do(p, create_tx, &out[i]);
    }
}

static void test_lists(void **state)
{
    static const struct {
        const char *name;
        int user; /* 0 any, 1 ann, 2 bob */
        const char *client;
        size_t limit, want, total;
    } rows[] = {
        { "all", 0, NULL, 10, 4, 4 },
        { "tokens of a user and a client", 1, "c1", 10, 1, 1 },
        { "of a user", 2, NULL, 10, 2, 2 },
        { "of a client", 0, "c2", 10, 2, 2 },
        { "a page", 0, NULL, 3, 3, 4 },
    };
    struct people p;
    struct one made[4];
    (void)state;
    people_open(&p);
    fill(&p, made, 4);
    for (size_t i = 0; i < TESTING_ARRAY_LEN(rows); i++) {
        struct one o = { .l = { .user = rows[i].user == 1 ? p.ann.row : rows[i].user == 2 ? p.bob.row : 0,
                                .client_id = str_from(rows[i].client), .limit = rows[i].limit, .want_total = true } };
        people_do(&p, list_tx, &o);
        if (o.l.count != rows[i].want || o.l.total != rows[i].total || o.l.more != (rows[i].want < rows[i].total))
            fail_msg("%s: %zu of %zu", rows[i].name, o.l.count, o.l.total);
    }
    people_close(&p);
}

static void tokens_are_revoked_by_id(void **state)
{
    struct people p;
    struct one made[4];
    (void)state;
    people_open(&p);
    fill(&p, made, 4);
    people_do(&p, revoke_tx, &made[1]);
    people_do(&p, revoke_tx, &made[1]);
    people_do(&p, find_tx, &made[1]);
    assert_false(made[1].found);
    assert_int_equal(testing_count(&p.t, "SELECT COUNT(*) FROM refresh_tokens"), 3);
    people_close(&p);
}

struct matching {
    const char *name, *client, *audience;
    int user;
    int64_t left;
};
static struct result revoke_matching_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    const struct matching *m = p->arg;
    int64_t user = m->user == 1 ? p->ann.row : m->user == 2 ? p->bob.row : 0;
    return refresh_token_revoke_matching(tx, user, str_from(m->client), str_from(m->audience));
}

static void test_matching(void **state)
{
    static const struct matching rows[] = {
        { "of a user", NULL, NULL, 1, 2 },
        { "of a client", "c1", NULL, 0, 2 },
        { "tokens of one API are revoked", NULL, "urn:a", 2, 3 },
        { "of a client and an API", "c1", "urn:b", 0, 3 },
        { "of a user and a client", "c2", NULL, 2, 3 },
        { "of nobody", "c3", NULL, 0, 4 },
    };
    (void)state;
    for (size_t i = 0; i < TESTING_ARRAY_LEN(rows); i++) {
        struct people p;
        struct one made[4];
        struct matching m = rows[i];
        people_open(&p);
        fill(&p, made, 4);
        people_want(&p, revoke_matching_tx, &m, ERR_NONE, m.name);
        if (testing_count(&p.t, "SELECT COUNT(*) FROM refresh_tokens") != m.left)
            fail_msg("%s", m.name);
        people_close(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_one), cmocka_unit_test(test_lists),
                                        { "tokens are revoked by id", tokens_are_revoked_by_id, NULL, NULL, NULL },
                                        cmocka_unit_test(test_matching) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
