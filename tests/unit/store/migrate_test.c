/* Schema versions. Databases of old versions are kept as SQL beside this file,
 * old/schema-V.sql: at least one row of each table, as version V held it. A
 * change of the schema adds src/store/schema-N.sql and old/schema-(N-1).sql, and
 * nothing here. */
#include "scratch.h"
#include "store/migrate.h"

#include <unistd.h>

static char db_path[64];
static struct arena *arena;

static int begin(void **state)
{
    (void)state;
    arena = arena_new(0);
    snprintf(db_path, sizeof db_path, "/tmp/doorward-migrate-XXXXXX");
    int fd = mkstemp(db_path);
    close(fd);
    return fd < 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return unlink(db_path);
}

static struct sql *connect_new(void)
{
    struct sql *db;
    assert_ok(sql_connect(db_path, SQL_WRITER, true, &db));
    return db;
}

static int64_t number(struct sql *db, const char *text)
{
    struct sql_value v;
    bool found;
    assert_ok(sql_row(db, arena, text, SQL_NO_ARGS, &v, 1, &found));
    return found ? v.i : -1;
}

/* Names and statements of everything in the schema, sorted. */
static const char *schema_of(struct sql *db)
{
    struct sql_value v;
    bool found;
    assert_ok(sql_row(db, arena,
                      "SELECT group_concat(line, char(10)) FROM"
                      " (SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS line FROM sqlite_master ORDER BY 1)",
                      SQL_NO_ARGS, &v, 1, &found));
    assert_true(found);
    return v.s.p ? str_cstr(arena, v.s) : "";
}

static const char *const small_sql[] = {
    "CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1);",
    "ALTER TABLE a ADD COLUMN b TEXT NOT NULL DEFAULT 'x';",
    "CREATE TABLE c (id INTEGER PRIMARY KEY); INSERT INTO nowhere VALUES (1);",
};

static void steps_run_once_and_in_order(void **state)
{
    (void)state;
    struct sql *db = connect_new();
    struct schema first = { small_sql, 1 }, second = { small_sql, 2 };
    assert_ok(migrate(db, &first, db_path));
    assert_ok(migrate(db, &first, db_path));
    assert_int_equal(number(db, "SELECT count(*) FROM a"), 1);
    assert_ok(migrate(db, &second, db_path));
    assert_int_equal(number(db, "SELECT count(*) FROM a WHERE b = 'x'"), 1);
    assert_int_equal(number(db, "PRAGMA user_version"), 2);
    sql_disconnect(db);
}

static void failed_step_leaves_the_version_before(void **state)
{
    (void)state;
    struct sql *db = connect_new();
    struct schema third = { small_sql, 3 };
    assert_int_equal(migrate(db, &third, db_path).kind, ERR_DATABASE);
    assert_int_equal(number(db, "PRAGMA user_version"), 2);
    assert_int_equal(number(db, "SELECT count(*) FROM sqlite_master WHERE name = 'c'"), 0);
    sql_disconnect(db);
}

static void newer_is_refused(void **state)
{
    (void)state;
    struct sql *db = connect_new();
    struct schema first = { small_sql, 1 }, second = { small_sql, 2 };
    assert_ok(migrate(db, &second, db_path));
    struct result r = migrate(db, &first, db_path);
    assert_int_equal(r.kind, ERR_STORE_NEWER);
    assert_string_equal(r.args.v[0].p, db_path);
    sql_disconnect(db);
}

/* The rows kept of an old version; NULL when there is no such file. */
static const char *old_rows(const char *stem, int64_t version)
{
    char path[512];
    str text;
    snprintf(path, sizeof path, "%s/store/old/%s-%lld.sql", TEST_SOURCE_DIR, stem, (long long)version);
    if (failed(file_read(arena, path, 1 << 20, &text)))
        return NULL;
    return str_cstr(arena, text);
}

