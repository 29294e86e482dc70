/* Tenants: made, found, kept apart, evicted, deleted. */
#include "scratch.h"

#include "store/driver.h"

#include <dirent.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <unistd.h>

static struct tenant_info info(struct scratch *x, int i)
{
    str name = str_fmt(x->arena, "tenant-%d", i);
    return (struct tenant_info){ name, str_fmt(x->arena, "%.*s.example.com", STR_ARG(name)), 0 };
}

static void make(struct scratch *x, int i)
{
    struct tenant_info one = info(x, i);
    assert_ok(store_tenant_create(x->store, &one, NULL, NULL));
}

static unsigned files_in(const struct scratch *x, const char *folder)
{
    char path[160];
    unsigned count = 0;
    snprintf(path, sizeof path, "%s/%s", x->dir, folder);
    DIR *d = opendir(path);
    assert_non_null(d);
    while (readdir(d))
        count++;
    closedir(d);
    return count - 2;
}

static void each_has_its_own_data(void **state)
{
    struct scratch x;
    (void)state;
    scratch_store(&x, NULL, NULL);
    make(&x, 1);
    struct tenant *a = scratch_tenant(&x, "default"), *b = scratch_tenant(&x, "tenant-1");
    put(&x, a, "k", "of a");
    expect(&x, b, "k", NULL);
    put(&x, b, "k", "of b");
    expect(&x, a, "k", "of a");
    assert_memory_not_equal(tenant_data_key(a), tenant_data_key(b), SEAL_KEY_LEN);
    tenant_release(a);
    tenant_release(b);
    scratch_drop(&x);
}

static const struct {
    const char *name, *domain;
    enum err_kind want;
} refusals[] = {
    { "default", "x.example.com", ERR_TENANT_EXISTS },
    { "other", "localhost:8443", ERR_DOMAIN_TAKEN },
    { "ab", "x.example.com", ERR_TENANT_NAME },
    { "Upper", "x.example.com", ERR_TENANT_NAME },
    { "-dash", "x.example.com", ERR_TENANT_NAME },
    { "dash-", "x.example.com", ERR_TENANT_NAME },
    { "../evil", "x.example.com", ERR_TENANT_NAME },
    { "", "x.example.com", ERR_TENANT_NAME },
    { "a123456789012345678901234567890123456789012345678901234567890123", "x.example.com", ERR_TENANT_NAME },
    { "other", "", ERR_TENANT_DOMAIN },
    { "other", "X.example.com", ERR_TENANT_DOMAIN },
    { "other", "x.example.com.", ERR_TENANT_DOMAIN },
    { "other", "x.example.com:", ERR_TENANT_DOMAIN },
    { "other", "https://x.example.com", ERR_TENANT_DOMAIN },
};

static void creation_is_refused(void **state)
{
    struct scratch x;
    (void)state;
    scratch_store(&x, NULL, NULL);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct tenant_info one = { str_from(refusals[i].name), str_from(refusals[i].domain), 0 };
        struct result r = store_tenant_create(x.store, &one, NULL, NULL);
        if (r.kind != refusals[i].want)
            test_fail("%s %s: kind %d", refusals[i].name, refusals[i].domain, (int)r.kind);
    }
    assert_int_equal(files_in(&x, "tenants"), 1 + 0);
    assert_int_equal(files_in(&x, "tmp"), 0);
    scratch_drop(&x);
}

static struct result fill_then_fail(struct tx *tx, void *arg)
{
    struct setting v = { "half", STR("done") };
    (void)arg;
    TRY(setting_put(tx, &v));
    return fail(ERR_USAGE);
}

static void failed_fill_leaves_nothing(void **state)
{
    struct scratch x;
    struct tenant *t;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant_info one = info(&x, 1);
    assert_int_equal(store_tenant_create(x.store, &one, fill_then_fail, NULL).kind, ERR_USAGE);
    assert_int_equal(store_tenant_by_name(x.store, one.name, &t).kind, ERR_TENANT_UNKNOWN);
    assert_ok(store_tenant_create(x.store, &one, NULL, NULL));
    t = scratch_tenant(&x, "tenant-1");
    expect(&x, t, "half", NULL);
    tenant_release(t);
    scratch_drop(&x);
}

