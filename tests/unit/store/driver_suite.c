/* The driver conformance suite: see driver_suite.h. */
#include "driver_suite.h"

#include "scratch.h"

#include <pthread.h>

static const struct driver_bed *bed;
static struct sql *writer;
static struct arena *arena;

static const char table[] = "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE, amount INTEGER, data BLOB)";
static const char insert[] = "INSERT INTO things (id, name, amount, data) VALUES (?, ?, ?, ?)";

static int begin(void **state)
{
    (void)state;
    bed->make();
    arena = arena_new(0);
    if (failed(bed->connect(SQL_WRITER, &writer)) || failed(sql_script(writer, table)))
        return -1;
    return 0;
}

static int end(void **state)
{
    (void)state;
    sql_disconnect(writer);
    bed->drop();
    arena_free(arena);
    return 0;
}

static struct sql *reader(void)
{
    struct sql *db;
    assert_ok(bed->connect(SQL_READER, &db));
    return db;
}

static struct result add(struct sql *db, int64_t id, const char *name)
{
    return sql_run(db, insert, SQL_ARGS(sql_int(id), sql_text(str_from(name)), sql_int(1), sql_text(STR_NONE)), NULL);
}

static int64_t number(struct sql *db, const char *text)
{
    struct sql_value v;
    bool found;
    assert_ok(sql_row(db, arena, text, SQL_NO_ARGS, &v, 1, &found));
    assert_true(found);
    assert_int_equal(v.type, SQL_INT);
    return v.i;
}

static int64_t count(struct sql *db)
{
    return number(db, "SELECT count(*) FROM things");
}

/* --- values ------------------------------------------------------------------ */

static const struct {
    const char *name;
    struct sql_value value;
} values[] = {
    { "zero", { .type = SQL_INT, .i = 0 } },
    { "negative", { .type = SQL_INT, .i = -1 } },
    { "largest", { .type = SQL_INT, .i = INT64_MAX } },
    { "smallest", { .type = SQL_INT, .i = INT64_MIN } },
    { "text", { .type = SQL_TEXT, .s = STR_INIT("hello") } },
    { "empty text", { .type = SQL_TEXT, .s = STR_INIT("") } },
    { "text of several bytes a letter", { .type = SQL_TEXT, .s = STR_INIT("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80") } },
    { "quotes", { .type = SQL_TEXT, .s = STR_INIT("it's \"so\" \\ ; --") } },
    { "digits stay text", { .type = SQL_TEXT, .s = STR_INIT("0012") } },
    { "blob", { .type = SQL_BLOB, .s = STR_INIT("\x00\x01\xff\x00") } },
    { "empty blob", { .type = SQL_BLOB, .s = STR_INIT("") } },
    { "null", { .type = SQL_NULL } },
};

/* The column by type: a common-dialect column holds one type. */
static const char *column_for(const struct sql_value *v)
{
    switch (v->type) {
    case SQL_INT:
        return "amount";
    case SQL_TEXT:
        return "name";
    case SQL_BLOB:
    case SQL_NULL:
        return "data";
    }
    return NULL;
}

static void values_come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct sql_value v;
        bool found;
        const char *column = column_for(&values[i].value);
        str put_text = str_fmt(arena, "INSERT INTO things (id, %s) VALUES (?, ?)", column);
        str get_text = str_fmt(arena, "SELECT %s FROM things WHERE id = ?", column);
        assert_ok(sql_run(writer, str_cstr(arena, put_text), SQL_ARGS(sql_int((int64_t)i), values[i].value), NULL));
        assert_ok(sql_row(writer, arena, str_cstr(arena, get_text), SQL_ARGS(sql_int((int64_t)i)), &v, 1, &found));
        if (!found || v.type != values[i].value.type || v.i != values[i].value.i || !str_eq(v.s, values[i].value.s))
            test_fail("%s: type %d", values[i].name, (int)v.type);
    }
}

static void columns_of_rows(void **state)
{
    struct sql_rows rows;
    (void)state;
    assert_ok(sql_run(writer, insert, SQL_ARGS(sql_int(7), sql_text(STR("x")), sql_text(STR_NONE), sql_blob(STR(""))), NULL));
    assert_ok(sql_open(writer, &rows, "SELECT id, name, amount, data FROM things", SQL_NO_ARGS));
    assert_true(sql_next(&rows));
    assert_int_equal(sql_col_int(&rows, 0), 7);
    assert_true(str_eq(sql_col_text(&rows, 1), STR("x")));
    assert_true(sql_col_is_null(&rows, 2));
    assert_null(sql_col_text(&rows, 2).p);
    assert_null(sql_col_blob(&rows, 2).p);
    assert_false(sql_col_is_null(&rows, 3));
    assert_non_null(sql_col_blob(&rows, 3).p);
    assert_int_equal(sql_col_blob(&rows, 3).len, 0);
    assert_false(sql_next(&rows));
    assert_ok(sql_close(&rows));
}