static int64_t rows_in_all_tables(struct sql *db, bool each_has_some)
{
    struct sql_rows tables;
    int64_t sum = 0;
    assert_ok(sql_open(db, &tables, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", SQL_NO_ARGS));
    while (sql_next(&tables)) {
        str name = sql_col_text(&tables, 0);
        int64_t rows = number(db, str_cstr(arena, str_fmt(arena, "SELECT count(*) FROM \"%.*s\"", STR_ARG(name))));
        if (each_has_some && rows < 1)
            test_fail("no row is kept of %.*s", STR_ARG(name));
        sum += rows;
    }
    assert_ok(sql_close(&tables));
    return sum;
}

/* From version v, filled with its kept rows, to now: the schema is that of a
 * new database, and no row is lost. */
static void upgrade_from(const struct schema *schema, const char *stem, int64_t version, const char *want_schema)
{
    const char *rows = old_rows(stem, version);
    bool is_old = version < schema->version;
    if (is_old && !rows)
        test_fail("tests/unit/store/old/%s-%lld.sql is missing", stem, (long long)version);
    assert_int_equal(unlink(db_path), 0);
    assert_ok(file_create(db_path, 0600));
    struct sql *db = connect_new();
    struct schema old = { schema->sql, version };
    assert_ok(migrate(db, &old, db_path));
    if (rows)
        assert_ok(sql_script(db, rows));
    int64_t before = rows_in_all_tables(db, is_old);
    assert_ok(migrate(db, schema, db_path));
    assert_string_equal(schema_of(db), want_schema);
    assert_true(rows_in_all_tables(db, false) >= before);
    if (schema == &tenant_schema)
        assert_int_equal(number(db, "SELECT count(*) FROM row_counts WHERE n = 65"), version == 2 ? 3 : 0);
    sql_disconnect(db);
}

static void upgrades_end_where_new_ones_start(void **state)
{
    static const struct {
        const char *stem;
        const struct schema *schema;
    } all[] = { { "schema", &tenant_schema }, { "system", &system_schema } };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct sql *db = connect_new();
        assert_ok(migrate(db, all[i].schema, db_path));
        const char *want = schema_of(db);
        sql_disconnect(db);
        for (int64_t v = 1; v <= all[i].schema->version; v++)
            upgrade_from(all[i].schema, all[i].stem, v, want);
        assert_int_equal(unlink(db_path), 0);
        assert_ok(file_create(db_path, 0600));
    }
}

/* A data directory of a newer program, as a whole and by one tenant. */
static void set_version(const char *path, int64_t version)
{
    struct sql *db;
    assert_ok(sql_connect(path, SQL_WRITER, false, &db));
    assert_ok(sql_version_set(db, version));
    sql_disconnect(db);
}

static void set_meta(const char *path, const char *text)
{
    struct sql *db;
    assert_ok(sql_connect(path, SQL_WRITER, false, &db));
    assert_ok(sql_run(db, text, SQL_NO_ARGS, NULL));
    sql_disconnect(db);
}

static void newer_directories_are_refused(void **state)
{
    struct scratch x;
    char path[160];
    struct tenant *t;
    (void)state;
    scratch_store(&x, NULL, NULL);
    scratch_close(&x);
    snprintf(path, sizeof path, "%s/tenants/default.1.db", x.dir);
    set_version(path, tenant_schema.version + 1);
    scratch_open(&x);
    struct result r = store_tenant_by_name(x.store, STR("default"), &t);
    assert_int_equal(r.kind, ERR_STORE_NEWER);
    assert_true(str_eq(r.args.v[0], x.cfg.data_dir));
    scratch_close(&x);
    set_version(path, tenant_schema.version);
    snprintf(path, sizeof path, "%s/system.db", x.dir);
    set_version(path, system_schema.version + 1);
    r = store_open(&x.cfg, &x.store);
    assert_int_equal(r.kind, ERR_STORE_NEWER);
    assert_true(str_eq(r.args.v[0], x.cfg.data_dir));
    set_version(path, system_schema.version);
    set_meta(path, "UPDATE meta SET value = '99' WHERE name = 'tenant_version'");
    assert_int_equal(store_open(&x.cfg, &x.store).kind, ERR_STORE_NEWER); /* some tenant may be ahead */
    set_meta(path, "UPDATE meta SET value = '1' WHERE name = 'tenant_version'");
    scratch_open(&x);
    scratch_drop(&x);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(steps_run_once_and_in_order),
        EACH(failed_step_leaves_the_version_before),
        EACH(newer_is_refused),
        EACH(upgrades_end_where_new_ones_start),
        cmocka_unit_test(newer_directories_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
