#include "domain/import.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "domain/import_inside.h"
#include "domain/outbox.h"

enum {
    BATCH_FIRST = 64, BATCH_MAX = 1000, /* users in one transaction */
    BATCH_US = 60 * 1000,               /* how long one should take: well below the 100 ms that others may wait */
    BATCH_BYTES = 2 << 20,
};

#define KEY STR("key") /* in task */

/* --- making one ---------------------------------------------------------------------- */

struct result import_file_keep(struct arena *a, const struct tenant *t, str id, str content)
{
    const char *dir;
    TRY(job_directory(a, tenant_get_store((struct tenant *)t), &dir));
    return file_write_durable(job_path(a, t, id, "users"), content, 0600);
}

void import_file_drop(struct arena *a, const struct tenant *t, str id)
{
    ignore_result(file_remove_durable(job_path(a, t, id, "users")), "the sweep of job_runner.c finds what stays");
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
        json_set_text(a, task, KEY, tx_seal(tx, STR("job"), n->id, KEY, (str){ (const char *)n->key->private_half, BOX_KEY_LEN }));
    TRY(job_create(tx, JOB_USERS_IMPORT, n->id, body, task));
    *out = body;
    return OK;
}

/* --- one batch -------------------------------------------------------------------------- */

struct importing {
    struct tenant *tenant;
    struct arena *arena; /* of one batch */
    str id;
    struct import_reader reader;
    struct import_source source;
    str refusal;             /* why nothing of the file is taken */
    struct import_item items[BATCH_MAX];
    size_t count, limit;
    int64_t position; /* behind the batch */
    bool at_end;
    bool give_up;     /* a single user that cannot be written: it is only reported */
    /* out of the transaction */
    bool gone;        /* the job is not there any more, or done */
};

static struct result take_item(struct importing *im, str text)
{
    TRY(import_item_read(im->arena, &im->source, str_dup(im->arena, text), &im->items[im->count]));
    im->count++;
    return OK;
}

/* The file was read whole before: what does not parse now is a changed file. */
static struct result fill_batch(struct importing *im, int64_t from)
{
    str text;
    size_t bytes = 0;
    arena_clear(im->arena);
    import_reader_seek(&im->reader, from);
    im->count = 0;
    im->at_end = false;
    while (im->count < im->limit && bytes < BATCH_BYTES && !im->at_end) {
        im->at_end = !import_reader_next(&im->reader, &text);
        if (im->at_end)
            break;
        bytes += text.len;
        TRY(take_item(im, text));
    }
    im->position = import_reader_at(&im->reader);
    return im->reader.broken ? fail(ERR_INVALID_JSON) : OK;
}

static struct result write_item(struct tx *tx, const struct importing *im, const struct import_target *t, const struct import_item *item,
                                enum import_outcome *out)
{
    struct json *errors = item->errors, *error = NULL;
    *out = IMPORT_FAILED;
    if (json_count(errors) == 0 && im->give_up)
        error = import_error(tx->arena, "CONFLICT", STR("The user could not be written"), STR(""));
    else if (json_count(errors) == 0)
        TRY(import_user(tx, t, item->user, item->hash, out, &error));
    if (!error && json_count(errors) == 0)
        return OK;
    if (error) {
        errors = json_array(tx->arena);
        json_push(tx->arena, errors, error);
    }
    return job_error_add(tx, t->job, import_report(tx->arena, item->user, errors));
}

static void add_counts(struct arena *a, struct json *body, const int64_t counts[IMPORT_OUTCOME_MAX])
{
    static const str names[IMPORT_OUTCOME_MAX] = { [IMPORT_INSERTED] = STR_INIT("inserted"), [IMPORT_UPDATED] = STR_INIT("updated"),
                                                   [IMPORT_FAILED] = STR_INIT("failed") };
    static const enum import_outcome order[] = { IMPORT_FAILED, IMPORT_UPDATED, IMPORT_INSERTED }; /* as recorded */
    const struct json *was = json_get(body, STR("summary"));
    struct json *now = json_object(a);
    int64_t total = json_get_int(was, STR("total"), 0);
    for (size_t i = 0; i < IMPORT_OUTCOME_MAX; i++) {
        str name = names[order[i]];
        json_set_int(a, now, name, json_get_int(was, name, 0) + counts[order[i]]);
        total += counts[order[i]];
    }
    json_set_int(a, now, STR("total"), total);
    json_set(a, body, STR("summary"), now);
}