static void big_blob(void **state)
{
    enum { BIG = 5 * 1024 * 1024 };
    struct sql_value v;
    bool found;
    (void)state;
    char *p = arena_raw(arena, BIG);
    for (size_t i = 0; i < BIG; i++)
        p[i] = (char)(i * 31 >> 3);
    assert_ok(sql_run(writer, insert, SQL_ARGS(sql_int(1), sql_text(STR("big")), sql_int(0), sql_blob((str){ p, BIG })), NULL));
    assert_ok(sql_row(writer, arena, "SELECT data FROM things WHERE id = ?", SQL_ARGS(sql_int(1)), &v, 1, &found));
    assert_true(found);
    assert_int_equal(v.s.len, BIG);
    assert_memory_equal(v.s.p, p, BIG);
}

static void no_row(void **state)
{
    struct sql_value v = sql_int(42);
    bool found = true;
    (void)state;
    assert_ok(sql_row(writer, arena, "SELECT id FROM things WHERE id = ?", SQL_ARGS(sql_int(1)), &v, 1, &found));
    assert_false(found);
}

static void changes_and_ids(void **state)
{
    int64_t changed;
    (void)state;
    assert_ok(sql_run(writer, "INSERT INTO things (name) VALUES (?)", SQL_ARGS(sql_text(STR("a"))), &changed));
    assert_int_equal(changed, 1);
    int64_t first = sql_last_id(writer);
    assert_ok(add(writer, first + 10, "b"));
    assert_int_equal(sql_last_id(writer), first + 10);
    assert_ok(sql_run(writer, "UPDATE things SET amount = 5", SQL_NO_ARGS, &changed));
    assert_int_equal(changed, 2);
    assert_ok(sql_run(writer, "DELETE FROM things WHERE amount = 6", SQL_NO_ARGS, &changed));
    assert_int_equal(changed, 0);
}

static void returning_and_on_conflict(void **state)
{
    struct sql_value v;
    bool found;
    (void)state;
    static const char upsert[] = "INSERT INTO things (id, amount) VALUES (?, 1)"
                                 " ON CONFLICT (id) DO UPDATE SET amount = things.amount + 1 RETURNING amount";
    for (int64_t want = 1; want <= 3; want++) {
        assert_ok(sql_row(writer, arena, upsert, SQL_ARGS(sql_int(9)), &v, 1, &found));
        assert_int_equal(v.i, want);
    }
    assert_ok(sql_row(writer, arena, "DELETE FROM things WHERE id = ? RETURNING id", SQL_ARGS(sql_int(9)), &v, 1, &found));
    assert_true(found);
    assert_int_equal(count(writer), 0);
}

/* --- errors -------------------------------------------------------------------- */

static void unique_is_told(void **state)
{
    (void)state;
    assert_ok(add(writer, 1, "a"));
    assert_int_equal(add(writer, 1, "b").kind, ERR_UNIQUE);
    assert_int_equal(add(writer, 2, "a").kind, ERR_UNIQUE);
    assert_ok(add(writer, 2, "b")); /* the same statement after its failure */
    assert_int_equal(count(writer), 2);
}

static void unique_in_a_loop_is_told_at_close(void **state)
{
    struct sql_rows rows;
    (void)state;
    assert_ok(add(writer, 1, "a"));
    assert_ok(sql_open(writer, &rows, "INSERT INTO things (id) VALUES (?) RETURNING id", SQL_ARGS(sql_int(1))));
    assert_false(sql_next(&rows));
    assert_false(sql_next(&rows));
    assert_int_equal(sql_close(&rows).kind, ERR_UNIQUE);
}

static void bad_sql_is_a_database_error(void **state)
{
    (void)state;
    assert_int_equal(sql_run(writer, "SELECT nothing FROM nowhere", SQL_NO_ARGS, NULL).kind, ERR_DATABASE);
    assert_ok(add(writer, 1, "a"));
}

static void reader_cannot_write(void **state)
{
    (void)state;
    struct sql *r = reader();
    assert_int_equal(add(r, 1, "a").kind, ERR_DATABASE);
    assert_int_equal(count(r), 0);
    sql_disconnect(r);
}

