/* A file of users out of one tenant and into an empty one: the second export is the first, and passwords whose hashes were made
 * elsewhere open. USERS_SAMPLE="COUNT REAL" takes another number of users (./test --full). */
#include "base/clock.h"
#include "crypto/password.h"
#include "domain/transfer/export.h"
#include "domain/transfer/import_inside.h"
#include "domain/transfer/imported_hash.h"
#include "domain/job/job.h"
#include "domain/relation.h"
#include "domain/transfer/user_export_job.h"
#include "domain/testing.h"

#include <string.h>

enum { FILE_MAX = 1 << 30, WRONG_TRIED = 40, BCRYPT_COST = 10 };
#define DATABASE "Username-Password-Authentication"

static const atomic_bool never;

/* --- tenants with what the sample names ------------------------------------------------------- */

static struct result make_all(struct tx *tx, void *arg)
{
    static const struct {
        enum resource_id resource;
        const char *body;
    } rows[] = {
        { RESOURCE_ROLE, "{\"name\":\"editor\"}" },
        { RESOURCE_ROLE, "{\"name\":\"auditor\"}" },
        { RESOURCE_ROLE, "{\"name\":\"clerk\",\"type\":\"organization\"}" },
        { RESOURCE_ORGANIZATION, "{\"name\":\"acme\"}" },
        { RESOURCE_ORGANIZATION, "{\"name\":\"globex\"}" },
        { RESOURCE_RESOURCE_SERVER, "{\"identifier\":\"urn:sample\",\"scopes\":[{\"value\":\"read:all\"},{\"value\":\"write:all\"}]}" },
    };
    (void)arg;
    for (size_t i = 0; i < TESTING_ARRAY_LEN(rows); i++) {
        struct document d;
        struct json *body;
        TRY(json_parse(tx->arena, str_from(rows[i].body), &body));
        TRY(document_create(tx, &resource_specs[rows[i].resource], STR_NONE, body, &d));
    }
    return OK;
}

static void fill(struct testing *t)
{
    testing_connection(t, "{\"name\":\"people\",\"strategy\":\"auth0\",\"options\":{\"requires_username\":true}}");
    testing_connection(t, "{\"name\":\"google-oauth2\",\"strategy\":\"google-oauth2\"}");
    testing_ok(testing_write(t, make_all, NULL), "roles and the like");
}

static struct testing second_tenant(const struct testing *t, const char *name)
{
    struct testing two = *t;
    struct bootstrap b;
    const struct tenant_info info = { .name = str_from(name), .domain = str_fmt(t->arena, "%s.example", name), .created_at_us = t->now_us };
    bootstrap_prepare(&b, t->arena);
    two.made = b;
    testing_ok(store_tenant_create(t->store, &info, bootstrap_fill, &two.made), "a second tenant");
    testing_ok(store_tenant_by_name(t->store, str_from(name), &two.tenant), name);
    fill(&two);
    return two;
}

/* --- the jobs ------------------------------------------------------------------------------------- */

struct job_of {
    struct testing *t;
    struct import_new in;
    struct user_export_new out;
    struct json *body;
    str id;
};

static struct result create_import(struct tx *tx, void *arg)
{
    struct job_of *j = arg;
    struct connection c;
    TRY(connection_by_name(tx, STR(DATABASE), &c));
    j->in.connection_id = c.id;
    return import_create(tx, &j->in, &j->body);
}

static struct result create_export(struct tx *tx, void *arg)
{
    struct job_of *j = arg;
    return user_export_create(tx, &j->out, &j->body);
}

static struct result look(struct tx *tx, void *arg)
{
    struct job_of *j = arg;
    struct job job;
    TRY(job_by_id(tx, j->id, &job));
    user_export_tell(tx->arena, tx->tenant, &job, job.body);
    j->body = job.body;
    return OK;
}

static struct json *import_file(struct testing *t, const char *path, const struct box_key *key)
{
    struct job_of j = { .t = t, .in = { .from_command = true, .key = key, .id = job_id_new(t->arena) } };
    const char *dir;
    j.id = j.in.id;
    testing_ok(job_directory(t->arena, t->store, &dir), "jobs");
    testing_ok(file_copy(path, job_path(t->arena, t->tenant, j.id, "users"), 0600), path);
    testing_ok(testing_write(t, create_import, &j), "an import");
    testing_ok(import_run(t->tenant, j.id, &never), "import_run");
    testing_ok(testing_read(t, look, &j), "look");
    return j.body;
}

static const char *export_file(struct testing *t, const char *name, enum user_file_secrets secrets, const struct box_key *key)
{
    struct job_of j = { .t = t, .out = { .file = str_cstr(t->arena, str_fmt(t->arena, "%s/%s", t->dir, name)), .secrets = secrets, .key = key } };
    testing_ok(testing_write(t, create_export, &j), "an export");
    j.id = json_get_text(j.body, STR("id"));
    testing_ok(export_run(t->tenant, j.id, &never), "export_run");
    testing_ok(testing_read(t, look, &j), "look");
    if (!str_eq(json_get_text(j.body, STR("status")), STR("completed")))
        print_error("%.*s\n", STR_ARG(json_dump(t->arena, j.body)));
    assert_true(str_eq(json_get_text(j.body, STR("status")), STR("completed")));
    return j.out.file;
}