static void tell_progress(struct tx *tx, const struct importing *im, struct job *j)
{
    int64_t size = im->reader.size > 0 ? im->reader.size : 1;
    int64_t began_us = json_get_int(j->task, STR("began_at"), tx->now_us), spent_s = (tx->now_us - began_us) / US_PER_S;
    json_set_int(tx->arena, j->body, STR("percentage_done"), im->position * 100 / size);
    if (im->position > 0)
        json_set_int(tx->arena, j->body, STR("time_left_seconds"), spent_s * (size - im->position) / im->position);
}

static struct result log_end(struct tx *tx, const struct connection *c, str type, str description)
{
    struct arena *a = tx->arena;
    struct json *details = json_object(a);
    json_set_text(a, details, STR("tenant"), tenant_get_info(tx->tenant)->name);
    json_set_text(a, details, STR("connection"), c->name);
    const struct log_entry e = { .type = type, .description = description, .connection = c->name, .connection_id = c->id, .details = details };
    return log_append(tx, &e);
}

/* To whom it goes is the sender's matter: the tenant's administrators. */
static struct result send_mail(struct tx *tx, const struct job *j)
{
    if (!json_get_true(j->task, STR("sends_mail")))
        return OK;
    struct json *body = json_object(tx->arena);
    json_set_text(tx->arena, body, STR("job_id"), j->id);
    return outbox_add(tx, STR("users_import_completed"), body, 0);
}

static struct result finish(struct tx *tx, struct job *j, const struct connection *c, bool completed, str details)
{
    json_remove(j->task, KEY);
    TRY(job_end(tx, j, completed, details));
    TRY(log_end(tx, c, completed ? STR("sui") : STR("fui"), details.p ? details : STR("")));
    return send_mail(tx, j);
}

static struct result find_job(struct tx *tx, struct importing *im, struct job *j)
{
    struct result r = job_by_id(tx, im->id, j);
    im->gone = r.kind == ERR_INEXISTENT_JOB || (!failed(r) && !j->active);
    return im->gone ? OK : r;
}

static struct result write_batch(struct tx *tx, void *arg)
{
    struct importing *im = arg;
    struct job j;
    int64_t counts[IMPORT_OUTCOME_MAX] = { 0 };
    TRY(find_job(tx, im, &j));
    if (im->gone)
        return OK;
    struct import_target t = { .job = &j, .upsert = json_get_true(j.task, STR("upsert")) };
    struct result r = connection_by_id(tx, json_get_text(j.body, STR("connection_id")), &t.connection);
    if (r.kind == ERR_INEXISTENT_CONNECTION) {
        im->gone = true;
        json_remove(j.task, KEY);
        return job_end(tx, &j, false, STR("The connection does not exist."));
    }
    TRY(r);
    user_rules_read(&t.connection, &t.rules);
    for (size_t i = 0; i < im->count; i++) {
        enum import_outcome outcome;
        TRY(write_item(tx, im, &t, &im->items[i], &outcome));
        counts[outcome]++;
    }
    add_counts(tx->arena, j.body, counts);
    j.position = im->position;
    tell_progress(tx, im, &j);
    if (!im->at_end)
        return job_update(tx, &j);
    im->gone = true;
    return finish(tx, &j, &t.connection, true, STR_NONE);
}

/* --- the first look --------------------------------------------------------------------------- */

static struct result mark_begun(struct tx *tx, void *arg)
{
    struct importing *im = arg;
    struct job j;
    TRY(find_job(tx, im, &j));
    if (im->gone)
        return OK;
    json_set_text(tx->arena, j.body, STR("status"), STR("processing"));
    json_set_bool(tx->arena, j.task, STR("checked"), true);
    json_set_int(tx->arena, j.task, STR("began_at"), tx->now_us);
    return job_update(tx, &j);
}

static struct result mark_broken(struct tx *tx, void *arg)
{
    struct importing *im = arg;
    struct job j;
    struct connection c = { 0 };
    TRY(find_job(tx, im, &j));
    if (im->gone)
        return OK;
    c.id = json_get_text(j.body, STR("connection_id"));
    c.name = json_get_text(j.body, STR("connection"));
    im->gone = true;
    return finish(tx, &j, &c, false,
                  im->refusal.p ? im->refusal : STR("Failed to parse users file JSON when importing users. Make sure it is valid JSON."));
}

/* A file that is no JSON to its end changes nothing. */
static bool file_holds(struct importing *im, const atomic_bool *stop)
{
    str text;
    struct json *v;
    import_reader_seek(&im->reader, 0);
    while (!atomic_load(stop) && import_reader_next(&im->reader, &text)) {
        arena_clear(im->arena);
        if (failed(json_parse(im->arena, text, &v)))
            return false;
    }
    return !im->reader.broken;
}

