/* V1-REFERENCE 1.7 and 11.2: search text to tree. */
#include "print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct {
    const char *name, *text, *tree; /* tree NULL: refused */
    bool logs;
} rows[] = {
    { "plain text", "jane", "(or app_metadata.name:i^=jane (and name:i^=jane (not app_metadata.name?)) email:i^=jane)", false },
    { "empty", "  ", "all", false },
    { "boolean", "email_verified:true", "email_verified:i^=true", false },
    { "number under its v2 name", "loginsCount:1", "logins_count:i^=1", false },
    { "last login", "lastLogin:2014", "last_login:i^=2014", false },
    { "quoted", "email:\"jane@acme.example\"", "email:i=jane@acme.example", false },
    { "single quotes", "email:'jane'", "email:i=jane", false },
    { "blanks after the colon", "email: \"jane@acme.example\"", "email:i=jane@acme.example", false },
    { "metadata lies over the profile", "family_name:\"roe\"",
      "(or app_metadata.family_name:i=roe (and family_name:i=roe (not app_metadata.family_name?)))", false },
    { "deep metadata", "address.city:x",
      "(or app_metadata.address.city:i^=x (and address.city:i^=x (not app_metadata.address?)))", false },
    { "v2 metadata names do not exist", "app_metadata.plan:gold", "none", false },
    { "semicolons", "email_verified:true; loginsCount:1", "(and email_verified:i^=true logins_count:i^=1)", false },
    { "blanks", "email_verified:true loginsCount:1", "(and email_verified:i^=true logins_count:i^=1)", false },
    { "a value with blanks", "email:jane roe blocked:true",
      "(and (or email:i^=jane roe email:i^=jane+roe) blocked:i^=true)", false },
    { "a plus may be a blank", "email:jane+roe", "(or email:i^=jane+roe email:i^=jane roe email:i^=jane+roe)", false },
    { "a plus between clauses", "blocked:true+loginsCount:1",
      "(or blocked:i^=true+loginsCount:1 (and blocked:i^=true logins_count:i^=1))", false },
    { "a quote never closed", "email:\"jane", "email:i=jane", false },
    { "user ids", "user_id:auth0|61", "user_id:i^=auth0|61", false },
    { "logs, plain", "no", "(or client_name:i^=no connection:i^=no user_name:i^=no)", true },
    { "logs, fields", "application:node user:\"John@contoso.com\"",
      "(and client_name:i^=node user_name:i=John@contoso.com)", true },
    { "logs, another field", "ip:1", NULL, true },
    { "invalid UTF-8", "a\xff", NULL, false },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *a = arena_new(0);
        struct search_node *q = NULL;
        struct buf b;
        buf_init(&b, 65536);
        str text = str_from(rows[i].text);
        struct result r = rows[i].logs ? search_parse_api_v1_logs(a, text, &q) : search_parse_api_v1(a, text, &q);
        if (failed(r))
            buf_fmt(&b, "refused: %.*s", STR_ARG(r.args.v[0]));
        else
            print_node(&b, q);
        if (rows[i].tree ? !str_eq(buf_str(&b), str_from(rows[i].tree)) : r.kind != ERR_INVALID_QUERY)
            fail_msg("%s: %s gives %.*s", rows[i].name, rows[i].text, STR_ARG(buf_str(&b)));
        buf_free(&b);
        arena_free(a);
    }
}

static void test_too_many_clauses(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct search_node *q;
    struct buf b;
    buf_init(&b, 65536);
    for (int i = 0; i < 65; i++)
        buf_add(&b, STR("blocked:true;"));
    assert_int_equal(search_parse_api_v1(a, buf_str(&b), &q).kind, ERR_INVALID_QUERY);
    assert_int_equal(search_parse_api_v1(a, str_sub(buf_str(&b), 13, b.len), &q).kind, ERR_NONE);
    buf_free(&b);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_too_many_clauses) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
