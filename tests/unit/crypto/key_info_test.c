/* What is read out of uploaded keys and certificates. */
#include "crypto/key_info.h"

#include "rfc7515.h"

static const struct { const char *name, *pem, *type; unsigned bits; const char *thumbprint; } keys[] = {
    { "rfc7638 3.1",
      "-----BEGIN PUBLIC KEY-----\n"
      "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0vx7agoebGcQSuuPiLJX\n"
      "ZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS\n"
      "oc/BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ/2W+5JsGY4Hc5n9yBXArwl93lqt\n"
      "7/RN5w6Cf0h4QyQ5v+65YGjQR0/FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0\n"
      "zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt+bFTWhAI4vMQFh6WeZu0f\n"
      "M4lFd2NcRwr3XPksINHaQ+G/xBniIqbw0Ls1jF44+csFCur+kEgU8awapJzKnqDK\n"
      "gwIDAQAB\n"
      "-----END PUBLIC KEY-----\n",
      "RSA", 2048, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" },
    { "rfc8037 a.3",
      "-----BEGIN PUBLIC KEY-----\n"
      "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
      "-----END PUBLIC KEY-----\n",
      "OKP", 256, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" },
    { "a curve of as many bits as P-256",
      "-----BEGIN PUBLIC KEY-----\n"
      "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEAr1ionCsWhpsUiMs91Re9+lP4q1l2bRr\n"
      "LwnbtbDJdjHqWEUtuAq5VZrfs+5E69O3y/dyt9hQ/k9rmN3HOFq9vA==\n"
      "-----END PUBLIC KEY-----\n",
      NULL, 0, NULL },
    { "encrypted, as it says",
      "-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n"
      "AAAAAAAAAAAAAAAAAAAAAA==\n-----END PUBLIC KEY-----\n",
      NULL, 0, NULL },
    { "nothing", "", NULL, 0, NULL },
};

static void test_keys(void **state)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct public_key_info info;
        print_message("  %s\n", keys[i].name);
        assert_int_equal(public_key_info_read(*state, str_from(keys[i].pem), &info), keys[i].type != NULL);
        if (!keys[i].type)
            continue;
        assert_true(str_eq(info.type, str_from(keys[i].type)));
        assert_int_equal(info.bits, keys[i].bits);
        assert_true(str_eq(info.thumbprint, str_from(keys[i].thumbprint)));
        assert_true(str_eq(info.pem, str_from(keys[i].pem)));
    }
}

static void test_certificate(void **state)
{
    struct sign_key *ec = test_key(*state, RFC7515_EC);
    struct cert_request rq = { .common_name = STR("example.org"), .not_before_s = 1700000000, .not_after_s = 1800000000 };
    struct public_key_info key;
    struct cert_info cert;
    str der;
    assert_int_equal(cert_make(*state, ec, &rq, &der).kind, ERR_NONE);
    str pem = cert_to_pem(*state, der);
    assert_true(cert_info_read(*state, pem, &cert));
    assert_true(str_eq(cert.der, der));
    assert_true(str_eq(cert.public_key_pem, sign_key_public_pem(*state, ec)));
    assert_int_equal(cert.not_before_s, 1700000000);
    assert_int_equal(cert.not_after_s, 1800000000);
    assert_int_equal(cert.subject_count, 1);
    assert_true(str_eq(cert.subject[0].short_name, STR("CN")));
    assert_true(str_eq(cert.subject[0].long_name, STR("commonName")));
    assert_true(str_eq(cert.subject[0].value, STR("example.org")));
    assert_true(public_key_info_read(*state, pem, &key));
    assert_true(str_eq(key.type, STR("EC")));
    /* What openssl dgst makes of RFC 7515 A.3's members in canonical form. */
    assert_true(str_eq(key.thumbprint, STR("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U")));
    assert_false(cert_info_read(*state, key.pem, &cert));
    sign_key_free(ec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keys, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_certificate, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