static void deadline_ends_a_slow_query(void **state)
{
    struct sql_value v;
    bool found;
    (void)state;
    int64_t began = clock_monotonic_us();
    sql_set_deadline(writer, began + 50 * US_PER_MS);
    assert_int_equal(sql_row(writer, arena, bed->slow_query, SQL_NO_ARGS, &v, 1, &found).kind, ERR_TIMEOUT);
    assert_true(clock_monotonic_us() - began < 2 * US_PER_S);
    sql_set_deadline(writer, 0);
    assert_ok(add(writer, 1, "a"));
    assert_int_equal(count(writer), 1);
}

static void deadline_in_the_future_is_harmless(void **state)
{
    (void)state;
    sql_set_deadline(writer, clock_monotonic_us() + 60 * US_PER_S);
    assert_ok(add(writer, 1, "a"));
    sql_set_deadline(writer, 0);
}

/* --- transactions ----------------------------------------------------------------- */

static void rollback_leaves_nothing(void **state)
{
    (void)state;
    assert_ok(sql_begin_write(writer));
    assert_true(sql_in_transaction(writer));
    assert_ok(add(writer, 1, "a"));
    sql_rollback(writer);
    assert_false(sql_in_transaction(writer));
    assert_int_equal(count(writer), 0);
    sql_rollback(writer); /* none open: no harm */
}

static void commit_is_seen_by_others(void **state)
{
    (void)state;
    struct sql *r = reader();
    assert_ok(sql_begin_write(writer));
    assert_ok(add(writer, 1, "a"));
    assert_int_equal(count(r), 0);
    assert_ok(sql_commit(writer));
    assert_int_equal(count(r), 1);
    sql_disconnect(r);
}

static void savepoints(void **state)
{
    (void)state;
    assert_ok(sql_begin_write(writer));
    assert_ok(add(writer, 1, "kept"));
    assert_ok(sql_savepoint(writer));
    assert_ok(add(writer, 2, "undone"));
    assert_int_equal(add(writer, 1, "clash").kind, ERR_UNIQUE);
    assert_ok(sql_savepoint_undo(writer));
    assert_ok(sql_savepoint(writer));
    assert_ok(add(writer, 3, "kept too"));
    assert_ok(sql_savepoint_keep(writer));
    assert_ok(sql_commit(writer));
    assert_int_equal(count(writer), 2);
    assert_int_equal(number(writer, "SELECT id FROM things WHERE name = 'kept too'"), 3);
}

static void changes_tell_of_each_write(void **state)
{
    (void)state;
    assert_ok(sql_begin_write(writer));
    int64_t before = sql_changes(writer);
    assert_int_equal(count(writer), 0);
    assert_int_equal(sql_changes(writer), before);
    assert_ok(add(writer, 1, "a"));
    assert_int_equal(sql_changes(writer), before + 1);
    assert_int_equal(add(writer, 1, "clash").kind, ERR_UNIQUE);
    assert_int_equal(sql_changes(writer), before + 1);
    sql_rollback(writer);
    assert_true(sql_changes(writer) != before);
}

static void error_leaves_the_transaction_usable(void **state)
{
    (void)state;
    assert_ok(sql_begin_write(writer));
    assert_ok(add(writer, 1, "a"));
    assert_ok(sql_savepoint(writer));
    assert_int_equal(add(writer, 1, "b").kind, ERR_UNIQUE);
    assert_ok(sql_savepoint_undo(writer));
    assert_ok(add(writer, 2, "c"));
    assert_ok(sql_commit(writer));
    assert_int_equal(count(writer), 2);
}

static void read_transaction_keeps_its_view(void **state)
{
    (void)state;
    struct sql *r = reader();
    assert_ok(add(writer, 1, "a"));
    assert_ok(sql_begin_read(r));
    assert_int_equal(count(r), 1);
    assert_ok(add(writer, 2, "b"));
    assert_int_equal(count(r), 1);
    sql_rollback(r);
    assert_int_equal(count(r), 2);
    sql_disconnect(r);
}

static void *read_many(void *wrong)
{
    struct sql *r = reader();
    struct arena *own = arena_new(0);
    for (int i = 0; i < 200; i++) {
        struct sql_value v;
        bool found;
        struct result x = sql_row(r, own, "SELECT count(*) FROM things", SQL_NO_ARGS, &v, 1, &found);
        if (failed(x) || v.i % 10 != 0)
            *(bool *)wrong = true;
    }
    arena_free(own);
    sql_disconnect(r);
    return NULL;
}

