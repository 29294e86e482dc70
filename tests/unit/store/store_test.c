/* The data directory: made, opened, refused. */
#include "scratch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct result fill_one(struct tx *tx, void *arg)
{
    struct setting v = { "made", str_from(arg) };
    return setting_put(tx, &v);
}

static void first_start(void **state)
{
    struct scratch x;
    (void)state;
    scratch_store(&x, fill_one, "yes");
    struct tenant *t = scratch_tenant(&x, "default");
    expect(&x, t, "made", "yes");
    assert_true(str_eq(tenant_issuer(t), STR("https://localhost:8443/")));
    tenant_release(t);
    scratch_drop(&x);
}

static void written_is_there_after_reopening(void **state)
{
    struct scratch x;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    put(&x, t, "a", "1");
    expect(&x, t, "a", "1");
    tenant_release(t);
    scratch_close(&x);
    scratch_open(&x);
    t = scratch_tenant(&x, "default");
    expect(&x, t, "a", "1");
    tenant_release(t);
    scratch_drop(&x);
}

static struct result write_file(const char *dir, void *arg)
{
    char path[256];
    snprintf(path, sizeof path, "%s/credentials.json", dir);
    (void)arg;
    return file_write_durable(path, STR("{}"), 0600);
}

static struct result refuse_files(const char *dir, void *arg)
{
    (void)dir;
    (void)arg;
    return fail(ERR_USAGE);
}

static void init_is_all_or_nothing(void **state)
{
    struct scratch x;
    char path[128];
    (void)state;
    scratch_make(&x);
    struct store_first first = { .tenant = { STR("default"), STR("localhost"), 0 }, .files = refuse_files };
    assert_int_equal(store_init(&x.cfg, &first).kind, ERR_USAGE);
    assert_false(file_exists(x.dir));
    snprintf(path, sizeof path, "%s.new", x.dir);
    assert_false(file_exists(path));
    assert_int_equal(store_open(&x.cfg, &x.store).kind, ERR_STORE_MISSING);
    first.files = write_file;
    assert_ok(store_init(&x.cfg, &first));
    snprintf(path, sizeof path, "%s/credentials.json", x.dir);
    assert_true(file_exists(path));
    assert_int_equal(store_init(&x.cfg, &first).kind, ERR_STORE_EXISTS);
    scratch_drop(&x);
}

static void init_over_a_crashed_one(void **state)
{
    struct scratch x;
    char path[128];
    (void)state;
    scratch_make(&x);
    snprintf(path, sizeof path, "%s.new", x.dir);
    assert_ok(file_mkdir(path, 0700));
    snprintf(path, sizeof path, "%s.new/system.db", x.dir);
    assert_ok(file_write_durable(path, STR("half"), 0600));
    struct store_first first = { .tenant = { STR("default"), STR("localhost"), 0 } };
    assert_ok(store_init(&x.cfg, &first));
    scratch_open(&x);
    scratch_drop(&x);
}

static void full_directory_is_refused(void **state)
{
    struct scratch x;
    char path[128];
    (void)state;
    scratch_make(&x);
    assert_ok(file_mkdir(x.dir, 0700));
    snprintf(path, sizeof path, "%s/notes.txt", x.dir);
    assert_ok(file_write_durable(path, STR("mine"), 0600));
    struct store_first first = { .tenant = { STR("default"), STR("localhost"), 0 } };
    struct result r = store_init(&x.cfg, &first);
    assert_int_equal(r.kind, ERR_STORE_EXISTS);
    assert_true(str_eq(r.args.v[0], x.cfg.data_dir));
    assert_true(file_exists(path));
    assert_ok(file_remove_tree(x.root));
    arena_free(x.arena);
}

/* As a volume's mount point: it cannot be renamed over. */
static void empty_directory_is_filled(void **state)
{
    struct scratch x;
    char path[128];
    (void)state;
    scratch_make(&x);
    assert_ok(file_mkdir(x.dir, 0700));
    snprintf(path, sizeof path, "%s/lost+found", x.dir);
    assert_ok(file_mkdir(path, 0700));
    int fd = open(x.dir, O_RDONLY | O_DIRECTORY);
    struct stat before, after;
    assert_int_equal(fstat(fd, &before), 0);
    close(fd);
    struct store_first first = { .tenant = { STR("default"), STR("localhost"), 0 }, .files = refuse_files };
    assert_int_equal(store_init(&x.cfg, &first).kind, ERR_USAGE);
    first.files = write_file;
    assert_ok(store_init(&x.cfg, &first));
    assert_int_equal(stat(x.dir, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino); /* it is the same directory */
    snprintf(path, sizeof path, "%s/credentials.json", x.dir);
    assert_true(file_exists(path));
    snprintf(path, sizeof path, "%s/.new", x.dir);
    assert_false(file_exists(path));
    assert_int_equal(store_init(&x.cfg, &first).kind, ERR_STORE_EXISTS);
    scratch_open(&x);
    scratch_drop(&x);
}

static void interrupted_filling_is_done_again(void **state)
{
    struct scratch x;
    char path[128];
    (void)state;
    scratch_make(&x);
    static const char *const left[] = { "", "/.new", "/tenants", "/tenants/old", "/tls" };
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        snprintf(path, sizeof path, "%s%s", x.dir, left[i]);
        assert_ok(file_mkdir(path, 0700));
    }
    snprintf(path, sizeof path, "%s/master.key", x.dir);
    assert_ok(file_write_durable(path, STR("of the interrupted one"), 0600));
    assert_int_equal(store_open(&x.cfg, &x.store).kind, ERR_STORE_MISSING);
    struct store_first first = { .tenant = { STR("default"), STR("localhost"), 0 } };
    assert_ok(store_init(&x.cfg, &first));
    scratch_open(&x);
    scratch_drop(&x);
}

