/* Keys sort as their values do; dates name periods; folding. */
#include "search/pattern.h"
#include "search/value.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static str key_of(struct arena *a, const char *field, const char *json)
{
    struct buf b;
    struct json *v;
    buf_init(&b, SIZE_MAX);
    assert_int_equal(json_parse(a, str_from(json), &v).kind, ERR_NONE);
    value_key(&b, str_from(field), v);
    str key = str_dup(a, buf_str(&b));
    buf_free(&b);
    return key;
}

static void test_order(void **state)
{
    (void)state;
    static const struct {
        const char *field, *values[12]; /* ascending */
    } rows[] = {
        { "x", { "false", "true", "-1e300", "-9007199254740992", "-1.5", "-1", "0", "1e-300", "2", "10", "\"\"", "\"a\"" } },
        { "x", { "9007199254740991", "9007199254740992", "\"A\"", "\"a\"", "\"aa\"", "\"b\"", "\"\\u00e9\"" } },
        { "created_at", { "\"1969-12-31T23:59:59.999Z\"", "\"1970-01-01T00:00:00.000Z\"", "\"2018-12-31T23:59:59.999Z\"",
                          "\"2019-01-01T01:00:00+01:00\"", "\"2019-01-01T00:00:00.001Z\"", "\"never\"" } },
        { "name", { "\"Anna\"", "\"anne\"", "\"Bert\"", "\"carl\"" } },
    };
    struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 1; k < 12 && rows[i].values[k]; k++)
            if (str_cmp(key_of(a, rows[i].field, rows[i].values[k - 1]), key_of(a, rows[i].field, rows[i].values[k])) >= 0)
                fail_msg("%s: %s is not before %s", rows[i].field, rows[i].values[k - 1], rows[i].values[k]);
    arena_free(a);
}

static void test_equal_keys(void **state)
{
    (void)state;
    static const struct {
        const char *field, *one, *other;
        bool same;
    } rows[] = {
        { "x", "1", "1.0", true },
        { "x", "0", "-0", true },
        { "x", "100", "1e2", true },
        { "x", "1", "\"1\"", false },
        { "x", "\"A\"", "\"a\"", false },
        { "name", "\"A\"", "\"a\"", true },
        { "name", "\"\\u00c9\"", "\"e\\u0301\"", true },
        { "name", "\"stra\\u00dfe\"", "\"STRASSE\"", true },
        { "username", "\"\\u00e9\"", "\"e\\u0301\"", false },
        { "app_metadata.name", "\"A\"", "\"a\"", false },
        { "created_at", "\"2019-01-01\"", "\"2019-01-01T00:00:00.000Z\"", true },
        { "app_metadata.created_at", "\"2019-01-01\"", "\"2019-01-01T00:00:00.000Z\"", false },
    };
    struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (str_eq(key_of(a, rows[i].field, rows[i].one), key_of(a, rows[i].field, rows[i].other)) != rows[i].same)
            fail_msg("%s: %s and %s", rows[i].field, rows[i].one, rows[i].other);
    assert_int_equal(key_of(a, "x", "null").len, 0);
    assert_int_equal(key_of(a, "x", "[1]").len, 0);
    arena_free(a);
}

static void test_periods(void **state)
{
    (void)state;
    static const struct {
        const char *text, *from, *until; /* from NULL: no date */
    } rows[] = {
        { "2018", "2018-01-01T00:00:00.000Z", "2019-01-01T00:00:00.000Z" },
        { "2018-12", "2018-12-01T00:00:00.000Z", "2019-01-01T00:00:00.000Z" },
        { "2020-02", "2020-02-01T00:00:00.000Z", "2020-03-01T00:00:00.000Z" },
        { "2020-02-29", "2020-02-29T00:00:00.000Z", "2020-03-01T00:00:00.000Z" },
        { "2018-12-31T23", "2018-12-31T23:00:00.000Z", "2019-01-01T00:00:00.000Z" },
        { "2018-12-31T23:59", "2018-12-31T23:59:00.000Z", "2019-01-01T00:00:00.000Z" },
        { "2018-12-31T23:59:59Z", "2018-12-31T23:59:59.000Z", "2019-01-01T00:00:00.000Z" },
        { "2018-12-31T23:59:59.5Z", "2018-12-31T23:59:59.500Z", "2018-12-31T23:59:59.600Z" },
        { "2018-12-31T23:59:59.999+00:00", "2018-12-31T23:59:59.999Z", "2019-01-01T00:00:00.000Z" },
        { "2018-13", NULL, NULL },
        { "jane", NULL, NULL },
        { "", NULL, NULL },
    };
    struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t from, until;
        bool is_date = date_period(str_from(rows[i].text), &from, &until);
        bool good = is_date == (rows[i].from != NULL);
        if (good && is_date)
            good = str_eq(clock_iso(a, from), str_from(rows[i].from)) && str_eq(clock_iso(a, until), str_from(rows[i].until));
        if (!good)
            fail_msg("%s", rows[i].text);
    }
    int64_t from, until;
    assert_true(date_period(STR("9999"), &from, &until));
    assert_true(until > from);
    arena_free(a);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        double value;
    } rows[] = {
        { "7", true, 7 },   { "-1.5", true, -1.5 }, { "+2", true, 2 }, { "007", true, 7 },  { "1e3", true, 1000 },
        { "1E-2", true, 0.01 }, { "", false, 0 },   { "-", false, 0 }, { "1.", false, 0 },  { ".5", false, 0 },
        { "1e", false, 0 }, { "1e+", false, 0 },    { "0x10", false, 0 }, { "7 ", false, 0 }, { "inf", false, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double v = 0;
        bool good = number_read(str_from(rows[i].text), &v);
        if (good != rows[i].good || v < rows[i].value || v > rows[i].value)
            fail_msg("%s", rows[i].text);
    }
}

/* In this table * and ? stand for the marks. */
static void test_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool want;
    } rows[] = {
        { "abc", "abc", true },      { "abc", "abcd", false },   { "a*", "a", true },      { "a*", "b", false },
        { "*c", "abc", true },       { "*c", "abcd", false },    { "a*c", "abbc", true },  { "a*b*c", "a-b-b-c", true },
        { "a*b*c", "a-c-b", false }, { "*", "", true },          { "", "", true },         { "", "a", false },
        { "?", "\xc3\xa9", true },   { "?", "", false },         { "?", "ab", false },     { "a?c", "a\xf0\x9f\x98\x80" "c", true },
        { "*aab", "aaaaaaab", true }, { "*aab", "aaaaaaaa", false }, { "**a", "ba", true }, { "*?", "\xc3\xa9", true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char pattern[32];
        size_t len = 0;
        for (; rows[i].pattern[len]; len++) {
            char c = rows[i].pattern[len];
            pattern[len] = c == '*' ? PATTERN_MANY : c == '?' ? PATTERN_ONE : c;
        }
        if (pattern_matches((str){ pattern, len }, str_from(rows[i].text)) != rows[i].want)
            fail_msg("%s on %s", rows[i].pattern, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),   cmocka_unit_test(test_equal_keys), cmocka_unit_test(test_periods),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
