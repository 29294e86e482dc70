/* Bulk loads: what they publish, what they bring over, when they refuse. */
#include "scratch.h"

#include "store/bulk.h"

#include <dirent.h>

static struct result add_users(struct tx *tx, void *arg)
{
    int64_t count = *(int64_t *)arg;
    for (int64_t i = 1; i <= count; i++)
        TRY(sql_run(tx->sql, "INSERT INTO users (uid, doc) VALUES (?, '{}')",
                    SQL_ARGS(sql_text(str_fmt(tx->arena, "auth0|%lld", (long long)i))), NULL));
    return OK;
}

static struct result count_users(struct tx *tx, void *arg)
{
    struct sql_value v;
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT count(*) FROM users", SQL_NO_ARGS, &v, 1, &found));
    *(int64_t *)arg = v.i;
    return OK;
}

static struct result run_text(struct tx *tx, void *arg)
{
    return sql_run(tx->sql, arg, SQL_NO_ARGS, NULL);
}

static struct result must_find(struct tx *tx, void *arg)
{
    struct sql_value v;
    bool found;
    TRY(sql_row(tx->sql, tx->arena, arg, SQL_NO_ARGS, &v, 1, &found));
    return found ? OK : fail(ERR_USAGE);
}

static struct result nothing(struct tx *tx, void *arg)
{
    (void)tx;
    (void)arg;
    return OK;
}

static int64_t users_of(struct scratch *x, struct tenant *t)
{
    int64_t count = -1;
    struct tx_options o = { .arena = x->arena };
    assert_ok(store_read(t, &o, count_users, &count));
    return count;
}

static void change(struct scratch *x, struct tenant *t, const char *text)
{
    struct tx_options o = { .arena = x->arena };
    assert_ok(store_write(t, &o, run_text, (void *)text));
}

static unsigned files_in(const struct scratch *x, const char *part)
{
    char path[160];
    unsigned count = 0;
    snprintf(path, sizeof path, "%s/%s", x->dir, part);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        count += e->d_name[0] != '.' && !str_ends(str_from(e->d_name), STR("-wal"));
    closedir(d);
    return count;
}

/* --- the good way -------------------------------------------------------------------- */

static void all_at_once(void **state)
{
    struct scratch x;
    struct bulk *b;
    int64_t count = 1000;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    struct tx_options o = { .arena = x.arena };
    put(&x, t, "before", "load");
    uint64_t generation = tenant_generation(t);
    assert_ok(bulk_begin(t, &b));
    assert_ok(bulk_write(b, &o, add_users, &count));
    assert_int_equal(users_of(&x, t), 0);
    put(&x, t, "during", "load");
    struct setting last = { "last", STR("fn") };
    assert_ok(bulk_publish(b, &o, setting_put, &last));
    bulk_end(b);
    assert_true(tenant_generation(t) > generation);
    assert_int_equal(users_of(&x, t), 1000);
    expect(&x, t, "before", "load");
    expect(&x, t, "during", "load");
    expect(&x, t, "last", "fn");
    put(&x, t, "after", "load");
    assert_int_equal(files_in(&x, "tmp"), 0);
    tenant_release(t);
    scratch_close(&x);
    scratch_open(&x);
    assert_int_equal(files_in(&x, "tenants"), 1);
    t = scratch_tenant(&x, "default");
    assert_int_equal(users_of(&x, t), 1000);
    expect(&x, t, "after", "load");
    tenant_release(t);
    scratch_drop(&x);
}

static void given_up(void **state)
{
    struct scratch x;
    struct bulk *b;
    int64_t count = 10;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    struct tx_options o = { .arena = x.arena };
    assert_ok(bulk_begin(t, &b));
    assert_ok(bulk_write(b, &o, add_users, &count));
    bulk_end(b);
    assert_int_equal(users_of(&x, t), 0);
    assert_int_equal(files_in(&x, "tmp"), 0);
    tenant_release(t);
    scratch_drop(&x);
}

/* --- every table ------------------------------------------------------------------------- */

struct table {
    str name, columns;
    struct table *next;
};

static struct result list_tables(struct tx *tx, void *arg)
{
    struct sql_rows rows;
    struct table **at = arg;
    TRY(sql_open(tx->sql, &rows,
                 "SELECT m.name, group_concat(CASE WHEN c.type = 'INTEGER' THEN ?1 WHEN c.type = 'BLOB' THEN 'x''00ff''' ELSE '''text''' END) "
                 "FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' "
                 "AND m.name NOT IN ('users', 'self', 'row_counts') GROUP BY m.name",
                 SQL_ARGS(sql_int(7000))));
    while (sql_next(&rows)) {
        struct table *one = ARENA_NEW(tx->arena, struct table);
        *one = (struct table){ str_dup(tx->arena, sql_col_text(&rows, 0)), str_dup(tx->arena, sql_col_text(&rows, 1)), *at };
        *at = one;
    }
    return sql_close(&rows);
}

struct expected {
    const struct table *table;
    int64_t rows;
};

