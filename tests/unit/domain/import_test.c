/* Imports: the reader of files, what a job writes, how it goes on after a stop. */
#include "base/clock.h"
#include "domain/import_inside.h"
#include "domain/testing.h"

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
        IN_STORE(hash_is_kept, "a hash goes to the secrets, not to the document"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
