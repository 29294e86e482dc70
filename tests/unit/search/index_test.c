/* The rows of user_terms and user_sort_keys after any changes are those of a fresh index. */
#include "bed.h"
#include "random_users.h"
#include "search/sortkeys.h"

static size_t count_rows(struct bed *b, const char *text)
{
    struct sql_value n;
    bool found;
    assert_ok(sql_row(b->tx.sql, b->tx.arena, text, SQL_NO_ARGS, &n, 1, &found));
    return (size_t)n.i;
}

static bool has_term(struct bed *b, const char *field, str key, int64_t user)
{
    struct sql_value one;
    bool found;
    assert_ok(sql_row(b->tx.sql, b->tx.arena,
                      "SELECT 1 FROM user_terms WHERE f = (SELECT id FROM search_fields WHERE name = ?) AND v = ? AND id = ?",
                      SQL_ARGS(sql_text(str_from(field)), sql_blob(key), sql_int(user)), &one, 1, &found));
    return found;
}

static void test_one_user(void **state)
{
    (void)state;
    struct bed b;
    bed_make(&b);
    str doc = STR("{\"email\":\"A@b.c\",\"picture\":\"x\",\"app_metadata\":{\"tags\":[\"x\",\"x\",[\"y\"]],\"no\":null,\"e\":[]}}");
    int64_t id = bed_add(&b, doc);
    assert_int_equal(count_rows(&b, "SELECT count(*) FROM user_terms"), 4); /* email, domain, two tags */
    assert_true(has_term(&b, "app_metadata.tags", STR("\x40x"), id));
    assert_true(has_term(&b, "app_metadata.tags", STR("\x40y"), id));
    assert_int_equal(count_rows(&b, "SELECT count(*) FROM user_terms WHERE f = 2 AND v = CAST('@a@b.c' AS BLOB)"), 1);
    assert_int_equal(count_rows(&b, "SELECT count(*) FROM user_terms WHERE f = 3 AND v = CAST('@b.c' AS BLOB)"), 1);
    assert_ok(search_index_user(&b.tx, id, bed_parse(&b, doc), NULL));
    assert_int_equal(count_rows(&b, "SELECT count(*) FROM user_terms"), 0);
    bed_drop(&b);
}

static void test_long_values_are_cut(void **state)
{
    (void)state;
    struct bed b;
    struct buf text;
    bed_make(&b);
    buf_init(&text, 4096);
    buf_add(&text, STR("{\"name\":\""));
    for (int i = 0; i < 1000; i++)
        buf_add_char(&text, 'x');
    buf_add(&text, STR("\"}"));
    bed_add(&b, buf_str(&text));
    assert_int_equal(count_rows(&b, "SELECT max(length(v)) FROM user_terms"), KEY_MAX);
    buf_free(&text);
    bed_drop(&b);
}

static void test_sort_keys(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t field;
        enum sort_key_kind kind;
        str key;
    } rows[] = {
        { "whole, folded", 2, SORT_KEY_WHOLE, STR_INIT("\x40" "a@b.c") },
        { "cut", 8, SORT_KEY_CUT, STR_INIT("\x40" "xxxxxxxxxxxxxxxxxxxxxxx") },
        { "several values", 11, SORT_KEY_ASK, STR_INIT("") },
        { "one value twice", 5, SORT_KEY_WHOLE, STR_INIT("\x40u") },
        { "a boolean", 19, SORT_KEY_WHOLE, STR_INIT("\x10\x01") },
        { "missing", 12, SORT_KEY_NONE, STR_INIT("") },
        { "null", 9, SORT_KEY_NONE, STR_INIT("") },
        { "not a root field", 3, SORT_KEY_NONE, STR_INIT("") },
    };
    struct bed b;
    struct sql_value keys;
    bool found;
    bed_make(&b);
    str doc = STR("{\"email\":\"A@b.c\",\"name\":\"xxxxxxxxxxxxxxxxxxxxxxxxx\",\"nickname\":[\"m\",\"n\"],\"username\":[\"u\",\"u\"],"
                  "\"blocked\":true,\"given_name\":null}");
    int64_t id = bed_add(&b, doc);
    assert_ok(sql_row(b.tx.sql, b.tx.arena, "SELECT keys FROM user_sort_keys WHERE id = ?", SQL_ARGS(sql_int(id)), &keys, 1, &found));
    assert_true(found);
    assert_int_equal(count_rows(&b, "SELECT count(*) FROM user_terms WHERE f = 24"), 1);
    assert_int_equal(count_rows(&b, "SELECT count(*) FROM user_terms WHERE f = 24 AND v = x'0b'"), 1); /* nickname */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        str key = STR("");
        if (sort_keys_find(keys.s, rows[i].field, &key) != rows[i].kind || !str_eq(key, rows[i].key))
            fail_msg("%s", rows[i].name);
    }
    assert_ok(search_index_user(&b.tx, id, bed_parse(&b, doc), NULL));
    assert_int_equal(count_rows(&b, "SELECT count(*) FROM user_sort_keys"), 0);
    bed_drop(&b);
}

