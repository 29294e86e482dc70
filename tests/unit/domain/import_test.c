/* Imports: the reader of files, what a job writes, how it goes on after a stop. */
#include "base/clock.h"
#include "domain/testing.h"
#include "domain/transfer/import_inside.h"

/* --- the reader ----------------------------------------------------------------------- */

static const struct {
    const char *name, *text, *items; /* items: joined by '|'; NULL: broken */
} files[] = {
    { "empty array", "[]", "" },
    { "blanks", " [ \n] ", "" },
    { "one", "[{\"a\":1}]", "{\"a\":1}" },
    { "nested", "[{\"a\":[1,{\"b\":2}]},{}]", "{\"a\":[1,{\"b\":2}]}|{}" },
    { "signs in texts", "[{\"a\":\"]},{\\\"\"},{\"b\":\"\\\\\"}]", "{\"a\":\"]},{\\\"\"}|{\"b\":\"\\\\\"}" },
    { "scalars", "[1,\"x,]\",true]", "1|\"x,]\"|true" },
    { "byte order mark", "\xef\xbb\xbf[1]", "1" },
    { "nothing", "", NULL },
    { "object", "{}", NULL },
    { "cut off", "[{\"a\":1},{\"b\":", NULL },
    { "no end", "[1", NULL },
    { "rest", "[1] 2", NULL },
    { "comma at the end", "[1,]", NULL },
    { "no comma: the parser's matter", "[{}{}]", "{}{}" },
};

static const char *write_file(struct testing *t, str text)
{
    const char *path = str_cstr(t->arena, str_fmt(t->arena, "%s/file", t->dir));
    testing_ok(file_write_durable(path, text, 0600), "the file");
    return path;
}

static const struct {
    const char *name, *text, *items;
} line_files[] = {
    { "lines", "{\"a\":1}\n{\"b\":\"}\"}\n", "{\"a\":1}|{\"b\":\"}\"}" },
    { "no last line end", " {\"a\":{}}{}", "{\"a\":{}}|{}" },
    { "an array all the same", "[{},{}]", "{}|{}" },
    { "cut off", "{\"a\":1}\n{\"b\"", NULL },
    { "comma", "{},{}", NULL },
    { "text", "{}\nx", NULL },
};

/* again: from the position after each item, as after a restart. */
static void read_all(struct testing *t, struct import_reader *r, struct buf *out, bool again)
{
    str item;
    (void)t;
    import_reader_seek(r, 0);
    for (bool first = true; import_reader_next(r, &item); first = false) {
        if (!first)
            buf_add_char(out, '|');
        buf_add(out, item);
        if (again)
            import_reader_seek(r, import_reader_at(r));
    }
}

static void reader_rows(void **state)
{
    struct testing *t = *state;
    for (size_t i = 0; i < 2 * TESTING_ARRAY_LEN(files); i++) {
        struct import_reader r;
        struct buf got;
        size_t row = i / 2;
        buf_init(&got, 1 << 16);
        testing_ok(import_reader_open(&r, write_file(t, str_from(files[row].text))), files[row].name);
        read_all(t, &r, &got, i % 2);
        bool good = files[row].items ? !r.broken && str_eq(buf_str(&got), str_from(files[row].items)) : r.broken;
        if (!good)
            print_error("%s: '%.*s' broken %d\n", files[row].name, STR_ARG(buf_str(&got)), r.broken);
        assert_true(good);
        import_reader_close(&r);
        buf_free(&got);
    }
}

static void reader_lines(void **state)
{
    struct testing *t = *state;
    for (size_t i = 0; i < 2 * TESTING_ARRAY_LEN(line_files); i++) {
        struct import_reader r;
        struct buf got;
        const char *items = line_files[i / 2].items;
        buf_init(&got, 1 << 16);
        testing_ok(import_reader_open(&r, write_file(t, str_from(line_files[i / 2].text))), line_files[i / 2].name);
        import_reader_take_lines(&r);
        read_all(t, &r, &got, i % 2);
        bool good = items ? !r.broken && str_eq(buf_str(&got), str_from(items)) : r.broken;
        if (!good)
            print_error("%s: '%.*s' broken %d\n", line_files[i / 2].name, STR_ARG(buf_str(&got)), r.broken);
        assert_true(good);
        import_reader_close(&r);
        buf_free(&got);
    }
}

