#include "domain/password_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct json *parse(struct arena *a, str text)
{
    struct json *v;
    struct result r = json_parse(a, text, &v);
    assert_int_equal(r.kind, ERR_NONE);
    return v;
}

#define POLICY(name) STR_INIT("{\"passwordPolicy\":\"" name "\"}")
#define FLEXIBLE(complexity) STR_INIT("{\"passwordPolicy\":\"none\",\"password_options\":{\"complexity\":" complexity "}}")

static const struct {
    const char *name;
    str options, password;
    enum err_kind want;
} rows[] = {
    { "none takes one character", POLICY("none"), STR_INIT("x"), ERR_NONE },
    { "none refuses nothing at all", POLICY("none"), STR_INIT(""), ERR_PASSWORD_TOO_WEAK },
    { "null is none", STR_INIT("{\"passwordPolicy\":null}"), STR_INIT("x"), ERR_NONE },
    { "absent is good", STR_INIT("{}"), STR_INIT("x"), ERR_PASSWORD_TOO_WEAK },
    { "low wants six", POLICY("low"), STR_INIT("abcde"), ERR_PASSWORD_TOO_WEAK },
    { "low takes six of one class", POLICY("low"), STR_INIT("abcdef"), ERR_NONE },
    { "fair wants an upper case letter", POLICY("fair"), STR_INIT("abcdefg1"), ERR_PASSWORD_TOO_WEAK },
    { "fair takes its three", POLICY("fair"), STR_INIT("Abcdefg1"), ERR_NONE },
    { "fair does not count special for upper", POLICY("fair"), STR_INIT("abcdef1!"), ERR_PASSWORD_TOO_WEAK },
    { "good takes three of four", POLICY("good"), STR_INIT("abcdef1!"), ERR_NONE },
    { "good refuses two of four", POLICY("good"), STR_INIT("abcdefg1"), ERR_PASSWORD_TOO_WEAK },
    { "good refuses seven", POLICY("good"), STR_INIT("abcde1!"), ERR_PASSWORD_TOO_WEAK },
    { "excellent wants ten", POLICY("excellent"), STR_INIT("abcdef1!x"), ERR_PASSWORD_TOO_WEAK },
    { "excellent takes two equal in a row", POLICY("excellent"), STR_INIT("aabbcdef1!"), ERR_NONE },
    { "excellent refuses three equal in a row", POLICY("excellent"), STR_INIT("aaabcdef1!"), ERR_PASSWORD_TOO_WEAK },
    { "a space is special", POLICY("good"), STR_INIT("abcdef 1"), ERR_NONE },
    { "letters beyond ASCII are of no class", POLICY("good"), STR_INIT("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9""a1"), ERR_PASSWORD_TOO_WEAK },
    { "length counts UTF-16 units, not bytes", POLICY("low"), STR_INIT("\xc3\xa9\xc3\xa9\xc3\xa9"), ERR_PASSWORD_TOO_WEAK },
    { "an astral character counts two", POLICY("low"), STR_INIT("\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"), ERR_NONE },
    { "min_length raises", STR_INIT("{\"passwordPolicy\":\"low\",\"password_complexity_options\":{\"min_length\":9}}"),
      STR_INIT("abcdefgh"), ERR_PASSWORD_TOO_WEAK },
    { "min_length lowers", STR_INIT("{\"passwordPolicy\":\"low\",\"password_complexity_options\":{\"min_length\":3}}"),
      STR_INIT("abc"), ERR_NONE },
    { "dictionary off", STR_INIT("{\"passwordPolicy\":\"low\",\"password_dictionary\":{\"enable\":false}}"),
      STR_INIT("password"), ERR_NONE },
    { "dictionary on", STR_INIT("{\"passwordPolicy\":\"low\",\"password_dictionary\":{\"enable\":true}}"), STR_INIT("PassWord"),
      ERR_PASSWORD_TOO_COMMON },
    { "dictionary is about whole passwords", STR_INIT("{\"passwordPolicy\":\"low\",\"password_dictionary\":{\"enable\":true}}"),
      STR_INIT("password-of-mine"), ERR_NONE },
    { "own words", STR_INIT("{\"passwordPolicy\":\"low\",\"password_dictionary\":{\"enable\":true,\"dictionary\":[\"Doorward\"]}}"),
      STR_INIT("doorWARD"), ERR_PASSWORD_TOO_COMMON },
    { "flexible: all listed types", FLEXIBLE("{\"min_length\":4,\"character_types\":[\"number\",\"special\"]}"), STR_INIT("abc1"),
      ERR_PASSWORD_TOO_WEAK },
    { "flexible: listed types there", FLEXIBLE("{\"min_length\":4,\"character_types\":[\"number\",\"special\"]}"), STR_INIT("ab1!"),
      ERR_NONE },
    { "flexible: three of four",
      FLEXIBLE("{\"min_length\":4,\"character_types\":[\"uppercase\",\"lowercase\",\"number\",\"special\"],"
               "\"character_type_rule\":\"three_of_four\"}"), STR_INIT("ab1!"), ERR_NONE },
    { "flexible: all of four",
      FLEXIBLE("{\"min_length\":4,\"character_types\":[\"uppercase\",\"lowercase\",\"number\",\"special\"],"
               "\"character_type_rule\":\"all\"}"), STR_INIT("ab1!"), ERR_PASSWORD_TOO_WEAK },
    { "flexible: sequences up", FLEXIBLE("{\"min_length\":1,\"sequential_characters\":\"block\"}"), STR_INIT("xabcx"), ERR_PASSWORD_TOO_WEAK },
    { "flexible: sequences down", FLEXIBLE("{\"min_length\":1,\"sequential_characters\":\"block\"}"), STR_INIT("x321"), ERR_PASSWORD_TOO_WEAK },
    { "flexible: two neighbours and back", FLEXIBLE("{\"min_length\":1,\"sequential_characters\":\"block\"}"), STR_INIT("abab"), ERR_NONE },
    { "flexible: punctuation is no sequence", FLEXIBLE("{\"min_length\":1,\"sequential_characters\":\"block\"}"), STR_INIT("!\"#$"), ERR_NONE },
    { "flexible: sequences allowed", FLEXIBLE("{\"min_length\":1}"), STR_INIT("abc"), ERR_NONE },
    { "flexible: 73 bytes are too long", FLEXIBLE("{\"min_length\":1,\"max_length_exceeded\":\"error\"}"),
      STR_INIT("0123456789012345678901234567890123456789012345678901234567890123456789012"), ERR_PASSWORD_TOO_WEAK },
    { "flexible: 73 bytes are cut", FLEXIBLE("{\"min_length\":1,\"max_length_exceeded\":\"truncate\"}"),
      STR_INIT("0123456789012345678901234567890123456789012345678901234567890123456789012"), ERR_NONE },
};

