/* Random texts: their letters, their balance, and the repeatable stream. */
#include "crypto/random.h"

#include "rfc7515.h"

#include <pthread.h>
#include <string.h>

static const struct { const char *name; enum random_alphabet alphabet; const char *letters; } rows[] = {
    { "alnum", RANDOM_ALNUM, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" },
    { "hex", RANDOM_HEX, "0123456789abcdef" },
    { "digits", RANDOM_DIGITS, "0123456789" },
    { "base64url", RANDOM_BASE64URL, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" },
};

/* 2,000 of each letter expected; 400 off is nine standard deviations. Taking
 * bytes modulo 62 would favour the first eight by 20 percent. */
static void test_letters_are_even(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t counts[256] = { 0 }, letters = strlen(rows[i].letters), total = 0;
        print_message("  %s\n", rows[i].name);
        str text = random_text(*state, rows[i].alphabet, letters * 2000);
        assert_int_equal(text.len, letters * 2000);
        for (size_t k = 0; k < text.len; k++)
            counts[(unsigned char)text.p[k]]++;
        for (size_t k = 0; k < letters; k++) {
            assert_in_range(counts[(unsigned char)rows[i].letters[k]], 1600, 2400);
            total += counts[(unsigned char)rows[i].letters[k]];
        }
        assert_int_equal(total, text.len);
    }
    assert_int_equal(random_text(*state, RANDOM_HEX, 0).len, 0);
}

static void test_uuid(void **state)
{
    str one = random_uuid(*state), other = random_uuid(*state);
    assert_int_equal(one.len, 36);
    for (size_t i = 0; i < 36; i++)
        assert_int_equal(one.p[i] == '-', i == 8 || i == 13 || i == 18 || i == 23);
    assert_int_equal(one.p[14], '4');
    assert_non_null(strchr("89ab", one.p[19]));
    assert_false(str_eq(one, other));
}

static void *draw(void *out)
{
    for (int i = 0; i < 1000; i++)
        random_bytes((char *)out + i * 8, 8);
    return NULL;
}

/* Last in this file: there is no way back from the repeatable stream. */
static void test_repeatable(void **state)
{
    str before = random_text(*state, RANDOM_ALNUM, 32);
    random_make_repeatable(7);
    str one = random_text(*state, RANDOM_ALNUM, 32), two = random_text(*state, RANDOM_ALNUM, 32);
    random_make_repeatable(7);
    assert_true(str_eq(random_text(*state, RANDOM_ALNUM, 32), one));
    assert_true(str_eq(random_text(*state, RANDOM_ALNUM, 32), two));
    random_make_repeatable(8);
    str other = random_text(*state, RANDOM_ALNUM, 32);
    assert_false(str_eq(one, two) || str_eq(one, other) || str_eq(one, before));

    /* Two threads share one stream: no eight bytes go to both. */
    static uint64_t drawn[2][1000];
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, draw, drawn[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 1000; i++)
        for (int k = 0; k < 1000; k++)
            assert_true(drawn[0][i] != drawn[1][k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_letters_are_even, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_uuid, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_repeatable, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
