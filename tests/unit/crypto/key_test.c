/* Signing keys: their forms, their numbers, and use from two threads. */
#include "crypto/key.h"

#include "rfc7515.h"

#include <pthread.h>
#include <string.h>

static void sign_and_check(struct arena *a, const struct sign_key *k, const struct sign_key *other)
{
    str signature;
    assert_int_equal(sign_key_sign_sha256(k, a, STR("data"), &signature).kind, ERR_NONE);
    assert_int_equal(signature.len, sign_key_signature_len(k));
    assert_true(sign_key_verify_sha256(k, STR("data"), signature));
    assert_false(sign_key_verify_sha256(k, STR("date"), signature));
    assert_false(sign_key_verify_sha256(k, STR("data"), str_sub(signature, 0, signature.len - 1)));
    assert_false(sign_key_verify_sha256(k, STR("data"), STR_NONE));
    assert_false(sign_key_verify_sha256(other, STR("data"), signature));
}

static void test_generate_and_reload(void **state)
{
    struct sign_key *made[2], *read[2], *public[2];
    const enum key_kind kinds[] = { KEY_RSA2048, KEY_P256 };
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sign_key_generate(kinds[i], &made[i]).kind, ERR_NONE);
        assert_int_equal(sign_key_kind(made[i]), kinds[i]);
        str der = sign_key_to_der(*state, made[i]), pem = sign_key_public_pem(*state, made[i]), signature;
        assert_int_equal(sign_key_from_der(der, &read[i]).kind, ERR_NONE);
        assert_true(str_eq(sign_key_public_pem(*state, read[i]), pem));
        assert_int_equal(sign_key_from_public_pem(pem, &public[i]).kind, ERR_NONE);
        assert_int_equal(sign_key_sign_sha256(public[i], *state, STR("x"), &signature).kind, ERR_CRYPTO);
        assert_int_equal(sign_key_sign_sha256(read[i], *state, STR("x"), &signature).kind, ERR_NONE);
        assert_true(sign_key_verify_sha256(public[i], STR("x"), signature));
    }
    sign_and_check(*state, made[0], read[1]);
    sign_and_check(*state, made[1], read[0]);
    for (int i = 0; i < 2; i++) {
        sign_key_free(made[i]);
        sign_key_free(read[i]);
        sign_key_free(public[i]);
    }
    sign_key_free(NULL);
}

static void test_numbers(void **state)
{
    struct sign_key *rsa = test_key(*state, RFC7515_RSA), *ec = test_key(*state, RFC7515_EC);
    str n, e, x, y;
    sign_key_rsa_public(*state, rsa, &n, &e);
    assert_int_equal(n.len, 256);
    assert_true(str_starts(base64url_encode(*state, n), STR("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQ")));
    assert_true(str_eq(base64url_encode(*state, e), STR("AQAB")));
    sign_key_ec_public(*state, ec, &x, &y);
    assert_true(str_eq(base64url_encode(*state, x), STR("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")));
    assert_true(str_eq(base64url_encode(*state, y), STR("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")));
    sign_key_free(rsa);
    sign_key_free(ec);
}

/* Made by: openssl genrsa 1024 | openssl rsa -pubout; openssl ecparam -genkey -name secp384r1. */
#define RSA_1024                                                                                   \
    "-----BEGIN PUBLIC KEY-----\n"                                                                 \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDqFpnbr/lGiLWJgcD3Ob2/ex+JQ8VBYxM98PtUb0GlgbEpVipZ\n" \
    "OJiQKkcvnfaf95qnER8GDTS2CBTJJ2p+wHNzTD8D6rGPhmtnygjg/xK60TSGFaXPuyAmmSF+bE7XM2en28r8lWyQ\n" \
    "+H246yH1Qm4qyFoBqruyD9CdGSA+Tr2IvwIDAQAB\n"                                                                                    \
    "-----END PUBLIC KEY-----\n"
#define P384                                                                                       \
    "-----BEGIN PUBLIC KEY-----\n"                                                                 \
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAESUmrPz9YzWPDRv5MTtcQoBuQzbFZl/3y8kZWnoB7jSyZbLXbAPpWOAN0\n" \
    "SZSrj397QoVZRUYZw7b+Mnh3DQTOTB3Zw7hR5Zo8fBuAtgIOuqfV7br8JPYS2QPAL7TciBJ0\n"                                                                                       \
    "-----END PUBLIC KEY-----\n"

