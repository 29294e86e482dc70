/* Certificates, checked by OpenSSL's own verifier and printer. */
#include "crypto/key.h"

#include "rfc7515.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { DAY_S = 86400 };

struct fixture {
    struct arena *a;
    struct sign_key *rsa, *ec;
    str ca, leaf; /* an RSA authority, and a P-256 server certificate that it issued */
    int64_t now_s;
};

static const str dns_names[] = { STR_INIT("localhost"), STR_INIT("login.example.com") };
static const str ip_addresses[] = { STR_INIT("127.0.0.1"), STR_INIT("::1") };

static int setup(void **state)
{
    struct arena *a = arena_new(0);
    struct fixture *f = ARENA_NEW(a, struct fixture);
    f->a = a;
    f->rsa = test_key(a, RFC7515_RSA);
    f->ec = test_key(a, RFC7515_EC);
    f->now_s = time(NULL);
    assert_int_equal(cert_make(a, f->rsa, &(struct cert_request){
        .common_name = STR("Local authority"), .is_ca = true,
        .not_before_s = f->now_s - DAY_S, .not_after_s = f->now_s + 3650 * DAY_S }, &f->ca).kind, ERR_NONE);
    assert_int_equal(cert_make(a, f->ec, &(struct cert_request){
        .common_name = STR("localhost"), .dns_names = dns_names, .dns_name_count = 2,
        .ip_addresses = ip_addresses, .ip_address_count = 2,
        .issuer_key = f->rsa, .issuer_cert_der = f->ca,
        .not_before_s = f->now_s - DAY_S, .not_after_s = f->now_s + 30 * DAY_S }, &f->leaf).kind, ERR_NONE);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    sign_key_free(f->rsa);
    sign_key_free(f->ec);
    arena_free(f->a);
    return 0;
}

static X509 *x509(str der)
{
    const unsigned char *at = (const unsigned char *)der.p;
    X509 *x = d2i_X509(NULL, &at, (long)der.len);
    assert_non_null(x);
    return x;
}

/* X509_V_OK or the verifier's complaint, as for a TLS server. */
static int verify(str leaf, str authority, int64_t at_s)
{
    X509 *x = x509(leaf), *ca = x509(authority);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, ca);
    X509_STORE_CTX_init(ctx, store, x, NULL);
    X509_STORE_CTX_set_time(ctx, 0, at_s);
    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
    int answer = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(x);
    X509_free(ca);
    return answer;
}

static void test_chain(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(verify(f->leaf, f->ca, f->now_s), X509_V_OK);
    assert_int_equal(verify(f->leaf, f->ca, f->now_s + 31 * DAY_S), X509_V_ERR_CERT_HAS_EXPIRED);
    assert_int_equal(verify(f->leaf, f->ca, f->now_s - 2 * DAY_S), X509_V_ERR_CERT_NOT_YET_VALID);
    /* A leaf is no authority. */
    str below;
    assert_int_equal(cert_make(f->a, f->ec, &(struct cert_request){
        .common_name = STR("x"), .issuer_key = f->ec, .issuer_cert_der = f->leaf,
        .not_before_s = f->now_s, .not_after_s = f->now_s + DAY_S }, &below).kind, ERR_NONE);
    assert_int_not_equal(verify(below, f->leaf, f->now_s), X509_V_OK);
}

