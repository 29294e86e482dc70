/* The words of faults. Rows marked recorded or quoted repeat answers of the
 * real API; the others are its validator's message table. */
#include "testing.h"

#include "contract/ecma.h"
#include "contract/format.h"

#define LIST_OF(s) { .types = SCHEMA_ARRAY, .items = &(s) }

static const struct schema text = { .types = SCHEMA_STRING };
static const struct schema integer = { .types = SCHEMA_INTEGER };
static const struct schema number = { .types = SCHEMA_NUMBER };
static const struct schema boolean = { .types = SCHEMA_BOOLEAN };
static const struct schema nullable = { .types = SCHEMA_STRING | SCHEMA_NULL };
static const struct schema anything = { .types = SCHEMA_ANY, .flags = SCHEMA_FREE };
static const struct schema short_text = { .types = SCHEMA_STRING, .flags = SCHEMA_HAS_MIN | SCHEMA_HAS_MAX, .min = 2, .max = 3 };
static const struct schema small = { .types = SCHEMA_INTEGER, .flags = SCHEMA_HAS_MIN | SCHEMA_HAS_MAX, .min = 1, .max = 100 };
static const struct schema half = { .types = SCHEMA_NUMBER, .flags = SCHEMA_HAS_MAX, .max = 0.5 };
static const struct schema texts = { .types = SCHEMA_ARRAY, .flags = SCHEMA_HAS_MIN | SCHEMA_HAS_MAX | SCHEMA_UNIQUE,
                                     .min = 1, .max = 3, .items = &text };
static const str algs[] = { STR_INIT("\"RS256\""), STR_INIT("\"HS256\"") };
static const struct schema alg = { .types = SCHEMA_STRING, .values = algs, .value_count = 2 };
static const str ones[] = { STR_INIT("0"), STR_INIT("1"), STR_INIT("true") };
static const struct schema one = { .types = SCHEMA_INTEGER | SCHEMA_BOOLEAN, .values = ones, .value_count = 3 };

static const struct schema_member settings_members[] = { { STR_INIT("known"), &text, false } };
static const struct schema settings = { .types = SCHEMA_OBJECT, .about = STR_INIT("Specific provider setting"),
                                        .members = settings_members, .member_count = 1 };
static const struct schema two_named = { .types = SCHEMA_OBJECT, .flags = SCHEMA_FREE | SCHEMA_HAS_MIN | SCHEMA_HAS_MAX,
                                         .min = 1, .max = 2 };
static const struct schema_member deep_members[] = { { STR_INIT("b"), &integer, true } };
static const struct schema deep = { .types = SCHEMA_OBJECT, .members = deep_members, .member_count = 1 };
static const struct schema deep_list = LIST_OF(deep);
static const struct schema map_of_integer = { .types = SCHEMA_OBJECT, .extra = &integer };

/* The recorded union: rule → action, match or not_match. */
static const struct schema_member block[] = { { STR_INIT("block"), &boolean, true } };
static const struct schema_member allow[] = { { STR_INIT("allow"), &boolean, true } };
static const struct schema action_forms[] = { { .types = SCHEMA_OBJECT, .members = block, .member_count = 1 },
                                              { .types = SCHEMA_OBJECT, .members = allow, .member_count = 1 } };
static const struct schema *const action_alternatives[] = { &action_forms[0], &action_forms[1] };
static const struct schema action = { .types = SCHEMA_ANY & ~SCHEMA_NULL, .flags = SCHEMA_ONE, .alternative_count = 2,
                                      .alternatives = action_alternatives };
static const struct schema match = { .types = SCHEMA_OBJECT, .flags = SCHEMA_FREE };
static const struct schema_member match_rule[] = { { STR_INIT("action"), &action, true }, { STR_INIT("match"), &match, true } };
static const struct schema_member not_match_rule[] = { { STR_INIT("action"), &action, true },
                                                       { STR_INIT("not_match"), &match, true } };
static const struct schema rule_forms[] = { { .types = SCHEMA_OBJECT, .members = match_rule, .member_count = 2 },
                                            { .types = SCHEMA_OBJECT, .members = not_match_rule, .member_count = 2 } };
