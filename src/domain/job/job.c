#include "domain/job/job.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/waits.h"
#include "crypto/random.h"

#include <unistd.h>

enum { ID_LEN = 16, JOBS_A_SWEEP = 10, ROWS_A_SWEEP = 5000 };
enum { NEW_US = 500 * 1000, SETTLE_STEP_US = 5 * 1000 };

static const str types[JOB_TYPE_MAX] = {
    [JOB_USERS_IMPORT] = STR_INIT("users_import"),
    [JOB_USERS_EXPORT] = STR_INIT("users_export"),
    [JOB_VERIFICATION_EMAIL] = STR_INIT("verification_email"),
};

str job_id_new(struct arena *a)
{
    return str_cat(a, STR("job_"), random_text(a, RANDOM_ALNUM, ID_LEN));
}

struct result job_create(struct tx *tx, enum job_type type, str id, struct json *body, const struct json *task)
{
    struct arena *a = tx->arena;
    json_set_text(a, body, STR("type"), types[type]);
    json_set_text(a, body, STR("status"), STR("pending"));
    json_set_text(a, body, STR("created_at"), clock_iso(a, tx->now_us));
    json_set_text(a, body, STR("id"), id);
    return sql_run(tx->sql, "INSERT INTO jobs (id, type, active, body, task, position, ends_at) VALUES (?, ?, 1, ?, ?, 0, ?)",
                   SQL_ARGS(sql_text(id), sql_text(types[type]), sql_text(json_dump(a, body)),
                            sql_text(json_dump(a, task ? task : json_object(a))), sql_int(INT64_MAX)),
                   NULL);
}

/* --- finding ------------------------------------------------------------------------- */

#define COLUMNS "SELECT seq, id, type, active, body, task, position FROM jobs "
enum { COLUMN_COUNT = 7 };

static enum job_type type_of(str name)
{
    enum job_type type = 0;
    while (type < JOB_VERIFICATION_EMAIL && !str_eq(types[type], name))
        type++;
    return type;
}

static struct result read_row(struct tx *tx, const struct sql_value *row, struct job *out)
{
    *out = (struct job){ .row = row[0].i, .id = row[1].s, .type = type_of(row[2].s), .active = row[3].i != 0, .position = row[6].i };
    TRY(json_parse(tx->arena, row[4].s, &out->body));
    return json_parse(tx->arena, row[5].s, &out->task);
}

struct result job_by_id(struct tx *tx, str id, struct job *out)
{
    struct sql_value row[COLUMN_COUNT];
    bool found;
    TRY(sql_row(tx->sql, tx->arena, COLUMNS "WHERE id = ? AND ends_at > ?", SQL_ARGS(sql_text(id), sql_int(tx->now_us)), row,
                COLUMN_COUNT, &found));
    return found ? read_row(tx, row, out) : fail(ERR_INEXISTENT_JOB);
}

struct result job_next(struct tx *tx, enum job_type type, struct job *out, bool *out_found)
{
    struct sql_value row[COLUMN_COUNT];
    TRY(sql_row(tx->sql, tx->arena, COLUMNS "WHERE active = 1 AND type = ? ORDER BY seq LIMIT 1", SQL_ARGS(sql_text(types[type])), row,
                COLUMN_COUNT, out_found));
    return *out_found ? read_row(tx, row, out) : OK;
}

struct result job_find_active(struct tx *tx, enum job_type type, str member, const struct json *value, struct job *out, bool *out_found)
{
    struct json *ids = json_array(tx->arena), *id;
    struct sql_rows rows;
    *out_found = false;
    TRY(sql_open(tx->sql, &rows, "SELECT id FROM jobs WHERE active = 1 AND type = ? ORDER BY seq", SQL_ARGS(sql_text(types[type]))));
    while (sql_next(&rows))
        json_push_text(tx->arena, ids, str_dup(tx->arena, sql_col_text(&rows, 0)));
    TRY(sql_close(&rows));
    JSON_EACH_ITEM(ids, i, id) {
        TRY(job_by_id(tx, json_text(id), out));
        const struct json *there = json_get(out->task, member);
        *out_found = there && json_equal(there, value);
        if (*out_found)
            return OK;
    }
    return OK;
}

struct result job_count_active(struct tx *tx, enum job_type type, int64_t *out_count)
{
    struct sql_value count;
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT COUNT(*) FROM jobs WHERE active = 1 AND type = ?", SQL_ARGS(sql_text(types[type])), &count,
                1, &found));
    *out_count = count.i;
    return OK;
}

/* --- changing -------------------------------------------------------------------------- */

struct result job_update(struct tx *tx, const struct job *j)
{
    return sql_run(tx->sql, "UPDATE jobs SET body = ?, task = ?, position = ? WHERE seq = ?",
                   SQL_ARGS(sql_text(json_dump(tx->arena, j->body)), sql_text(json_dump(tx->arena, j->task)), sql_int(j->position),
                            sql_int(j->row)),
                   NULL);
}

struct result job_end(struct tx *tx, struct job *j, bool completed, str details)
{
    struct arena *a = tx->arena;
    json_set_text(a, j->body, STR("status"), completed ? STR("completed") : STR("failed"));
    json_remove(j->body, STR("time_left_seconds"));
    json_remove(j->body, STR("percentage_done"));
    if (details.p)
        json_set_text(a, j->body, STR("status_details"), details);
    j->active = false;
    TRY(job_update(tx, j));
    return sql_run(tx->sql, "UPDATE jobs SET active = 0, ends_at = ? WHERE seq = ?",
                   SQL_ARGS(sql_int(tx->now_us + JOB_KEPT_S * US_PER_S), sql_int(j->row)), NULL);
}