static void check_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *a = arena_new(0);
        struct password_policy p;
        password_policy_read(parse(a, rows[i].options), &p);
        struct result r = password_policy_check(a, &p, rows[i].password, NULL);
        if (r.kind != rows[i].want)
            print_error("%s\n", rows[i].name);
        assert_int_equal(r.kind, rows[i].want);
        arena_free(a);
    }
}

#define PERSONAL STR_INIT("{\"passwordPolicy\":\"low\",\"password_no_personal_info\":{\"enable\":true}}")
#define BLOCKED(fields)                                                                                                        \
    STR_INIT("{\"password_options\":{\"complexity\":{\"min_length\":1},\"profile_data\":{\"active\":true,\"blocked_fields\":[" fields "]}}}")

static const struct {
    const char *name;
    str options, profile, password;
    enum err_kind want;
} personal_rows[] = {
    { "name", PERSONAL, STR_INIT("{\"name\":\"Jane\"}"), STR_INIT("xxJANExx"), ERR_PASSWORD_USER_INFO },
    { "local part of the address", PERSONAL, STR_INIT("{\"email\":\"jane.roe@acme.example\"}"), STR_INIT("12jane.roe"), ERR_PASSWORD_USER_INFO },
    { "the address' domain may stand in it", PERSONAL, STR_INIT("{\"email\":\"jane@acme.example\"}"), STR_INIT("acme.example"), ERR_NONE },
    { "metadata", PERSONAL, STR_INIT("{\"user_metadata\":{\"last\":\"roebuck\"}}"), STR_INIT("myroebuck"), ERR_PASSWORD_USER_INFO },
    { "other metadata is not looked at", PERSONAL, STR_INIT("{\"user_metadata\":{\"pet\":\"roebuck\"}}"), STR_INIT("myroebuck"), ERR_NONE },
    { "one letter does not forbid it", PERSONAL, STR_INIT("{\"nickname\":\"j\"}"), STR_INIT("jjjjjj"), ERR_NONE },
    { "switched off", STR_INIT("{\"passwordPolicy\":\"low\"}"), STR_INIT("{\"name\":\"Jane\"}"), STR_INIT("xxjanexx"), ERR_NONE },
    { "chosen fields", BLOCKED("\"given_name\""), STR_INIT("{\"given_name\":\"Jane\",\"name\":\"Roebuck\"}"), STR_INIT("jane1"), ERR_PASSWORD_USER_INFO },
    { "only the chosen fields", BLOCKED("\"given_name\""), STR_INIT("{\"given_name\":\"Jane\",\"name\":\"Roebuck\"}"), STR_INIT("roebuck"), ERR_NONE },
};

