/* What a query means for a document (AUTH-REFERENCE 22, V1-REFERENCE 1.7). */
#include "search/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define JANE                                                                                                           \
    "{\"user_id\":\"auth0|61b0\",\"email\":\"Jane@Acme.Example\",\"email_verified\":true,\"name\":\"Jane Roe\","         \
    "\"family_name\":\"STRASSE\",\"username\":\"Jane\",\"nickname\":\"J\\u00c9\",\"picture\":\"https://x/p.png\","       \
    "\"created_at\":\"2018-12-31T23:59:59.999Z\",\"last_login\":\"2019-01-01T01:00:00.000+02:00\",\"logins_count\":7,"  \
    "\"blocked\":null,\"identities\":[{\"connection\":\"db\",\"provider\":\"auth0\",\"isSocial\":false},"                \
    "{\"connection\":\"google\",\"provider\":\"google-oauth2\",\"isSocial\":true}],"                                    \
    "\"app_metadata\":{\"plan\":\"Gold\",\"score\":1.5,\"tags\":[\"a\",[\"b\"]],\"empty\":[],\"none\":{},"               \
    "\"orders\":[{\"id\":1},{\"id\":22}],\"zip\":\"0123\",\"a.b\":{\"c\":true},\"text\":\"\"},"                          \
    "\"user_metadata\":{\"color\":\"red\"}}"

static const struct {
    const char *name, *query;
    bool want;
    enum search_engine engine;
} rows[] = {
    { "no case in e-mail", "email:\"jane@acme.example\"", true, SEARCH_V3 },
    { "whole value, not a word of it", "name:jane", false, SEARCH_V3 },
    { "phrase", "name:\"JANE ROE\"", true, SEARCH_V3 },
    { "case folding beyond ASCII", "nickname:j\xc3\xa9", true, SEARCH_V3 },
    { "folding of sharp s", "family_name:stra\xc3\x9f" "e", true, SEARCH_V3 },
    { "decomposed text is composed", "nickname:je\xcc\x81", true, SEARCH_V3 },
    { "case in user names", "username:jane", false, SEARCH_V3 },
    { "exact user name", "username:Jane", true, SEARCH_V3 },
    { "case in metadata", "app_metadata.plan:gold", false, SEARCH_V3 },
    { "exact metadata", "app_metadata.plan:Gold", true, SEARCH_V3 },
    { "bare term in a default field", "\"jane roe\"", true, SEARCH_V3 },
    { "bare term never in metadata", "Gold", false, SEARCH_V3 },
    { "bare prefix", "jane*", true, SEARCH_V3 },
    { "boolean", "email_verified:true", true, SEARCH_V3 },
    { "other boolean", "email_verified:false", false, SEARCH_V3 },
    { "number", "logins_count:7", true, SEARCH_V3 },
    { "number, written otherwise", "logins_count:7.0", true, SEARCH_V3 },
    { "fraction", "app_metadata.score:1.5", true, SEARCH_V3 },
    { "text of digits is text", "app_metadata.zip:0123", true, SEARCH_V3 },
    { "and not its number", "app_metadata.zip:123", false, SEARCH_V3 },
    { "array item", "app_metadata.tags:a", true, SEARCH_V3 },
    { "nested array item", "app_metadata.tags:b", true, SEARCH_V3 },
    { "arrays are no levels", "app_metadata.orders.id:22", true, SEARCH_V3 },
    { "key with a dot", "app_metadata.a.b.c:true", true, SEARCH_V3 },
    { "identity", "identities.isSocial:true AND identities.provider:auth0", true, SEARCH_V3 },
    { "domain of the e-mail", "email.domain:acme.example", true, SEARCH_V3 },
    { "exists", "_exists_:user_metadata.color", true, SEARCH_V3 },
    { "an object exists by its members", "_exists_:user_metadata", true, SEARCH_V3 },
    { "null does not exist", "_exists_:blocked", false, SEARCH_V3 },
    { "nor an empty array", "_exists_:app_metadata.empty", false, SEARCH_V3 },
    { "nor an empty object", "_exists_:app_metadata.none", false, SEARCH_V3 },
    { "nor what is not there", "_exists_:phone_number", false, SEARCH_V3 },
    { "the empty text does", "_exists_:app_metadata.text AND app_metadata.text:\"\"", true, SEARCH_V3 },
    { "pictures are not searched", "_exists_:picture", false, SEARCH_V3 },
    { "missing or zero", "NOT _exists_:phone_number OR phone_number:0", true, SEARCH_V3 },
    { "prefix", "email:JANE*", true, SEARCH_V3 },
    { "suffix", "email:*.example", true, SEARCH_V3 },
    { "inner wildcard", "name:jan*oe", true, SEARCH_V3 },
    { "inner wildcard that needs more", "name:jan*roex", false, SEARCH_V3 },
    { "wildcards do not reach numbers", "logins_count:7*", false, SEARCH_V3 },
    { "one character", "nickname:j?", true, SEARCH_V2 },
    { "two characters", "nickname:j??", false, SEARCH_V2 },
    { "month", "created_at:2018-12", true, SEARCH_V3 },
    { "other month", "created_at:2018-11", false, SEARCH_V3 },
    { "year", "created_at:2018", true, SEARCH_V3 },
    { "day", "created_at:\"2018-12-31\"", true, SEARCH_V3 },
    { "second", "created_at:\"2018-12-31T23:59:59Z\"", true, SEARCH_V3 },
    { "other millisecond", "created_at:\"2018-12-31T23:59:59.998Z\"", false, SEARCH_V3 },
    { "offsets count", "last_login:2018-12-31", true, SEARCH_V3 },
    { "a range up to a month has all of it", "created_at:[2018-11 TO 2018-12]", true, SEARCH_V3 },
    { "an open end has none of it", "created_at:[2018-11 TO 2018-12}", false, SEARCH_V3 },
    { "an open start neither", "created_at:{2018-12 TO *]", false, SEARCH_V3 },
    { "from the month on", "created_at:[2018-12 TO *]", true, SEARCH_V3 },
    { "numbers as numbers", "logins_count:[5 TO 10]", true, SEARCH_V3 },
    { "exclusive", "logins_count:{7 TO 10]", false, SEARCH_V3 },
    { "mixed", "logins_count:{6 TO 7]", true, SEARCH_V3 },
    { "numbers and negative bounds", "logins_count:[-10 TO *]", true, SEARCH_V3 },
    { "texts as texts", "app_metadata.plan:[F TO H]", true, SEARCH_V3 },
    { "folded texts", "name:[JANE TO JANF}", true, SEARCH_V3 },
    { "a number is not in a range of texts", "logins_count:[a TO z]", false, SEARCH_V3 },
    { "greater", "logins_count:>6", true, SEARCH_V2 },
    { "not greater", "logins_count:>7", false, SEARCH_V2 },
    { "v1 prefix of the name", "jane", true, SEARCH_V1 },
    { "v1 prefix of the e-mail", "JANE@", true, SEARCH_V1 },
    { "v1 no other field", "STRASSE", false, SEARCH_V1 },
    { "v1 number", "loginsCount:7", true, SEARCH_V1 },
    { "v1 numbers have no prefixes", "loginsCount:70", false, SEARCH_V1 },
    { "v1 metadata at the root", "plan:gol", true, SEARCH_V1 },
    { "v1 quoted is whole", "plan:\"gol\"", false, SEARCH_V1 },
    { "v1 quoted without case", "plan:\"GOLD\"", true, SEARCH_V1 },
    { "v1 user metadata is not there", "color:red", false, SEARCH_V1 },
    { "v1 unknown attribute", "nope:1", false, SEARCH_V1 },
    { "v1 all clauses", "email_verified:true; plan:gold", true, SEARCH_V1 },
    { "v1 one clause fails", "email_verified:true; plan:silver", false, SEARCH_V1 },
};

