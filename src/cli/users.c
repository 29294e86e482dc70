/* doorward users import FILE: a job like those of the API, made over the control
 * socket and worked on by the server, or worked on here when none runs. */
#include "cli/users.h"

#include "base/clock.h"
#include "base/file.h"
#include "cli/setup.h"
#include "cli/users_work.h"
#include "domain/job/runner.h"
#include "domain/transfer/import.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ERRORS_SHOWN = 20 };
#define CONNECTION "Username-Password-Authentication"

/* --- in the process that has the store open ------------------------------------------- */

struct making {
    struct control_context *c;
    const struct json *args;
    struct import_new n;
    struct json *body;
    bool found; /* one that is at work on this file already */
};

static struct result find_job(struct tx *tx, void *arg)
{
    struct making *m = arg;
    struct job j;
    TRY(job_find_active(tx, JOB_USERS_IMPORT, STR("source"), m->n.source, &j, &m->found));
    if (m->found)
        m->body = j.body;
    return OK;
}

static struct result make_job(struct tx *tx, void *arg)
{
    struct making *m = arg;
    struct connection c;
    bool found;
    TRY(connection_find_by_name(tx, json_get_text(m->args, STR("connection")), &c, &found));
    if (!found)
        return fail(ERR_INEXISTENT_CONNECTION_NAME);
    m->n.connection_id = c.id;
    return import_create(tx, &m->n, &m->body);
}

static struct result keep_and_make(struct tenant *t, struct making *m)
{
    struct control_context *c = m->c;
    struct tx_options o = { .arena = c->arena, .now_us = clock_now_us() };
    const char *dir, *from = str_cstr(c->arena, json_get_text(m->args, STR("file")));
    TRY(store_read(t, &o, find_job, m));
    if (m->found)
        return OK;
    TRY(job_directory(c->arena, c->store, &dir));
    TRY(file_copy_durable(from, job_path(c->arena, t, m->n.id, "users"), 0600));
    struct result r = store_write(t, &o, make_job, m);
    if (failed(r))
        import_file_drop(c->arena, t, m->n.id);
    else
        job_runner_notify(t);
    return r;
}

/* The same file under the same options: a second command goes on with the job of the first. */
static struct json *source_of(struct arena *a, const struct json *args, const struct box_key *key)
{
    struct json *source = json_object(a);
    struct stat st = { .st_size = 0 };
    str file = json_get_text(args, STR("file"));
    if (stat(str_cstr(a, file), &st) != 0)
        st.st_size = 0; /* the copy that follows says what is wrong */
    json_set_text(a, source, STR("file"), file);
    json_set_int(a, source, STR("size"), st.st_size);
    json_set_int(a, source, STR("modified_ns"), st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec);
    json_set_text(a, source, STR("connection"), json_get_text(args, STR("connection")));
    json_set_bool(a, source, STR("upsert"), json_get_true(args, STR("upsert")));
    json_set_text(a, source, STR("key"), key ? box_key_name(a, key) : STR(""));
    return source;
}

struct result users_import_make(struct control_context *c, const struct json *args, struct json **out)
{
    struct tenant *t;
    struct box_key key;
    str pem = json_get_text(args, STR("key"));
    struct making m = { .c = c,
                        .args = args,
                        .n = { .id = job_id_new(c->arena), .upsert = json_get_true(args, STR("upsert")), .from_command = true } };
    if (pem.len && !box_key_read(c->arena, pem, &key))
        return fail1(ERR_USAGE, STR("The key is no X25519 key"));
    m.n.key = pem.len ? &key : NULL;
    m.n.source = source_of(c->arena, args, m.n.key);
    TRY(users_tenant(c, args, &t));
    struct result r = keep_and_make(t, &m);
    tenant_release(t);
    *out = m.body;
    return r;
}

struct looking {
    const struct json *args;
    struct json *body;
};

static struct result look_tx(struct tx *tx, void *arg)
{
    struct looking *l = arg;
    struct job j;
    struct json *errors, *shown = json_array(tx->arena), *one;
    TRY(job_by_id(tx, json_get_text(l->args, STR("job")), &j));
    l->body = j.body;
    if (j.active)
        return OK;
    TRY(job_errors(tx, &j, &errors));
    JSON_EACH_ITEM(errors, i, one)
        if (i < ERRORS_SHOWN)
            json_push(tx->arena, shown, one);
    if (json_count(shown))
        json_set(tx->arena, j.body, STR("errors"), shown);
    return OK;
}

struct result users_import_look(struct control_context *c, const struct json *args, struct json **out)
{
    struct tenant *t;
    struct looking l = { .args = args };
    struct tx_options o = { .arena = c->arena, .now_us = clock_now_us() };
    TRY(users_tenant(c, args, &t));
    struct result r = store_read(t, &o, look_tx, &l);
    tenant_release(t);
    *out = l.body;
    return r;
}

/* --- the command ------------------------------------------------------------------------ */

static void show_words(struct arena *a, const struct json *job)
{
    const struct json *summary = json_get(job, STR("summary")), *errors = json_get(job, STR("errors")), *one;
    printf("%lld users: %lld new, %lld changed, %lld refused\n", (long long)json_get_int(summary, STR("total"), 0),
           (long long)json_get_int(summary, STR("inserted"), 0), (long long)json_get_int(summary, STR("updated"), 0),
           (long long)json_get_int(summary, STR("failed"), 0));
    JSON_EACH_ITEM(errors, i, one)
        printf("%.*s\n", STR_ARG(json_dump(a, one)));
}

static struct result read_args(const struct options *o, struct json *args)
{
    struct arena *a = o->arena;
    struct box_key key;
    bool has_key;
    const char *file = setup_absolute(a, o->words[2]);
    TRY(users_read_key(o, &key, &has_key));
    if (access(file, R_OK) != 0)
        return fail1(ERR_USAGE, str_fmt(a, "%s cannot be read", file));
    if (has_key && !key.has_private)
        return fail1(ERR_USAGE, str_fmt(a, "%s is the public half, which only seals; the private one opens", o->with_secrets));
    json_set_text(a, args, STR("file"), str_from(file));
    json_set_text(a, args, STR("connection"), str_from(*o->connection ? o->connection : CONNECTION));
    json_set_bool(a, args, STR("upsert"), o->upsert);
    if (has_key)
        json_set_text(a, args, STR("key"), box_key_private_pem(a, &key));
    return OK;
}

struct result users_import_run(const struct options *o)
{
    static const struct users_work work = { "users import make", "users import look", import_run,
                                            "the server stopped; it goes on with the import when it starts again" };
    struct json *args = json_object(o->arena), *job;
    TRY(read_args(o, args));
    TRY(users_work(o, &work, args, &job));
    if (o->json)
        printf("%.*s\n", STR_ARG(json_dump(o->arena, job)));
    else
        show_words(o->arena, job);
    str details = json_get_text(job, STR("status_details"));
    return details.p ? fail1(ERR_USAGE, details) : OK;
}
