/* Group commit: what is answered, what stays, and in which order. */
#include "scratch.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

static struct result put_then_fail(struct tx *tx, void *arg)
{
    TRY(setting_put(tx, arg));
    return fail(ERR_USAGE);
}

static void what_fn_answers_comes_back(void **state)
{
    struct scratch x;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    struct setting v = { "k", STR("v") };
    struct tx_options o = { .arena = x.arena };
    assert_int_equal(store_write(t, &o, put_then_fail, &v).kind, ERR_USAGE);
    expect(&x, t, "k", NULL);
    assert_ok(store_write(t, &o, setting_put, &v));
    expect(&x, t, "k", "v");
    tenant_release(t);
    scratch_drop(&x);
}

static struct result what_tx_says(struct tx *tx, void *arg)
{
    struct tx *out = arg;
    *out = *tx;
    return OK;
}

static void fn_sees_the_options(void **state)
{
    struct scratch x;
    struct tx seen;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    struct tx_options o = { .arena = x.arena, .now_us = 77, .actor = (const struct actor *)&x };
    assert_ok(store_write(t, &o, what_tx_says, &seen));
    assert_true(seen.can_write && seen.now_us == 77 && seen.actor == o.actor && seen.arena == x.arena && seen.tenant == t);
    assert_ok(store_read(t, &o, what_tx_says, &seen));
    assert_true(!seen.can_write && seen.now_us == 77 && seen.actor == o.actor);
    tenant_release(t);
    scratch_drop(&x);
}

/* --- what may wait for others -------------------------------------------------------- */

struct turn {
    struct tenant *tenant;
    bool lowly;
    int slow_ms;
    atomic_int *order;
    int at; /* its place among all */
    pthread_t thread;
};

static struct result note_turn(struct tx *tx, void *arg)
{
    struct turn *n = arg;
    (void)tx;
    usleep((useconds_t)n->slow_ms * 1000);
    n->at = atomic_fetch_add(n->order, 1);
    return OK;
}

static void *take_turn(void *arg)
{
    struct turn *n = arg;
    struct arena *a = arena_new(0);
    struct tx_options o = { .arena = a, .lowly = n->lowly };
    assert_ok(store_write(n->tenant, &o, note_turn, n));
    arena_free(a);
    return NULL;
}

/* While a first one runs, these come in this order. */
static void others_go_before_lowly_ones(void **state)
{
    struct scratch x;
    atomic_int order = 0;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    struct turn turns[] = { { .slow_ms = 300 }, { .lowly = true }, { .lowly = true }, { .lowly = false }, { .lowly = false } };
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        turns[i].tenant = t;
        turns[i].order = &order;
        assert_int_equal(pthread_create(&turns[i].thread, NULL, take_turn, &turns[i]), 0);
        usleep(30000);
    }
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++)
        pthread_join(turns[i].thread, NULL);
    assert_int_equal(turns[0].at, 0);
    assert_int_equal(turns[3].at + turns[4].at, 1 + 2);
    assert_int_equal(turns[1].at, 3);
    assert_int_equal(turns[2].at, 4);
    tenant_release(t);
    scratch_drop(&x);
}

struct busy {
    struct tenant *tenant;
    atomic_bool *stop;
    pthread_t thread;
};

static void *keep_busy(void *arg)
{
    struct busy *b = arg;
    atomic_int order = 0;
    while (!atomic_load(b->stop)) {
        struct turn n = { .tenant = b->tenant, .slow_ms = 1, .order = &order };
        take_turn(&n);
    }
    return NULL;
}

static void lowly_ones_have_their_turn(void **state)
{
    struct scratch x;
    struct busy busy[4];
    atomic_bool stop = false;
    atomic_int order = 0;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    for (int i = 0; i < 4; i++) {
        busy[i] = (struct busy){ .tenant = t, .stop = &stop };
        assert_int_equal(pthread_create(&busy[i].thread, NULL, keep_busy, &busy[i]), 0);
    }
    for (int i = 0; i < 20; i++) {
        struct turn n = { .tenant = t, .lowly = true, .order = &order };
        take_turn(&n);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 4; i++)
        pthread_join(busy[i].thread, NULL);
    assert_int_equal(atomic_load(&order), 20);
    tenant_release(t);
    scratch_drop(&x);
}

/* --- many at once ----------------------------------------------------------------- */

enum { THREADS = 8, EACH = 60 };

struct worker {
    struct tenant *tenant;
    int number;
    int answered[3]; /* by rest of i / 3: kept, refused, timed out */
    bool wrong;
};