/* Items across the pieces in which a file is read, and one that is too long. */
static void reader_long(void **state)
{
    struct testing *t = *state;
    struct import_reader r;
    struct buf text;
    str item;
    buf_init(&text, 64 << 20);
    buf_add_char(&text, '[');
    for (int i = 0; i < 5000; i++)
        buf_fmt(&text, "%s{\"n\":%d,\"x\":\"%0*d\"}", i ? "," : "", i, i % 997, 0);
    buf_add_char(&text, ']');
    testing_ok(import_reader_open(&r, write_file(t, buf_str(&text))), "long");
    import_reader_seek(&r, 0);
    int64_t count = 0;
    for (; import_reader_next(&r, &item); count++) {
        struct json *v;
        testing_ok(json_parse(t->arena, item, &v), "an item");
        assert_int_equal(json_get_int(v, STR("n"), -1), count);
    }
    assert_false(r.broken);
    assert_int_equal(count, 5000);
    import_reader_close(&r);
    buf_clear(&text);
    buf_add(&text, STR("[\""));
    for (int i = 0; i < IMPORT_ITEM_MAX; i++)
        buf_add_char(&text, 'x');
    buf_add(&text, STR("\"]"));
    testing_ok(import_reader_open(&r, write_file(t, buf_str(&text))), "too long");
    import_reader_seek(&r, 0);
    assert_false(import_reader_next(&r, &item));
    assert_true(r.broken);
    import_reader_close(&r);
    buf_free(&text);
}

/* --- jobs -------------------------------------------------------------------------------- */

struct making {
    struct import_new n;
    struct json *body;
    struct job job;
};

static struct result make_tx(struct tx *tx, void *arg)
{
    struct making *m = arg;
    struct connection c;
    TRY(connection_by_name(tx, STR("Username-Password-Authentication"), &c));
    m->n.connection_id = c.id;
    return import_create(tx, &m->n, &m->body);
}

static struct result job_tx(struct tx *tx, void *arg)
{
    struct making *m = arg;
    tx->now_us = clock_now_us();
    return job_by_id(tx, m->n.id, &m->job);
}

static void run_import(struct testing *t, struct making *m, str text, const atomic_bool *stop)
{
    m->n.id = job_id_new(t->arena);
    testing_ok(import_file_keep(t->arena, t->tenant, m->n.id, text), "the file");
    testing_ok(testing_write(t, make_tx, m), "the job");
    testing_ok(import_run(t->tenant, m->n.id, stop), "the import");
    testing_ok(testing_read(t, job_tx, m), "the job again");
}

static void completion_mail(void **state)
{
    struct testing *t = *state;
    const char *count = "SELECT COUNT(*) FROM outbox WHERE kind = 'users_import_completed'";
    atomic_bool stop = false;
    struct making m = { .n = { .sends_mail = true } };
    run_import(t, &m, STR("[{\"email\":\"mail@import.example\"}]"), &stop);
    assert_int_equal(testing_count(t, count), 1);
    m.n.sends_mail = false;
    run_import(t, &m, STR("[{\"email\":\"no-mail@import.example\"}]"), &stop);
    assert_int_equal(testing_count(t, count), 1);
}

static void stopped(void **state)
{
    struct testing *t = *state;
    atomic_bool stop = true;
    struct making m = { 0 };
    run_import(t, &m, STR("[{\"email\":\"stop@import.example\"}]"), &stop);
    assert_true(m.job.active);
    assert_int_equal(testing_count(t, "SELECT COUNT(*) FROM identities WHERE email = 'stop@import.example'"), 0);
    atomic_store(&stop, false);
    testing_ok(import_run(t->tenant, m.n.id, &stop), "it goes on");
    testing_ok(testing_read(t, job_tx, &m), "the job");
    assert_false(m.job.active);
    assert_int_equal(testing_count(t, "SELECT COUNT(*) FROM identities WHERE email = 'stop@import.example'"), 1);
}