static const struct schema *const rule_alternatives[] = { &rule_forms[0], &rule_forms[1] };
static const struct schema rule = { .types = SCHEMA_ANY & ~SCHEMA_NULL, .flags = SCHEMA_ONE, .about = STR_INIT("the rule"),
                                    .alternative_count = 2, .alternatives = rule_alternatives };
static const struct schema *const overlapping_forms[] = { &number, &integer };
static const struct schema overlapping = { .types = SCHEMA_ANY, .flags = SCHEMA_ONE, .alternative_count = 2,
                                           .alternatives = overlapping_forms };
static const struct schema *const either_forms[] = { &integer, &boolean };
static const struct schema either = { .types = (SCHEMA_ANY & ~SCHEMA_NULL) | SCHEMA_NULL, .alternative_count = 2,
                                      .alternatives = either_forms };

static struct schema email, client_id, patterned; /* rows of other tables, found at start */

static const struct schema_member body_members[] = {
    { STR_INIT("name"), &text, false },         { STR_INIT("count"), &integer, false },
    { STR_INIT("ratio"), &number, false },      { STR_INIT("flag"), &boolean, false },
    { STR_INIT("note"), &nullable, false },     { STR_INIT("free"), &anything, false },
    { STR_INIT("short"), &short_text, false },  { STR_INIT("small"), &small, false },
    { STR_INIT("half"), &half, false },         { STR_INIT("texts"), &texts, false },
    { STR_INIT("alg"), &alg, false },           { STR_INIT("one"), &one, false },
    { STR_INIT("settings"), &settings, false }, { STR_INIT("two"), &two_named, false },
    { STR_INIT("a"), &deep_list, false },       { STR_INIT("map"), &map_of_integer, false },
    { STR_INIT("rule"), &rule, false },         { STR_INIT("overlap"), &overlapping, false },
    { STR_INIT("either"), &either, false },     { STR_INIT("email"), &email, false },
    { STR_INIT("client_id"), &client_id, false }, { STR_INIT("patterned"), &patterned, false },
    { STR_INIT("deep"), &deep, false },
};
static const struct schema body = { .types = SCHEMA_OBJECT, .members = body_members, .member_count = ROWS(body_members) };
static const struct schema_member needy_members[] = { { STR_INIT("name"), &text, true }, { STR_INIT("client"), &text, true } };
static const struct schema needy = { .types = SCHEMA_OBJECT, .members = needy_members, .member_count = 2 };

