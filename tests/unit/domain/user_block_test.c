#include "domain/user/block.h"
#include "people.h"
#include "shape.h"

struct one {
    const char *identifier, *connection, *ip;
    unsigned max;
    bool flag, enforced;
    struct json *out;
};
static struct login_attempt attempt(const struct one *o)
{
    return (struct login_attempt){ str_from(o->identifier), str_from(o->connection), str_from(o->ip) };
}
static struct result count_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    struct login_attempt at = attempt(o);
    return user_block_count(tx, &at, o->max, &o->flag);
}
static struct result is_set_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    struct login_attempt at = attempt(o);
    return user_block_is_set(tx, &at, &o->flag);
}
static struct result reset_tx(struct tx *tx, void *arg)
{
    struct login_attempt at = attempt(((struct people *)arg)->arg);
    return user_block_reset(tx, &at);
}
static struct result list_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    return user_block_list(tx, str_from(o->identifier), o->enforced, &o->out);
}
static struct result list_ann_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct one *o = p->arg;
    return user_block_list_user(tx, &p->ann, o->enforced, &o->out);
}
static struct result clear_tx(struct tx *tx, void *arg)
{
    return user_block_clear(tx, str_from(((struct one *)((struct people *)arg)->arg)->identifier));
}
static struct result clear_ann_tx(struct tx *tx, void *arg)
{
    return user_block_clear_user(tx, &((struct people *)arg)->ann);
}

static void fail_times(struct people *p, struct one *o, int times)
{
    for (int i = 0; i < times; i++)
        people_do(p, count_tx, o);
}

static void test_counting(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct one o = { .identifier = "Ann@Example.com", .connection = DATABASE, .ip = "192.0.2.1", .max = 3 };
    fail_times(&p, &o, 2);
    assert_false(o.flag);
    people_do(&p, count_tx, &o);
    assert_true(o.flag);
    struct one elsewhere = o;
    elsewhere.ip = "192.0.2.2";
    people_do(&p, is_set_tx, &elsewhere);
    assert_false(elsewhere.flag);
    o.identifier = "ann@example.com";
    people_do(&p, is_set_tx, &o);
    assert_true(o.flag);
    people_do(&p, reset_tx, &o);
    people_do(&p, is_set_tx, &o);
    assert_false(o.flag);
    people_close(&p);
}

static void test_forgetting(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct one o = { .identifier = "ann@example.com", .connection = DATABASE, .ip = "192.0.2.1", .max = 2 };
    fail_times(&p, &o, 2);
    p.t.now_us += 30LL * 86400 * 1000000;
    people_do(&p, is_set_tx, &o);
    assert_false(o.flag);
    people_do(&p, list_tx, &o);
    assert_int_equal(json_count(o.out), 0);
    people_do(&p, count_tx, &o); /* the first of a new count */
    assert_false(o.flag);
    people_close(&p);
}

static void test_showing(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    testing_connection(&p.t, "{\"name\":\"other\",\"strategy\":\"auth0\",\"options\":{\"brute_force_protection\":false}}");
    struct one o = { .identifier = "ann@example.com", .connection = DATABASE, .ip = "192.0.2.1", .max = 1 };
    struct one other = { .identifier = "ann@example.com", .connection = "other", .ip = "192.0.2.1", .max = 1 };
    struct one counted = { .identifier = "ann@example.com", .connection = DATABASE, .ip = "192.0.2.9", .max = 5 };
    fail_times(&p, &o, 1);
    fail_times(&p, &other, 1);
    fail_times(&p, &counted, 1);
    people_do(&p, list_tx, &o);
    assert_int_equal(json_count(o.out), 2);
    o.enforced = true;
    people_do(&p, list_tx, &o);
    assert_int_equal(json_count(o.out), 1);
    people_do(&p, list_ann_tx, &o); /* whoever has that name in another connection is somebody else */
    assert_int_equal(json_count(o.out), 1);
    shape_check(&p.t, "a block", json_item(o.out, 0),
                "{\"identifier\":\"ann@example.com\",\"ip\":\"192.0.2.1\",\"connection\":\"" DATABASE "\"}");
    people_close(&p);
}

#define ENTRIES "SELECT COUNT(*) FROM logs WHERE type = 'ublkdu'"

static void an_identifier_is_unblocked(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct one o = { .identifier = "ann@example.com", .connection = DATABASE, .ip = "192.0.2.1", .max = 1 };
    struct one bob = { .identifier = "bob@example.com", .connection = DATABASE, .ip = "192.0.2.1", .max = 1 };
    fail_times(&p, &o, 1);
    fail_times(&p, &bob, 1);
    people_do(&p, clear_tx, &(struct one){ .identifier = "ANN@example.com" });
    people_do(&p, is_set_tx, &o);
    assert_false(o.flag);
    assert_int_equal(testing_count(&p.t, ENTRIES), 1);
    people_do(&p, clear_tx, &o);
    assert_int_equal(testing_count(&p.t, ENTRIES), 1); /* nothing was blocked */
    fail_times(&p, &o, 1);
    people_do(&p, clear_ann_tx, NULL);
    people_do(&p, is_set_tx, &o);
    assert_false(o.flag);
    assert_int_equal(testing_count(&p.t, ENTRIES), 2);
    people_do(&p, is_set_tx, &bob);
    assert_true(bob.flag);
    people_close(&p);
}

struct address {
    int64_t until_us;
    bool blocked;
};
static struct result block_address_tx(struct tx *tx, void *arg)
{
    return blocked_address_add(tx, STR("192.0.2.1"), ((struct address *)((struct people *)arg)->arg)->until_us);
}
static struct result has_address_tx(struct tx *tx, void *arg)
{
    return blocked_address_has(tx, STR("192.0.2.1"), &((struct address *)((struct people *)arg)->arg)->blocked);
}
static struct result remove_address_tx(struct tx *tx, void *arg)
{
    (void)arg;
    return blocked_address_remove(tx, STR("192.0.2.1"));
}

static void test_addresses(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct address a = { .until_us = p.t.now_us + 1000 };
    people_do(&p, block_address_tx, &a);
    people_do(&p, has_address_tx, &a);
    assert_true(a.blocked);
    people_do(&p, remove_address_tx, &a);
    people_do(&p, has_address_tx, &a);
    assert_false(a.blocked);
    people_do(&p, block_address_tx, &a);
    p.t.now_us += 1000;
    people_do(&p, has_address_tx, &a);
    assert_false(a.blocked);
    people_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_counting), cmocka_unit_test(test_forgetting), cmocka_unit_test(test_showing),
                                        { "an identifier is unblocked", an_identifier_is_unblocked, NULL, NULL, NULL },
                                        cmocka_unit_test(test_addresses) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