static void check_personal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof personal_rows / sizeof *personal_rows; i++) {
        struct arena *a = arena_new(0);
        struct password_policy p;
        password_policy_read(parse(a, personal_rows[i].options), &p);
        struct result r = password_policy_check(a, &p, personal_rows[i].password, parse(a, personal_rows[i].profile));
        if (r.kind != personal_rows[i].want)
            print_error("%s\n", personal_rows[i].name);
        assert_int_equal(r.kind, personal_rows[i].want);
        arena_free(a);
    }
}

static void check_history_size(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct password_policy p;
    password_policy_read(parse(a, STR("{\"password_history\":{\"enable\":true,\"size\":99}}")), &p);
    assert_int_equal(p.history_size, PASSWORD_HISTORY_MAX);
    password_policy_read(parse(a, STR("{\"password_history\":{\"enable\":false,\"size\":3}}")), &p);
    assert_int_equal(p.history_size, 0);
    password_policy_read(parse(a, STR("{\"password_options\":{\"history\":{\"active\":true,\"size\":3}}}")), &p);
    assert_int_equal(p.history_size, 3);
    arena_free(a);
}

static void check_words(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct password_policy p;
    password_policy_read(parse(a, STR("{\"passwordPolicy\":\"excellent\"}")), &p);
    str text = password_policy_text(a, &p);
    assert_true(str_eq(text, STR("* At least 10 characters in length\n"
                                 "* Contain at least 3 of the following 4 types of characters:\n"
                                 "  * lower case letters (a-z)\n"
                                 "  * upper case letters (A-Z)\n"
                                 "  * numbers (i.e. 0-9)\n"
                                 "  * special characters (e.g. !@#$%^&*)\n"
                                 "* No more than 2 identical characters in a row (e.g., \"aaa\" not allowed)")));
    struct json *rules = password_policy_rules(a, &p, STR("abc"));
    assert_int_equal(json_count(rules), 3);
    assert_false(json_get_true(json_item(rules, 0), STR("verified")));
    assert_true(json_true(json_at(rules, "1.items.0.verified")));
    assert_false(json_true(json_at(rules, "1.items.2.verified")));
    assert_true(json_get_true(json_item(rules, 2), STR("verified")));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_rows),
        cmocka_unit_test(check_personal),
        cmocka_unit_test(check_history_size),
        cmocka_unit_test(check_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