/* --- the whole ---------------------------------------------------------------------------------- */

static struct result in_tx(struct importing *im, tx_fn fn)
{
    struct tx_options o = { .arena = im->arena, .now_us = clock_now_us() };
    return store_write(im->tenant, &o, fn, im);
}

/* Bigger batches where they are quick, smaller ones where others wait. */
static void adapt(struct importing *im, int64_t took_us)
{
    if (took_us < BATCH_US / 2 && im->limit < BATCH_MAX)
        im->limit = im->limit * 5 / 4 + 1;
    else if (took_us > BATCH_US && im->limit > 1)
        im->limit = im->limit * 3 / 4;
    if (im->limit > BATCH_MAX)
        im->limit = BATCH_MAX;
}

/* A batch that cannot be written is tried user by user; one that alone cannot
 * be written is reported. A database that is busy or broken is no user's fault. */
static struct result step(struct importing *im, int64_t *position)
{
    TRY(fill_batch(im, *position));
    int64_t began_us = clock_monotonic_us();
    struct result r = in_tx(im, write_batch);
    if (r.kind == ERR_BUSY || r.kind == ERR_DATABASE || r.kind == ERR_IO)
        return r;
    if (failed(r) && im->count > 1) {
        im->limit = 1;
        return OK;
    }
    if (failed(r)) {
        log_warn("an imported user was refused (error kind %d)", (int)r.kind);
        im->give_up = true;
        r = in_tx(im, write_batch);
        im->give_up = false;
    }
    TRY(r);
    adapt(im, clock_monotonic_us() - began_us);
    *position = im->position;
    return OK;
}

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
    sealed = json_get_text(s->job.task, KEY);
    if (!sealed.p)
        return OK;
    TRY(tx_unseal(tx, STR("job"), s->id, KEY, sealed, &bytes));
    return box_key_from_private(bytes, &s->key) ? OK : fail(ERR_SEAL_BROKEN);
}

/* A command's file may be lines, and its first line may say what the others are.
 * What a key is for must open with it before anything of the file is taken. */
static void open_source(struct importing *im, struct arena *a, const struct start *s)
{
    const struct box_key *key = s->key.has_private ? &s->key : NULL;
    im->source.takes_whole = json_get_true(s->job.task, STR("from_command"));
    if (!im->source.takes_whole)
        return;
    import_reader_take_lines(&im->reader);
    const struct json *header = import_reader_take_header(&im->reader, a);
    if (!header && key)
        im->refusal = STR("This file has no sealed secrets: it is read without --with-secrets.");
    if (!header)
        return;
    struct result r = user_file_read(a, header, key, &im->source.file);
    if (failed(r))
        im->refusal = r.args.v[0];
}

static struct result work(struct importing *im, const struct start *s, const atomic_bool *stop)
{
    int64_t position = s->job.position;
    bool checked = json_get_true(s->job.task, STR("checked"));
    if (im->refusal.p || (!checked && !file_holds(im, stop)))
        return in_tx(im, mark_broken);
    if (!checked && !atomic_load(stop))
        TRY(in_tx(im, mark_begun));
    while (!im->gone && !atomic_load(stop)) {
        struct result r = step(im, &position);
        if (r.kind == ERR_INVALID_JSON)
            return in_tx(im, mark_broken);
        TRY(r);
    }
    return OK;
}

struct result import_run(struct tenant *t, str id, const atomic_bool *stop)
{
    struct arena *a = arena_new_secret(0);
    struct importing *im = ARENA_NEW(a, struct importing);
    struct start s = { .id = id };
    struct tx_options o = { .arena = a, .now_us = clock_now_us() };
    *im = (struct importing){ .tenant = t, .id = id, .limit = BATCH_FIRST, .arena = arena_new(1 << 20) };
    struct result r = store_read(t, &o, read_start, &s);
    if (!failed(r) && failed(import_reader_open(&im->reader, job_path(a, t, id, "users")))) {
        im->reader = (struct import_reader){ .size = 0 };
        r = in_tx(im, mark_broken); /* a copy of the directory, or a snapshot, came without it */
    } else if (!failed(r)) {
        open_source(im, a, &s);
        r = work(im, &s, stop);
        import_reader_close(&im->reader);
    }
    if (im->gone)
        import_file_drop(a, t, id);
    arena_free(im->arena);
    arena_free(a);
    return r;
}