static struct result count_rows(struct tx *tx, void *arg)
{
    struct expected *e = arg;
    struct sql_value v;
    bool found;
    TRY(sql_row(tx->sql, tx->arena, str_cstr(tx->arena, str_fmt(tx->arena, "SELECT count(*) FROM %.*s", STR_ARG(e->table->name))),
                SQL_NO_ARGS, &v, 1, &found));
    e->rows = v.i;
    return OK;
}

/* A row of each table that is written during the load is there afterwards. */
static void no_table_is_forgotten(void **state)
{
    struct scratch x;
    struct bulk *b;
    struct table *tables = NULL;
    int64_t count = 10;
    unsigned seen = 0;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    struct tx_options o = { .arena = x.arena };
    assert_ok(store_read(t, &o, list_tables, &tables));
    assert_ok(bulk_begin(t, &b));
    assert_ok(bulk_write(b, &o, add_users, &count));
    for (const struct table *one = tables; one; one = one->next)
        change(&x, t, str_cstr(x.arena, str_fmt(x.arena, "INSERT INTO %.*s VALUES (%.*s)", STR_ARG(one->name), STR_ARG(one->columns))));
    assert_ok(bulk_publish(b, &o, nothing, NULL));
    bulk_end(b);
    for (const struct table *one = tables; one; one = one->next, seen++) {
        struct expected e = { one, 0 };
        assert_ok(store_read(t, &o, count_rows, &e));
        if (e.rows != 1)
            test_fail("%.*s: %lld rows", STR_ARG(one->name), (long long)e.rows);
    }
    assert_true(seen >= 20);
    assert_int_equal(users_of(&x, t), 10);
    tenant_release(t);
    scratch_drop(&x);
}

/* --- what happens meanwhile ---------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *before, *loaded, *meanwhile;
    enum err_kind want;
    const char *finds; /* afterwards: a query that has a row */
} changes[] = {
    { "a log entry goes and one comes", "INSERT INTO logs VALUES (1, 'a', 1, 't', NULL, '{}')", NULL,
      "DELETE FROM logs WHERE seq = 1", ERR_NONE, "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM logs)" },
    { "a job goes on", "INSERT INTO jobs VALUES (1, 'j', 'users_import', 1, '{}', '{}', 0, 9)", NULL,
      "UPDATE jobs SET position = 5", ERR_NONE, "SELECT 1 FROM jobs WHERE position = 5" },
    { "a list becomes long", NULL, NULL,
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 70) "
      "INSERT INTO documents SELECT 1000 + x, 'long', 'l' || x, '{}', 1, 1 FROM n",
      ERR_NONE, "SELECT 1 FROM row_counts WHERE kind = 'long' AND field = '' AND n = 70" },
    { "a new document", NULL, NULL, "INSERT INTO documents VALUES (7, 'client', 'c', '{}', 1, 1)", ERR_NONE,
      "SELECT 1 FROM documents WHERE id = 'c'" },
    { "rows of both", NULL, "INSERT INTO relations VALUES (1, 'k', 'a', 'b', '{}')", "INSERT INTO relations VALUES (2, 'k', 'a', 'c', '{}')",
      ERR_NONE, "SELECT 1 FROM relations WHERE (SELECT count(*) FROM relations) = 2" },
    { "a document changes", "INSERT INTO documents VALUES (7, 'connection', 'c', '{}', 1, 1)", NULL,
      "UPDATE documents SET body = '{\"a\":1}'", ERR_BUSY, "SELECT 1 FROM documents WHERE body <> '{}'" },
    { "a document goes", "INSERT INTO documents VALUES (7, 'connection', 'c', '{}', 1, 1)", NULL, "DELETE FROM documents", ERR_BUSY,
      "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM documents)" },
    { "the same key", NULL, "INSERT INTO relations VALUES (1, 'k', 'a', 'b', '{}')", "INSERT INTO relations VALUES (1, 'k', 'a', 'c', '{}')",
      ERR_BUSY, "SELECT 1 FROM relations WHERE b = 'c'" },
    { "the same unique value", NULL, "INSERT INTO relations VALUES (1, 'k', 'a', 'b', '{}')",
      "INSERT INTO relations VALUES (2, 'k', 'a', 'b', '{}')", ERR_BUSY, "SELECT 1 FROM relations WHERE seq = 2" },
    { "the load changed what goes", "INSERT INTO jobs VALUES (1, 'j', 'users_import', 1, '{}', '{}', 0, 9)", "UPDATE jobs SET position = 3",
      "UPDATE jobs SET position = 5", ERR_BUSY, "SELECT 1 FROM jobs WHERE position = 5" },
    { "a user", NULL, NULL, "INSERT INTO users VALUES (1, 'auth0|1', '{}')", ERR_BUSY, "SELECT 1 FROM users WHERE uid = 'auth0|1'" },
    { "a schema", NULL, NULL, "CREATE TABLE later (a INTEGER PRIMARY KEY)", ERR_BUSY, "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM later)" },
};