#define P "Payload validation error: "
static const struct row {
    const char *name;
    const struct schema *schema;
    const char *json, *want; /* NULL: valid */
} rows[] = {
    { "nothing wrong", &body, "{\"name\":\"x\",\"count\":1,\"note\":null,\"free\":{\"a\":[1]}}", NULL },
    { "required, recorded", &needy, "{\"client\":\"x\"}", P "'Missing required property: name'." },
    { "two required, joined, from the last", &needy, "{}",
      P "'Missing required property: client'. (also) " P "'Missing required property: name'." },
    { "required inside, on the parent", &body, "{\"deep\":{}}", P "'Missing required property: b' on property deep." },
    { "required in a list", &body, "{\"a\":[{\"b\":1},{}]}", P "'Missing required property: b' on property a[1]." },
    { "additional at the root", &body, "{\"x\":1}", P "'Additional properties not allowed: x'." },
    { "additional, recorded", &body, "{\"settings\":{\"first_setting\":1,\"second_setting\":2}}",
      P "'Additional properties not allowed: second_setting,first_setting' on property settings (Specific provider setting)." },
    { "type", &body, "{\"name\":5}", P "'Expected type string but found type integer' on property name." },
    { "type: number found", &body, "{\"count\":1.5}", P "'Expected type integer but found type number' on property count." },
    { "type: 1.0 is an integer", &body, "{\"count\":1.0}", NULL },
    { "type: 1e3 is an integer", &body, "{\"count\":1e3}", NULL },
    { "type: integer is a number", &body, "{\"ratio\":3}", NULL },
    { "type: several", &body, "{\"note\":false}", P "'Expected type string,null but found type boolean' on property note." },
    { "type: null found", &body, "{\"name\":null}", P "'Expected type string but found type null' on property name." },
    { "type: array found", &body, "{\"flag\":[]}", P "'Expected type boolean but found type array' on property flag." },
    { "type: object found", &body, "{\"texts\":{}}", P "'Expected type array but found type object' on property texts." },
    { "type at the root", &body, "[]", P "'Expected type object but found type array'." },
    { "type in a map", &body, "{\"map\":{\"x\":\"y\"}}", P "'Expected type integer but found type string' on property map.x." },
    { "minLength, quoted", &body, "{\"short\":\"x\"}", P "'String is too short (1 chars), minimum 2' on property short." },
    { "maxLength", &body, "{\"short\":\"long\"}", P "'String is too long (4 chars), maximum 3' on property short." },
    { "length counts characters", &body, "{\"short\":\"\xc3\xa4\xc3\xb6\xc3\xbc\"}", NULL },
    { "minimum", &body, "{\"small\":0}", P "'Value 0 is less than minimum 1' on property small." },
    { "maximum, quoted", &body, "{\"small\":101}", P "'Value 101 is greater than maximum 100' on property small." },
    { "maximum with a fraction", &body, "{\"half\":0.75}", P "'Value 0.75 is greater than maximum 0.5' on property half." },
    { "bounds are inside", &body, "{\"small\":100,\"half\":0.5,\"short\":\"xy\"}", NULL },
    { "minItems, quoted", &body, "{\"texts\":[]}", P "'Array is too short (0), minimum 1' on property texts." },
    { "maxItems", &body, "{\"texts\":[\"a\",\"b\",\"c\",\"d\"]}", P "'Array is too long (4), maximum 3' on property texts." },
    { "uniqueItems, recorded", &body, "{\"texts\":[\"a\",\"a\"]}",
      P "'Array items are not unique (indexes 0 and 1)' on property texts." },
    { "minProperties", &body, "{\"two\":{}}", P "'Too few properties defined (0), minimum 1' on property two." },
    { "maxProperties", &body, "{\"two\":{\"a\":1,\"b\":1,\"c\":1}}",
      P "'Too many properties defined (3), maximum 2' on property two." },
    { "enum", &body, "{\"alg\":\"none\"}", P "'No enum match for: none' on property alg." },
    { "enum, case differs", &body, "{\"alg\":\"rs256\"}", P "'Enum does not match case for: rs256' on property alg." },
    { "enum of numbers", &body, "{\"one\":1.0}", NULL },
    { "enum of numbers, none", &body, "{\"one\":2}", P "'No enum match for: 2' on property one." },
    { "enum and type", &body, "{\"alg\":7}",
      P "'Expected type string but found type integer' on property alg. (also) " P "'No enum match for: 7' on property alg." },
    { "format, recorded", &body, "{\"email\":\"\"}", P "'Object didn't pass validation for format email: ' on property email." },
    { "format with description, recorded", &body, "{\"client_id\":\"#<Random:0x00007fd199de72c8>\"}",
      P "'Object didn't pass validation for format client-id: #<Random:0x00007fd199de72c8>' on property client_id (client_id of "
        "the client (application). If no value provided, the global Client ID will be used)." },
    { "pattern, recorded", &body, "{\"patterned\":\"a<b\"}",
      P "'String does not match pattern ^[^<>]+$: a<b' on property patterned." },
    { "union, recorded", &body, "{\"rule\":{\"action\":{},\"match\":{}}}",
      P "'None of the valid schemas were met' on property rule (the rule). Inner errors: [ " P
        "'None of the valid schemas were met' on property rule.action. Inner errors: [ " P
        "'Missing required property: block' on property action. (also) " P
        "'Missing required property: allow' on property action. ]. (also) " P
        "'Missing required property: not_match' on property rule. ]." },
    { "union, met", &body, "{\"rule\":{\"action\":{\"allow\":true},\"not_match\":{\"x\":1}}}", NULL },
    { "union, met by two", &body, "{\"overlap\":1}",
      P "'Data is valid against more than one schema from 'oneOf'' on property overlap." },
    { "union, met by one", &body, "{\"overlap\":1.5}", NULL },
    { "union with null", &body, "{\"either\":null}", NULL },
    { "union: any of", &body, "{\"either\":\"x\"}",
      P "'None of the valid schemas were met' on property either. Inner errors: [ " P
        "'Expected type integer but found type string' on property either. (also) " P
        "'Expected type boolean but found type string' on property either. ]." },
    { "every fault, members from the last", &body, "{\"name\":1,\"zzz\":1,\"flag\":\"x\"}",
      P "'Additional properties not allowed: zzz'. (also) " P
        "'Expected type boolean but found type string' on property flag. (also) " P
        "'Expected type string but found type integer' on property name." },
};