static str content(struct testing *t, const char *path)
{
    str text;
    testing_ok(file_read(t->arena, path, FILE_MAX, &text), path);
    return text;
}

static void want_all_in(struct testing *t, const struct json *job, int64_t count)
{
    const struct json *summary = json_get(job, STR("summary"));
    if (json_get_int(summary, STR("inserted"), 0) != count)
        print_error("%.*s\n", STR_ARG(json_dump(t->arena, job)));
    assert_int_equal(json_get_int(summary, STR("inserted"), 0), count);
}

/* --- passwords ---------------------------------------------------------------------------------------- */

struct opening {
    const struct json *line;
    str hash;
};

static struct result find_hash(struct tx *tx, void *arg)
{
    struct opening *o = arg;
    struct user u;
    bool found;
    TRY(user_find_by_login(tx, STR(DATABASE), json_get_text(o->line, STR("email")), &u, &found));
    assert_true(found);
    assert_true(str_eq(u.uid, json_get_text(o->line, STR("user_id"))));
    return user_password_hash(tx, u.row, u.uid, &o->hash);
}

/* A login replaces what is not the tenant's own, so that the first one rehashes it. */
static void check_password(struct testing *t, const struct json *line, bool tries_wrong)
{
    struct opening o = { .line = line };
    str password = json_get_text(json_get(line, STR("user_metadata")), STR("password"));
    str own = json_get_text(line, STR("password_hash"));
    testing_ok(testing_read(t, find_hash, &o), "the hash");
    if (!password_verify(password, o.hash))
        print_error("%.*s does not open %.*s\n", STR_ARG(password), STR_ARG(o.hash));
    assert_true(password_verify(password, o.hash));
    assert_true(!tries_wrong || !password_verify(str_cat(t->arena, password, STR("x")), o.hash));
    bool is_bcrypt_10 = str_starts(o.hash, STR("$2")) && str_eq(str_sub(o.hash, 4, 2), STR("10"));
    assert_int_equal(password_needs_rehash(o.hash, BCRYPT_COST), !is_bcrypt_10);
    assert_true(!own.p || str_eq(own, o.hash));
}

static size_t check_passwords(struct testing *t, const char *sample)
{
    size_t checked = 0;
    str rest = content(t, sample);
    struct testing mine = *t;
    for (mine.arena = arena_new(0); rest.p && rest.len; arena_clear(mine.arena)) {
        str line = str_cut(rest, '\n', &rest);
        struct json *v;
        testing_ok(json_parse(mine.arena, line, &v), "a line");
        if (json_get(json_get(v, STR("user_metadata")), STR("password")))
            check_password(&mine, v, checked++ < WRONG_TRIED);
    }
    arena_free(mine.arena);
    return checked;
}

/* --- nothing is lost on the way ---------------------------------------------------------------------------- */

static str hash_in(struct arena *a, const struct json *line)
{
    str hash = STR_NONE;
    assert_true(imported_hash_read(a, line, json_array(a), &hash));
    return hash;
}

static void compare(struct arena *a, const struct json *given, const struct json *got)
{
    const struct json_member *m;
    JSON_EACH_MEMBER(given, i, m) {
        bool same = str_eq(m->key, STR("custom_password_hash")) || json_equal(m->value, json_get(got, m->key));
        if (!same)
            print_error("%.*s was %.*s and is %.*s\n", STR_ARG(m->key), STR_ARG(json_dump(a, given)), STR_ARG(json_dump(a, got)));
        assert_true(same);
    }
    assert_int_equal(json_count(given), json_count(got));
    assert_true(str_eq(hash_in(a, given), hash_in(a, got)));
}

static void check_nothing_lost(struct testing *t, const char *sample, const char *exported)
{
    str given = content(t, sample), got = content(t, exported);
    struct arena *a = arena_new(0);
    (void)str_cut(got, '\n', &got); /* the first line is none of a user */
    for (; given.p && given.len; arena_clear(a)) {
        struct json *one, *other;
        testing_ok(json_parse(a, str_cut(given, '\n', &given), &one), "given");
        testing_ok(json_parse(a, str_cut(got, '\n', &got), &other), "got");
        compare(a, one, other);
    }
    struct json *end;
    testing_ok(json_parse(a, str_trim(got), &end), "the last line");
    assert_true(user_file_is_end(end));
    arena_free(a);
}

/* --- the round trip -------------------------------------------------------------------------------------- */