static struct result insert_pair(struct tx *tx, int64_t n)
{
    TRY(sql_run(tx->sql, "INSERT INTO outbox (kind, body, due_at) VALUES ('pair', 'first', ?)", SQL_ARGS(sql_int(n)), NULL));
    return sql_run(tx->sql, "INSERT INTO outbox (kind, body, due_at) VALUES ('pair', 'second', ?)", SQL_ARGS(sql_int(n)),
                   NULL);
}

static struct result kept(struct tx *tx, void *arg)
{
    return insert_pair(tx, *(int64_t *)arg);
}

static struct result refused(struct tx *tx, void *arg)
{
    TRY(insert_pair(tx, *(int64_t *)arg));
    return fail(ERR_USAGE);
}

/* An INSERT that runs past its deadline: SQLite drops the whole transaction,
 * and with it what others of the batch did, who must not notice. */
static struct result too_slow(struct tx *tx, void *arg)
{
    TRY(insert_pair(tx, *(int64_t *)arg));
    return sql_run(tx->sql,
                   "INSERT INTO outbox (kind, body, due_at) WITH RECURSIVE n(i) AS"
                   " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000000) SELECT 'slow', max(i), 0 FROM n",
                   SQL_NO_ARGS, NULL);
}

static void *work(void *arg)
{
    static const struct {
        tx_fn fn;
        enum err_kind want;
    } kinds[] = { { kept, ERR_NONE }, { refused, ERR_USAGE }, { too_slow, ERR_TIMEOUT } };
    struct worker *w = arg;
    struct arena *a = arena_new(0);
    for (int i = 0; i < EACH; i++) {
        int64_t n = w->number * EACH + i;
        int kind = i % 10 == 9 ? 2 : i % 2;
        struct tx_options o = { .arena = a };
        if (kind == 2)
            o.deadline_us = clock_monotonic_us() + 2000;
        if (store_write(w->tenant, &o, kinds[kind].fn, &n).kind != kinds[kind].want)
            w->wrong = true;
        w->answered[kind]++;
    }
    arena_free(a);
    return NULL;
}

static struct result count_rows(struct tx *tx, void *arg)
{
    struct sql_value v[2];
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT count(*), count(DISTINCT due_at) FROM outbox", SQL_NO_ARGS, v, 2, &found));
    ((int64_t *)arg)[0] = v[0].i;
    ((int64_t *)arg)[1] = v[1].i;
    return OK;
}