static void file_gone(void **state)
{
    struct testing *t = *state;
    atomic_bool stop = false;
    struct making m = { .n = { .id = job_id_new(t->arena) } };
    testing_ok(testing_write(t, make_tx, &m), "the job");
    testing_ok(import_run(t->tenant, m.n.id, &stop), "without its file");
    testing_ok(testing_read(t, job_tx, &m), "the job");
    assert_true(str_eq(json_get_text(m.job.body, STR("status")), STR("failed")));
}

static void hash_is_kept(void **state)
{
    struct testing *t = *state;
    atomic_bool stop = false;
    struct making m = { 0 };
    run_import(t, &m, STR("[{\"email\":\"hash@import.example\",\"password_hash\":\"$2b$10$abcdefghijklmnopqrstuuK9ZAeTZ7JX6mtHmFNdZWm2cyUkoXHnG\"}]"),
               &stop);
    assert_int_equal(testing_count(t, "SELECT COUNT(*) FROM user_secrets WHERE kind = 'password' AND value LIKE '$2b$10$abc%'"), 1);
    assert_int_equal(testing_count(t, "SELECT COUNT(*) FROM users WHERE doc LIKE '%$2b$%'"), 0);
}

/* A hash of another system is kept as text; upsert replaces it until a login has put our own in its place. */
static void custom_hash(void **state)
{
    struct testing *t = *state;
    atomic_bool stop = false;
    struct making m = { .n = { .upsert = true } };
#define CUSTOM(value) STR("[{\"email\":\"c@import.example\",\"custom_password_hash\":{\"algorithm\":\"md5\",\"hash\":{\"encoding\":\"hex\",\"value\":\"" value "\"}}}]")
    run_import(t, &m, CUSTOM("5f4dcc3b5aa765d61d8327deb882cf99"), &stop);
    assert_int_equal(json_get_int(json_get(m.job.body, STR("summary")), STR("inserted"), 0), 1);
    const char *count = "SELECT COUNT(DISTINCT value) FROM user_secrets WHERE kind = 'password' AND value LIKE '$doorward$%'";
    assert_int_equal(testing_count(t, count), 1);
    run_import(t, &m, CUSTOM("098f6bcd4621d373cade4e832627b4f6"), &stop);
    assert_int_equal(json_get_int(json_get(m.job.body, STR("summary")), STR("updated"), 0), 1);
    assert_int_equal(testing_count(t, count), 1);
    run_import(t, &m, STR("[{\"email\":\"own@import.example\",\"password_hash\":\"$2b$10$abcdefghijklmnopqrstuuK9ZAeTZ7JX6mtHmFNdZWm2cyUkoXHnG\"}]"), &stop);
    run_import(t, &m, STR("[{\"email\":\"own@import.example\",\"name\":\"Changed\",\"custom_password_hash\":{\"algorithm\":\"md5\",\"hash\":{\"encoding\":\"hex\",\"value\":\"5f4dcc3b5aa765d61d8327deb882cf99\"}}}]"), &stop);
    assert_int_equal(json_get_int(json_get(m.job.body, STR("summary")), STR("failed"), 0), 1);
    assert_int_equal(testing_count(t, "SELECT COUNT(*) FROM users WHERE doc LIKE '%Changed%'"), 0);
}

/* --- a bulk load ---------------------------------------------------------------------------- */

enum { MANY = 4000 };

/* Users of all kinds, bad ones and second ones among them; user_id given, so that both ways write the same. */
static str many_users(struct testing *t)
{
    struct buf out;
    buf_init(&out, 16 << 20);
    for (int i = 0; i < MANY; i++) {
        buf_fmt(&out, "%s{\"email\":\"U%d@import%d.example\",\"user_id\":\"%08x\",\"given_name\":\"G\xc3\x89%d\",\"user_metadata\":{\"note\":\"%0200d\"",
                i ? "," : "[", i % 997 ? i : 0, i % 997 ? i % 7 : 0, (unsigned)i * 2654435761u, i % 50, i);
        buf_fmt(&out, ",\"field%d\":{\"deep\":[%d,true,\"x\"]}},\"app_metadata\":{\"a\":{\"b\":\"%0300d\"}}", i % 100, i, i % 3);
        if (i % 3 == 0)
            buf_fmt(&out, ",\"password_hash\":\"$2b$10$abcdefghijklmnopqrstuuK9ZAeTZ7JX6mtHmFNdZWm2cyUkoXHn%c\"", 'A' + i % 26);
        if (i % 100 == 5)
            buf_fmt(&out, ",\"mfa_factors\":[{\"phone\":{\"value\":\"+49151%07d\"}}]", i);
        if (i % 500 == 7)
            buf_add(&out, STR(",\"unknown\":1"));
        buf_add_char(&out, '}');
    }
    buf_add_char(&out, ']');
    str text = str_dup(t->arena, buf_str(&out));
    buf_free(&out);
    return text;
}