static void list_is_in_order_of_creation(void **state)
{
    struct scratch x;
    struct tenant_info *list;
    size_t count;
    (void)state;
    scratch_store(&x, NULL, NULL);
    for (int i = 3; i > 0; i--)
        make(&x, i);
    assert_ok(store_tenant_delete(x.store, STR("tenant-2")));
    scratch_close(&x);
    scratch_open(&x);
    assert_ok(store_tenant_list(x.store, x.arena, &list, &count));
    assert_int_equal(count, 3);
    assert_true(str_eq(list[0].name, STR("default")));
    assert_true(str_eq(list[1].name, STR("tenant-3")));
    assert_true(str_eq(list[2].domain, STR("tenant-1.example.com")));
    assert_true(list[2].created_at_us > 0);
    scratch_drop(&x);
}

static void many_tenants_few_open(void **state)
{
    enum { MANY = 24 };
    struct scratch x;
    (void)state;
    scratch_make(&x);
    x.cfg.open_tenants_max = 3;
    struct store_first first = { .tenant = { STR("default"), STR("localhost"), 0 } };
    assert_ok(store_init(&x.cfg, &first));
    scratch_open(&x);
    for (int i = 0; i < MANY; i++)
        make(&x, i);
    struct tenant *held = scratch_tenant(&x, "tenant-0");
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY; i++) {
            struct tenant *t = scratch_tenant(&x, str_cstr(x.arena, info(&x, i).name));
            const char *want = str_cstr(x.arena, str_fmt(x.arena, "%d", i));
            if (round == 0)
                put(&x, t, "k", want);
            expect(&x, t, "k", want);
            tenant_release(t);
        }
    }
    expect(&x, held, "k", "0");
    struct tenant *again = scratch_tenant(&x, "tenant-0");
    assert_ptr_equal(held, again); /* one in use is never evicted */
    tenant_release(held);
    tenant_release(again);
    scratch_drop(&x);
}

/* Caches compare generations: what was true of a tenant before it was closed,
 * restored or made anew under its name must never look true again. */
static void no_generation_comes_twice(void **state)
{
    enum { ROUNDS = 6 };
    struct scratch x;
    uint64_t last = 0;
    (void)state;
    scratch_make(&x);
    x.cfg.open_tenants_max = 1;
    struct store_first first = { .tenant = { STR("default"), STR("localhost"), 0 } };
    assert_ok(store_init(&x.cfg, &first));
    scratch_open(&x);
    make(&x, 1);
    make(&x, 2);
    const char *file = str_cstr(x.arena, str_fmt(x.arena, "%s/snapshot", x.dir));
    assert_ok(store_tenant_snapshot(x.store, STR("tenant-1"), file));
    for (int i = 0; i < ROUNDS; i++) {
        struct tenant *t = scratch_tenant(&x, "tenant-1");
        assert_true(tenant_generation(t) > last);
        last = tenant_generation(t);
        assert_ok(store_tenant_restore(x.store, STR("tenant-1"), file));
        assert_true(tenant_generation(t) > last);
        last = tenant_generation(t);
        tenant_release(t);
        tenant_release(scratch_tenant(&x, "tenant-2")); /* closes the other */
        if (i % 2)
            continue;
        assert_ok(store_tenant_delete(x.store, STR("tenant-1")));
        make(&x, 1);
    }
    scratch_drop(&x);
}

