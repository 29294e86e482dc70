#include "domain/refresh_token.h"
#include "domain/session.h"
#include "people.h"
#include "shape.h"

struct one {
    const struct user *user;
    const char *id, *client, *metadata;
    struct session s;
    struct session_list l;
    struct refresh_token token;
    str secret;
    bool keep;
};

static struct result start_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    const struct session_new n = { .user = o->user, .client_id = str_from(o->client), .method = STR("pwd") };
    return session_start(tx, &n, &o->s);
}
static struct result start_with_token_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    TRY(start_tx(tx, arg));
    const struct refresh_token_new n = { .user = o->user, .client_id = STR("c1"), .session_id = o->s.id, .device_name = STR_NONE };
    return refresh_token_create(tx, &n, &o->token, &o->secret);
}
static struct result touch_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    return session_touch(tx, &o->s, str_from(o->client), &o->s);
}
static struct result read_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    return session_read(tx, str_from(o->id), &o->s);
}
static struct result list_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    o->l.user = o->user->row;
    return session_list(tx, &o->l);
}
static struct result metadata_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct one *o = p->arg;
    return session_set_metadata(tx, str_from(o->id), o->metadata ? testing_json(p->t.arena, o->metadata) : NULL, &o->s);
}
static struct result end_tx(struct tx *tx, void *arg)
{
    return session_end(tx, str_from(((struct one *)((struct people *)arg)->arg)->id));
}
static struct result revoke_tx(struct tx *tx, void *arg)
{
    return session_revoke(tx, str_from(((struct one *)((struct people *)arg)->arg)->id));
}
static struct result revoke_access_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    return session_revoke_access(tx, o->user, str_from(o->id), o->keep);
}

static const char *cstr(struct people *p, str s)
{
    return str_cstr(p->t.arena, s);
}

static void test_life(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    p.t.actor.user_agent = STR("Agent 1");
    struct one o = { .user = &p.ann, .client = "c1" };
    people_do(&p, start_tx, &o);
    const char *id = cstr(&p, o.s.id);
    shape_check(&p.t, "a new one", o.s.body,
                "{\"created_at\":\"2023-11-14T22:13:20.000Z\",\"authenticated_at\":\"2023-11-14T22:13:20.000Z\","
                "\"idle_expires_at\":\"2023-11-17T22:13:20.000Z\",\"expires_at\":\"2023-11-21T22:13:20.000Z\","
                "\"device\":{\"initial_user_agent\":\"Agent 1\",\"initial_ip\":\"192.0.2.7\",\"last_ip\":\"192.0.2.7\"},"
                "\"clients\":[{\"client_id\":\"c1\"}],\"cookie\":{\"mode\":\"persistent\"},"
                "\"authentication\":{\"methods\":[{\"name\":\"pwd\",\"timestamp\":\"2023-11-14T22:13:20.000Z\"}]}}");
    p.t.now_us += 48LL * 3600 * 1000000;
    p.t.actor.ip = STR("192.0.2.8");
    o.client = "c2";
    people_do(&p, touch_tx, &o);
    shape_check(&p.t, "touched", o.s.body,
                "{\"idle_expires_at\":\"2023-11-19T22:13:20.000Z\",\"expires_at\":\"2023-11-21T22:13:20.000Z\","
                "\"device\":{\"initial_ip\":\"192.0.2.7\",\"last_ip\":\"192.0.2.8\"},"
                "\"clients\":[{\"client_id\":\"c1\"},{\"client_id\":\"c2\"}]}");
    people_do(&p, touch_tx, &o);
    assert_int_equal(json_count(json_get(o.s.body, STR("clients"))), 2);
    o.id = id;
    p.t.now_us += 71LL * 3600 * 1000000;
    people_do(&p, read_tx, &o);
    p.t.now_us += 3600 * 1000000LL;
    people_want(&p, read_tx, &o, ERR_INEXISTENT_SESSION, "idle for too long");
    people_close(&p);
}

static void test_absolute_end(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct one o = { .user = &p.ann };
    people_do(&p, start_tx, &o);
    o.id = cstr(&p, o.s.id);
    for (int day = 0; day < 6; day++) {
        p.t.now_us += 86400LL * 1000000;
        people_do(&p, touch_tx, &o);
    }
    people_do(&p, read_tx, &o);
    p.t.now_us += 86400LL * 1000000;
    people_want(&p, read_tx, &o, ERR_INEXISTENT_SESSION, "used every day, and old");
    people_close(&p);
}

