/* Reading, comparing and changing values. */
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static int setup(void **state)
{
    *state = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static struct json *parsed(struct arena *a, const char *text)
{
    struct json *v = NULL;
    assert_int_equal(json_parse(a, str_from(text), &v).kind, ERR_NONE);
    return v;
}

static const struct { const char *name, *a, *b; bool want; } equal_rows[] = {
    { "null", "null", "null", true },
    { "null and false", "null", "false", false },
    { "true and false", "true", "false", false },
    { "zero and minus zero", "0", "-0.0", true },
    { "integer and fraction", "1", "1.0", true },
    { "exponent", "100", "1e2", true },
    { "upper-case exponent with plus", "100", "1E+2", true },
    { "negative exponent", "0.001", "1e-3", true },
    { "shifted digits", "12.5", "1250e-2", true },
    { "sign", "1", "-1", false },
    { "beyond double precision", "9007199254740993", "9007199254740992", false },
    { "digits of other place", "12", "1.2", false },
    { "zero with exponent", "0e5", "0", true },
    { "absurd exponents, same", "1e9999999999999999999", "1e9999999999999999999", true },
    { "absurd exponents, other", "1e9999999999999999999", "1e9999999999999999998", false },
    { "number and its text", "1", "\"1\"", false },
    { "strings by escape", "\"a\"", "\"\\u0061\"", true },
    { "strings with nul", "\"a\\u0000b\"", "\"a\\u0000c\"", false },
    { "array order counts", "[1,2]", "[2,1]", false },
    { "array length counts", "[1]", "[1,1]", false },
    { "member order does not", "{\"a\":1,\"b\":[2]}", "{\"b\":[2.0],\"a\":1}", true },
    { "member missing", "{\"a\":1,\"b\":2}", "{\"a\":1}", false },
    { "member other", "{\"a\":1}", "{\"b\":1}", false },
    { "null member is not absent", "{\"a\":null}", "{\"b\":null}", false },
    { "empty kinds", "{}", "[]", false },
};

static void test_equal(void **state)
{
    for (size_t i = 0; i < sizeof equal_rows / sizeof *equal_rows; i++) {
        print_message("  %s\n", equal_rows[i].name);
        struct json *a = parsed(*state, equal_rows[i].a), *b = parsed(*state, equal_rows[i].b);
        assert_int_equal(json_equal(a, b), equal_rows[i].want);
        assert_int_equal(json_equal(b, a), equal_rows[i].want);
        assert_true(json_equal(a, json_copy(*state, a)));
    }
    assert_true(json_equal(NULL, NULL));
    assert_false(json_equal(NULL, json_null(*state)));
}

static const struct { const char *text; bool want; int64_t value; } int_rows[] = {
    { "0", true, 0 }, { "-0", true, 0 }, { "42", true, 42 }, { "-7", true, -7 },
    { "1.0", true, 1 }, { "1e2", true, 100 }, { "1.25e2", true, 125 }, { "1200e-2", true, 12 },
    { "0.0e99", true, 0 },
    { "9223372036854775807", true, INT64_MAX }, { "-9223372036854775808", true, INT64_MIN },
    { "9223372036854775808", false, 0 }, { "-9223372036854775809", false, 0 },
    { "1e18", true, 1000000000000000000 }, { "1e19", false, 0 }, { "1e400", false, 0 },
    { "0.5", false, 0 }, { "1.5e0", false, 0 }, { "1e-1", false, 0 }, { "12.345e2", false, 0 },
    { "1e99999999999999999999", false, 0 }, { "\"1\"", false, 0 }, { "true", false, 0 },
};

static void test_to_int(void **state)
{
    for (size_t i = 0; i < sizeof int_rows / sizeof *int_rows; i++) {
        int64_t got = -99;
        print_message("  %s\n", int_rows[i].text);
        assert_int_equal(json_to_int(parsed(*state, int_rows[i].text), &got), int_rows[i].want);
        assert_int_equal(got, int_rows[i].want ? int_rows[i].value : -99);
    }
}

static void test_to_double(void **state)
{
    assert_true(json_to_double(parsed(*state, "-1.5e3")) == -1500.0);
    assert_true(json_to_double(parsed(*state, "0.1")) == 0.1);
    assert_true(json_to_double(parsed(*state, "1000000000000000000000000000000000000000000000000000000000000000000000"
                                              "00000000000000")) == 1e83);
    assert_true(json_to_double(parsed(*state, "\"1\"")) == 0);
    assert_true(json_to_double(NULL) == 0);
}

static void test_reading(void **state)
{
    struct json *v = parsed(*state, "{\"a\":{\"b\":[{\"c\":\"deep\"},7]},\"yes\":true,\"list\":[\"x\",1,\"y\"]}");
    assert_true(str_eq(json_text(json_at(v, "a.b.0.c")), STR("deep")));
    assert_ptr_equal(json_at(v, "a.b.1"), json_item(json_at(v, "a.b"), 1));
    assert_null(json_at(v, "a.b.2"));
    assert_null(json_at(v, "a.b.-1"));
    assert_null(json_at(v, "a.b.x"));
    assert_null(json_at(v, "a.x.b"));
    assert_null(json_at(v, "yes.x"));
    assert_null(json_at(NULL, "a"));
    assert_true(json_get_true(v, STR("yes")));
    assert_false(json_get_true(v, STR("a")));
    assert_int_equal(json_get_int(v, STR("yes"), 5), 5);
    assert_null(json_get_text(v, STR("yes")).p);
    assert_null(json_get(json_get(v, STR("list")), STR("x")));
    assert_true(json_array_has(json_get(v, STR("list")), STR("y")));
    assert_false(json_array_has(json_get(v, STR("list")), STR("1")));
    assert_false(json_array_has(v, STR("yes")));
    assert_int_equal(json_count(v), 3);
    assert_int_equal(json_count(json_get(v, STR("yes"))), 0);
    assert_int_equal(json_count(NULL), 0);
}

static void test_building(void **state)
{
    struct arena *a = *state;
    struct json *o = json_object(a), *list = json_array(a);
    json_set_text(a, o, STR("text"), STR("a\"\x01z"));
    json_set_bool(a, o, STR("flag"), false);
    json_set_int(a, o, STR("n"), INT64_MIN);
    json_set(a, o, STR("none"), json_null(a));
    json_set(a, o, STR("list"), list);
    for (int i = 0; i < 20; i++)
        json_push(a, list, json_int(a, i));
    json_push_text(a, list, STR("end"));
    json_set_bool(a, o, STR("flag"), true);
    assert_true(str_eq(json_dump(a, o),
                       STR("{\"text\":\"a\\\"\\u0001z\",\"flag\":true,\"n\":-9223372036854775808,\"none\":null,"
                           "\"list\":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,\"end\"]}")));
    assert_true(json_remove(o, STR("n")));
    assert_false(json_remove(o, STR("n")));
    assert_false(json_remove(list, STR("n")));
    json_remove(o, STR("list"));
    json_merge(a, o, parsed(a, "{\"none\":1,\"new\":2}"));
    json_merge(a, o, NULL);
    json_merge(a, o, list);
    assert_true(str_eq(json_dump(a, o), STR("{\"text\":\"a\\\"\\u0001z\",\"flag\":true,\"none\":1,\"new\":2}")));
}

static void test_shallow_copy(void **state)
{
    struct arena *a = *state;
    struct json *o = parsed(a, "{\"a\":[1],\"b\":2}"), *copy = json_copy_shallow(a, o);
    json_set_int(a, copy, STR("b"), 3);
    json_set_int(a, copy, STR("c"), 4);
    assert_true(str_eq(json_dump(a, o), STR("{\"a\":[1],\"b\":2}")));
    assert_ptr_equal(json_get(copy, STR("a")), json_get(o, STR("a")));
    struct json *items = json_copy_shallow(a, json_get(o, STR("a")));
    json_push_text(a, items, STR("x"));
    assert_int_equal(json_count(json_get(o, STR("a"))), 1);
    assert_null(json_copy(a, NULL));
}

/* Sets and removals at random against a plain list of what must be there: the
 * index of big objects has to follow each of them. */
static void test_index_follows(void **state)
{
    enum { KEYS = 60, STEPS = 20000 };
    struct arena *a = *state;
    struct json *o = json_object(a), *numbers[100];
    int order[KEYS], value[KEYS], count = 0;
    uint32_t random = 12345;
    str keys[KEYS];
    for (int i = 0; i < KEYS; i++)
        keys[i] = str_fmt(a, "k%d", i);
    for (int i = 0; i < 100; i++)
        numbers[i] = json_int(a, i);
    for (int n = 0; n < STEPS; n++) {
        random = random * 1664525u + 1013904223u;
        int key = (int)(random >> 8) % KEYS, at = 0;
        while (at < count && order[at] != key)
            at++;
        if (random >> 31) {
            assert_int_equal(json_remove(o, keys[key]), at < count);
            if (at < count) {
                count--;
                memmove(order + at, order + at + 1, (size_t)(count - at) * sizeof *order);
            }
            continue;
        }
        if (at == count)
            order[count++] = key;
        value[key] = n % 100;
        json_set(a, o, keys[key], numbers[n % 100]);
    }
    assert_int_equal(json_count(o), count);
    for (int i = 0; i < count; i++) {
        assert_true(str_eq(o->members[i].key, keys[order[i]]));
        assert_int_equal(json_get_int(o, keys[order[i]], -1), value[order[i]]);
    }
    while (count--)
        assert_true(json_remove(o, keys[order[count]]));
    assert_int_equal(json_count(o), 0);
    assert_null(json_get(o, keys[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_to_int, setup, teardown),
        cmocka_unit_test_setup_teardown(test_to_double, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reading, setup, teardown),
        cmocka_unit_test_setup_teardown(test_building, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shallow_copy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_index_follows, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