/* --- the first moment -------------------------------------------------------------------- */

struct settling {
    str id;
    bool waits;
};

static struct result is_new(struct tx *tx, void *arg)
{
    struct settling *s = arg;
    struct sql_value row;
    int64_t created_us;
    s->waits = false;
    TRY(sql_row(tx->sql, tx->arena, "SELECT body FROM jobs WHERE id = ? AND active = 1", SQL_ARGS(sql_text(s->id)), &row, 1, &s->waits));
    struct json *body;
    if (!s->waits)
        return OK;
    TRY(json_parse(tx->arena, row.s, &body));
    s->waits = clock_parse_iso(json_get_text(body, STR("created_at")), &created_us) && tx->now_us - created_us < NEW_US;
    return OK;
}

struct result job_settle(struct tenant *t, struct arena *a, str id)
{
    struct settling s = { .id = id, .waits = true };
    for (int64_t until_us = clock_monotonic_us() + NEW_US; clock_monotonic_us() < until_us;) {
        struct tx_options o = { .arena = a, .now_us = clock_now_us() };
        TRY(store_read(t, &o, is_new, &s));
        if (!s.waits)
            return OK;
        waits_begin();
        usleep(SETTLE_STEP_US);
        waits_end();
    }
    return OK;
}

/* --- what an import notes ----------------------------------------------------------------- */

struct result job_error_add(struct tx *tx, const struct job *j, const struct json *body)
{
    return sql_run(tx->sql,
                   "INSERT INTO job_errors (job, n, body) SELECT ?, next, ? FROM "
                   "(SELECT COALESCE(MAX(n), 0) + 1 AS next FROM job_errors WHERE job = ?) AS last WHERE next <= ?",
                   SQL_ARGS(sql_int(j->row), sql_text(json_dump(tx->arena, body)), sql_int(j->row), sql_int(JOB_ERRORS_MAX)), NULL);
}

struct result job_errors(struct tx *tx, const struct job *j, struct json **out)
{
    struct sql_rows rows;
    struct result r = OK;
    *out = json_array(tx->arena);
    TRY(sql_open(tx->sql, &rows, "SELECT body FROM job_errors WHERE job = ? ORDER BY n", SQL_ARGS(sql_int(j->row))));
    while (!failed(r) && sql_next(&rows)) {
        struct json *one;
        r = json_parse(tx->arena, str_dup(tx->arena, sql_col_text(&rows, 0)), &one);
        if (!failed(r))
            json_push(tx->arena, *out, one);
    }
    TRY(sql_close(&rows));
    return r;
}

struct result job_user_note(struct tx *tx, const struct job *j, int64_t user, bool *out_first)
{
    int64_t added;
    TRY(sql_run(tx->sql, "INSERT INTO job_users (job, user) VALUES (?, ?) ON CONFLICT DO NOTHING", SQL_ARGS(sql_int(j->row), sql_int(user)),
                &added));
    *out_first = added > 0;
    return OK;
}

/* --- going ------------------------------------------------------------------------------------ */

/* Its rows in pieces, then the job itself: a transaction stays short. */
static struct result drop(struct tx *tx, int64_t job, bool *out_more)
{
    static const char *const parts[] = {
        "DELETE FROM job_errors WHERE job = ? AND n IN (SELECT n FROM job_errors WHERE job = ? LIMIT ?)",
        "DELETE FROM job_users WHERE job = ? AND user IN (SELECT user FROM job_users WHERE job = ? LIMIT ?)",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int64_t gone;
        TRY(sql_run(tx->sql, parts[i], SQL_ARGS(sql_int(job), sql_int(job), sql_int(ROWS_A_SWEEP)), &gone));
        *out_more = gone == ROWS_A_SWEEP;
        if (*out_more)
            return OK;
    }
    return sql_run(tx->sql, "DELETE FROM jobs WHERE seq = ?", SQL_ARGS(sql_int(job)), NULL);
}

struct result job_sweep(struct tx *tx, bool *out_more)
{
    struct sql_value row[1];
    bool found = true;
    *out_more = false;
    for (int i = 0; i < JOBS_A_SWEEP && found && !*out_more; i++) {
        TRY(sql_row(tx->sql, tx->arena, "SELECT seq FROM jobs WHERE ends_at < ? ORDER BY ends_at LIMIT 1", SQL_ARGS(sql_int(tx->now_us)), row,
                    1, &found));
        if (found)
            TRY(drop(tx, row[0].i, out_more));
    }
    *out_more = *out_more || found;
    return OK;
}

/* --- files --------------------------------------------------------------------------------------- */

const char *job_path(struct arena *a, const struct tenant *t, str id, const char *suffix)
{
    str name = tenant_get_info(t)->name;
    return str_cstr(a, str_fmt(a, "%s/jobs/%.*s.%.*s.%s", store_dir(tenant_get_store((struct tenant *)t)), STR_ARG(name), STR_ARG(id), suffix));
}

struct result job_directory(struct arena *a, const struct store *s, const char **out)
{
    *out = str_cstr(a, str_fmt(a, "%s/jobs", store_dir(s)));
    return file_mkdir(*out, 0700);
}