static void test_words(void **state)
{
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct result r = validate(*state, rows[i].schema, testing_json(*state, rows[i].json), IN_BODY);
        testing_same(rows[i].name, failed(r) ? r.args.v[0] : STR("valid"), rows[i].want ? rows[i].want : "valid");
        assert_int_equal(r.kind, rows[i].want ? ERR_INVALID_BODY : ERR_NONE);
    }
}

static void test_places(void **state)
{
    static const struct {
        enum validate_place place;
        enum err_kind kind;
        const char *want;
    } places[] = {
        { IN_BODY, ERR_INVALID_BODY, "Payload validation error: 'Missing required property: name'." },
        { IN_PATH, ERR_INVALID_URI, "Path validation error: 'Missing required property: name'." },
        { IN_QUERY, ERR_INVALID_QUERY, "Query validation error: 'Missing required property: name'." },
    };
    for (size_t i = 0; i < ROWS(places); i++) {
        struct result r = validate(*state, &needy, testing_json(*state, "{\"client\":\"x\"}"), places[i].place);
        assert_int_equal(r.kind, places[i].kind);
        testing_same("place", r.args.v[0], places[i].want);
    }
}

/* A schema that contains itself twice over: without a bound, 2^64 visits. */
static void test_too_complex(void **state)
{
    static struct schema self, pair[2];
    static struct schema_member in[1];
    static const struct schema *const forms[] = { &pair[0], &pair[1] };
    in[0] = (struct schema_member){ STR("x"), &self, true };
    pair[0] = pair[1] = (struct schema){ .types = SCHEMA_OBJECT, .members = in, .member_count = 1 };
    self = (struct schema){ .types = SCHEMA_ANY, .flags = SCHEMA_ONE, .alternatives = forms, .alternative_count = 2 };
    struct json *v = json_object(*state);
    for (int i = 0; i < 60; i++) {
        struct json *outer = json_object(*state);
        json_set(*state, outer, STR("x"), v);
        v = outer;
    }
    assert_int_equal(validate(*state, &self, v, IN_BODY).kind, ERR_INVALID_BODY);
}

static void test_long_values_are_cut(void **state)
{
    struct json *v = json_object(*state);
    char *long_text = arena_alloc(*state, 200000);
    memset(long_text, 'x', 200000);
    json_set_text(*state, v, STR("email"), (str){ long_text, 200000 });
    struct result r = validate(*state, &body, v, IN_BODY);
    assert_int_equal(r.kind, ERR_INVALID_BODY);
    assert_true(r.args.v[0].len < 2000 && str_ends(r.args.v[0], STR("' on property email.")));
}

static void test_defaults(void **state)
{
    static const struct schema with_default = { .types = SCHEMA_INTEGER, .default_json = STR_INIT("7") };
    static const struct schema_member inner[] = { { STR_INIT("n"), &with_default, false } };
    static const struct schema nested = { .types = SCHEMA_OBJECT, .members = inner, .member_count = 1 };
    static const struct schema_member outer[] = { { STR_INIT("n"), &with_default, false },
                                                  { STR_INIT("o"), &nested, false },
                                                  { STR_INIT("p"), &nested, false } };
    static const struct schema s = { .types = SCHEMA_OBJECT, .members = outer, .member_count = 3 };
    struct json *v = testing_json(*state, "{\"o\":{}}");
    validate_fill_defaults(*state, &s, v);
    testing_same("only where sent", json_dump(*state, v), "{\"o\":{\"n\":7},\"n\":7}");
    v = testing_json(*state, "{\"n\":null}");
    validate_fill_defaults(*state, &s, v);
    testing_same("null was sent", json_dump(*state, v), "{\"n\":null}");
}

