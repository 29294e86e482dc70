#include "domain/transfer/import.h"

#include "base/clock.h"
#include "base/file.h"
#include "domain/transfer/import_work.h"

enum { SMALL_BYTES = 256 << 10 }; /* no threads for a few users */

/* --- making one ---------------------------------------------------------------------- */

struct result import_file_keep(struct arena *a, const struct tenant *t, str id, str content)
{
    const char *dir;
    TRY(job_directory(a, tenant_get_store((struct tenant *)t), &dir));
    return file_write_durable(job_path(a, t, id, "users"), content, 0600);
}

void import_file_drop(struct arena *a, const struct tenant *t, str id)
{
    ignore_result(file_remove_durable(job_path(a, t, id, "users")), "the sweep of job/runner.c finds what stays");
}

static struct result check_connection(struct tx *tx, str id, struct connection *out)
{
    struct result r = connection_by_id(tx, id, out);
    if (r.kind == ERR_INEXISTENT_CONNECTION)
        return fail(ERR_INEXISTENT_CONNECTION_NAME);
    TRY(r);
    if (!out->is_database && !out->is_passwordless)
        return fail1(ERR_JOB_CONNECTION, STR("Connection must be a database connection."));
    if (user_rules_check_enabled(tx, out).kind == ERR_CONNECTION_DISABLED)
        return fail1(ERR_JOB_CONNECTION, STR("Connection must be enabled."));
    if (json_get_true(out->options, STR("enabledDatabaseCustomization")) && !json_get_true(out->options, STR("import_mode")))
        return fail1(ERR_JOB_CONNECTION, STR("Custom Database Connections without import mode are not allowed."));
    return OK;
}

struct result import_create(struct tx *tx, const struct import_new *n, struct json **out)
{
    struct arena *a = tx->arena;
    struct connection c;
    struct json *body = json_object(a), *task = json_object(a);
    TRY(check_connection(tx, n->connection_id, &c));
    json_set_text(a, body, STR("connection_id"), n->connection_id);
    json_set_text(a, body, STR("connection"), c.name);
    if (n->external_id.len)
        json_set_text(a, body, STR("external_id"), n->external_id);
    json_set_bool(a, task, STR("upsert"), n->upsert);
    json_set_bool(a, task, STR("sends_mail"), n->sends_mail);
    json_set_bool(a, task, STR("from_command"), n->from_command);
    if (n->source)
        json_set(a, task, STR("source"), json_copy(a, n->source));
    if (n->key) /* until the job ends, whoever works on it */
        json_set_text(a, task, IMPORT_KEY, tx_seal(tx, STR("job"), n->id, IMPORT_KEY, (str){ (const char *)n->key->private_half, BOX_KEY_LEN }));
    TRY(job_create(tx, JOB_USERS_IMPORT, n->id, body, task));
    *out = body;
    return OK;
}

/* --- working on it ---------------------------------------------------------------------- */

struct start {
    str id;
    struct job job;
    struct box_key key;
};

static struct result read_start(struct tx *tx, void *arg)
{
    struct start *s = arg;
    str bytes, sealed;
    TRY(job_by_id(tx, s->id, &s->job));
    sealed = json_get_text(s->job.task, IMPORT_KEY);
    if (!sealed.p)
        return OK;
    TRY(tx_unseal(tx, STR("job"), s->id, IMPORT_KEY, sealed, &bytes));
    return box_key_from_private(bytes, &s->key) ? OK : fail(ERR_SEAL_BROKEN);
}

/* A command's file may be lines, and its first line may say what the others are.
 * What a key is for must open with it before anything of the file is taken. */
static void open_source(struct importing *im, struct arena *a, const struct start *s)
{
    const struct box_key *key = s->key.has_private ? &s->key : NULL;
    im->source.takes_whole = json_get_true(s->job.task, STR("from_command"));
    im->source.users = -1;
    if (!im->source.takes_whole)
        return;
    import_reader_take_lines(&im->reader);
    const struct json *header = import_reader_take_header(&im->reader, a);
    if (!header && key)
        im->refusal = STR("This file has no sealed secrets: it is read without --with-secrets.");
    if (!header)
        return;
    struct result r = user_file_read(a, header, key, &im->source.file);
    if (!failed(r))
        r = user_file_read_end(a, &im->source.file, import_reader_take_end(&im->reader, a), &im->source.users);
    if (failed(r))
        im->refusal = r.args.v[0];
}

static struct result work(struct importing *im, const struct job *j)
{
    bool done = false, checked = json_get_true(j->task, STR("checked"));
    im->position = j->position;
    if (im->refusal.p)
        return import_mark_broken(im);
    if (!checked)
        TRY(import_bulk(im, &done));
    return done || im->gone || atomic_load(im->stop) ? OK : import_steps(im, checked);
}

static struct result open_and_work(struct importing *im, const struct start *s)
{
    if (failed(import_reader_open(&im->reader, job_path(im->arena, im->tenant, im->id, "users")))) {
        im->reader = (struct import_reader){ .size = 0 };
        return import_mark_broken(im); /* a copy of the directory, or a snapshot, came without it */
    }
    im->ahead = im->reader.size >= SMALL_BYTES;
    open_source(im, im->arena, s);
    struct result r = work(im, &s->job);
    import_reader_close(&im->reader);
    return r;
}

struct result import_run(struct tenant *t, str id, const atomic_bool *stop)
{
    struct arena *a = arena_new_secret(0);
    struct importing *im = ARENA_NEW(a, struct importing);
    struct start s = { .id = id };
    struct tx_options o = { .arena = a, .now_us = clock_now_us() };
    *im = (struct importing){ .tenant = t, .id = id, .stop = stop, .arena = a, .scratch = arena_new(0) };
    struct result r = store_read(t, &o, read_start, &s);
    if (!failed(r))
        r = open_and_work(im, &s);
    if (im->gone)
        import_file_drop(a, t, id);
    arena_free(im->scratch);
    arena_free(a);
    return r;
}
