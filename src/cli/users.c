/* doorward users import FILE: a job like those of the API, made over the control
 * socket and worked on by the server, or worked on here when none runs. */
#include "cli/users.h"

#include "base/clock.h"
#include "base/file.h"
#include "cli/setup.h"
#include "domain/import.h"
#include "domain/job_runner.h"

#include <stdio.h>
#include <unistd.h>

enum { POLL_US = 200 * 1000, ERRORS_SHOWN = 20 };

/* --- in the process that has the store open ------------------------------------------- */

struct making {
    struct control_context *c;
    const struct json *args;
    struct import_new n;
    struct json *body;
};

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

static struct result find_tenant(struct control_context *c, const struct json *args, struct tenant **out)
{
    struct result r = store_tenant_by_name(c->store, json_get_text(args, STR("tenant")), out);
    return r.kind == ERR_TENANT_UNKNOWN ? fail1(ERR_USAGE, STR("There is no tenant of that name (--tenant)")) : r;
}

static struct result keep_and_make(struct tenant *t, struct making *m)
{
    struct control_context *c = m->c;
    struct tx_options o = { .arena = c->arena, .now_us = clock_now_us() };
    const char *dir, *from = str_cstr(c->arena, json_get_text(m->args, STR("file")));
    TRY(job_directory(c->arena, c->store, &dir));
    TRY(file_copy_durable(from, job_path(c->arena, t, m->n.id, "users"), 0600));
    struct result r = store_write(t, &o, make_job, m);
    if (failed(r))
        import_file_drop(c->arena, t, m->n.id);
    else
        job_runner_notify(t);
    return r;
}

struct result users_import_make(struct control_context *c, const struct json *args, struct json **out)
{
    struct tenant *t;
    struct making m = { .c = c,
                        .args = args,
                        .n = { .id = job_id_new(c->arena), .upsert = json_get_true(args, STR("upsert")), .from_command = true } };
    TRY(find_tenant(c, args, &t));
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
    TRY(job_errors(tx, &j, &errors));
    JSON_EACH_ITEM(errors, i, one)
        if (i < ERRORS_SHOWN)
            json_push(tx->arena, shown, one);
    if (json_count(shown) && !j.active)
        json_set(tx->arena, j.body, STR("errors"), shown);
    l->body = j.body;
    return OK;
}

struct result users_import_look(struct control_context *c, const struct json *args, struct json **out)
{
    struct tenant *t;
    struct looking l = { .args = args };
    struct tx_options o = { .arena = c->arena, .now_us = clock_now_us() };
    TRY(find_tenant(c, args, &t));
    struct result r = store_read(t, &o, look_tx, &l);
    tenant_release(t);
    *out = l.body;
    return r;
}

/* --- the command ------------------------------------------------------------------------ */

static bool is_over(const struct json *job)
{
    str status = json_get_text(job, STR("status"));
    return str_eq(status, STR("completed")) || str_eq(status, STR("failed"));
}

static void show_progress(const struct json *job)
{
    const struct json *summary = json_get(job, STR("summary"));
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%3lld %%  %lld users", (long long)json_get_int(job, STR("percentage_done"), is_over(job) ? 100 : 0),
                (long long)json_get_int(summary, STR("total"), 0));
}

static struct result show_end(const struct options *o, const struct json *job)
{
    const struct json *summary = json_get(job, STR("summary")), *errors = json_get(job, STR("errors")), *one;
    if (isatty(STDERR_FILENO))
        fputs("\n", stderr);
    if (o->json)
        printf("%.*s\n", STR_ARG(json_dump(o->arena, job)));
    else
        printf("%lld users: %lld new, %lld changed, %lld refused\n", (long long)json_get_int(summary, STR("total"), 0),
               (long long)json_get_int(summary, STR("inserted"), 0), (long long)json_get_int(summary, STR("updated"), 0),
               (long long)json_get_int(summary, STR("failed"), 0));
    if (!o->json)
        JSON_EACH_ITEM(errors, i, one)
            printf("%.*s\n", STR_ARG(json_dump(o->arena, one)));
    str details = json_get_text(job, STR("status_details"));
    return details.p ? fail1(ERR_USAGE, details) : OK;
}

/* The server works; we look until it is over. */
static struct result follow(const struct options *o, const struct json *args, const struct json *made)
{
    struct json *ask = json_copy_shallow(o->arena, args), *job = NULL;
    json_set_text(o->arena, ask, STR("command"), STR("users import look"));
    json_set_text(o->arena, ask, STR("job"), json_get_text(made, STR("id")));
    for (bool served = true; !job || !is_over(job); usleep(POLL_US)) {
        TRY(control_ask(o->arena, o->data, ask, &job, &served));
        if (!served)
            return fail1(ERR_USAGE, STR("the server stopped; it goes on with the import when it starts again"));
        show_progress(job);
    }
    return show_end(o, job);
}

static struct result work_here(const struct options *o, struct json *args, struct store *store)
{
    struct control_context c = { .store = store, .arena = o->arena, .data_dir = o->data };
    static const atomic_bool never = false;
    struct json *job;
    struct tenant *t;
    TRY(users_import_make(&c, args, &job));
    TRY(find_tenant(&c, args, &t));
    str id = json_get_text(job, STR("id"));
    struct result r = import_run(t, id, &never);
    tenant_release(t);
    TRY(r);
    json_set_text(o->arena, args, STR("job"), id);
    TRY(users_import_look(&c, args, &job));
    return show_end(o, job);
}

struct result users_import_run(const struct options *o)
{
    struct arena *a = o->arena;
    struct json *made, *args = json_object(a);
    struct store *store;
    bool served;
    const char *file = setup_absolute(a, o->words[2]);
    if (access(file, R_OK) != 0)
        return fail1(ERR_USAGE, str_fmt(a, "%s cannot be read", file));
    json_set_text(a, args, STR("command"), STR("users import make"));
    json_set_text(a, args, STR("file"), str_from(file));
    json_set_text(a, args, STR("connection"), str_from(o->connection));
    json_set_text(a, args, STR("tenant"), str_from(o->tenant));
    json_set_bool(a, args, STR("upsert"), o->upsert);
    TRY(control_ask(a, o->data, args, &made, &served));
    if (served)
        return follow(o, args, made);
    TRY(setup_open(o, &store));
    struct result r = work_here(o, args, store);
    store_close(store);
    return r;
}
