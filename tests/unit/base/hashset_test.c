/* The set of hashes: what was added is there, nothing else, through every growth. */
#include "base/file.h"
#include "base/hashset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#undef fail

enum { COUNT = 300000 };

/* Many with the same low bits, and 0. */
static uint64_t nth(uint64_t i)
{
    return i % 3 ? i * UINT64_C(0x9e3779b97f4a7c15) : i << 20;
}

static void grows(void **state)
{
    char path[] = "/tmp/doorward-test-XXXXXX", file[64];
    struct hashset *s;
    (void)state;
    assert_non_null(mkdtemp(path));
    snprintf(file, sizeof file, "%s/set", path);
    assert_int_equal(hashset_new(file, &s).kind, ERR_NONE);
    assert_false(file_exists(file));
    for (uint64_t i = 0; i < COUNT; i += 2)
        assert_int_equal(hashset_add(s, nth(i)).kind, ERR_NONE);
    assert_int_equal(hashset_add(s, nth(2)).kind, ERR_NONE);
    for (uint64_t i = 0; i < COUNT; i++)
        assert_int_equal(hashset_has(s, nth(i)), i % 2 == 0);
    hashset_free(s);
    assert_int_equal(file_remove_tree(path).kind, ERR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(grows) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