struct dump {
    const char *sql;
    struct buf out;
};

static struct result dump_tx(struct tx *tx, void *arg)
{
    struct dump *d = arg;
    struct sql_rows rows;
    TRY(sql_open(tx->sql, &rows, d->sql, SQL_NO_ARGS));
    while (sql_next(&rows)) {
        buf_add(&d->out, sql_col_text(&rows, 0));
        buf_add_char(&d->out, '\n');
    }
    return sql_close(&rows);
}

static const char *const dumps[] = {
    "SELECT id || uid || doc FROM users ORDER BY id",
    "SELECT provider || native_id || user || connection || email || coalesce(username, '-') || coalesce(phone, '-') FROM identities",
    "SELECT user || kind || name || value || changed_at FROM user_secrets WHERE kind = 'password'",
    "SELECT f || '.' || hex(v) || '.' || id FROM user_terms",
    "SELECT id || hex(keys) FROM user_sort_keys ORDER BY id",
    "SELECT id || name FROM search_fields ORDER BY id",
    "SELECT job || '.' || n || body FROM job_errors",
    "SELECT 'long lists: ' || coalesce(group_concat(kind || field || value || n), 'none') FROM row_counts",
    "SELECT seq || kind FROM documents WHERE kind LIKE 'auth%'",
    "SELECT json_extract(body, '$.summary') FROM jobs",
    "SELECT type FROM logs",
    "SELECT name || sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name",
};

static void expect_same(struct testing *x, struct testing *y)
{
    for (size_t i = 0; i < TESTING_ARRAY_LEN(dumps); i++) {
        struct dump a = { .sql = dumps[i] }, b = { .sql = dumps[i] };
        buf_init(&a.out, SIZE_MAX);
        buf_init(&b.out, SIZE_MAX);
        testing_ok(testing_read(x, dump_tx, &a), dumps[i]);
        testing_ok(testing_read(y, dump_tx, &b), dumps[i]);
        if (a.out.len == 0 || !str_eq(buf_str(&a.out), buf_str(&b.out)))
            print_error("%s: %zu and %zu bytes\n", dumps[i], a.out.len, b.out.len);
        assert_true(a.out.len && str_eq(buf_str(&a.out), buf_str(&b.out)));
        buf_free(&a.out);
        buf_free(&b.out);
    }
}

static bool was_replaced(const struct testing *t)
{
    return !file_exists(str_cstr(t->arena, str_fmt(t->arena, "%s/data/tenants/default.1.db", t->dir)));
}

static struct result mark_checked(struct tx *tx, void *arg)
{
    (void)arg;
    return sql_run(tx->sql, "UPDATE jobs SET task = json_set(task, '$.checked', json('true'))", SQL_NO_ARGS, NULL);
}

/* way: what is done to the tenant between the job's making and the work on it. */
static void import_many(struct testing *t, struct making *m, tx_fn way)
{
    atomic_bool stop = false;
    *m = (struct making){ .n = { .id = job_id_new(t->arena), .upsert = true } };
    testing_ok(import_file_keep(t->arena, t->tenant, m->n.id, many_users(t)), "the file");
    testing_ok(testing_write(t, make_tx, m), "the job");
    if (way)
        testing_ok(testing_write(t, way, m), "on the way");
    testing_ok(import_run(t->tenant, m->n.id, &stop), "the import");
    testing_ok(testing_read(t, job_tx, m), "the job again");
    assert_true(str_eq(json_get_text(m->job.body, STR("status")), STR("completed")));
    assert_false(file_exists(job_path(t->arena, t->tenant, m->n.id, "users")));
}

