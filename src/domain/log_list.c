#include "domain/log_list.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

/* Ids are "900" and the time to the millisecond (domain/log.c): ids sort by time. */
enum { LOG_ID_TIME_AT = 3, LOG_ID_TIME_LEN = 17 };

static struct result entry_of(struct tx *tx, str text, struct json **out)
{
    return json_parse(tx->arena, str_dup(tx->arena, text), out);
}

/* Rows of (body) until the end, limited by the statement. */
static struct result collect(struct tx *tx, const char *text, const struct sql_value *args, size_t arg_count, struct json *out)
{
    struct sql_rows rows;
    struct result r = OK;
    TRY(sql_open(tx->sql, &rows, text, args, arg_count));
    while (!failed(r) && sql_next(&rows)) {
        struct json *entry;
        r = entry_of(tx, sql_col_text(&rows, 0), &entry);
        if (!failed(r))
            json_push(tx->arena, out, entry);
    }
    struct result closed = sql_close(&rows);
    return failed(r) ? r : closed;
}

/* --- by time, from the index ---------------------------------------------------- */

static const char *const by_time[2][2] = { /* [of one user][ascending] */
    { "SELECT body FROM logs ORDER BY date DESC, seq DESC LIMIT ? OFFSET ?",
      "SELECT body FROM logs ORDER BY date, seq LIMIT ? OFFSET ?" },
    { "SELECT body FROM logs WHERE user_id = ? ORDER BY seq DESC LIMIT ? OFFSET ?",
      "SELECT body FROM logs WHERE user_id = ? ORDER BY seq LIMIT ? OFFSET ?" },
};

static struct result collect_by_time(struct tx *tx, str user_id, bool ascending, size_t limit, size_t offset, struct json *out)
{
    const char *text = by_time[user_id.p != NULL][ascending];
    struct sql_value count = sql_int((int64_t)limit), skip = sql_int((int64_t)offset);
    if (user_id.p)
        return collect(tx, text, SQL_ARGS(sql_text(user_id), count, skip), out);
    return collect(tx, text, SQL_ARGS(count, skip), out);
}

static struct result count_all(struct tx *tx, str user_id, size_t *out)
{
    struct sql_value row[1];
    bool found;
    if (user_id.p)
        TRY(sql_row(tx->sql, tx->arena, "SELECT COUNT(*) FROM logs WHERE user_id = ?", SQL_ARGS(sql_text(user_id)), row, 1, &found));
    else
        TRY(sql_row(tx->sql, tx->arena, "SELECT COUNT(*) FROM logs", SQL_NO_ARGS, row, 1, &found));
    *out = (size_t)row[0].i;
    return OK;
}

static struct result page_by_time(struct tx *tx, struct log_query *q)
{
    TRY(count_all(tx, q->user_id, &q->total));
    TRY(collect_by_time(tx, q->user_id, q->ascending, q->limit, q->offset, q->items));
    q->more = q->offset + json_count(q->items) < q->total;
    return OK;
}

/* --- searches and other orders: over the newest entries ------------------------------ */

enum { SCAN_TIME_US = 2 * 1000 * 1000, SORT_TEXT_MAX = 256 };

/* What is kept of an entry that matches; the page's are read again. */
struct found {
    int64_t seq;
    str order; /* the text that it is sorted by */
};

struct scan {
    struct tx *tx;
    const struct log_query *q;
    str field; /* sorted by */
    int64_t deadline_us;
    struct found *v;
    size_t count, cap;
};

static void keep(struct scan *s, int64_t seq, const struct json *entry)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;
        struct found *v = ARENA_ARRAY(s->tx->arena, struct found, cap);
        if (s->count)
            memcpy(v, s->v, s->count * sizeof *v);
        s->v = v;
        s->cap = cap;
    }
    str order = str_sub(json_get_text(entry, s->field), 0, SORT_TEXT_MAX);
    s->v[s->count++] = (struct found){ seq, str_dup(s->tx->arena, order) };
}

/* One entry at a time is in memory, however many are looked at. */
static struct result look_at(struct scan *s, struct arena *one, int64_t seq, str text)
{
    struct json *entry;
    const struct log_query *q = s->q;
    if (clock_monotonic_us() > s->deadline_us)
        return fail(ERR_TIMEOUT);
    arena_clear(one);
    TRY(json_parse(one, text, &entry));
    if (!q->search || search_matches(q->search, entry, q->default_fields, q->default_field_count))
        keep(s, seq, entry);
    return OK;
}