/* flock belongs to the open file, so a second open in this process is a second server. */
static void second_server_is_kept_out(void **state)
{
    struct scratch x;
    struct store *second;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct result r = store_open(&x.cfg, &second);
    assert_int_equal(r.kind, ERR_STORE_LOCKED);
    assert_true(str_eq(r.args.v[0], x.cfg.data_dir));
    scratch_close(&x);
    scratch_open(&x);
    scratch_drop(&x);
}

static void key_file_path(const struct scratch *x, char out[128])
{
    snprintf(out, 128, "%s/master.key", x->dir);
}

static void master_key_file_is_private(void **state)
{
    struct scratch x;
    struct stat st;
    char path[128];
    (void)state;
    scratch_store(&x, NULL, NULL);
    key_file_path(&x, path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    scratch_drop(&x);
}

static const struct {
    const char *name;
    str content;
} wrong_keys[] = {
    { "another key", STR_INIT("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n") },
    { "too short", STR_INIT("0011\n") },
    { "no hex", STR_INIT("hello\n") },
    { "empty", STR_INIT("") },
};

static void wrong_master_key_refuses_to_start(void **state)
{
    struct scratch x;
    char path[128];
    (void)state;
    scratch_store(&x, NULL, NULL);
    scratch_close(&x);
    key_file_path(&x, path);
    for (size_t i = 0; i < sizeof wrong_keys / sizeof wrong_keys[0]; i++) {
        assert_ok(file_write_durable(path, wrong_keys[i].content, 0600));
        struct result r = store_open(&x.cfg, &x.store);
        if (r.kind != ERR_MASTER_KEY)
            test_fail("%s: kind %d", wrong_keys[i].name, (int)r.kind);
    }
    assert_ok(file_remove_durable(path));
    assert_int_equal(store_open(&x.cfg, &x.store).kind, ERR_MASTER_KEY);
    assert_ok(file_remove_tree(x.root));
    arena_free(x.arena);
}

static void master_key_elsewhere(void **state)
{
    struct scratch x;
    char path[128], inside[128];
    (void)state;
    scratch_make(&x);
    snprintf(path, sizeof path, "%s/other.key", x.root);
    x.cfg.master_key_file = str_from(path);
    struct store_first first = { .tenant = { STR("default"), STR("localhost"), 0 } };
    assert_ok(store_init(&x.cfg, &first));
    assert_true(file_exists(path));
    key_file_path(&x, inside);
    assert_false(file_exists(inside));
    scratch_open(&x);
    scratch_drop(&x);
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

static void sealed_secrets_open_again(void **state)
{
    struct scratch x;
    str secret;
    (void)state;
    scratch_store(&x, seal_it, "hush");
    struct tenant *t = scratch_tenant(&x, "default");
    struct tx_options o = { .arena = x.arena };
    assert_ok(store_read(t, &o, unseal_it, &secret));
    assert_true(str_eq(secret, STR("hush")));
    tenant_release(t);
    scratch_drop(&x);
}

static void spare_keys_are_given_out_once(void **state)
{
    struct scratch x;
    str der;
    bool found;
    int64_t count;
    (void)state;
    scratch_store(&x, NULL, NULL);
    assert_ok(store_spare_key_put(x.store, STR("one")));
    assert_ok(store_spare_key_put(x.store, STR("two")));
    assert_ok(store_spare_key_count(x.store, &count));
    assert_int_equal(count, 2);
    assert_ok(store_spare_key_take(x.store, x.arena, &der, &found));
    assert_true(found);
    bool first_was_one = str_eq(der, STR("one"));
    scratch_close(&x);
    scratch_open(&x);
    assert_ok(store_spare_key_take(x.store, x.arena, &der, &found));
    assert_true(found);
    assert_true(str_eq(der, first_was_one ? STR("two") : STR("one")));
    assert_ok(store_spare_key_take(x.store, x.arena, &der, &found));
    assert_false(found);
    scratch_drop(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_start),
        cmocka_unit_test(written_is_there_after_reopening),
        cmocka_unit_test(init_is_all_or_nothing),
        cmocka_unit_test(init_over_a_crashed_one),
        cmocka_unit_test(full_directory_is_refused),
        cmocka_unit_test(empty_directory_is_filled),
        cmocka_unit_test(interrupted_filling_is_done_again),
        cmocka_unit_test(second_server_is_kept_out),
        cmocka_unit_test(master_key_file_is_private),
        cmocka_unit_test(wrong_master_key_refuses_to_start),
        cmocka_unit_test(master_key_elsewhere),
        cmocka_unit_test(sealed_secrets_open_again),
        cmocka_unit_test(spare_keys_are_given_out_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
