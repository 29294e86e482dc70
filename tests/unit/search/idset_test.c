/* Set algebra against plain arrays of truth values. */
#include "search/idset.h"

#include "random_users.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { IDS = 200 };

static void fill(struct idset *s, bool truth[IDS])
{
    idset_clear(s);
    for (int64_t id = 0; id < IDS; id++) {
        truth[id] = random_below(2);
        if (truth[id])
            idset_add(s, id);
    }
    if (random_below(2)) {
        s->complement = true;
        for (int64_t id = 0; id < IDS; id++)
            truth[id] = !truth[id];
    }
}

static void test_algebra(void **state)
{
    (void)state;
    struct idset *x = idset_new(IDS - 1), *y = idset_new(IDS - 1);
    bool a[IDS], b[IDS];
    random_seed(3);
    for (int i = 0; i < 100; i++) {
        bool either = random_below(2);
        fill(x, a);
        fill(y, b);
        if (either)
            idset_or(x, y);
        else
            idset_and(x, y);
        for (int64_t id = 0; id < IDS; id++)
            if (idset_has(x, id) != (either ? a[id] || b[id] : a[id] && b[id]))
                fail_msg("round %d, id %d", i, (int)id);
    }
    idset_free(x);
    idset_free(y);
}

static void test_walk(void **state)
{
    (void)state;
    static const int64_t members[] = { 0, 1, 63, 64, 127, 199 };
    enum { COUNT = sizeof members / sizeof members[0] };
    struct idset *s = idset_new(IDS - 1);
    assert_int_equal(idset_next(s, 0, false), -1);
    assert_int_equal(idset_next(s, IDS, true), -1);
    for (size_t i = 0; i < COUNT; i++)
        idset_add(s, members[i]);
    idset_add(s, 1 << 20); /* does not fit */
    assert_int_equal(idset_bits(s), COUNT);
    int64_t up = idset_next(s, -5, false), down = idset_next(s, 1 << 20, true);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(up, members[i]);
        assert_int_equal(down, members[COUNT - 1 - i]);
        up = idset_next(s, up + 1, false);
        down = idset_next(s, down - 1, true);
    }
    assert_int_equal(up, -1);
    assert_int_equal(down, -1);
    idset_remove(s, 63);
    assert_false(idset_has(s, 63));
    assert_int_equal(idset_next(s, 2, false), 64);
    idset_free(s);
    idset_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_algebra), cmocka_unit_test(test_walk) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