static void bulk_is_the_same(void **state)
{
    struct testing *bulk = *state, steps;
    struct making m;
    testing_open(&steps);
    clock_freeze(bulk->now_us);
    import_many(bulk, &m, NULL);
    import_many(&steps, &m, mark_checked);
    clock_run();
    assert_true(was_replaced(bulk));
    assert_false(was_replaced(&steps));
    assert_int_equal(json_get_int(json_get(m.job.body, STR("summary")), STR("failed"), 0), MANY / 500 + 4);
    expect_same(bulk, &steps);
    testing_close(&steps);
}

static struct result begin_long_ago(struct tx *tx, void *arg)
{
    (void)arg;
    return sql_run(tx->sql, "UPDATE jobs SET task = json_set(task, '$.began_at', ?)", SQL_ARGS(sql_int(clock_now_us() - INT64_C(7201) * US_PER_S)), NULL);
}

static void too_late(void **state)
{
    struct testing *t = *state;
    atomic_bool stop = false;
    const struct {
        const char *name;
        bool from_command;
    } rows[] = { { "by the API", false }, { "by the command", true } };
    for (size_t i = 0; i < TESTING_ARRAY_LEN(rows); i++) {
        struct making m = { .n = { .id = job_id_new(t->arena), .from_command = rows[i].from_command } };
        testing_ok(import_file_keep(t->arena, t->tenant, m.n.id, STR("[{\"email\":\"late@import.example\"}]")), "the file");
        testing_ok(testing_write(t, make_tx, &m), "the job");
        testing_ok(testing_write(t, begin_long_ago, NULL), "its beginning");
        testing_ok(import_run(t->tenant, m.n.id, &stop), rows[i].name);
        testing_ok(testing_read(t, job_tx, &m), "the job again");
        assert_true(str_eq(json_get_text(m.job.body, STR("status")), rows[i].from_command ? STR("completed") : STR("failed")));
        assert_int_equal(testing_count(t, "SELECT COUNT(*) FROM users"), rows[i].from_command);
    }
}

static void bulk_of_a_broken_file(void **state)
{
    struct testing *t = *state;
    atomic_bool stop = false;
    struct making m = { .n = { .id = STR_NONE } };
    str text = many_users(t);
    run_import(t, &m, str_cat(t->arena, str_sub(text, 0, text.len - 1), STR(",{]")), &stop);
    assert_true(str_eq(json_get_text(m.job.body, STR("status")), STR("failed")));
    assert_false(was_replaced(t));
    assert_int_equal(testing_count(t, "SELECT COUNT(*) FROM users"), 0);
}

static void bulk_stopped(void **state)
{
    struct testing *t = *state;
    atomic_bool stop = true;
    struct making m = { 0 };
    run_import(t, &m, many_users(t), &stop);
    assert_true(m.job.active);
    assert_int_equal(m.job.position, 0);
    assert_int_equal(testing_count(t, "SELECT COUNT(*) FROM users"), 0);
    atomic_store(&stop, false);
    testing_ok(import_run(t->tenant, m.n.id, &stop), "it goes on");
    assert_true(was_replaced(t));
    assert_true(testing_count(t, "SELECT COUNT(*) FROM users") > 0);
}

static int begin(void **state)
{
    struct testing *t = calloc(1, sizeof *t);
    testing_open(t);
    *state = t;
    return 0;
}

static int end(void **state)
{
    testing_close(*state);
    free(*state);
    return 0;
}

#define IN_STORE(f, title) { .name = title, .test_func = f, .setup_func = begin, .teardown_func = end }

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_STORE(reader_rows, "files are read item by item"),
        IN_STORE(reader_lines, "JSON lines where they are allowed"),
        IN_STORE(reader_long, "items of any length up to the limit"),
        IN_STORE(completion_mail, "the completion mail is sent where asked"),
        IN_STORE(stopped, "a stopped import goes on"),
        IN_STORE(file_gone, "a job without its file fails"),
        IN_STORE(custom_hash, "custom hashes, replaced until they are used"),
        IN_STORE(bulk_is_the_same, "a bulk load writes what single steps write"),
        IN_STORE(bulk_of_a_broken_file, "a bulk load of a broken file changes nothing"),
        IN_STORE(bulk_stopped, "a bulk load that was stopped begins again"),
        IN_STORE(too_late, "two hours are the limit, but for a command"),
        IN_STORE(hash_is_kept, "a hash goes to the secrets, not to the document"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
