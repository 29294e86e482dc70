/* Sealed secrets open with their key at their place, and nowhere else. */
#include "crypto/seal.h"

#include "rfc7515.h"

#include <string.h>

static const unsigned char key[SEAL_KEY_LEN] = "0123456789abcdef0123456789abcde";
static const unsigned char other_key[SEAL_KEY_LEN] = "0123456789abcdef0123456789abcdF";
#define PLACE(t, k, i, f) { STR_INIT(t), STR_INIT(k), STR_INIT(i), STR_INIT(f) }
static const struct seal_place home = PLACE("acme", "client", "abc", "client_secret");

static const struct { const char *name; str secret; } secrets[] = {
    { "empty", STR_INIT("") },
    { "short", STR_INIT("s") },
    { "with nul", STR_INIT("a\0b") },
    { "text", STR_INIT("correct horse battery staple, and some more of it to fill blocks") },
};

static void test_round_trip(void **state)
{
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        str out;
        print_message("  %s\n", secrets[i].name);
        str one = seal(*state, key, &home, secrets[i].secret), two = seal(*state, key, &home, secrets[i].secret);
        assert_true(str_starts(one, STR("v1.")));
        assert_false(str_eq(one, two)); /* a new nonce each time */
        assert_int_equal(unseal(*state, key, &home, one, &out).kind, ERR_NONE);
        assert_true(str_eq(out, secrets[i].secret));
        assert_int_equal(unseal(*state, other_key, &home, one, &out).kind, ERR_SEAL_BROKEN);
    }
}

static const struct { const char *name; struct seal_place place; } elsewhere[] = {
    { "other tenant", PLACE("acmf", "client", "abc", "client_secret") },
    { "other kind", PLACE("acme", "clienu", "abc", "client_secret") },
    { "other id", PLACE("acme", "client", "abd", "client_secret") },
    { "other field", PLACE("acme", "client", "abc", "client_secres") },
    { "same bytes, cut elsewhere", PLACE("acmec", "lient", "abc", "client_secret") },
    { "same bytes, moved right", PLACE("acme", "client", "ab", "cclient_secret") },
    { "parts swapped", PLACE("client", "acme", "abc", "client_secret") },
    { "nowhere", PLACE("", "", "", "") },
};

static void test_other_place(void **state)
{
    str sealed = seal(*state, key, &home, STR("secret"));
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        str out = STR("untouched");
        print_message("  %s\n", elsewhere[i].name);
        assert_int_equal(unseal(*state, key, &elsewhere[i].place, sealed, &out).kind, ERR_SEAL_BROKEN);
        assert_true(str_eq(out, STR("untouched")));
    }
}

/* Each character changed, each length cut, and something added. */
static void test_changed_bytes(void **state)
{
    str sealed = seal(*state, key, &home, STR("secret")), out;
    for (size_t i = 0; i < sealed.len; i++) {
        char *changed = (char *)(uintptr_t)str_dup(*state, sealed).p;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_int_equal(unseal(*state, key, &home, (str){ changed, sealed.len }, &out).kind, ERR_SEAL_BROKEN);
        assert_int_equal(unseal(*state, key, &home, str_sub(sealed, 0, i), &out).kind, ERR_SEAL_BROKEN);
    }
    assert_int_equal(unseal(*state, key, &home, str_cat(*state, sealed, STR("A")), &out).kind, ERR_SEAL_BROKEN);
    assert_int_equal(unseal(*state, key, &home, STR("plain secret"), &out).kind, ERR_SEAL_BROKEN);
    assert_int_equal(unseal(*state, key, &home, STR_NONE, &out).kind, ERR_SEAL_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_other_place, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_changed_bytes, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
