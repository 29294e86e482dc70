#include "domain/stats.h"
#include "people.h"
#include "shape.h"

#define DAY_US (86400LL * 1000000)

struct one {
    const char *type, *from, *to;
    struct json *days;
    size_t active;
};
static struct result log_tx(struct tx *tx, void *arg)
{
    const struct log_entry e = { .type = str_from(((struct one *)((struct people *)arg)->arg)->type) };
    return log_append(tx, &e);
}
static struct result daily_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    return stats_daily(tx, str_from(o->from), str_from(o->to), &o->days);
}
static struct result active_tx(struct tx *tx, void *arg)
{
    return stats_active_users(tx, &((struct one *)((struct people *)arg)->arg)->active);
}
static struct result ann_logs_in_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct user now;
    TRY(user_record_login(tx, &p->ann, STR("192.0.2.1"), &now));
    p->ann = now;
    return OK;
}

static void test_days(void **state)
{
    static const char *const entries[] = { "s", "s", "ss", "fp", "pwd_leak", "signup_pwd_leak", "seccft" };
    struct people p;
    (void)state;
    people_open(&p); /* two users: two ss */
    for (size_t i = 0; i < TESTING_ARRAY_LEN(entries); i++)
        people_do(&p, log_tx, &(struct one){ .type = entries[i] });
    p.t.now_us += DAY_US;
    people_do(&p, log_tx, &(struct one){ .type = "s" });
    struct one o = { .from = NULL };
    people_do(&p, daily_tx, &o);
    assert_int_equal(json_count(o.days), 2);
    shape_check(&p.t, "the first day", json_item(o.days, 0),
                "{\"date\":\"2023-11-14T00:00:00.000Z\",\"logins\":2,\"signups\":1,\"leaked_passwords\":2}");
    shape_check(&p.t, "the second day", json_item(o.days, 1),
                "{\"date\":\"2023-11-15T00:00:00.000Z\",\"logins\":1,\"signups\":0,\"leaked_passwords\":0}");
    o.to = "20231114";
    people_do(&p, daily_tx, &o);
    assert_int_equal(json_count(o.days), 1);
    o.from = "20231399";
    people_want(&p, daily_tx, &o, ERR_INVALID_QUERY, "no date");
    people_close(&p);
}

static void test_active_users(void **state)
{
    struct people p;
    struct one o = { 0 };
    (void)state;
    people_open(&p);
    people_do(&p, active_tx, &o);
    assert_int_equal(o.active, 0);
    people_do(&p, ann_logs_in_tx, NULL);
    people_do(&p, ann_logs_in_tx, NULL);
    people_do(&p, active_tx, &o);
    assert_int_equal(o.active, 1);
    p.t.now_us += 30 * DAY_US;
    people_do(&p, active_tx, &o);
    assert_int_equal(o.active, 1);
    p.t.now_us += 1000;
    people_do(&p, active_tx, &o);
    assert_int_equal(o.active, 0);
    people_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_days), cmocka_unit_test(test_active_users) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
