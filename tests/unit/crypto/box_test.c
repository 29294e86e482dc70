/* Sealing for the holder of a private key: PEM as OpenSSL writes it, what both sides derive, what is refused. */
#include "crypto/box.h"
#include "crypto/hash.h"

#include "rfc7515.h"

#include <string.h>

/* `openssl pkey`, `openssl pkeyutl -derive` and Python's hmac made these. */
#define PRIVATE_PEM                                                                                \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VuBCIEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n"                           \
    "-----END PRIVATE KEY-----\n"
#define PUBLIC_PEM                                                                                 \
    "-----BEGIN PUBLIC KEY-----\n"                                                                 \
    "MCowBQYDK2VuAyEAB6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=\n"                               \
    "-----END PUBLIC KEY-----\n"
#define EPHEMERAL "5714769d116bf76436ae74bc793d2c30ad1903c59ac5273805c7e2698b410c36"
#define DERIVED "d5a3ec6d4fc8526484a0f8f2b93c8473173df6fa38dd7fd868ea59011272fd05"

static str hex_of(struct arena *a, const unsigned char *bytes)
{
    return hex_encode(a, (str){ (const char *)bytes, BOX_KEY_LEN });
}

static void test_vector(void **state)
{
    struct box_key own;
    unsigned char key[SEAL_KEY_LEN];
    str ephemeral;
    assert_true(box_key_read(*state, STR(PRIVATE_PEM), &own) && own.has_private);
    assert_true(str_eq(box_key_public_pem(*state, &own), STR(PUBLIC_PEM)));
    assert_true(str_eq(box_key_private_pem(*state, &own), STR(PRIVATE_PEM)));
    assert_true(hex_decode(*state, STR(EPHEMERAL), &ephemeral));
    assert_true(box_open(&own, (const unsigned char *)ephemeral.p, key));
    assert_true(str_eq(hex_of(*state, key), STR(DERIVED)));
}

static void test_both_sides(void **state)
{
    struct box_key own, other, public_only;
    unsigned char ephemeral[BOX_KEY_LEN], again[BOX_KEY_LEN], one[SEAL_KEY_LEN], two[SEAL_KEY_LEN];
    assert_int_equal(box_key_make(&own).kind, ERR_NONE);
    assert_int_equal(box_key_make(&other).kind, ERR_NONE);
    assert_true(box_key_read(*state, box_key_public_pem(*state, &own), &public_only) && !public_only.has_private);
    assert_true(str_eq(box_key_name(*state, &own), box_key_name(*state, &public_only)));
    assert_false(str_eq(box_key_name(*state, &own), box_key_name(*state, &other)));
    assert_int_equal(box_close(&public_only, ephemeral, one).kind, ERR_NONE);
    assert_true(box_open(&own, ephemeral, two));
    assert_memory_equal(one, two, SEAL_KEY_LEN);
    assert_true(box_open(&other, ephemeral, two));
    assert_memory_not_equal(one, two, SEAL_KEY_LEN);
    assert_false(box_open(&public_only, ephemeral, two));
    assert_int_equal(box_close(&public_only, again, two).kind, ERR_NONE);
    assert_memory_not_equal(ephemeral, again, BOX_KEY_LEN); /* a new pair each time */
}

static const struct { const char *name, *pem; } wrong[] = {
    { "empty", "" },
    { "no pem", "secret" },
    { "another kind of key", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAB6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=\n-----END PUBLIC KEY-----\n" },
    { "cut", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAB6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHA==\n-----END PUBLIC KEY-----\n" },
    { "public bytes as a private key", "-----BEGIN PRIVATE KEY-----\nMCowBQYDK2VuAyEAB6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=\n-----END PRIVATE KEY-----\n" },
};

static void test_refused(void **state)
{
    struct box_key k;
    unsigned char zero[BOX_KEY_LEN] = { 0 }, key[SEAL_KEY_LEN];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        print_message("  %s\n", wrong[i].name);
        assert_false(box_key_read(*state, str_from(wrong[i].pem), &k));
    }
    assert_true(box_key_read(*state, STR(PRIVATE_PEM), &k));
    assert_false(box_open(&k, zero, key)); /* a point of small order */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_vector, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_both_sides, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_refused, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