static void readers_run_beside_a_writer(void **state)
{
    enum { READERS = 3 };
    pthread_t threads[READERS];
    bool wrong[READERS] = { false };
    (void)state;
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_many, &wrong[i]), 0);
    for (int64_t batch = 0; batch < 20; batch++) {
        assert_ok(sql_begin_write(writer));
        for (int64_t i = 0; i < 10; i++)
            assert_ok(sql_run(writer, "INSERT INTO things (id) VALUES (?)", SQL_ARGS(sql_int(batch * 10 + i)), NULL));
        assert_ok(sql_commit(writer));
    }
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(wrong[i]);
    }
}

/* --- statements -------------------------------------------------------------------- */

static void same_text_nested_in_its_own_loop(void **state)
{
    static const char text[] = "SELECT id FROM things WHERE id > ? ORDER BY id";
    struct sql_rows outer, inner;
    int64_t seen = 0;
    (void)state;
    for (int64_t i = 1; i <= 4; i++)
        assert_ok(sql_run(writer, "INSERT INTO things (id) VALUES (?)", SQL_ARGS(sql_int(i)), NULL));
    assert_ok(sql_open(writer, &outer, text, SQL_ARGS(sql_int(0))));
    while (sql_next(&outer)) {
        assert_ok(sql_open(writer, &inner, text, SQL_ARGS(sql_int(sql_col_int(&outer, 0)))));
        while (sql_next(&inner))
            seen++;
        assert_ok(sql_close(&inner));
    }
    assert_ok(sql_close(&outer));
    assert_int_equal(seen, 3 + 2 + 1);
}

static void more_statements_than_the_cache_keeps(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 500; i++)
            assert_int_equal(number(writer, str_cstr(arena, str_fmt(arena, "SELECT %d + count(*) FROM things", i))), i);
}

/* Text at one address with changing content: the content counts. */
static void text_that_changes_in_place(void **state)
{
    char text[] = "SELECT 1";
    (void)state;
    assert_int_equal(number(writer, text), 1);
    text[sizeof text - 2] = '2';
    assert_int_equal(number(writer, text), 2);
}

static void rows_closed_early(void **state)
{
    struct sql_rows rows;
    (void)state;
    for (int64_t i = 1; i <= 3; i++)
        assert_ok(sql_run(writer, "INSERT INTO things (id) VALUES (?)", SQL_ARGS(sql_int(i)), NULL));
    for (int i = 0; i < 2; i++) {
        assert_ok(sql_open(writer, &rows, "SELECT id FROM things ORDER BY id", SQL_NO_ARGS));
        assert_true(sql_next(&rows));
        assert_int_equal(sql_col_int(&rows, 0), 1);
        assert_ok(sql_close(&rows));
    }
}

static void versions(void **state)
{
    int64_t version;
    (void)state;
    assert_ok(sql_version_get(writer, &version));
    assert_int_equal(version, 0);
    assert_ok(sql_begin_write(writer));
    assert_ok(sql_version_set(writer, 3));
    sql_rollback(writer);
    assert_ok(sql_version_get(writer, &version));
    assert_int_equal(version, 0);
    assert_ok(sql_version_set(writer, 3));
    assert_ok(sql_version_get(writer, &version));
    assert_int_equal(version, 3);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)

int driver_suite_run(const struct driver_bed *b)
{
    const struct CMUnitTest tests[] = {
        EACH(values_come_back),
        EACH(columns_of_rows),
        EACH(big_blob),
        EACH(no_row),
        EACH(changes_and_ids),
        EACH(returning_and_on_conflict),
        EACH(unique_is_told),
        EACH(unique_in_a_loop_is_told_at_close),
        EACH(bad_sql_is_a_database_error),
        EACH(reader_cannot_write),
        EACH(deadline_ends_a_slow_query),
        EACH(deadline_in_the_future_is_harmless),
        EACH(rollback_leaves_nothing),
        EACH(commit_is_seen_by_others),
        EACH(savepoints),
        EACH(changes_tell_of_each_write),
        EACH(error_leaves_the_transaction_usable),
        EACH(read_transaction_keeps_its_view),
        EACH(readers_run_beside_a_writer),
        EACH(same_text_nested_in_its_own_loop),
        EACH(more_statements_than_the_cache_keeps),
        EACH(text_that_changes_in_place),
        EACH(rows_closed_early),
        EACH(versions),
    };
    bed = b;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
