/* Snapshot, restore, backup. */
#include "scratch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

static void snap_path(const struct scratch *x, char out[128])
{
    snprintf(out, 128, "%s/one.snapshot", x->root);
}

static struct result seal_it(struct tx *tx, void *arg)
{
    struct setting v = { "sealed", tx_seal(tx, STR("client"), STR("c1"), STR("secret"), str_from(arg)) };
    return setting_put(tx, &v);
}

static struct result unseal_it(struct tx *tx, void *arg)
{
    struct setting v = { "sealed", STR_NONE };
    TRY(setting_get(tx, &v));
    return tx_unseal(tx, STR("client"), STR("c1"), STR("secret"), v.body, arg);
}

static void expect_secret(struct scratch *x, struct tenant *t, const char *want)
{
    str secret;
    struct tx_options o = { .arena = x->arena };
    assert_ok(store_read(t, &o, unseal_it, &secret));
    assert_true(str_eq(secret, str_from(want)));
}

static void back_to_the_snapshot(void **state)
{
    struct scratch x;
    char path[128];
    struct stat st;
    (void)state;
    scratch_store(&x, seal_it, "hush");
    snap_path(&x, path);
    struct tenant *t = scratch_tenant(&x, "default");
    put(&x, t, "k", "before");
    assert_ok(store_tenant_snapshot(x.store, STR("default"), path));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    put(&x, t, "k", "after");
    put(&x, t, "more", "after");
    uint64_t generation = tenant_generation(t);
    assert_ok(store_tenant_restore(x.store, STR("default"), path));
    assert_true(tenant_generation(t) > generation);
    expect(&x, t, "k", "before"); /* the same open tenant sees it */
    expect(&x, t, "more", NULL);
    expect_secret(&x, t, "hush");
    put(&x, t, "k", "again");
    tenant_release(t);
    scratch_close(&x);
    scratch_open(&x);
    t = scratch_tenant(&x, "default");
    expect(&x, t, "k", "again");
    expect(&x, t, "more", NULL);
    tenant_release(t);
    assert_ok(store_tenant_snapshot(x.store, STR("default"), path)); /* replaces the file */
    assert_ok(store_tenant_restore(x.store, STR("default"), path));
    t = scratch_tenant(&x, "default");
    expect(&x, t, "k", "again");
    tenant_release(t);
    scratch_drop(&x);
}

static void into_another_tenant(void **state)
{
    struct scratch x;
    char path[128];
    (void)state;
    scratch_store(&x, seal_it, "hush");
    snap_path(&x, path);
    struct tenant_info other = { STR("other"), STR("other.example.com"), 0 };
    assert_ok(store_tenant_create(x.store, &other, NULL, NULL));
    assert_ok(store_tenant_snapshot(x.store, STR("default"), path));
    assert_ok(store_tenant_restore(x.store, STR("other"), path));
    assert_ok(store_tenant_delete(x.store, STR("default")));
    scratch_close(&x);
    scratch_open(&x);
    struct tenant *t = scratch_tenant(&x, "other");
    expect_secret(&x, t, "hush");
    assert_true(str_eq(tenant_issuer(t), STR("https://other.example.com/")));
    tenant_release(t);
    scratch_drop(&x);
}

static void after_deletion_under_the_same_name(void **state)
{
    struct scratch x;
    char path[128];
    (void)state;
    scratch_store(&x, NULL, NULL);
    snap_path(&x, path);
    struct tenant_info other = { STR("other"), STR("other.example.com"), 0 };
    assert_ok(store_tenant_create(x.store, &other, seal_it, "first"));
    assert_ok(store_tenant_snapshot(x.store, STR("other"), path));
    assert_ok(store_tenant_delete(x.store, STR("other")));
    assert_ok(store_tenant_create(x.store, &other, seal_it, "second"));
    struct tenant *t = scratch_tenant(&x, "other");
    expect_secret(&x, t, "second");
    assert_ok(store_tenant_restore(x.store, STR("other"), path));
    expect_secret(&x, t, "first");
    tenant_release(t);
    scratch_drop(&x);
}

static const struct {
    const char *name;
    str content;
} wrong[] = {
    { "empty", STR_INIT("") },
    { "text", STR_INIT("this is no database, however long it may be: it needs a hundred bytes or more, as everybody knows.") },
    { "a header and nothing more", STR_INIT("SQLite format 3\0\x10\0\x02\x02\0\x40\x20\x20") },
};

