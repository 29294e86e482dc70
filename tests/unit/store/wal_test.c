/* The log of changes (WAL) stays bounded, also while somebody always reads. */
#include "scratch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READERS = 4,
    READ_US = 3000,
    WRITES = 1200,
    WRITE_BYTES = 200 * 1024,
    WAL_MAX = 120 << 20, /* half of what is written; on a quiet machine it is RESTART_FRAMES of sqlite.c and some more */
};

struct reader {
    struct tenant *tenant;
    atomic_bool *stop;
};

/* Keeps its view of the data while others write. */
static struct result look_long(struct tx *tx, void *arg)
{
    struct setting v = { "fat", STR_NONE };
    (void)arg;
    TRY(setting_get(tx, &v));
    usleep(READ_US);
    return OK;
}

static void *read_always(void *arg)
{
    const struct reader *r = arg;
    struct arena *a = arena_new(0);
    while (!atomic_load(r->stop)) {
        struct tx_options o = { .arena = a };
        ignore_result(store_read(r->tenant, &o, look_long, NULL), "only its view matters");
        arena_clear(a);
    }
    arena_free(a);
    return NULL;
}

static int64_t wal_bytes(const struct scratch *x)
{
    char path[160];
    struct stat st;
    snprintf(path, sizeof path, "%s/tenants/default.1.db-wal", x->dir);
    return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* The largest that the log was. */
static int64_t write_much(struct scratch *x, struct tenant *t)
{
    int64_t largest = 0;
    char *fat = malloc(WRITE_BYTES);
    assert_non_null(fat);
    for (int i = 0; i < WRITES; i++) {
        memset(fat, 'a' + i % 26, WRITE_BYTES);
        struct setting v = { "fat", { fat, WRITE_BYTES } };
        struct tx_options o = { .arena = x->arena };
        assert_ok(store_write(t, &o, setting_put, &v));
        arena_clear(x->arena);
        int64_t bytes = wal_bytes(x);
        largest = bytes > largest ? bytes : largest;
    }
    free(fat);
    return largest;
}

static void readers_do_not_let_it_grow(void **state)
{
    struct scratch x;
    atomic_bool stop = false;
    pthread_t threads[READERS];
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    struct reader r = { t, &stop };
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_always, &r), 0);
    int64_t largest = write_much(&x, t);
    atomic_store(&stop, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    tenant_release(t);
    scratch_drop(&x);
    print_message("the log grew to %lld KiB\n", (long long)largest / 1024);
    assert_in_range(largest, 1, WAL_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(readers_do_not_let_it_grow) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