/* --- v1's lenient types -------------------------------------------------------------- */

static const struct schema loose = { .types = SCHEMA_BOOLEAN, .flags = SCHEMA_LOOSE };
static const struct schema loose_integer = { .types = SCHEMA_INTEGER, .flags = SCHEMA_LOOSE | SCHEMA_EMPTY_ABSENT };
static const struct schema clamped = { .types = SCHEMA_INTEGER,
                                       .flags = SCHEMA_LOOSE | SCHEMA_CLAMP | SCHEMA_HAS_MIN | SCHEMA_HAS_MAX,
                                       .min = 1, .max = 500 };
static const struct schema absent = { .types = SCHEMA_STRING, .flags = SCHEMA_EMPTY_ABSENT | SCHEMA_HAS_MIN, .min = 1 };
static const struct schema_member lenient_members[] = {
    { STR_INIT("flag"), &loose, false },
    { STR_INIT("order"), &loose_integer, false },
    { STR_INIT("per_page"), &clamped, false },
    { STR_INIT("text"), &absent, false },
};
static const struct schema lenient = { .types = SCHEMA_OBJECT, .members = lenient_members, .member_count = 4 };

static void test_lenient(void **state)
{
    static const struct {
        const char *name, *json, *want; /* want NULL: refused */
    } cases[] = {
        { "true", "{\"flag\":true}", "{\"flag\":true}" },
        { "True", "{\"flag\":\"True\"}", "{\"flag\":true}" },
        { "FALSE", "{\"flag\":\"FALSE\"}", "{\"flag\":false}" },
        { "text 1", "{\"flag\":\"1\"}", "{\"flag\":true}" },
        { "text 0", "{\"flag\":\"0\"}", "{\"flag\":false}" },
        { "number 1", "{\"flag\":1}", "{\"flag\":true}" },
        { "number 0", "{\"flag\":0}", "{\"flag\":false}" },
        { "number 2", "{\"flag\":2}", NULL },
        { "text yes", "{\"flag\":\"yes\"}", NULL },
        { "number as text", "{\"order\":\"12\"}", "{\"order\":12}" },
        { "empty number is absent", "{\"order\":\"\"}", "{}" },
        { "no number", "{\"order\":\"12x\"}", NULL },
        { "empty text is absent", "{\"text\":\"\"}", "{}" },
        { "clamped above", "{\"per_page\":\"9999\"}", "{\"per_page\":500}" },
        { "clamped below", "{\"per_page\":-3}", "{\"per_page\":1}" },
        { "clamped inside", "{\"per_page\":25}", "{\"per_page\":25}" },
    };
    for (size_t i = 0; i < ROWS(cases); i++) {
        struct json *v = testing_json(*state, cases[i].json);
        struct result r = validate(*state, &lenient, v, IN_BODY);
        testing_same(cases[i].name, failed(r) ? STR("refused") : json_dump(*state, v), cases[i].want ? cases[i].want : "refused");
    }
}

static void find_rows(void)
{
    email = (struct schema){ .types = SCHEMA_STRING, .format = (uint16_t)format_find(STR("email")) };
    client_id = (struct schema){ .types = SCHEMA_STRING, .format = (uint16_t)format_find(STR("client-id")),
                                 .about = STR("client_id of the client (application). If no value provided, the global "
                                              "Client ID will be used") };
    patterned = (struct schema){ .types = SCHEMA_STRING };
    for (uint16_t i = 1; i < PATTERN_MAX; i++)
        if (str_eq(ecma_patterns[i], STR("^[^<>]+$")))
            patterned.pattern = i;
}

int main(void)
{
    find_rows();
    const struct CMUnitTest tests[] = { TEST(test_words), TEST(test_places), TEST(test_too_complex),
                                        TEST(test_long_values_are_cut), TEST(test_defaults), TEST(test_lenient) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
