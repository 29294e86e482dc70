/* /api/v2/jobs. */
#include "api/call.h"
#include "domain/job/runner.h"
#include "domain/job/verification.h"
#include "domain/transfer/export.h"
#include "domain/transfer/import.h"

enum { REAL_ACTIVE_IMPORTS_MAX = 2 };

/* --- imports ---------------------------------------------------------------------------- */

static const struct multipart_part *find_file(const struct call *c, str name)
{
    for (size_t i = 0; i < c->part_count; i++)
        if (c->parts[i].filename.p && str_eq(c->parts[i].name, name))
            return &c->parts[i];
    return NULL;
}

static struct result refuse(const char *words)
{
    return fail1(ERR_IMPORT_PARTS, str_from(words));
}

static struct result read_import(struct call *c, struct import_new *n)
{
    const struct json *mail = json_get(c->body, STR("send_completion_email"));
    *n = (struct import_new){ .connection_id = json_get_text(c->body, STR("connection_id")),
                              .upsert = json_get_true(c->body, STR("upsert")),
                              .sends_mail = !mail || json_true(mail),
                              .external_id = json_get_text(c->body, STR("external_id")),
                              .id = job_id_new(c->arena) };
    return n->connection_id.p ? OK : refuse("Must provide 'connection_id' as multipart part.");
}

/* The file is on disk before there is a job that speaks of it. */
struct result v2_jobs_import_prepare(struct call *c)
{
    struct import_new *n = ARENA_NEW(c->arena, struct import_new);
    const struct multipart_part *users = find_file(c, STR("users"));
    if (!users)
        return refuse("Must provide 'users' file as multipart part.");
    if (!users->content.len)
        return refuse("Users file must not be empty.");
    TRY(read_import(c, n));
    c->prepared = n;
    return import_file_keep(c->arena, c->tenant, n->id, users->content);
}

static struct result make_import(struct call *c, struct json **out)
{
    int64_t active;
    if (c->real_limits) {
        TRY(job_count_active(c->tx, JOB_USERS_IMPORT, &active));
        if (active >= REAL_ACTIVE_IMPORTS_MAX)
            return fail(ERR_TOO_MANY_IMPORTS);
    }
    return import_create(c->tx, c->prepared, out);
}

struct result v2_jobs_import(struct call *c)
{
    const struct import_new *n = c->prepared;
    struct json *job;
    struct result r = make_import(c, &job);
    if (failed(r)) {
        import_file_drop(c->arena, c->tenant, n->id);
        return r;
    }
    job_runner_notify(c->tenant);
    return call_reply(c, 202, job);
}

/* --- exports ---------------------------------------------------------------------------------- */

struct result v2_jobs_export(struct call *c)
{
    struct json *job;
    TRY(export_create(c->tx, c->body, &job));
    job_runner_notify(c->tenant);
    return call_reply(c, 200, job);
}

/* --- verification mails --------------------------------------------------------------------------- */

struct result v2_jobs_verification_email(struct call *c)
{
    struct json *job;
    TRY(job_verification_create(c->tx, c->body, &job));
    return call_reply(c, 201, job);
}

/* --- looking ------------------------------------------------------------------------------------------ */

static struct result show_job(struct tx *tx, void *arg)
{
    struct call *c = arg;
    struct job j;
    TRY(job_by_id(tx, call_param(c, "id"), &j));
    bool completed = str_eq(json_get_text(j.body, STR("status")), STR("completed"));
    str link = completed && j.type == JOB_USERS_EXPORT ? export_link(tx, &j) : STR_NONE;
    if (link.p)
        json_set_text(c->arena, j.body, STR("location"), link);
    return call_reply(c, 200, j.body);
}

static struct result show_errors(struct tx *tx, void *arg)
{
    struct call *c = arg;
    struct job j;
    struct json *errors;
    TRY(job_by_id(tx, call_param(c, "id"), &j));
    if (str_eq(json_get_text(j.body, STR("status")), STR("failed")))
        return call_reply(c, 200, j.body);
    TRY(job_errors(tx, &j, &errors));
    return json_count(errors) ? call_reply(c, 200, errors) : call_reply_empty(c, 204);
}

static struct result look(struct call *c, tx_fn fn)
{
    struct tx_options o = { .arena = c->arena, .now_us = c->now_us, .actor = &c->actor };
    TRY(job_settle(c->tenant, c->arena, call_param(c, "id")));
    return store_read(c->tenant, &o, fn, c);
}

struct result v2_jobs_get(struct call *c)
{
    return look(c, show_job);
}

struct result v2_jobs_errors(struct call *c)
{
    return look(c, show_errors);
}