static void test_round_trip(void **state)
{
    struct testing *t = *state;
    struct box_key key;
    const char *numbers = getenv("USERS_SAMPLE") ? getenv("USERS_SAMPLE") : "1000 80";
    str real, count = str_cut(str_from(numbers), ' ', &real);
    int64_t users = 0, known = 0;
    assert_true(str_int(count, &users) && str_int(real, &known));
    const char *sample = str_cstr(t->arena, str_fmt(t->arena, "%s/sample", t->dir));
    assert_int_equal(system(str_cstr(t->arena, str_fmt(t->arena, "python3 -W ignore %s/../../tools/users-sample.py %s > %s", TEST_SOURCE_DIR,
                                                       numbers, sample))), 0);
    testing_ok(box_key_make(&key), "a key");
    fill(t);
    want_all_in(t, import_file(t, sample, NULL), users);
    const char *plain = export_file(t, "plain", USER_FILE_PLAIN, NULL), *sealed = export_file(t, "sealed", USER_FILE_SEALED, &key);
    check_nothing_lost(t, sample, plain);

    struct testing two = second_tenant(t, "two");
    want_all_in(&two, import_file(&two, sealed, &key), users);
    assert_true(str_eq(content(t, plain), content(&two, export_file(&two, "again", USER_FILE_PLAIN, NULL))));
    assert_int_equal(check_passwords(&two, sample), known);
    tenant_release(two.tenant);

    struct testing three = second_tenant(t, "three");
    want_all_in(&three, import_file(&three, plain, NULL), users);
    assert_true(str_eq(content(t, plain), content(&three, export_file(&three, "third", USER_FILE_PLAIN, NULL))));
    tenant_release(three.tenant);
}

/* --- a custom hash of the tenant's own form ------------------------------------------------------------------ */

#define HASH_1 "$2b$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py"
#define HASH_2 "$2b$10$abcdefghijklmnopqrstuuMzK4gDg/iOW966BAElNMbd9mv/v51je"

static struct json *upsert(struct testing *t, const char *text)
{
    struct job_of j = { .t = t, .in = { .from_command = true, .upsert = true, .id = job_id_new(t->arena) } };
    const char *dir;
    j.id = j.in.id;
    testing_ok(job_directory(t->arena, t->store, &dir), "jobs");
    testing_ok(file_write_durable(job_path(t->arena, t->tenant, j.id, "users"), str_from(text), 0600), "a file");
    testing_ok(testing_write(t, create_import, &j), "an import");
    testing_ok(import_run(t->tenant, j.id, &never), "import_run");
    testing_ok(testing_read(t, look, &j), "look");
    return json_get(j.body, STR("summary"));
}

static struct result log_in(struct tx *tx, void *arg)
{
    struct user u, now;
    bool found;
    (void)arg;
    TRY(user_find_by_email(tx, STR(DATABASE), STR("c@x.example"), &u, &found));
    return user_record_login(tx, &u, STR("192.0.2.1"), &now);
}

#define CUSTOM(hash) "[{\"email\":\"c@x.example\",\"custom_password_hash\":{\"algorithm\":\"bcrypt\",\"hash\":{\"value\":\"" hash "\"}}}]"
#define OWN(hash) "[{\"email\":\"c@x.example\",\"password_hash\":\"" hash "\"}]"

static void want_hash(struct testing *t, const char *want)
{
    struct testing_count c = { .sql = "SELECT COUNT(*) FROM user_secrets WHERE kind = 'password' AND value = '" HASH_1 "'" };
    testing_ok(testing_read(t, testing_count_tx, &c), "count");
    assert_int_equal(c.out, strcmp(want, HASH_1) == 0);
}

static void test_custom_hash_until_used(void **state)
{
    struct testing *t = *state;
    assert_int_equal(json_get_int(upsert(t, CUSTOM(HASH_1)), STR("inserted"), 0), 1);
    assert_int_equal(json_get_int(upsert(t, CUSTOM(HASH_2)), STR("updated"), 0), 1); /* no login has used it */
    want_hash(t, HASH_2);
    assert_int_equal(json_get_int(upsert(t, CUSTOM(HASH_1)), STR("updated"), 0), 1);
    t->now_us = clock_now_us() + US_PER_S;
    testing_ok(testing_write(t, log_in, NULL), "a login");
    assert_int_equal(json_get_int(upsert(t, CUSTOM(HASH_2)), STR("failed"), 0), 1);
    want_hash(t, HASH_1);
}

static void test_own_hash_stays(void **state)
{
    struct testing *t = *state;
    assert_int_equal(json_get_int(upsert(t, OWN(HASH_1)), STR("inserted"), 0), 1);
    assert_int_equal(json_get_int(upsert(t, CUSTOM(HASH_2)), STR("failed"), 0), 1);
    want_hash(t, HASH_1);
}

static int setup(void **state)
{
    struct testing *t = calloc(1, sizeof *t);
    testing_open(t);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    testing_close(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_custom_hash_until_used, setup, teardown),
        cmocka_unit_test_setup_teardown(test_own_hash_stays, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
