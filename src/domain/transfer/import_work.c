#include "domain/transfer/import_work.h"

#include "base/clock.h"
#include "domain/outbox.h"

enum { LIMIT_S = 2 * 3600 };

/* --- users ------------------------------------------------------------------------------- */

static struct result write_item(struct tx *tx, const struct import_target *t, const struct import_item *item, bool give_up,
                                enum import_outcome *out)
{
    struct json *errors = item->errors, *error = NULL;
    *out = IMPORT_FAILED;
    if (json_count(errors) == 0 && give_up)
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

struct result import_part_write(struct tx *tx, const struct import_target *t, struct import_part *p)
{
    for (size_t i = 0; i < IMPORT_OUTCOME_MAX; i++)
        p->counts[i] = 0;
    for (size_t i = p->from; i < p->until; i++) {
        enum import_outcome outcome;
        TRY(write_item(tx, t, &p->batch->items[i], p->give_up, &outcome));
        p->counts[outcome]++;
    }
    return OK;
}

struct result import_target_read(struct tx *tx, const struct job *j, struct import_target *out)
{
    *out = (struct import_target){ .job = j, .upsert = json_get_true(j->task, STR("upsert")) };
    TRY(connection_by_id(tx, json_get_text(j->body, STR("connection_id")), &out->connection));
    user_rules_read(&out->connection, &out->rules);
    return OK;
}

/* --- the job ------------------------------------------------------------------------------- */

struct result import_job_find(struct tx *tx, struct importing *im, struct job *j)
{
    struct result r = job_by_id(tx, im->id, j);
    im->gone = r.kind == ERR_INEXISTENT_JOB || (!failed(r) && !j->active);
    return im->gone ? OK : r;
}

void import_counts_add(struct arena *a, struct json *body, const int64_t counts[IMPORT_OUTCOME_MAX])
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

void import_progress_tell(struct tx *tx, const struct importing *im, struct job *j)
{
    int64_t size = im->reader.size > 0 ? im->reader.size : 1;
    int64_t began_us = json_get_int(j->task, STR("began_at"), tx->now_us), spent_s = (tx->now_us - began_us) / US_PER_S;
    json_set_int(tx->arena, j->body, STR("percentage_done"), im->position * 100 / size);
    if (im->position > 0)
        json_set_int(tx->arena, j->body, STR("time_left_seconds"), spent_s * (size - im->position) / im->position);
}

bool import_is_late(const struct tx *tx, const struct job *j)
{
    int64_t began_us = json_get_int(j->task, STR("began_at"), tx->now_us);
    return !json_get_true(j->task, STR("from_command")) && tx->now_us - began_us > LIMIT_S * US_PER_S;
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

struct result import_finish(struct tx *tx, struct job *j, const struct connection *c, bool completed, str details)
{
    json_remove(j->task, IMPORT_KEY);
    TRY(job_end(tx, j, completed, details));
    TRY(log_end(tx, c, completed ? STR("sui") : STR("fui"), details.p ? details : STR("")));
    return send_mail(tx, j);
}

/* --- its beginning, and a bad end ------------------------------------------------------------ */

struct result import_in_tx(struct importing *im, tx_fn fn)
{
    struct tx_options o = { .arena = im->scratch, .now_us = clock_now_us() };
    arena_clear(im->scratch);
    return store_write(im->tenant, &o, fn, im);
}

static struct result mark_begun(struct tx *tx, void *arg)
{
    struct importing *im = arg;
    struct job j;
    TRY(import_job_find(tx, im, &j));
    if (im->gone)
        return OK;
    json_set_text(tx->arena, j.body, STR("status"), STR("processing"));
    if (!json_get(j.task, STR("began_at")))
        json_set_int(tx->arena, j.task, STR("began_at"), tx->now_us);
    return job_update(tx, &j);
}

static struct result mark_checked(struct tx *tx, void *arg)
{
    struct importing *im = arg;
    struct job j;
    TRY(mark_begun(tx, arg));
    if (im->gone)
        return OK;
    TRY(import_job_find(tx, im, &j));
    json_set_bool(tx->arena, j.task, STR("checked"), true);
    return job_update(tx, &j);
}

struct result import_mark_begun(struct importing *im, bool checked)
{
    return import_in_tx(im, checked ? mark_checked : mark_begun);
}

static struct result mark_broken(struct tx *tx, void *arg)
{
    struct importing *im = arg;
    struct job j;
    struct connection c = { 0 };
    TRY(import_job_find(tx, im, &j));
    if (im->gone)
        return OK;
    c.id = json_get_text(j.body, STR("connection_id"));
    c.name = json_get_text(j.body, STR("connection"));
    im->gone = true;
    return import_finish(tx, &j, &c, false,
                         im->refusal.p ? im->refusal : STR("Failed to parse users file JSON when importing users. Make sure it is valid JSON."));
}

struct result import_mark_broken(struct importing *im)
{
    return import_in_tx(im, mark_broken);
}