static void test_lists(void **state)
{
    struct people p;
    struct one o;
    (void)state;
    people_open(&p);
    for (int i = 0; i < 5; i++) {
        o = (struct one){ .user = i == 2 ? &p.bob : &p.ann };
        people_do(&p, start_tx, &o);
    }
    o = (struct one){ .user = &p.ann, .l = { .limit = 3, .want_total = true } };
    people_do(&p, list_tx, &o);
    assert_int_equal(json_count(o.l.items), 3);
    assert_int_equal(o.l.total, 4);
    assert_true(o.l.more);
    o.l.after_seq = o.l.last_seq;
    people_do(&p, list_tx, &o);
    assert_int_equal(json_count(o.l.items), 1);
    assert_false(o.l.more);
    p.t.now_us += 100LL * 86400 * 1000000;
    o.l.after_seq = 0;
    people_do(&p, list_tx, &o);
    assert_int_equal(json_count(o.l.items), 0);
    assert_int_equal(o.l.total, 0);
    people_close(&p);
}

static void test_metadata(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct one o = { .user = &p.ann };
    people_do(&p, start_tx, &o);
    o.id = cstr(&p, o.s.id);
    o.metadata = "{\"deviceName\":\"phone\"}";
    people_do(&p, metadata_tx, &o);
    people_do(&p, read_tx, &o);
    shape_check(&p.t, "kept", o.s.body, "{\"session_metadata\":{\"deviceName\":\"phone\"}}");
    o.metadata = NULL;
    people_do(&p, metadata_tx, &o);
    people_do(&p, read_tx, &o);
    shape_check(&p.t, "removed", o.s.body, "{\"session_metadata\":null}");
    o.id = "none";
    people_want(&p, metadata_tx, &o, ERR_INEXISTENT_SESSION, "no session");
    people_close(&p);
}

#define SESSIONS "SELECT COUNT(*) FROM sessions"
#define TOKENS "SELECT COUNT(*) FROM refresh_tokens"

static void test_ending(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct one x = { .user = &p.ann }, y = x;
    people_do(&p, start_with_token_tx, &x);
    people_do(&p, start_with_token_tx, &y);
    x.id = cstr(&p, x.s.id);
    y.id = cstr(&p, y.s.id);
    people_do(&p, end_tx, &x);
    people_do(&p, end_tx, &x);
    assert_int_equal(testing_count(&p.t, SESSIONS), 1);
    assert_int_equal(testing_count(&p.t, TOKENS), 2);
    people_want(&p, revoke_tx, &x, ERR_INEXISTENT_SESSION, "it has ended");
    people_do(&p, revoke_tx, &y);
    assert_int_equal(testing_count(&p.t, SESSIONS), 0);
    assert_int_equal(testing_count(&p.t, TOKENS), 1);
    people_close(&p);
}

static void test_revoke_access(void **state)
{
    static const struct {
        const char *name;
        bool of_bob, one, keep;
        int64_t sessions, tokens;
    } rows[] = {
        { "all", false, false, false, 0, 0 },
        { "all sessions, tokens stay", false, false, true, 0, 2 },
        { "one session", false, true, false, 1, 1 },
        { "one session, tokens stay", false, true, true, 1, 2 },
        { "somebody else's session", true, true, false, 2, 2 },
    };
    (void)state;
    for (size_t i = 0; i < TESTING_ARRAY_LEN(rows); i++) {
        struct people p;
        people_open(&p);
        struct one x = { .user = &p.ann }, y = x;
        people_do(&p, start_with_token_tx, &x);
        people_do(&p, start_with_token_tx, &y);
        struct one o = { .user = rows[i].of_bob ? &p.bob : &p.ann, .id = rows[i].one ? cstr(&p, x.s.id) : NULL, .keep = rows[i].keep };
        people_want(&p, revoke_access_tx, &o, ERR_NONE, rows[i].name);
        if (testing_count(&p.t, SESSIONS) != rows[i].sessions || testing_count(&p.t, TOKENS) != rows[i].tokens)
            fail_msg("%s", rows[i].name);
        people_close(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_life),     cmocka_unit_test(test_absolute_end),
                                        cmocka_unit_test(test_lists),    cmocka_unit_test(test_metadata),
                                        cmocka_unit_test(test_ending),   cmocka_unit_test(test_revoke_access) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