static struct result scan_newest(struct scan *s)
{
    struct sql_rows rows;
    struct result r = OK;
    struct sql_value max = sql_int(LOG_SCAN_MAX);
    if (s->q->user_id.p)
        TRY(sql_open(s->tx->sql, &rows, "SELECT seq, body FROM logs WHERE user_id = ? ORDER BY seq DESC LIMIT ?",
                     SQL_ARGS(sql_text(s->q->user_id), max)));
    else
        TRY(sql_open(s->tx->sql, &rows, "SELECT seq, body FROM logs ORDER BY date DESC, seq DESC LIMIT ?", SQL_ARGS(max)));
    struct arena *one = arena_new(0);
    while (!failed(r) && sql_next(&rows))
        r = look_at(s, one, sql_col_int(&rows, 0), sql_col_text(&rows, 1));
    arena_free(one);
    struct result closed = sql_close(&rows);
    return failed(r) ? r : closed;
}

/* Entries of equal text stay in the order of their making. */
static int compare(const void *x, const void *y, void *arg)
{
    const struct found *a = x, *b = y;
    const bool *ascending = arg;
    int order = str_cmp(a->order, b->order);
    if (order == 0)
        order = (a->seq > b->seq) - (a->seq < b->seq);
    return *ascending ? order : -order;
}

static struct result read_page(struct scan *s, struct log_query *q)
{
    q->total = s->count;
    for (size_t i = q->offset; i < s->count && i - q->offset < q->limit; i++)
        TRY(collect(s->tx, "SELECT body FROM logs WHERE seq = ?", SQL_ARGS(sql_int(s->v[i].seq)), q->items));
    q->more = q->offset + json_count(q->items) < q->total;
    return OK;
}

static struct result page_of_scan(struct tx *tx, struct log_query *q, bool is_by_time)
{
    struct scan s = { .tx = tx,
                      .q = q,
                      .field = is_by_time ? STR("log_id") : q->sort_field,
                      .deadline_us = clock_monotonic_us() + SCAN_TIME_US };
    TRY(scan_newest(&s));
    if (s.count && (!is_by_time || q->ascending))
        qsort_r(s.v, s.count, sizeof *s.v, compare, &q->ascending);
    return read_page(&s, q);
}

struct result log_query(struct tx *tx, struct log_query *q)
{
    bool is_by_time = !q->sort_field.p || str_eq(q->sort_field, STR("date"));
    q->items = json_array(tx->arena);
    return q->search || !is_by_time ? page_of_scan(tx, q, is_by_time) : page_by_time(tx, q);
}

/* --- the checkpoint walk -------------------------------------------------------------- */

static struct result place_of(struct tx *tx, str log_id, int64_t *out_seq, bool *out_found)
{
    struct sql_value row[1];
    TRY(sql_row(tx->sql, tx->arena, "SELECT seq FROM logs WHERE log_id = ?", SQL_ARGS(sql_text(log_id)), row, 1, out_found));
    if (*out_found)
        *out_seq = row[0].i;
    return OK;
}

/* The moment inside an id whose entry is gone (retention): entries after it. */
static bool time_of(struct arena *a, str id, int64_t *out_us)
{
    if (id.len < LOG_ID_TIME_AT + LOG_ID_TIME_LEN || !str_starts(id, STR("900")))
        return false;
    const char *d = id.p + LOG_ID_TIME_AT;
    return clock_parse_iso(str_fmt(a, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s.%.3sZ", d, d + 4, d + 6, d + 8, d + 10, d + 12, d + 14), out_us);
}

struct result log_walk(struct tx *tx, struct log_walk *w)
{
    int64_t seq = 0, at_us = 0;
    bool found = true;
    struct sql_value take = sql_int((int64_t)w->take);
    w->items = json_array(tx->arena);
    w->last_id = w->from;
    if (w->from.len)
        TRY(place_of(tx, w->from, &seq, &found));
    if (!found && time_of(tx->arena, w->from, &at_us))
        TRY(collect(tx, "SELECT body FROM logs WHERE date > ? ORDER BY date, seq LIMIT ?", SQL_ARGS(sql_int(at_us), take), w->items));
    else
        TRY(collect(tx, "SELECT body FROM logs WHERE seq > ? ORDER BY seq LIMIT ?", SQL_ARGS(sql_int(seq), take), w->items));
    size_t n = json_count(w->items);
    if (n)
        w->last_id = json_get_text(json_item(w->items, n - 1), STR("log_id"));
    return OK;
}

struct result log_read(struct tx *tx, str log_id, struct json **out)
{
    struct sql_value row[1];
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT body FROM logs WHERE log_id = ?", SQL_ARGS(sql_text(log_id)), row, 1, &found));
    return found ? json_parse(tx->arena, row[0].s, out) : fail1(ERR_LOG_NOT_FOUND, log_id);
}
