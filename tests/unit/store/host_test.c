/* Which tenant a Host header means. */
#include "scratch.h"

static const struct {
    const char *host, *tenant; /* tenant NULL: none */
} rows[] = {
    { "localhost:8443", "default" },
    { "LocalHost:8443", "default" },
    { "localhost", "default" },
    { "localhost.", "default" },
    { "localhost:9999", "default" },
    { "localhost:", "default" },
    { "127.0.0.1", "default" },
    { "127.0.0.1:8080", "default" },
    { "127.8.9.10:1", "default" },
    { "[::1]", "default" },
    { "[::1]:8443", "default" },
    { "[0:0:0:0:0:0:0:1]:8443", "default" },
    { "[::FFFF:127.0.0.1]", "default" },
    { "localhost:8444", "ported" }, /* a registered domain beats loopback */
    { "LOCALHOST.:8444", "ported" },
    { "acme.example.com", "plain" },
    { "Acme.Example.Com.", "plain" },
    { "acme.example.com:443", "plain" },
    { "acme.example.com:8443", "plain" },
    { "acme.example.com:9000", "both" }, /* with its port before without */
    { "only.example.com:7000", "only" },
    { "only.example.com", NULL },
    { "only.example.com:7001", NULL },
    { "", NULL },
    { ":", NULL },
    { ":8443", NULL },
    { ".", NULL },
    { "..", NULL },
    { "localhost..", NULL },
    { "a..b", NULL },
    { ".localhost", NULL },
    { "other.localhost", NULL }, /* unknown names are never someone's by chance */
    { "128.0.0.1", NULL },
    { "127.0.0.1.example.com", NULL },
    { "127.1", NULL },
    { "0177.0.0.1", NULL },
    { "[::2]", NULL },
    { "[::1", NULL },
    { "::1", NULL },
    { "[::1]x", NULL },
    { "[::1]:x", NULL },
    { "[]", NULL },
    { "[", NULL },
    { "]", NULL },
    { "[localhost]", NULL },
    { "localhost:0", NULL },
    { "localhost:65536", NULL },
    { "localhost:-1", NULL },
    { "localhost:+1", NULL },
    { "localhost:1:2", NULL },
    { "localhost:8443 ", NULL },
    { " localhost", NULL },
    { "user@localhost", NULL },
    { "localhost/x", NULL },
    { "localhost,localhost", NULL },
    { "acme.example.com%2e", NULL },
    { "\xc3\xa4.example.com", NULL },
};

static void hosts(void **state)
{
    static const struct tenant_info more[] = {
        { STR_INIT("ported"), STR_INIT("localhost:8444"), 0 },
        { STR_INIT("plain"), STR_INIT("acme.example.com"), 0 },
        { STR_INIT("both"), STR_INIT("acme.example.com:9000"), 0 },
        { STR_INIT("only"), STR_INIT("only.example.com:7000"), 0 },
    };
    struct scratch x;
    (void)state;
    scratch_store(&x, NULL, NULL);
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        assert_ok(store_tenant_create(x.store, &more[i], NULL, NULL));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tenant *t = NULL;
        struct result r = store_tenant_by_host(x.store, str_from(rows[i].host), &t);
        bool right = rows[i].tenant ? !failed(r) && str_eq(tenant_get_info(t)->name, str_from(rows[i].tenant))
                                    : r.kind == ERR_TENANT_UNKNOWN;
        if (!right)
            test_fail("%s", rows[i].host);
        tenant_release(t);
    }
    scratch_drop(&x);
}

static void hosts_of_any_bytes(void **state)
{
    char host[300];
    struct scratch x;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t;
    memset(host, 'a', sizeof host);
    for (size_t len = 0; len <= sizeof host; len++)
        assert_int_equal(store_tenant_by_host(x.store, (str){ host, len }, &t).kind, ERR_TENANT_UNKNOWN);
    assert_int_equal(store_tenant_by_host(x.store, STR("localhost\0"), &t).kind, ERR_TENANT_UNKNOWN);
    assert_int_equal(store_tenant_by_host(x.store, STR("[\0::1]"), &t).kind, ERR_TENANT_UNKNOWN);
    assert_int_equal(store_tenant_by_host(x.store, STR("127.0.0.1\0x"), &t).kind, ERR_TENANT_UNKNOWN);
    scratch_drop(&x);
}

/* On every request's path: well under a microsecond on a quiet machine; the
 * bound leaves room for sanitizers and neighbours. */
static void lookup_is_cheap(void **state)
{
    enum { LOOKUPS = 100000 };
    struct scratch x;
    (void)state;
    scratch_store(&x, NULL, NULL);
    int64_t began = clock_monotonic_us();
    for (int i = 0; i < LOOKUPS; i++) {
        struct tenant *t;
        assert_ok(store_tenant_by_host(x.store, STR("localhost:8443"), &t));
        tenant_release(t);
    }
    int64_t ns = (clock_monotonic_us() - began) * 1000 / LOOKUPS;
    print_message("host lookup: %lld ns\n", (long long)ns);
    assert_true(ns < 20000);
    scratch_drop(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts),
        cmocka_unit_test(hosts_of_any_bytes),
        cmocka_unit_test(lookup_is_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
