/* What each format takes and refuses, and the dialect of patterns. */
#include "testing.h"

#include "contract/ecma.h"
#include "contract/format.h"

static const struct {
    const char *format, *value;
    bool want;
} rows[] = {
    { "date-time", "2023-05-16T11:07:30.535694+02:00", true }, /* recorded */
    { "date-time", "2024-03-07T09:12:44Z", true },
    { "date-time", "2024-03-07T09:12:44", false },
    { "date-time", "2024-03-07", false },
    { "date-time", "2024-02-30T09:12:44Z", false },
    { "date-time", "", false },
    { "date", "2024-02-29", true },
    { "date", "2023-02-29", false },
    { "date", "2023-02", false },
    { "email", "jane@acme.example", true },
    { "email", "jane.roe+tag@acme.co.uk", true },
    { "email", "j\xc3\xa4ne@acme.example", true },
    { "email", "jane@localhost", false },
    { "email", "jane", false },
    { "email", "@acme.example", false },
    { "email", "jane@@acme.example", false },
    { "email", "jane roe@acme.example", false },
    { "email", ".jane@acme.example", false },
    { "email", "jane@-acme.example", false },
    { "email", "", false },
    { "email-or-empty", "", true },
    { "hostname", "smtp.example.com", true },
    { "hostname", "localhost", true },
    { "hostname", "exa mple.com", false },
    { "hostname", "a..b", false },
    { "ipv4", "196.138.8.25", true },
    { "ipv4", "196.138.8.256", false },
    { "ipv4", "192.168.10.2/32", false },
    { "ipv6", "2001:db8::1", true },
    { "ipv6", "2001:db8::/32", false },
    { "cidr", "192.168.10.2/32", true }, /* recorded */
    { "cidr", "192.168.10.2/33", false },
    { "cidr", "192.168.10.2/-1", false },
    { "cidr", "192.168.10.2", false },
    { "ipv6_cidr", "2001:db8::/32", true }, /* recorded */
    { "ipv6_cidr", "2001:db8::/129", false },
    { "uuid", "910b1053-577f-4d81-a8c8-020e7319a38a", true },
    { "uuid", "910b1053577f4d81a8c8020e7319a38a", false },
    { "uri", "https://example.com/logo.png", true },
    { "uri", "urn:example:a", true },
    { "uri", "/logo.png", false },
    { "uri", "https://", false },
    { "url", "https://acme.com/cis-token?a=b#c", true },
    { "url", "http://localhost:8080", true },
    { "url", "http://[::1]:8080/", true },
    { "url", "http://localhost:99999", false },
    { "url", "mailto:a@b.c", false },
    { "url", "https://exa mple.com", false },
    { "strict-https-uri", "https://example.com/", true },
    { "strict-https-uri", "http://example.com/", false },
    { "strict-https-uri", "HTTPS://example.com/", true },
    { "absolute-uri-or-empty", "", true },
    { "absolute-uri-or-empty", "https://support.example.com", true },
    { "absolute-uri-or-empty", "support", false },
    { "absolute-https-uri-or-empty", "", true },
    { "absolute-https-uri-or-empty", "http://a.example", false },
    { "absolute-https-uri-with-placeholders-or-empty", "https://{organization_name}.example.com/x", true },
    { "callback-url", "https://*.example.com/cb", true },
    { "callback-url", "http://localhost:3000", true },
    { "callback-url", "com.example.app://cb", true },
    { "callback-url", "com.example.app:/cb", true },
    { "callback-url", "myapp:///cb", true },
    { "callback-url", "javascript:alert(1)", false },
    { "callback-url", "JavaScript:alert(1)", false },
    { "callback-url", "https://a.example/ b", false },
    { "callback-url", "", false },
    { "url-with-placeholders", "http://localhost/logout", true },
    { "ec-initiate-login-uri-template-url", "https://example.com/login?org={organization_name}", true }, /* recorded */
    { "client-id", "QjlAo2nIDERZYBBZozsv8apykJUBtCq4", true },
    { "client-id", "test_client", true }, /* recorded */
    { "client-id", "#<Random:0x00007fd199de72c8>", false }, /* recorded */
    { "client-id", "", false },
    { "connection-id", "con_wmWO6ebGIGecPs04", true },
    { "connection-id", "con_wmWO6ebGIGecPs0", false },
    { "connection-id", "rol_wmWO6ebGIGecPs04", false },
    { "user-id", "auth0|613282ac6c364200701fbc1d", true },
    { "user-id", "auth0|", false },
    { "user-id", "auth0", false },
    { "organization-name", "test-organization297", true },
    { "organization-name", "Test", false },
    { "organization-name", "org_abc", false },
    { "html-color", "#ea5323", true },
    { "html-color", "#fff", true },
    { "html-color", "ea5323", false },
    { "html-color", "#ea532", false },
    { "hexadecimal", "0aF", true },
    { "hexadecimal", "0g", false },
};

static void test_formats(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        unsigned row = format_find(str_from(rows[i].format));
        if (row == 0 || format_ok(row, str_from(rows[i].value)) != rows[i].want)
            fail_msg("%s of '%s' should be %s", rows[i].format, rows[i].value, rows[i].want ? "taken" : "refused");
    }
}

static const struct {
    const char *name, *pattern, *text;
    bool want;
} patterns[] = {
    { "anywhere", "b+", "abbc", true },
    { "anchored", "^b", "abc", false },
    { "$ is the very end", "^a$", "a\n", false },
    { "negated empty class", "^[^]$", "\n", true },
    { "empty class", "[]", "a", false },
    { "hyphen after a class", "^[\\w-\\.]+$", "a-.", true },
    { "braces that count nothing", "^\\{org_id}$", "{org_id}", true },
    { "range with a space is text", "^a{8, 20}", "a{8, 20}", true },
    { "unicode escape", "^\\u0041$", "A", true },
    { "one character, not bytes", "^.$", "\xc3\xa4", true },
    { "look ahead", "^(?!org_)[a-z_]+$", "org_x", false },
    { "cannot be read", "(", "(", false },
};

static void test_patterns(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(patterns); i++)
        if (ecma_matches_text(str_from(patterns[i].pattern), str_from(patterns[i].text)) != patterns[i].want)
            fail_msg("%s", patterns[i].name);
}

static void test_contract_patterns_compile(void **state)
{
    (void)state;
    for (unsigned i = 1; i < PATTERN_MAX; i++)
        (void)ecma_matches(i, STR("x")); /* dies when a pattern cannot be read */
}

/* Catastrophic in a backtracking engine without limits: 2^40 steps. */
static void test_pattern_cannot_run_away(void **state)
{
    (void)state;
    assert_false(ecma_matches_text(STR("^(a+)+$"), STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_formats), cmocka_unit_test(test_patterns),
                                        cmocka_unit_test(test_contract_patterns_compile),
                                        cmocka_unit_test(test_pattern_cannot_run_away) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