static bool matches(struct arena *a, const char *doc, str query, enum search_engine engine)
{
    struct search_node *q;
    struct json *json;
    assert_false(failed(json_parse(a, str_from(doc), &json)));
    assert_false(failed(search_parse(a, query, engine, &q)));
    return search_matches(q, json, NULL, 0);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *a = arena_new(0);
        if (matches(a, JANE, str_from(rows[i].query), rows[i].engine) != rows[i].want)
            fail_msg("%s: %s", rows[i].name, rows[i].query);
        arena_free(a);
    }
}

static void test_metadata_hides_profile(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    const char *doc = "{\"nickname\":\"jo\",\"app_metadata\":{\"nickname\":\"kit\"}}";
    assert_true(matches(a, doc, STR("nickname:kit"), SEARCH_V1));
    assert_false(matches(a, doc, STR("nickname:jo"), SEARCH_V1));
    arena_free(a);
}

static void test_plus_and_blank(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    const char *plus = "{\"email\":\"jane+x@acme.example\"}", *blank = "{\"email\":\"jane x@acme.example\"}";
    static const str texts[] = { STR_INIT("email:jane+x@acme"), STR_INIT("email:jane x@acme"), STR_INIT("jane+x"),
                                 STR_INIT("jane x"), STR_INIT("email:\"jane x@acme.example\"") };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_true(matches(a, plus, texts[i], SEARCH_V1));
        assert_true(matches(a, blank, texts[i], SEARCH_V1));
    }
    arena_free(a);
}

static void test_default_fields_are_the_callers(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct json *entry;
    struct search_node *q;
    static const str fields[] = { STR_INIT("type"), STR_INIT("description") };
    assert_false(failed(json_parse(a, STR("{\"type\":\"s\",\"description\":\"Done\",\"email\":\"x\"}"), &entry)));
    assert_false(failed(search_parse(a, STR("Done"), SEARCH_V3, &q)));
    assert_true(search_matches(q, entry, fields, 2));
    assert_false(search_matches(q, entry, fields, 1));
    assert_false(failed(search_parse(a, STR("done"), SEARCH_V3, &q)));
    assert_false(search_matches(q, entry, fields, 2));
    assert_true(search_matches(NULL, entry, fields, 2));
    arena_free(a);
}

static void test_building_blocks(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct json *doc;
    assert_false(failed(json_parse(a, STR("{\"a\":1,\"b\":\"x\"}"), &doc)));
    struct search_node *one = search_equals(a, STR("a"), STR("1")), *no = search_equals(a, STR("b"), STR("y"));
    struct search_node *both[] = { no, one };
    assert_true(search_matches(one, doc, NULL, 0));
    assert_false(search_matches(search_and(a, one, no), doc, NULL, 0));
    assert_true(search_matches(search_and(a, one, search_not(a, no)), doc, NULL, 0));
    assert_true(search_matches(search_any(a, both, 2), doc, NULL, 0));
    assert_false(search_matches(search_any(a, both, 0), doc, NULL, 0));
    assert_false(search_matches(search_not(a, NULL), doc, NULL, 0));
    assert_ptr_equal(search_and(a, NULL, one), one);
    assert_null(search_and(a, NULL, NULL));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_metadata_hides_profile),
        cmocka_unit_test(test_plus_and_blank),
        cmocka_unit_test(test_default_fields_are_the_callers),
        cmocka_unit_test(test_building_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
