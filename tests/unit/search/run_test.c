/* Sorting in runs: everything comes out, in order, however small a run is. */
#include "base/file.h"
#include "search/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail

enum { ROWS = 20000, KEY_MAX_HERE = 300 };

struct row {
    uint32_t field, key_len;
    int64_t user;
    char key[KEY_MAX_HERE];
};

static int row_cmp(const void *x, const void *y)
{
    const struct row *a = x, *b = y;
    if (a->field != b->field)
        return a->field < b->field ? -1 : 1;
    int order = str_cmp((str){ a->key, a->key_len }, (str){ b->key, b->key_len });
    return order ? order : (a->user > b->user) - (a->user < b->user);
}

/* Few different bytes and common beginnings, so that keys are prefixes of each other. */
static void make_row(struct row *r, unsigned *seed, int64_t user)
{
    *r = (struct row){ .field = (uint32_t)rand_r(seed) % 3 * 1000, .user = user };
    r->key_len = (uint32_t)rand_r(seed) % (rand_r(seed) % 10 ? 12 : KEY_MAX_HERE);
    for (uint32_t i = 0; i < r->key_len; i++)
        r->key[i] = i < 7 ? 'x' : "\0a\xff"[rand_r(seed) % 3];
}

static const struct {
    const char *name;
    size_t run_bytes, rows;
} cases[] = {
    { "none", 1 << 16, 0 },
    { "one", 1 << 16, 1 },
    { "one run", 8 << 20, ROWS },
    { "many runs", 1 << 16, ROWS },
    { "very many runs", 8192, ROWS },
};

static void check(struct run_file *f, const struct row *rows, size_t count, const char *name)
{
    struct run_merge *m;
    struct run_row got;
    bool found = true;
    assert_int_equal(run_merge_new(f, &m).kind, ERR_NONE);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(run_merge_next(m, &got, &found).kind, ERR_NONE);
        bool same = found && got.field == rows[i].field && got.user == rows[i].user && str_eq(got.key, (str){ rows[i].key, rows[i].key_len });
        if (!same)
            print_error("%s: row %zu\n", name, i);
        assert_true(same);
    }
    assert_int_equal(run_merge_next(m, &got, &found).kind, ERR_NONE);
    assert_false(found);
    run_merge_free(m);
}

static void sorted(void **state)
{
    struct row *rows = calloc(ROWS, sizeof *rows);
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct run_file *f;
        char path[] = "/tmp/doorward-test-XXXXXX", file[64];
        unsigned seed = (unsigned)c + 1;
        assert_non_null(mkdtemp(path));
        snprintf(file, sizeof file, "%s/run", path);
        assert_int_equal(run_file_new(file, cases[c].run_bytes, &f).kind, ERR_NONE);
        assert_false(file_exists(file)); /* nothing to sweep */
        for (size_t i = 0; i < cases[c].rows; i++) {
            make_row(&rows[i], &seed, (int64_t)i);
            assert_int_equal(run_file_add(f, &(struct run_row){ rows[i].field, { rows[i].key, rows[i].key_len }, rows[i].user }).kind, ERR_NONE);
        }
        qsort(rows, cases[c].rows, sizeof *rows, row_cmp);
        check(f, rows, cases[c].rows, cases[c].name);
        run_file_free(f);
        assert_int_equal(file_remove_tree(path).kind, ERR_NONE);
    }
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(sorted) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
