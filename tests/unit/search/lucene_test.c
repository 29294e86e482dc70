/* AUTH-REFERENCE 22: query text to tree, or the parser's words. */
#include "print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct {
    const char *name, *query, *tree; /* tree NULL: refused … */
    const char *words;               /* … with these words in the message */
    enum search_engine engine;
} rows[] = {
    { "bare term", "jane", "_=jane", NULL, SEARCH_V3 },
    { "terms side by side are alternatives", "jane roe", "(or _=jane _=roe)", NULL, SEARCH_V3 },
    { "the same in v2", "jane roe", "(or _=jane _=roe)", NULL, SEARCH_V2 },
    { "phrase", "\"jane roe\"", "_=jane roe", NULL, SEARCH_V3 },
    { "field", "email:jane@acme.example", "email=jane@acme.example", NULL, SEARCH_V3 },
    { "blanks around the colon", "email : \"jane\"", "email=jane", NULL, SEARCH_V3 },
    { "field and bare term", "name:jane roe", "(or name=jane _=roe)", NULL, SEARCH_V3 },
    { "AND binds more than OR", "a OR b AND c", "(or _=a (and _=b _=c))", NULL, SEARCH_V3 },
    { "symbols", "a && b || !c", "(or (and _=a _=b) (not _=c))", NULL, SEARCH_V3 },
    { "operators are upper case", "a and b", "(or _=a _=and _=b)", NULL, SEARCH_V3 },
    { "an escaped operator is a term", "\\AND", "_=AND", NULL, SEARCH_V3 },
    { "NOT before OR stays an alternative", "NOT _exists_:x OR x:0", "(or (not x?) x=0)", NULL, SEARCH_V3 },
    { "NOT side by side excludes", "a NOT b", "(and _=a (not _=b))", NULL, SEARCH_V3 },
    { "only exclusions", "-a -b", "(and (not _=a) (not _=b))", NULL, SEARCH_V3 },
    { "NOT NOT", "NOT NOT a", "(not (not _=a))", NULL, SEARCH_V3 },
    { "plus makes the others count for nothing", "+a b -c", "(and _=a (not _=c))", NULL, SEARCH_V3 },
    { "two that must hold", "+a +b", "(and _=a _=b)", NULL, SEARCH_V3 },
    { "AND with a minus", "a AND -b", "(and _=a (not _=b))", NULL, SEARCH_V3 },
    { "signs inside words", "jane+tag@acme-inc.example", "_=jane+tag@acme-inc.example", NULL, SEARCH_V3 },
    { "signs begin values", "phone_number:+4930", "phone_number=+4930", NULL, SEARCH_V3 },
    { "negative number", "app_metadata.x:-5", "app_metadata.x=-5", NULL, SEARCH_V3 },
    { "bar in user ids", "user_id:auth0|61b0", "user_id=auth0|61b0", NULL, SEARCH_V3 },
    { "two bars inside a word", "a||b", "_=a||b", NULL, SEARCH_V3 },
    { "field group", "name:(jane OR \"jo roe\")", "(or name=jane name=jo roe)", NULL, SEARCH_V3 },
    { "field group with signs", "name:(+a -b)", "(and name=a (not name=b))", NULL, SEARCH_V3 },
    { "a field inside a field group", "name:(a AND email:b)", "(and name=a email=b)", NULL, SEARCH_V3 },
    { "parentheses", "(a OR b) AND c", "(and (or _=a _=b) _=c)", NULL, SEARCH_V3 },
    { "escapes", "a\\:b\\ c\\*", "_=a:b c*", NULL, SEARCH_V3 },
    { "escapes in a phrase", "\"a\\\"b*\"", "_=a\"b*", NULL, SEARCH_V3 },
    { "escapes in a field", "user_metadata.first\\ name:x", "user_metadata.first name=x", NULL, SEARCH_V3 },
    { "single quotes are letters in v3", "name:O'Brien", "name=O'Brien", NULL, SEARCH_V3 },
    { "and inside a word in v2", "name:O'Brien", "name=O'Brien", NULL, SEARCH_V2 },
    { "single quotes quote in v2", "identities.isSocial:false AND NOT identities.provider:'auth0'",
      "(and identities.isSocial=false (not identities.provider=auth0))", NULL, SEARCH_V2 },
    { "everything", "*", "all", NULL, SEARCH_V3 },
    { "everything, said twice", "*:*", "all", NULL, SEARCH_V3 },
    { "no query", "  ", "all", NULL, SEARCH_V3 },
    { "existence", "_exists_:app_metadata.plan", "app_metadata.plan?", NULL, SEARCH_V3 },
    { "existence by star", "name:*", "name?", NULL, SEARCH_V3 },
    { "missing in v2", "_missing_:name", "(not name?)", NULL, SEARCH_V2 },
    { "prefix of any length", "name:j*", "name~j*", NULL, SEARCH_V3 },
    { "an escaped star is no wildcard", "name:j\\*", "name=j*", NULL, SEARCH_V3 },
    { "leading star with three", "email:*com", "email~*com", NULL, SEARCH_V3 },
    { "leading star with two", "email:*om", NULL, "at least three", SEARCH_V3 },
    { "inner star with three", "a*bc", "_~a*bc", NULL, SEARCH_V3 },
    { "inner star with two", "a*b", NULL, "at least three", SEARCH_V3 },
    { "the rule counts characters", "*\xc3\xa9\xc3\xa9", NULL, "at least three", SEARCH_V3 },
    { "stars in a row are one", "j**", "_~j*", NULL, SEARCH_V3 },
    { "question mark in v2", "name:j?ne", "name~j?ne", NULL, SEARCH_V2 },
    { "question mark in v3", "name:j?ne", NULL, "wildcard ?", SEARCH_V3 },
    { "range", "logins_count:[1 TO 10}", "logins_count[1,10}", NULL, SEARCH_V3 },
    { "open range", "created_at:{2018-12 TO *]", "created_at{2018-12,*]", NULL, SEARCH_V3 },
    { "range with times", "created_at:[2018-12-01T10:00:00Z TO *]", "created_at[2018-12-01T10:00:00Z,*]", NULL, SEARCH_V3 },
    { "quoted bounds", "name:[\"a b\" TO \"c\"]", "name[a b,c]", NULL, SEARCH_V3 },
    { "range open at both ends", "name:[* TO *]", "name?", NULL, SEARCH_V3 },
    { "range without TO", "name:[a b]", NULL, "joined by TO", SEARCH_V3 },
    { "range without a bound", "name:[ TO b]", NULL, "joined by TO", SEARCH_V3 },
    { "range not closed", "name:[a TO b", NULL, "not closed", SEARCH_V3 },
    { "comparison in v2", "logins_count:>100", "logins_count{100,*}", NULL, SEARCH_V2 },
    { "comparison with equality", "logins_count:<=5", "logins_count{*,5]", NULL, SEARCH_V2 },
    { "comparison in v3", "logins_count:>100", NULL, "not supported", SEARCH_V3 },
    { "raw in v2", "name.raw:\"Jane Roe\"", "name=Jane Roe", NULL, SEARCH_V2 },
    { "raw in v3", "name.raw:x", NULL, ".raw", SEARCH_V3 },
    { "a metadata key named raw", "app_metadata.raw:x", "app_metadata.raw=x", NULL, SEARCH_V3 },
    { "regular expression", "name:/j.*/", NULL, "regular expressions", SEARCH_V2 },
    { "slash inside", "a/b", "_=a/b", NULL, SEARCH_V3 },
    { "fuzzy", "jane~", NULL, "fuzzy", SEARCH_V2 },
    { "proximity", "\"jane roe\"~2", NULL, "proximity", SEARCH_V2 },
    { "boost", "jane^2", NULL, "boosting", SEARCH_V3 },
    { "field without value", "name:", NULL, "missing at the end", SEARCH_V3 },
    { "two colons", "a:b:c", NULL, "character 4", SEARCH_V3 },
    { "no field", ":x", NULL, "needs a backslash", SEARCH_V3 },
    { "open parenthesis", "(a", NULL, "closing parenthesis", SEARCH_V3 },
    { "closed parenthesis", "a)", NULL, "never opened", SEARCH_V3 },
    { "empty parentheses", "()", NULL, "term is missing", SEARCH_V3 },
    { "open quote", "\"a", NULL, "closing quote", SEARCH_V3 },
    { "trailing operator", "a AND", NULL, "missing at the end", SEARCH_V3 },
    { "leading operator", "OR a", NULL, "term is missing", SEARCH_V3 },
    { "trailing backslash", "a\\", NULL, "backslash", SEARCH_V3 },
    { "bracket alone", "a]", NULL, "needs a backslash", SEARCH_V3 },
    { "wildcard in a field name", "na*:x", NULL, "field names", SEARCH_V3 },
    { "invalid UTF-8", "a\xff", NULL, "UTF-8", SEARCH_V3 },
    { "engine v1", "jane", "(or app_metadata.name:i^=jane (and name:i^=jane (not app_metadata.name?)) email:i^=jane)", NULL, SEARCH_V1 },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *a = arena_new(0);
        struct search_node *q = NULL;
        struct buf b;
        buf_init(&b, 65536);
        struct result r = search_parse(a, str_from(rows[i].query), rows[i].engine, &q);
        if (failed(r))
            buf_fmt(&b, "refused: %.*s", STR_ARG(r.args.v[0]));
        else
            print_node(&b, q);
        bool good = rows[i].tree ? str_eq(buf_str(&b), str_from(rows[i].tree))
                                 : r.kind == ERR_INVALID_QUERY && str_find(r.args.v[0], str_from(rows[i].words)) >= 0;
        if (!good)
            fail_msg("%s: %s gives %.*s", rows[i].name, rows[i].query, STR_ARG(buf_str(&b)));
        buf_free(&b);
        arena_free(a);
    }
}

static enum err_kind parse_kind(str q)
{
    struct arena *a = arena_new(0);
    struct search_node *node;
    enum err_kind kind = search_parse(a, q, SEARCH_V3, &node).kind;
    arena_free(a);
    return kind;
}

static str repeated(struct buf *b, const char *piece, size_t count)
{
    buf_clear(b);
    for (size_t i = 0; i < count; i++)
        buf_add(b, str_from(piece));
    return buf_str(b);
}

static void test_limits(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(parse_kind(repeated(&b, "a ", 256)), ERR_NONE);
    assert_int_equal(parse_kind(repeated(&b, "a ", 257)), ERR_INVALID_QUERY);
    assert_int_equal(parse_kind(repeated(&b, "(", 10000)), ERR_INVALID_QUERY);
    assert_int_equal(parse_kind(repeated(&b, "-", 10000)), ERR_INVALID_QUERY);
    assert_int_equal(parse_kind(repeated(&b, "x", 16 * 1024)), ERR_NONE);
    assert_int_equal(parse_kind(repeated(&b, "x", 16 * 1024 + 1)), ERR_INVALID_QUERY);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_limits) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