static void meanwhile(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct scratch x;
        struct bulk *b;
        scratch_store(&x, NULL, NULL);
        struct tenant *t = scratch_tenant(&x, "default");
        struct tx_options o = { .arena = x.arena };
        if (changes[i].before)
            change(&x, t, changes[i].before);
        assert_ok(bulk_begin(t, &b));
        if (changes[i].loaded)
            assert_ok(bulk_write(b, &o, run_text, (void *)changes[i].loaded));
        change(&x, t, changes[i].meanwhile);
        struct result r = bulk_publish(b, &o, nothing, NULL);
        bulk_end(b);
        if (r.kind != changes[i].want)
            test_fail("%s: kind %d", changes[i].name, (int)r.kind);
        if (failed(store_read(t, &o, must_find, (void *)changes[i].finds)))
            test_fail("%s: not there", changes[i].name);
        put(&x, t, "still", "writable");
        tenant_release(t);
        scratch_drop(&x);
    }
}

static void refused_at_once(void **state)
{
    struct scratch x;
    struct bulk *b;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant *t = scratch_tenant(&x, "default");
    change(&x, t, "INSERT INTO users VALUES (1, 'auth0|1', '{}')");
    assert_int_equal(bulk_begin(t, &b).kind, ERR_BUSY);
    change(&x, t, "DELETE FROM users");
    change(&x, t, "INSERT INTO settings VALUES ('much', zeroblob(70000000))");
    assert_int_equal(bulk_begin(t, &b).kind, ERR_BUSY);
    assert_int_equal(files_in(&x, "tmp"), 0);
    tenant_release(t);
    scratch_drop(&x);
}

static void restored_meanwhile(void **state)
{
    struct scratch x;
    struct bulk *b;
    char path[128];
    int64_t count = 10;
    (void)state;
    scratch_store(&x, NULL, NULL);
    snprintf(path, sizeof path, "%s/one.snapshot", x.root);
    struct tenant *t = scratch_tenant(&x, "default");
    struct tx_options o = { .arena = x.arena };
    put(&x, t, "state", "old");
    assert_ok(store_tenant_snapshot(x.store, STR("default"), path));
    put(&x, t, "other", "new");
    assert_ok(bulk_begin(t, &b));
    assert_ok(bulk_write(b, &o, add_users, &count));
    assert_ok(store_tenant_restore(x.store, STR("default"), path));
    assert_int_equal(bulk_publish(b, &o, nothing, NULL).kind, ERR_BUSY);
    bulk_end(b);
    assert_int_equal(users_of(&x, t), 0);
    expect(&x, t, "other", NULL);
    tenant_release(t);
    scratch_drop(&x);
}

static void deleted_meanwhile(void **state)
{
    struct scratch x;
    struct bulk *b;
    int64_t count = 10;
    (void)state;
    scratch_store(&x, NULL, NULL);
    struct tenant_info info = { STR("other"), STR("other.example.com"), 0 };
    assert_ok(store_tenant_create(x.store, &info, NULL, NULL));
    struct tenant *t = scratch_tenant(&x, "other");
    struct tx_options o = { .arena = x.arena };
    assert_ok(bulk_begin(t, &b));
    assert_ok(bulk_write(b, &o, add_users, &count));
    assert_ok(store_tenant_delete(x.store, STR("other")));
    assert_ok(store_tenant_create(x.store, &info, NULL, NULL));
    assert_int_equal(bulk_publish(b, &o, nothing, NULL).kind, ERR_BUSY);
    bulk_end(b);
    tenant_release(t);
    t = scratch_tenant(&x, "other");
    assert_int_equal(users_of(&x, t), 0);
    tenant_release(t);
    assert_int_equal(files_in(&x, "tenants"), 2);
    scratch_drop(&x);
}

/* Snapshots in the midst of it hold the tenant as it is seen, and bring it back. */
static void snapshots_meanwhile(void **state)
{
    struct scratch x;
    struct bulk *b;
    char path[128];
    int64_t count = 10;
    (void)state;
    scratch_store(&x, NULL, NULL);
    snprintf(path, sizeof path, "%s/one.snapshot", x.root);
    struct tenant *t = scratch_tenant(&x, "default");
    struct tx_options o = { .arena = x.arena };
    assert_ok(bulk_begin(t, &b));
    assert_ok(bulk_write(b, &o, add_users, &count));
    assert_ok(store_tenant_snapshot(x.store, STR("default"), path));
    assert_ok(bulk_publish(b, &o, nothing, NULL));
    bulk_end(b);
    assert_int_equal(users_of(&x, t), 10);
    assert_ok(store_tenant_restore(x.store, STR("default"), path));
    assert_int_equal(users_of(&x, t), 0);
    tenant_release(t);
    scratch_drop(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_at_once),       cmocka_unit_test(given_up),
        cmocka_unit_test(no_table_is_forgotten), cmocka_unit_test(meanwhile),
        cmocka_unit_test(refused_at_once),   cmocka_unit_test(restored_meanwhile),
        cmocka_unit_test(deleted_meanwhile), cmocka_unit_test(snapshots_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
