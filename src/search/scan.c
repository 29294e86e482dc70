#include "search/finder.h"

#include "search/value.h"

#include <stdlib.h>

enum { ROWS_BETWEEN_LOOKS = 1024 }; /* at the clock */

/* --- counting ------------------------------------------------------------------------ */

static struct result count_with(struct finder *f, const char *text, const struct sql_value *args, size_t arg_count,
                                size_t *out)
{
    struct sql_value count = sql_int(0);
    bool found;
    TRY(sql_row(f->tx->sql, f->a, text, args, arg_count, &count, 1, &found));
    *out = (size_t)count.i;
    return OK;
}

struct result count_users(struct finder *f, size_t *out)
{
    return count_with(f, "SELECT count(*) FROM users", SQL_NO_ARGS, out);
}

struct result count_scan(struct finder *f, const struct scan *s, size_t limit, size_t *out)
{
    struct sql_value most = sql_int(limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
    if (s->point)
        return count_with(f, "SELECT count(*) FROM (SELECT 1 FROM user_terms WHERE f = ? AND v = ? LIMIT ?) AS t",
                          SQL_ARGS(sql_int(s->field), sql_blob(s->low), most), out);
    return count_with(f, "SELECT count(*) FROM (SELECT 1 FROM user_terms WHERE f = ? AND v >= ? AND v < ? LIMIT ?) AS t",
                      SQL_ARGS(sql_int(s->field), sql_blob(s->low), sql_blob(s->high), most), out);
}

/* --- rows to sets -------------------------------------------------------------------- */

struct row_reader {
    struct finder *f;
    const struct scan *scan;
    struct idset *into;
    int64_t *unsure; /* users whose value was cut: the document tells */
    size_t unsure_count, unsure_cap;
    unsigned until_look;
};

static void remember_unsure(struct row_reader *r, int64_t id)
{
    if (r->unsure_count == r->unsure_cap) {
        size_t cap = r->unsure_cap ? 2 * r->unsure_cap : 16;
        int64_t *v = ARENA_ARRAY(r->f->a, int64_t, cap);
        for (size_t i = 0; i < r->unsure_count; i++)
            v[i] = r->unsure[i];
        r->unsure = v;
        r->unsure_cap = cap;
    }
    r->unsure[r->unsure_count++] = id;
}

static void take_row(struct row_reader *r, int64_t id, str key)
{
    if (key_was_cut(key))
        remember_unsure(r, id);
    else if (r->scan->plain || span_has(r->scan->span, key, &r->f->scratch[0]))
        idset_add(r->into, id);
}

static struct result take_rows(struct row_reader *r, struct sql_rows *rows)
{
    while (sql_next(rows)) {
        if (r->scan->point)
            idset_add(r->into, sql_col_int(rows, 0));
        else
            take_row(r, sql_col_int(rows, 0), sql_col_blob(rows, 1));
        if (++r->until_look % ROWS_BETWEEN_LOOKS)
            continue;
        struct result late = finder_check_time(r->f);
        if (failed(late)) {
            ignore_result(sql_close(rows), "the time is up already");
            return late;
        }
    }
    return sql_close(rows);
}

static struct result scan_into(struct finder *f, const struct matcher *leaf, const struct scan *s, struct idset *into)
{
    struct row_reader r = { .f = f, .scan = s, .into = into };
    struct sql_rows rows;
    if (s->point)
        TRY(sql_open(f->tx->sql, &rows, "SELECT id FROM user_terms WHERE f = ? AND v = ?",
                     SQL_ARGS(sql_int(s->field), sql_blob(s->low))));
    else
        TRY(sql_open(f->tx->sql, &rows, "SELECT id, v FROM user_terms WHERE f = ? AND v >= ? AND v < ?",
                     SQL_ARGS(sql_int(s->field), sql_blob(s->low), sql_blob(s->high))));
    TRY(take_rows(&r, &rows));
    for (size_t i = 0; i < r.unsure_count; i++) {
        struct candidate c = { .id = r.unsure[i] };
        TRY(finder_check_time(f));
        TRY(candidate_read(f, &c));
        if (c.doc && matcher_test(leaf, c.doc, f->scratch))
            idset_add(into, c.id);
    }
    return OK;
}

struct result scan_users(struct finder *f, struct idset **out)
{
    struct scan all = { .point = true };
    struct row_reader r = { .f = f, .scan = &all, .into = finder_set(f) };
    struct sql_rows rows;
    TRY(sql_open(f->tx->sql, &rows, "SELECT id FROM users", SQL_NO_ARGS));
    TRY(take_rows(&r, &rows));
    *out = r.into;
    return OK;
}

/* --- members ------------------------------------------------------------------------- */

/* domain/relation.c writes these rows: a is the organization, b the user's id. */
#define MEMBERS_SQL "SELECT u.id, r.a FROM relations r CROSS JOIN users u ON u.uid = r.b WHERE r.kind = 'organization_member'"

static struct result take_members(struct row_reader *r, struct sql_rows *rows)
{
    struct buf *key = &r->f->scratch[1];
    struct result late = OK;
    while (!failed(late) && sql_next(rows)) {
        buf_clear(key);
        buf_add_char(key, KEY_TEXT);
        buf_add(key, sql_col_text(rows, 1));
        if (span_has(r->scan->span, buf_str(key), &r->f->scratch[0]))
            idset_add(r->into, sql_col_int(rows, 0));
        if (++r->until_look % ROWS_BETWEEN_LOOKS == 0)
            late = finder_check_time(r->f);
    }
    struct result closed = sql_close(rows);
    return failed(late) ? late : closed;
}

struct result scan_members(struct finder *f, const struct matcher *leaf, struct idset **out)
{
    *out = finder_set(f);
    for (size_t i = 0; i < leaf->span_count; i++) {
        const struct span *span = &leaf->spans[i];
        struct row_reader r = { .f = f, .scan = &(struct scan){ .span = span }, .into = *out };
        struct sql_rows rows;
        if (span->point)
            TRY(sql_open(f->tx->sql, &rows, MEMBERS_SQL " AND r.a = ?", SQL_ARGS(sql_text(str_sub(span->low, 1, span->low.len)))));
        else
            TRY(sql_open(f->tx->sql, &rows, MEMBERS_SQL, SQL_NO_ARGS));
        TRY(take_members(&r, &rows));
    }
    return OK;
}

/* --- queries to sets ----------------------------------------------------------------- */

static struct result scan_any(struct finder *f, const struct matcher *m, struct idset **out)
{
    struct idset *all = NULL;
    for (size_t i = 0; i < m->count; i++) {
        struct idset *one;
        TRY(scan_query(f, m->kids[i], &one));
        if (!all) {
            all = one;
            continue;
        }
        idset_or(all, one);
        finder_give_set(f, one);
    }
    *out = all;
    return OK;
}

static struct result filter_set(struct finder *f, struct idset *s, struct matcher *const *kids, size_t count)
{
    for (int64_t id = idset_next(s, 0, false); id >= 0; id = idset_next(s, id + 1, false)) {
        struct candidate c = { .id = id };
        bool holds = true;
        TRY(finder_check_time(f));
        for (size_t i = 0; holds && i < count; i++)
            TRY(candidate_test(f, kids[i], &c, &holds));
        if (!holds)
            idset_remove(s, id);
    }
    return OK;
}

static int by_estimate(const void *x, const void *y)
{
    size_t a = plan_estimate(*(struct matcher *const *)x), b = plan_estimate(*(struct matcher *const *)y);
    return (a > b) - (a < b);
}

struct result scan_filter(struct finder *f, struct idset *s, struct matcher *m)
{
    return filter_set(f, s, &m, 1);
}

/* The rarest first; once few are left the others are asked about those only. */
static struct result scan_all(struct finder *f, const struct matcher *m, struct idset **out)
{
    struct matcher **kids = arena_copy(f->a, m->kids, m->count * sizeof(struct matcher *));
    qsort(kids, m->count, sizeof *kids, by_estimate);
    struct idset *left = NULL;
    for (size_t i = 0; i < m->count; i++) {
        struct idset *one;
        if (left && !left->complement && idset_bits(left) <= f->tuning->filter_max) {
            TRY(filter_set(f, left, kids + i, m->count - i));
            break;
        }
        TRY(scan_query(f, kids[i], &one));
        if (!left) {
            left = one;
            continue;
        }
        idset_and(left, one);
        finder_give_set(f, one);
    }
    *out = left;
    return OK;
}

struct result scan_query(struct finder *f, const struct matcher *m, struct idset **out)
{
    switch (m->kind) {
    case NODE_OR:
        return scan_any(f, m, out);
    case NODE_AND:
        return scan_all(f, m, out);
    case NODE_NOT:
        TRY(scan_query(f, m->kids[0], out));
        (*out)->complement = !(*out)->complement;
        return OK;
    case NODE_LEAF:
        *out = finder_set(f);
        if (m->plan->members)
            idset_or(*out, m->plan->members);
        for (size_t i = 0; i < m->plan->count; i++)
            if (m->plan->scans[i].estimate)
                TRY(scan_into(f, m, &m->plan->scans[i], *out));
        return OK;
    case NODE_ALL:
    case NODE_NONE:
        *out = finder_set(f);
        (*out)->complement = m->kind == NODE_ALL;
        return OK;
    }
    return OK;
}