static void test_names(void **state)
{
    struct fixture *f = *state;
    X509 *x = x509(f->leaf);
    assert_int_equal(X509_check_host(x, "login.example.com", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x, "example.com", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(x, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(x, "::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(x, "127.0.0.2", 0), 0);
    assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_get_extended_key_usage(x), XKU_SSL_SERVER);
    assert_int_equal(X509_get_version(x), X509_VERSION_3);
    assert_true(ASN1_STRING_length(X509_get0_serialNumber(x)) == 16);
    X509_free(x);
    x = x509(f->ca);
    assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    assert_true(X509_get_extension_flags(x) & EXFLAG_CA);
    X509_free(x);
}

static void test_serials_differ(void **state)
{
    struct fixture *f = *state;
    struct cert_request rq = { .common_name = STR("x"), .not_before_s = f->now_s, .not_after_s = f->now_s + DAY_S };
    str one, two;
    assert_int_equal(cert_make(f->a, f->ec, &rq, &one).kind, ERR_NONE);
    assert_int_equal(cert_make(f->a, f->ec, &rq, &two).kind, ERR_NONE);
    X509 *x = x509(one), *y = x509(two);
    assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(x), X509_get0_serialNumber(y)), 0);
    X509_free(x);
    X509_free(y);
}

static void test_reading(void **state)
{
    struct fixture *f = *state;
    str der, public_pem, pem = cert_to_pem(f->a, f->ca);
    int64_t from, to;
    assert_true(str_starts(pem, STR("-----BEGIN CERTIFICATE-----\n")));
    str two = str_cat(f->a, str_cat(f->a, STR("preamble\r\n"), pem), cert_to_pem(f->a, f->leaf));
    assert_true(cert_from_pem(f->a, two, &der) && str_eq(der, f->ca));
    assert_true(str_eq(cert_subject(f->a, f->ca), STR("/CN=Local authority")));
    assert_true(cert_public_key_pem(f->a, f->ca, &public_pem));
    assert_true(str_eq(public_pem, sign_key_public_pem(f->a, f->rsa)));
    assert_true(cert_public_key_pem(f->a, cert_to_pem(f->a, f->leaf), &public_pem));
    assert_true(str_eq(public_pem, sign_key_public_pem(f->a, f->ec)));
    assert_true(cert_validity(f->ca, &from, &to));
    assert_int_equal(from, f->now_s - DAY_S);
    assert_int_equal(to, f->now_s + 3650 * DAY_S);
    assert_true(str_eq(cert_sha1_hex(f->a, STR("abc"), ':'),
                       STR("A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D")));
    assert_true(str_eq(cert_sha1_hex(f->a, STR("abc"), 0), STR("A9993E364706816ABA3E25717850C26C9CD0D89D")));
    struct sign_key *k;
    assert_int_equal(sign_key_from_public_pem(pem, &k).kind, ERR_NONE);
    assert_true(str_eq(sign_key_public_pem(f->a, k), sign_key_public_pem(f->a, f->rsa)));
    sign_key_free(k);
}

static void test_pkcs7(void **state)
{
    struct fixture *f = *state;
    str pem = cert_to_pkcs7_pem(f->a, f->leaf);
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.len);
    PKCS7 *p7 = PEM_read_bio_PKCS7(bio, NULL, NULL, NULL);
    assert_non_null(p7);
    assert_true(PKCS7_type_is_signed(p7));
    assert_int_equal(sk_X509_num(p7->d.sign->cert), 1);
    X509 *x = x509(f->leaf);
    assert_int_equal(X509_cmp(sk_X509_value(p7->d.sign->cert, 0), x), 0);
    X509_free(x);
    PKCS7_free(p7);
    BIO_free(bio);
    assert_true(str_starts(pem, STR("-----BEGIN PKCS7-----\r\n")) && str_ends(pem, STR("\r\n-----END PKCS7-----\r\n")));
    str again, shown = cert_to_crlf_pem(f->a, f->leaf);
    assert_true(str_starts(shown, STR("-----BEGIN CERTIFICATE-----\r\n")) && cert_from_pem(f->a, shown, &again));
    assert_true(str_eq(again, f->leaf));
}

static void test_refused(void **state)
{
    struct fixture *f = *state;
    str out = STR("untouched"), pem;
    const str bad_ip = STR("127.0.0.256");
    struct cert_request rq = { .common_name = STR("x"), .not_after_s = DAY_S, .ip_addresses = &bad_ip, .ip_address_count = 1 };
    assert_int_equal(cert_make(f->a, f->ec, &rq, &out).kind, ERR_CRYPTO);
    rq = (struct cert_request){ .common_name = STR("x"), .not_after_s = DAY_S, .issuer_key = f->rsa, .issuer_cert_der = STR("?") };
    assert_int_equal(cert_make(f->a, f->ec, &rq, &out).kind, ERR_CRYPTO);
    assert_true(str_eq(out, STR("untouched")));
    /* A long name is cut, not refused: domains may be longer than X.520 thought. */
    char name[100];
    memset(name, 'n', sizeof name);
    rq = (struct cert_request){ .common_name = { name, sizeof name }, .not_after_s = DAY_S };
    assert_int_equal(cert_make(f->a, f->ec, &rq, &out).kind, ERR_NONE);
    assert_int_equal(cert_subject(f->a, out).len, strlen("/CN=") + 64);

    str trailing = str_cat(f->a, f->leaf, STR("x"));
    assert_null(cert_subject(f->a, trailing).p);
    assert_null(cert_subject(f->a, str_sub(f->leaf, 0, f->leaf.len - 1)).p);
    assert_null(cert_to_pkcs7_pem(f->a, STR("nothing")).p);
    assert_false(cert_public_key_pem(f->a, STR("nothing"), &pem));
    assert_false(cert_public_key_pem(f->a, STR("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"), &pem));
    assert_false(cert_from_pem(f->a, STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"), &pem));
    assert_false(cert_from_pem(f->a, STR_NONE, &pem));
    assert_int_equal(ERR_peek_error(), 0); /* nothing left for TLS to stumble over */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_serials_differ),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_pkcs7),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
