/* Hex, base64 and base64url: RFC 4648's vectors, and texts that must not decode. */
#include "crypto/hash.h"

#include "rfc7515.h"

#include <stdlib.h>
#include <string.h>

static const struct { str bytes; const char *base64, *url; } rows[] = { /* RFC 4648 §10, and both odd letters */
    { STR_INIT(""), "", "" },
    { STR_INIT("f"), "Zg==", "Zg" },
    { STR_INIT("fo"), "Zm8=", "Zm8" },
    { STR_INIT("foo"), "Zm9v", "Zm9v" },
    { STR_INIT("foob"), "Zm9vYg==", "Zm9vYg" },
    { STR_INIT("fooba"), "Zm9vYmE=", "Zm9vYmE" },
    { STR_INIT("foobar"), "Zm9vYmFy", "Zm9vYmFy" },
    { STR_INIT("\xfb\xff\xbf"), "+/+/", "-_-_" },
    { STR_INIT("\0\0\0\0"), "AAAAAA==", "AAAAAA" },
};

static void test_base64(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        str back = STR_NONE;
        print_message("  %s\n", rows[i].base64);
        assert_true(str_eq(base64_encode(*state, rows[i].bytes), str_from(rows[i].base64)));
        assert_true(str_eq(base64url_encode(*state, rows[i].bytes), str_from(rows[i].url)));
        assert_true(base64_decode(*state, str_from(rows[i].base64), &back) && str_eq(back, rows[i].bytes));
        assert_true(base64url_decode(*state, str_from(rows[i].url), &back) && str_eq(back, rows[i].bytes));
    }
}

static const struct { const char *name; str text; bool standard, url; } refused[] = {
    { "padding missing", STR_INIT("Zg"), false, true },
    { "padding short", STR_INIT("Zg="), false, false },
    { "padding long", STR_INIT("Zm8=="), false, false },
    { "padding of a whole group", STR_INIT("Zm9v===="), false, false },
    { "three paddings", STR_INIT("Z==="), false, false },
    { "padding alone", STR_INIT("===="), false, false },
    { "padding inside", STR_INIT("Zg==Zg=="), false, false },
    { "padding refused in url", STR_INIT("Zg=="), true, false },
    { "one letter over", STR_INIT("Zm9vY"), false, false },
    { "tail bits of one byte", STR_INIT("Zh=="), false, false },
    { "tail bits of one byte, url", STR_INIT("Zh"), false, false },
    { "tail bits of two bytes", STR_INIT("Zm9="), false, false },
    { "tail bits of two bytes, url", STR_INIT("Zm9"), false, false },
    { "standard letters", STR_INIT("++//"), true, false },
    { "url letters", STR_INIT("--__"), false, true },
    { "both kinds", STR_INIT("+-/_"), false, false },
    { "white space", STR_INIT("Zm9v Zm9v"), false, false },
    { "newline last", STR_INIT("Zm9vZm8\n"), false, false },
    { "nul", STR_INIT("Zm9\0"), false, false },
    { "high byte", STR_INIT("Zm9\xe9"), false, false },
    { "bad letter in the tail", STR_INIT("Zm9vY!"), false, false },
};

static void test_base64_strict(void **state)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        str out = STR("untouched");
        print_message("  %s\n", refused[i].name);
        assert_int_equal(base64_decode(*state, refused[i].text, &out), refused[i].standard);
        if (!refused[i].standard)
            assert_true(str_eq(out, STR("untouched")));
        assert_int_equal(base64url_decode(*state, refused[i].text, &out), refused[i].url);
    }
}

/* Every text of two bytes: what decodes encodes to the same text again. */
static void test_base64_one_text_per_bytes(void **state)
{
    for (unsigned n = 0; n < 256 * 256; n++) {
        char text[2] = { (char)(n >> 8), (char)n };
        str out;
        if (base64url_decode(*state, (str){ text, 2 }, &out))
            assert_true(str_eq(base64url_encode(*state, out), (str){ text, 2 }));
        if (n % 1024 == 0)
            arena_clear(*state);
    }
}

static void test_hex(void **state)
{
    str out;
    assert_true(str_eq(hex_encode(*state, STR("\x00\x1f\xab\xff")), STR("001fabff")));
    assert_true(hex_decode(*state, STR("001FabfF"), &out) && str_eq(out, STR("\x00\x1f\xab\xff")));
    assert_true(hex_decode(*state, STR(""), &out) && out.len == 0);
    assert_false(hex_decode(*state, STR("0"), &out));
    assert_false(hex_decode(*state, STR("0g"), &out));
    assert_false(hex_decode(*state, STR("g0"), &out));
    assert_false(hex_decode(*state, STR("@0"), &out));
    assert_false(hex_decode(*state, STR("0\x10"), &out)); /* '0' without its 0x20 bit */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_base64, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_base64_strict, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_base64_one_text_per_bytes, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_hex, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