static void deletion(void **state)
{
    struct scratch x;
    struct tenant *t;
    (void)state;
    scratch_store(&x, NULL, NULL);
    make(&x, 1);
    struct tenant *user = scratch_tenant(&x, "tenant-1");
    put(&x, user, "k", "old");
    assert_ok(store_tenant_delete(x.store, STR("tenant-1")));
    assert_int_equal(store_tenant_delete(x.store, STR("tenant-1")).kind, ERR_TENANT_UNKNOWN);
    assert_int_equal(store_tenant_by_name(x.store, STR("tenant-1"), &t).kind, ERR_TENANT_UNKNOWN);
    assert_int_equal(store_tenant_by_host(x.store, STR("tenant-1.example.com"), &t).kind, ERR_TENANT_UNKNOWN);
    expect(&x, user, "k", "old"); /* who is in may finish reading … */
    struct setting v = { "k", STR("late") };
    struct tx_options o = { .arena = x.arena };
    assert_int_equal(store_write(user, &o, setting_put, &v).kind, ERR_TENANT_UNKNOWN); /* … but not write */
    make(&x, 1);
    t = scratch_tenant(&x, "tenant-1");
    expect(&x, t, "k", NULL);
    tenant_release(t);
    tenant_release(user);
    scratch_close(&x);
    assert_int_equal(files_in(&x, "tenants"), 2);
    scratch_open(&x);
    scratch_drop(&x);
}

static int disposed;

static void *slot_make(struct tenant *t)
{
    (void)t;
    return malloc(1);
}

static void slot_dispose(void *p)
{
    disposed++;
    free(p);
}

static void slots_are_made_once_and_go_with_the_tenant(void **state)
{
    struct scratch x;
    (void)state;
    disposed = 0;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    void *p = tenant_slot(t, TENANT_SLOT_KEYS, slot_make, slot_dispose);
    assert_ptr_equal(p, tenant_slot(t, TENANT_SLOT_KEYS, slot_make, slot_dispose));
    assert_ptr_not_equal(p, tenant_slot(t, TENANT_SLOT_TOKENS, slot_make, slot_dispose));
    tenant_release(t);
    scratch_close(&x);
    assert_int_equal(disposed, 2);
    scratch_open(&x);
    scratch_drop(&x);
}

/* Several threads open, use and let go of more tenants than may stay open,
 * while others come and go. */
/* One round over all: open ones each time, the others once. */
static void looking_after_some(void **state)
{
    enum { COUNT = 10, CLOSED = 4 };
    struct scratch x;
    unsigned seen[COUNT] = { 0 }, rounds = 0;
    int64_t round = 0;
    (void)state;
    scratch_store(&x, NULL, NULL);
    for (int i = 0; i < COUNT; i++)
        make(&x, i);
    tenant_release(scratch_tenant(&x, "tenant-3"));
    do {
        str *names;
        size_t count;
        store_tenant_some(x.store, x.arena, CLOSED, &round, &names, &count);
        assert_in_range(count, 1, CLOSED + 1);
        for (size_t i = 0; i < count; i++)
            for (int n = 0; n < COUNT; n++)
                seen[n] += str_eq(names[i], info(&x, n).name);
        rounds++;
    } while (round != 0 && rounds < 10);
    assert_int_equal(rounds, 3); /* ten closed ones, default among them, four a time */
    for (unsigned n = 0; n < COUNT; n++)
        assert_int_equal(seen[n], n == 3 ? rounds : 1);
    scratch_drop(&x);
}

/* --- a file that takes long to open -------------------------------------------------- */

static sqlite3_vfs slow_vfs;
static sqlite3_vfs *real_vfs;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint at_gate;

static int slow_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs;
    if (name && strstr(name, "/tenant-1.")) {
        atomic_fetch_add(&at_gate, 1);
        pthread_mutex_lock(&gate);
        pthread_mutex_unlock(&gate);
    }
    return real_vfs->xOpen(real_vfs, name, file, flags, out_flags);
}

static void *find_slow(void *arg)
{
    struct tenant *t = NULL;
    struct scratch *x = arg;
    return failed(store_tenant_by_name(x->store, STR("tenant-1"), &t)) ? NULL : t;
}

static void *delete_slow(void *arg)
{
    struct scratch *x = arg;
    return failed(store_tenant_delete(x->store, STR("tenant-1"))) ? NULL : arg;
}

