/* Digests and HMAC against published vectors. */
#include "crypto/hash.h"

#include "rfc7515.h"

#include <string.h>

/* RFC 1321 A.5 and FIPS 180 examples. */
static const struct { const char *name; enum digest d; str data; const char *want; } digest_rows[] = {
    { "md5 of nothing", DIGEST_MD5, STR_INIT(""), "d41d8cd98f00b204e9800998ecf8427e" },
    { "md5", DIGEST_MD5, STR_INIT("message digest"), "f96b697d7cb7938d525a2f31aaf161d0" },
    { "sha1", DIGEST_SHA1, STR_INIT("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d" },
    { "sha256", DIGEST_SHA256, STR_INIT("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "sha256 of nothing", DIGEST_SHA256, STR_INIT(""),
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "sha384", DIGEST_SHA384, STR_INIT("abc"),
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
    { "sha512", DIGEST_SHA512, STR_INIT("abc"),
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
      "454d4423643ce80e2a9ac94fa54ca49f" },
};

static void test_digests(void **state)
{
    for (size_t i = 0; i < sizeof digest_rows / sizeof *digest_rows; i++) {
        unsigned char out[DIGEST_LEN_MAX];
        print_message("  %s\n", digest_rows[i].name);
        digest(digest_rows[i].d, digest_rows[i].data, out);
        str hex = hex_encode(*state, (str){ (char *)out, digest_len(digest_rows[i].d) });
        assert_true(str_eq(hex, str_from(digest_rows[i].want)));
    }
}

#define TWENTY(x) x x x x x x x x x x x x x x x x x x x x
#define HUNDRED(x) TWENTY(x) TWENTY(x) TWENTY(x) TWENTY(x) TWENTY(x)
#define BYTES_131 HUNDRED("\xaa") TWENTY("\xaa") "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"

static const struct { const char *name; enum digest d; str key, data; const char *want; } hmac_rows[] = {
    { "rfc4231 1 sha256", DIGEST_SHA256, STR_INIT(TWENTY("\x0b")), STR_INIT("Hi There"),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "rfc4231 2 sha256", DIGEST_SHA256, STR_INIT("Jefe"), STR_INIT("what do ya want for nothing?"),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "rfc4231 2 sha384", DIGEST_SHA384, STR_INIT("Jefe"), STR_INIT("what do ya want for nothing?"),
      "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649" },
    { "rfc4231 2 sha512", DIGEST_SHA512, STR_INIT("Jefe"), STR_INIT("what do ya want for nothing?"),
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
      "caeab1a34d4a6b4b636e070a38bce737" },
    { "rfc4231 6 sha256, long key", DIGEST_SHA256, STR_INIT(BYTES_131),
      STR_INIT("Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    { "rfc2202 2 md5", DIGEST_MD5, STR_INIT("Jefe"), STR_INIT("what do ya want for nothing?"),
      "750c783e6ab0b503eaa86e310a5db738" },
    { "rfc2202 2 sha1", DIGEST_SHA1, STR_INIT("Jefe"), STR_INIT("what do ya want for nothing?"),
      "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
    { "empty key and data", DIGEST_SHA256, STR_INIT(""), STR_INIT(""),
      "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
};

static void test_hmacs(void **state)
{
    for (size_t i = 0; i < sizeof hmac_rows / sizeof *hmac_rows; i++) {
        unsigned char out[DIGEST_LEN_MAX];
        print_message("  %s\n", hmac_rows[i].name);
        digest_hmac(hmac_rows[i].d, hmac_rows[i].key, hmac_rows[i].data, out);
        str hex = hex_encode(*state, (str){ (char *)out, digest_len(hmac_rows[i].d) });
        assert_true(str_eq(hex, str_from(hmac_rows[i].want)));
    }
    /* An absent key is the empty one, not the one before. */
    unsigned char none[DIGEST_LEN_MAX], empty[DIGEST_LEN_MAX];
    digest_hmac(DIGEST_SHA256, STR_NONE, STR("x"), none);
    digest_hmac(DIGEST_SHA256, STR(""), STR("x"), empty);
    assert_memory_equal(none, empty, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_digests, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_hmacs, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