static const struct { const char *name; str pem; } bad_pems[] = {
    { "nothing", STR_INIT("") },
    { "no armour", STR_INIT("MFkwEwYHKoZIzj0CAQ==") },
    { "begin only", STR_INIT("-----BEGIN PUBLIC KEY-----\n") },
    { "empty block", STR_INIT("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n") },
    { "no der", STR_INIT("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n") },
    { "no base64", STR_INIT("-----BEGIN PUBLIC KEY-----\nProc-Type: 4\n-----END PUBLIC KEY-----\n") },
    { "certificate of nothing", STR_INIT("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") },
    { "rsa of 1024 bits", STR_INIT(RSA_1024) },
    { "other curve", STR_INIT(P384) },
};

static void test_bad_keys(void **state)
{
    struct sign_key *k = NULL;
    str der;
    for (size_t i = 0; i < sizeof bad_pems / sizeof *bad_pems; i++) {
        print_message("  %s\n", bad_pems[i].name);
        assert_int_equal(sign_key_from_public_pem(bad_pems[i].pem, &k).kind, ERR_CRYPTO);
        assert_null(k);
    }
    assert_true(base64_decode(*state, STR(RFC7515_RSA), &der));
    assert_int_equal(sign_key_from_der(str_sub(der, 0, der.len - 1), &k).kind, ERR_CRYPTO);
    assert_int_equal(sign_key_from_der(str_cat(*state, der, STR("x")), &k).kind, ERR_CRYPTO);
    assert_int_equal(sign_key_from_der(STR_NONE, &k).kind, ERR_CRYPTO);
    assert_null(k);
}

/* Labels as openssl genpkey, ecparam and genrsa -traditional write them. */
static void test_private_pem(void **state)
{
    struct sign_key *made = test_key(*state, RFC7515_EC), *k = NULL;
    str pem = sign_key_to_pem(*state, made), der, body = base64_encode(*state, sign_key_to_der(*state, made));
    assert_true(str_starts(pem, STR("-----BEGIN PRIVATE KEY-----\n")));
    der = sign_key_to_der(*state, made);
    const struct {
        const char *name;
        str text;
        bool want;
    } rows[] = {
        { "as written", pem, true },
        { "words before and after it", str_fmt(*state, "my key\n%.*s\nthe end\n", STR_ARG(pem)), true },
        { "CRLF, one line", str_fmt(*state, "-----BEGIN PRIVATE KEY-----\r\n%.*s\r\n-----END PRIVATE KEY-----\r\n", STR_ARG(body)), true },
        { "the label of SEC 1", str_fmt(*state, "-----BEGIN EC PRIVATE KEY-----\n%.*s\n-----END EC PRIVATE KEY-----", STR_ARG(body)), true },
        { "nothing", STR(""), false },
        { "no end", str_sub(pem, 0, pem.len - 20), false },
        { "a public key", sign_key_public_pem(*state, made), false },
        { "another content", STR("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), false },
        { "encrypted", str_fmt(*state, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n%.*s\n-----END ENCRYPTED PRIVATE KEY-----", STR_ARG(body)), false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct result r = sign_key_from_pem(rows[i].text, &k);
        if ((r.kind == ERR_NONE) != rows[i].want)
            print_error("%s\n", rows[i].name);
        assert_int_equal(r.kind, rows[i].want ? ERR_NONE : ERR_CRYPTO);
        if (!rows[i].want)
            continue;
        assert_true(str_eq(sign_key_to_der(*state, k), der));
        sign_key_free(k);
    }
    sign_key_free(made);
}

static void *sign_many(void *key)
{
    struct arena *a = arena_new(0);
    for (int i = 0; i < 40; i++) {
        str signature;
        if (sign_key_sign_sha256(key, a, STR("data"), &signature).kind != ERR_NONE ||
            !sign_key_verify_sha256(key, STR("data"), signature))
            return key;
    }
    arena_free(a);
    return NULL;
}

static void test_threads(void **state)
{
    struct sign_key *k = test_key(*state, RFC7515_RSA);
    pthread_t threads[4];
    void *wrong;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_many, k), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    sign_key_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_generate_and_reload, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_numbers, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_bad_keys, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_private_pem, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_threads, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