static void wrong_files_are_refused(void **state)
{
    struct scratch x;
    char path[128];
    (void)state;
    scratch_store(&x, NULL, NULL);
    snap_path(&x, path);
    struct tenant *t = scratch_tenant(&x, "default");
    put(&x, t, "k", "v");
    assert_int_equal(store_tenant_restore(x.store, STR("default"), path).kind, ERR_IO); /* absent */
    assert_int_equal(store_tenant_restore(x.store, STR("nobody"), path).kind, ERR_TENANT_UNKNOWN);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_ok(file_write_durable(path, wrong[i].content, 0600));
        struct result r = store_tenant_restore(x.store, STR("default"), path);
        if (r.kind != ERR_SNAPSHOT || !str_eq(r.args.v[0], str_from(path)))
            test_fail("%s: kind %d", wrong[i].name, (int)r.kind);
    }
    char system_db[128];
    snprintf(system_db, sizeof system_db, "%s/system.db", x.dir);
    assert_int_equal(store_tenant_restore(x.store, STR("default"), system_db).kind, ERR_SNAPSHOT);
    expect(&x, t, "k", "v");
    tenant_release(t);
    scratch_drop(&x);
}

static void anothers_master_key(void **state)
{
    struct scratch x, y;
    char path[128];
    (void)state;
    scratch_store(&x, NULL, NULL);
    scratch_store(&y, NULL, NULL);
    snap_path(&x, path);
    assert_ok(store_tenant_snapshot(x.store, STR("default"), path));
    assert_int_equal(store_tenant_restore(y.store, STR("default"), path).kind, ERR_MASTER_KEY);
    scratch_drop(&x);
    scratch_drop(&y);
}

/* --- while others read and write --------------------------------------------------- */

struct user {
    struct tenant *tenant;
    atomic_bool *stop;
    bool wrong;
};

static struct result put_pair(struct tx *tx, void *arg)
{
    struct setting a = { "a", *(str *)arg }, b = { "b", *(str *)arg };
    TRY(setting_put(tx, &a));
    return setting_put(tx, &b);
}

static struct result get_pair(struct tx *tx, void *arg)
{
    struct setting a = { "a", STR_NONE }, b = { "b", STR_NONE };
    TRY(setting_get(tx, &a));
    TRY(setting_get(tx, &b));
    *(bool *)arg = str_eq(a.body, b.body);
    return OK;
}

static void *use(void *arg)
{
    struct user *u = arg;
    for (int i = 0; !atomic_load(u->stop); i++) {
        struct arena *a = arena_new(0);
        struct tx_options o = { .arena = a };
        str body = str_fmt(a, "%d", i);
        bool equal = false;
        if (failed(store_write(u->tenant, &o, put_pair, &body)))
            u->wrong = true;
        if (failed(store_read(u->tenant, &o, get_pair, &equal)) || !equal)
            u->wrong = true;
        arena_free(a);
    }
    return NULL;
}

static void under_load(void **state)
{
    enum { USERS = 4 };
    struct scratch x;
    char path[128], backup[128];
    atomic_bool stop = false;
    struct user users[USERS];
    pthread_t threads[USERS];
    (void)state;
    scratch_store(&x, NULL, NULL);
    snap_path(&x, path);
    struct tenant *t = scratch_tenant(&x, "default");
    for (int i = 0; i < USERS; i++) {
        users[i] = (struct user){ t, &stop, false };
        assert_int_equal(pthread_create(&threads[i], NULL, use, &users[i]), 0);
    }
    for (int i = 0; i < 15; i++) {
        assert_ok(store_tenant_snapshot(x.store, STR("default"), path));
        snprintf(backup, sizeof backup, "%s/backup-%d", x.root, i);
        assert_ok(store_backup(x.store, backup));
        assert_ok(store_tenant_restore(x.store, STR("default"), path));
    }
    atomic_store(&stop, true);
    for (int i = 0; i < USERS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(users[i].wrong);
    }
    tenant_release(t);
    scratch_drop(&x);
}

static void backup_is_a_data_directory(void **state)
{
    struct scratch x;
    struct store *copy;
    char to[128], path[160];
    (void)state;
    scratch_store(&x, seal_it, "hush");
    struct tenant_info other = { STR("other"), STR("other.example.com"), 0 };
    assert_ok(store_tenant_create(x.store, &other, seal_it, "too"));
    snprintf(path, sizeof path, "%s/tls", x.dir);
    assert_ok(file_mkdir(path, 0700));
    snprintf(path, sizeof path, "%s/tls/ca.pem", x.dir);
    assert_ok(file_write_durable(path, STR("ca"), 0644));
    snprintf(to, sizeof to, "%s/copy", x.root);
    assert_ok(store_backup(x.store, to));
    assert_int_equal(store_backup(x.store, to).kind, ERR_IO);
    struct store_config cfg = { .data_dir = str_from(to) };
    assert_ok(store_open(&cfg, &copy));
    struct tenant *t;
    assert_ok(store_tenant_by_name(copy, STR("other"), &t));
    expect_secret(&x, t, "too");
    tenant_release(t);
    snprintf(path, sizeof path, "%s/tls/ca.pem", to);
    assert_true(file_exists(path));
    store_close(copy);
    scratch_drop(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(back_to_the_snapshot),
        cmocka_unit_test(into_another_tenant),
        cmocka_unit_test(after_deletion_under_the_same_name),
        cmocka_unit_test(wrong_files_are_refused),
        cmocka_unit_test(anothers_master_key),
        cmocka_unit_test(under_load),
        cmocka_unit_test(backup_is_a_data_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