/* A field made by a transaction that was undone must not be known afterwards. */
static void test_undone_field(void **state)
{
    (void)state;
    struct bed b;
    bed_make(&b);
    assert_ok(sql_savepoint(b.tx.sql));
    bed_add(&b, STR("{\"app_metadata\":{\"first\":1}}"));
    assert_ok(sql_savepoint_undo(b.tx.sql));
    int64_t id = bed_add(&b, STR("{\"app_metadata\":{\"second\":1}}"));
    int64_t other = bed_add(&b, STR("{\"app_metadata\":{\"first\":1}}"));
    struct buf key;
    buf_init(&key, 16);
    key_add_number(&key, 1);
    assert_true(has_term(&b, "app_metadata.second", buf_str(&key), id));
    assert_true(has_term(&b, "app_metadata.first", buf_str(&key), other));
    assert_int_equal(count_rows(&b, "SELECT count(*) FROM search_fields"), 2);
    buf_free(&key);
    bed_drop(&b);
}

/* Everything in the index, as one text: field names because ids may differ. */
static str dump(struct bed *b, struct buf *out)
{
    struct sql_rows rows;
    buf_clear(out);
    assert_ok(sql_open(b->tx.sql, &rows,
                       "SELECT coalesce(n.name, t.f), t.v, t.id FROM user_terms t LEFT JOIN search_fields n ON n.id = t.f"
                       " UNION ALL SELECT 'sort keys', keys, id FROM user_sort_keys ORDER BY 1, 2, 3", SQL_NO_ARGS));
    while (sql_next(&rows)) {
        buf_add(out, sql_col_text(&rows, 0));
        buf_add_char(out, ' ');
        buf_add(out, sql_col_blob(&rows, 1));
        buf_fmt(out, " %lld\n", (long long)sql_col_int(&rows, 2));
    }
    assert_ok(sql_close(&rows));
    return buf_str(out);
}

enum { USERS = 100, CHANGES = 1500 };

static void test_changes_equal_a_fresh_index(void **state)
{
    (void)state;
    struct bed changed, fresh;
    struct buf doc, one, two;
    str docs[USERS] = { STR_NONE };
    buf_init(&doc, 1 << 20);
    buf_init(&one, 1 << 26);
    buf_init(&two, 1 << 26);
    bed_make(&changed);
    bed_make(&fresh);
    random_seed(11);
    for (int i = 0; i < CHANGES; i++) {
        unsigned who = random_below(USERS);
        bool goes = random_below(10) == 0;
        random_user(&doc, who);
        str now = goes ? STR_NONE : str_dup(changed.docs, buf_str(&doc));
        const struct json *before = docs[who].p ? bed_parse(&changed, docs[who]) : NULL;
        const struct json *after = now.p ? bed_parse(&changed, now) : NULL;
        assert_ok(search_index_user(&changed.tx, who + 1, before, after));
        docs[who] = now;
    }
    for (unsigned who = 0; who < USERS; who++)
        if (docs[who].p)
            assert_ok(search_index_user(&fresh.tx, who + 1, NULL, bed_parse(&fresh, docs[who])));
    assert_true(count_rows(&fresh, "SELECT count(*) FROM user_terms") > USERS);
    assert_true(count_rows(&fresh, "SELECT count(*) FROM user_sort_keys") > USERS / 2);
    assert_true(str_eq(dump(&changed, &one), dump(&fresh, &two)));
    buf_free(&doc);
    buf_free(&one);
    buf_free(&two);
    bed_drop(&changed);
    bed_drop(&fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_user),
        cmocka_unit_test(test_long_values_are_cut),
        cmocka_unit_test(test_sort_keys),
        cmocka_unit_test(test_undone_field),
        cmocka_unit_test(test_changes_equal_a_fresh_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