static void many_writers_each_whole_or_absent(void **state)
{
    struct scratch x;
    struct worker w[THREADS];
    pthread_t threads[THREADS];
    int64_t counts[2], want = 0;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    for (int i = 0; i < THREADS; i++) {
        w[i] = (struct worker){ .tenant = t, .number = i };
        assert_int_equal(pthread_create(&threads[i], NULL, work, &w[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(w[i].wrong);
        want += w[i].answered[0];
    }
    struct tx_options o = { .arena = x.arena };
    assert_ok(store_read(t, &o, count_rows, counts));
    assert_int_equal(counts[0], 2 * want);
    assert_int_equal(counts[1], want);
    tenant_release(t);
    scratch_drop(&x);
}

/* --- read your own writes, generation ------------------------------------------------ */

static struct result put_and_bump(struct tx *tx, void *arg)
{
    tx_bump_generation(tx);
    return setting_put(tx, arg);
}

static struct result fail_and_bump(struct tx *tx, void *arg)
{
    tx_bump_generation(tx);
    return put_then_fail(tx, arg);
}

static void *read_own_writes(void *arg)
{
    struct worker *w = arg;
    struct arena *a = arena_new(0);
    char name[16];
    snprintf(name, sizeof name, "own-%d", w->number);
    for (int i = 0; i < EACH; i++) {
        str body = str_fmt(a, "%d", i);
        struct setting v = { name, body };
        struct tx_options o = { .arena = a };
        uint64_t before = tenant_generation(w->tenant);
        if (failed(store_write(w->tenant, &o, i % 2 ? put_and_bump : setting_put, &v)))
            w->wrong = true;
        if (i % 2 && tenant_generation(w->tenant) <= before)
            w->wrong = true;
        if (failed(store_read(w->tenant, &o, setting_get, &v)) || !str_eq(v.body, body))
            w->wrong = true;
    }
    arena_free(a);
    return NULL;
}

static void reads_follow_writes(void **state)
{
    struct scratch x;
    struct worker w[THREADS];
    pthread_t threads[THREADS];
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    for (int i = 0; i < THREADS; i++) {
        w[i] = (struct worker){ .tenant = t, .number = i };
        assert_int_equal(pthread_create(&threads[i], NULL, read_own_writes, &w[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(w[i].wrong);
    }
    tenant_release(t);
    scratch_drop(&x);
}

static void generation_grows_with_success_only(void **state)
{
    struct scratch x;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    struct setting v = { "k", STR("v") };
    struct tx_options o = { .arena = x.arena };
    uint64_t at_first = tenant_generation(t);
    assert_ok(store_write(t, &o, setting_put, &v));
    assert_int_equal(store_write(t, &o, fail_and_bump, &v).kind, ERR_USAGE);
    assert_int_equal(tenant_generation(t), at_first);
    assert_ok(store_write(t, &o, put_and_bump, &v));
    assert_true(tenant_generation(t) > at_first);
    tenant_release(t);
    scratch_drop(&x);
}

/* --- later ---------------------------------------------------------------------------- */

struct entry_later {
    int64_t n;
};

static struct result put_later(struct tx *tx, void *arg)
{
    const struct entry_later *e = arg;
    return sql_run(tx->sql, "INSERT INTO outbox (kind, body, due_at) VALUES ('later', '', ?)", SQL_ARGS(sql_int(e->n)), NULL);
}

static int64_t later_count(struct scratch *x, struct tenant *t)
{
    int64_t counts[2];
    struct tx_options o = { .arena = x->arena };
    assert_ok(store_read(t, &o, count_rows, counts));
    return counts[0];
}

static void later_commits_soon(void **state)
{
    struct scratch x;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    for (int round = 0; round < 3; round++) {
        for (int64_t i = 0; i < 10; i++) {
            struct entry_later e = { i };
            store_write_later(t, put_later, &e, sizeof e);
            e.n = -1; /* it was copied */
        }
        int64_t began = clock_monotonic_us();
        while (later_count(&x, t) < 10 * (round + 1) && clock_monotonic_us() - began < 5 * US_PER_S)
            usleep(2000);
        assert_true(clock_monotonic_us() - began < US_PER_S); /* 100 ms on a machine with nothing else to do */
    }
    tenant_release(t);
    scratch_drop(&x);
}

static void later_rides_along(void **state)
{
    struct scratch x;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    put(&x, t, "open", "the writer's connection");
    struct entry_later e = { 1 };
    store_write_later(t, put_later, &e, sizeof e);
    put(&x, t, "k", "v");
    assert_int_equal(later_count(&x, t), 1);
    tenant_release(t);
    scratch_drop(&x);
}

static void later_is_flushed_at_close(void **state)
{
    struct scratch x;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    for (int64_t i = 0; i < 500; i++) {
        struct entry_later e = { i };
        store_write_later(t, put_later, &e, sizeof e);
    }
    tenant_release(t);
    scratch_close(&x);
    scratch_open(&x);
    t = scratch_tenant(&x, "default");
    assert_int_equal(later_count(&x, t), 500);
    tenant_release(t);
    scratch_drop(&x);
}

/* --- a full disk ------------------------------------------------------------------------- */

static void limit_files(rlim_t bytes)
{
    struct rlimit l = { bytes, RLIM_INFINITY };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

struct fat_writer {
    struct tenant *tenant;
    int number, ok, refused;
    bool wrong;
};

static struct result put_fat(struct tx *tx, void *arg)
{
    char fat[4000];
    memset(fat, 'f', sizeof fat);
    return sql_run(tx->sql, "INSERT INTO outbox (kind, body, due_at) VALUES ('fat', ?, ?)",
                   SQL_ARGS(sql_text((str){ fat, sizeof fat }), sql_int(*(int64_t *)arg)), NULL);
}

static void *write_fat(void *arg)
{
    struct fat_writer *w = arg;
    struct arena *a = arena_new(0);
    for (int64_t i = 0; i < EACH; i++) {
        int64_t n = w->number * EACH + i;
        struct tx_options o = { .arena = a };
        enum err_kind kind = store_write(w->tenant, &o, put_fat, &n).kind;
        w->ok += kind == ERR_NONE;
        w->refused += kind == ERR_DATABASE;
        w->wrong |= kind != ERR_NONE && kind != ERR_DATABASE;
    }
    arena_free(a);
    return NULL;
}

/* No file may grow beyond a limit: commits fail, each fails all that it held,
 * and what was answered with yes is exactly what is there. */
static void failed_commits_fail_everybody(void **state)
{
    struct scratch x;
    struct fat_writer w[THREADS];
    pthread_t threads[THREADS];
    int64_t counts[2], ok = 0, refused_count = 0;
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    limit_files(1 << 20);
    for (int i = 0; i < THREADS; i++) {
        w[i] = (struct fat_writer){ .tenant = t, .number = i };
        assert_int_equal(pthread_create(&threads[i], NULL, write_fat, &w[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(w[i].wrong);
        ok += w[i].ok;
        refused_count += w[i].refused;
    }
    limit_files(RLIM_INFINITY);
    assert_true(ok > 0 && refused_count > 0);
    struct tx_options o = { .arena = x.arena };
    assert_ok(store_read(t, &o, count_rows, counts));
    assert_int_equal(counts[0], ok);
    put(&x, t, "k", "room again");
    tenant_release(t);
    scratch_close(&x);
    scratch_open(&x);
    t = scratch_tenant(&x, "default");
    assert_ok(store_read(t, &o, count_rows, counts));
    assert_int_equal(counts[0], ok);
    expect(&x, t, "k", "room again");
    tenant_release(t);
    scratch_drop(&x);
}

/* --- bounds ----------------------------------------------------------------------------- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static struct result wait_at_gate(struct tx *tx, void *arg)
{
    (void)tx;
    (void)arg;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return OK;
}

static void *read_at_gate(void *arg)
{
    struct arena *a = arena_new(0);
    struct tx_options o = { .arena = a };
    ignore_result(store_read(arg, &o, wait_at_gate, NULL), "only its holding of a connection matters");
    arena_free(a);
    return NULL;
}

static void readers_are_capped(void **state)
{
    enum { READERS = 2 };
    struct scratch x;
    pthread_t threads[READERS];
    (void)state;
    scratch_make(&x);
    x.cfg.readers_per_tenant = READERS;
    struct store_first first = { .tenant = { STR("default"), STR("localhost"), 0 } };
    assert_ok(store_init(&x.cfg, &first));
    scratch_open(&x);
    struct tenant *t = scratch_tenant(&x, "default");
    pthread_mutex_lock(&gate);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_at_gate, t), 0);
    struct setting v = { "k", STR_NONE };
    enum err_kind kind = ERR_NONE;
    for (int i = 0; i < 200 && kind != ERR_BUSY; i++) { /* until both threads hold theirs */
        struct tx_options o = { .arena = x.arena, .deadline_us = clock_monotonic_us() + 20000 };
        kind = store_read(t, &o, setting_get, &v).kind;
        usleep(5000);
    }
    assert_int_equal(kind, ERR_BUSY);
    put(&x, t, "k", "writers are not held up");
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    expect(&x, t, "k", "writers are not held up");
    tenant_release(t);
    scratch_drop(&x);
}

static struct result forget_to_close(struct tx *tx, void *arg)
{
    struct sql_rows rows;
    TRY(setting_put(tx, arg));
    TRY(sql_open(tx->sql, &rows, "SELECT name FROM settings", SQL_NO_ARGS));
    return sql_next(&rows) ? OK : fail(ERR_INTERNAL);
}

/* A mistake that must not hold the view of a connection back for ever. */
static void rows_left_open_do_no_harm(void **state)
{
    struct scratch x;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    struct setting v = { "k", STR("1") };
    struct tx_options o = { .arena = x.arena };
    for (int i = 0; i < 3; i++)
        assert_ok(store_write(t, &o, forget_to_close, &v));
    put(&x, t, "k", "2");
    expect(&x, t, "k", "2");
    tenant_release(t);
    scratch_drop(&x);
}

static struct result fail_to_read(struct tx *tx, void *arg)
{
    (void)arg;
    struct setting v = { "k", STR("no") };
    return setting_put(tx, &v);
}

static void read_transactions_cannot_write(void **state)
{
    struct scratch x;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    struct tx_options o = { .arena = x.arena };
    assert_int_equal(store_read(t, &o, fail_to_read, NULL).kind, ERR_DATABASE);
    expect(&x, t, "k", NULL);
    put(&x, t, "k", "yes");
    expect(&x, t, "k", "yes");
    tenant_release(t);
    scratch_drop(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fn_answers_comes_back),
        cmocka_unit_test(fn_sees_the_options),
        cmocka_unit_test(others_go_before_lowly_ones),
        cmocka_unit_test(lowly_ones_have_their_turn),
        cmocka_unit_test(many_writers_each_whole_or_absent),
        cmocka_unit_test(reads_follow_writes),
        cmocka_unit_test(generation_grows_with_success_only),
        cmocka_unit_test(later_commits_soon),
        cmocka_unit_test(later_rides_along),
        cmocka_unit_test(later_is_flushed_at_close),
        cmocka_unit_test(failed_commits_fail_everybody),
        cmocka_unit_test(readers_are_capped),
        cmocka_unit_test(rows_left_open_do_no_harm),
        cmocka_unit_test(read_transactions_cannot_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