static void opening_keeps_only_its_own_waiting(void **state)
{
    enum { FINDERS = 3 };
    struct scratch x;
    pthread_t finders[FINDERS], deleter;
    void *got[FINDERS], *deleted;
    (void)state;
    scratch_store(&x, NULL, NULL);
    make(&x, 1);
    make(&x, 2);
    real_vfs = sqlite3_vfs_find("unix-excl");
    slow_vfs = *real_vfs;
    slow_vfs.zName = "slow";
    slow_vfs.xOpen = slow_open;
    assert_int_equal(sqlite3_vfs_register(&slow_vfs, 0), SQLITE_OK);
    sql_set_vfs("slow");
    pthread_mutex_lock(&gate);
    for (int i = 0; i < FINDERS; i++)
        assert_int_equal(pthread_create(&finders[i], NULL, find_slow, &x), 0);
    while (atomic_load(&at_gate) == 0)
        usleep(1000);
    assert_int_equal(pthread_create(&deleter, NULL, delete_slow, &x), 0);
    usleep(20 * 1000); /* time to do wrong: the other finders and the deleter wait */
    tenant_release(scratch_tenant(&x, "tenant-2"));
    assert_int_equal(atomic_load(&at_gate), 1);
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < FINDERS; i++)
        pthread_join(finders[i], &got[i]);
    pthread_join(deleter, &deleted);
    assert_non_null(deleted);
    assert_non_null(got[0] ? got[0] : got[1] ? got[1] : got[2]); /* who came after the deletion found none */
    for (int i = 0; i < FINDERS; i++) {
        assert_true(!got[i] || got[i] == (got[0] ? got[0] : got[1] ? got[1] : got[2]));
        tenant_release(got[i]);
    }
    sql_set_vfs(NULL);
    sqlite3_vfs_unregister(&slow_vfs);
    scratch_drop(&x);
}

struct churn {
    struct scratch *x;
    unsigned seed;
    bool wrong;
};

static void *churn(void *arg)
{
    struct churn *c = arg;
    struct arena *a = arena_new(0);
    for (int i = 0; i < 150; i++) {
        struct tenant *t;
        char name[32];
        snprintf(name, sizeof name, "tenant-%d", rand_r(&c->seed) % 8);
        if (failed(store_tenant_by_name(c->x->store, str_from(name), &t)))
            continue; /* deleted just now */
        struct setting v = { "name", str_from(name) };
        struct tx_options o = { .arena = a };
        struct result r = store_write(t, &o, setting_put, &v);
        v.body = STR_NONE;
        if (!failed(r) && (failed(store_read(t, &o, setting_get, &v)) || !str_eq(v.body, str_from(name))))
            c->wrong = true;
        tenant_release(t);
    }
    arena_free(a);
    return NULL;
}

static void churn_of_many_threads(void **state)
{
    enum { THREADS = 4 };
    struct scratch x;
    struct churn c[THREADS];
    pthread_t threads[THREADS];
    (void)state;
    scratch_make(&x);
    x.cfg.open_tenants_max = 2;
    struct store_first first = { .tenant = { STR("default"), STR("localhost"), 0 } };
    assert_ok(store_init(&x.cfg, &first));
    scratch_open(&x);
    for (int i = 0; i < 8; i++)
        make(&x, i);
    for (int i = 0; i < THREADS; i++) {
        c[i] = (struct churn){ &x, (unsigned)i + 1, false };
        assert_int_equal(pthread_create(&threads[i], NULL, churn, &c[i]), 0);
    }
    for (int i = 0; i < 20; i++) {
        assert_ok(store_tenant_delete(x.store, info(&x, i % 8).name));
        make(&x, i % 8);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(c[i].wrong);
    }
    scratch_drop(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_its_own_data),
        cmocka_unit_test(creation_is_refused),
        cmocka_unit_test(failed_fill_leaves_nothing),
        cmocka_unit_test(list_is_in_order_of_creation),
        cmocka_unit_test(many_tenants_few_open),
        cmocka_unit_test(no_generation_comes_twice),
        cmocka_unit_test(deletion),
        cmocka_unit_test(slots_are_made_once_and_go_with_the_tenant),
        cmocka_unit_test(looking_after_some),
        cmocka_unit_test(opening_keeps_only_its_own_waiting),
        cmocka_unit_test(churn_of_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
