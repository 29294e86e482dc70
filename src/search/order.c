#include "search/order.h"

#include "search/catalog.h"
#include "search/field.h"
#include "search/sort.h"

#include <string.h>

enum {
    BATCH_FIRST = 64,
    BATCH_MAX = 1024,
    ROWS_A_COST = 8, /* index rows that cost about a microsecond */
};

/* --- pages --------------------------------------------------------------------------- */

static bool page_is_full(const struct page *p)
{
    return p->count >= p->want;
}

static void page_add(struct page *p, int64_t id)
{
    if (p->skipped < p->skip) {
        p->skipped++;
        return;
    }
    if (p->count == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 64;
        int64_t *ids = ARENA_ARRAY(p->a, int64_t, cap);
        if (p->count)
            memcpy(ids, p->ids, p->count * sizeof *ids);
        p->ids = ids;
        p->cap = cap;
    }
    p->ids[p->count++] = id;
}

static void page_restart(struct page *p)
{
    p->skipped = p->count = 0;
}

/* --- one candidate after the other ------------------------------------------------------ */

struct walk {
    struct finder *f;
    struct page *p;
    const struct idset *found; /* NULL: anybody may match */
    bool exact;
    struct idset *seen;        /* of a sorted walk: a user with two values comes once */
    unsigned rows;
    int64_t spent;             /* of cost, before what f->cost_left counts */
    bool may_go_on;            /* while matches turn out to be frequent */
    bool stopped;              /* the page is full or the cost spent, and not: nobody is left */
};

static struct result walk_take(struct walk *w, int64_t id)
{
    bool holds = true;
    if (++w->rows % ROWS_A_COST == 0)
        w->f->cost_left--;
    if (w->seen && idset_has(w->seen, id))
        return OK;
    if (w->seen)
        idset_add(w->seen, id);
    if (w->found && !idset_has(w->found, id))
        return OK;
    if (!w->exact) {
        struct candidate c = { .id = id };
        TRY(finder_check_time(w->f)); /* a document may have a megabyte */
        TRY(candidate_test(w->f, w->f->query, &c, &holds));
    }
    if (holds)
        page_add(w->p, id);
    return OK;
}

/* The cost is spent. With what it found so far, does the page seem near enough
 * to go on? Sets of a large index cost more than those of a small one. */
static bool walk_goes_on(struct walk *w)
{
    double need = (double)w->p->skip + (double)w->p->want, have = (double)w->p->skipped + (double)w->p->count;
    w->spent += w->f->tuning->walk_cost;
    if (!w->may_go_on || have == 0)
        return false;
    w->f->cost_left += w->f->tuning->walk_cost;
    return (double)w->spent / have * (need - have) <= w->f->tuning->walk_more * (double)w->f->id_max;
}

static bool walk_stops(struct walk *w)
{
    if (!w->stopped)
        w->stopped = page_is_full(w->p) || (w->f->cost_left < 0 && !walk_goes_on(w));
    return w->stopped;
}

/* The members of s in the order of their ids, without those that skip holds. */
static struct result walk_members(struct walk *w, const struct idset *s, const struct idset *skip)
{
    bool down = w->p->descending;
    int64_t id = idset_next(s, down ? w->f->id_max : 0, down);
    for (; id >= 0 && !page_is_full(w->p); id = idset_next(s, down ? id - 1 : id + 1, down)) {
        if (skip && idset_has(skip, id))
            continue;
        TRY(finder_check_time(w->f));
        TRY(walk_take(w, id));
    }
    return OK;
}

/* --- by id --------------------------------------------------------------------------- */

/* Ids in order, read in batches: of all users, or under one point of the index. */
struct stream {
    const struct scan *point; /* NULL: all users */
    int64_t ids[BATCH_MAX];
    size_t count, at;
    int64_t batch, after;
    bool ended; /* nothing follows these ids */
};

static struct result open_ids(struct walk *w, const struct stream *s, struct sql_rows *rows)
{
    static const char *const texts[2][2] = {
        { "SELECT id FROM users WHERE id > ? ORDER BY id LIMIT ?", "SELECT id FROM users WHERE id < ? ORDER BY id DESC LIMIT ?" },
        { "SELECT id FROM user_terms WHERE f = ? AND v = ? AND id > ? ORDER BY id LIMIT ?",
          "SELECT id FROM user_terms WHERE f = ? AND v = ? AND id < ? ORDER BY id DESC LIMIT ?" },
    };
    const char *text = texts[s->point != NULL][w->p->descending];
    struct sql_value after = sql_int(s->after), batch = sql_int(s->batch);
    if (!s->point)
        return sql_open(w->f->tx->sql, rows, text, SQL_ARGS(after, batch));
    return sql_open(w->f->tx->sql, rows, text, SQL_ARGS(sql_int(s->point->field), sql_blob(s->point->low), after, batch));
}

/* Makes the next id stand at s->at, if there is one. */
static struct result stream_fill(struct walk *w, struct stream *s)
{
    struct sql_rows rows;
    if (s->at < s->count || s->ended)
        return OK;
    TRY(finder_check_time(w->f));
    s->at = s->count = 0;
    TRY(open_ids(w, s, &rows));
    while (sql_next(&rows))
        s->ids[s->count++] = sql_col_int(&rows, 0);
    TRY(sql_close(&rows));
    s->ended = s->count < (size_t)s->batch;
    s->after = s->count ? s->ids[s->count - 1] : s->after;
    s->batch = s->batch < BATCH_MAX ? 2 * s->batch : s->batch;
    return OK;
}

/* The next id of all streams together, once also where several have it; -1: the end. */
static struct result streams_next(struct walk *w, struct stream *streams, size_t count, int64_t *out)
{
    int64_t best = -1;
    for (size_t i = 0; i < count; i++) {
        struct stream *s = &streams[i];
        TRY(stream_fill(w, s));
        if (s->at < s->count && (best < 0 || (w->p->descending ? s->ids[s->at] > best : s->ids[s->at] < best)))
            best = s->ids[s->at];
    }
    for (size_t i = 0; i < count; i++)
        streams[i].at += streams[i].at < streams[i].count && streams[i].ids[streams[i].at] == best;
    *out = best;
    return OK;
}

/* All users, or those of a few points, until the page is full, the cost is
 * spent or nobody is left: *out_ended. */
static struct result walk_ids(struct walk *w, const struct point_list *points, bool *out_ended)
{
    size_t count = points->count ? points->count : 1;
    struct stream *streams = ARENA_ARRAY(w->f->a, struct stream, count);
    int64_t id;
    *out_ended = false;
    for (size_t i = 0; i < count; i++) {
        streams[i].point = points->v[i];
        streams[i].batch = BATCH_FIRST;
        streams[i].after = w->p->descending ? INT64_MAX : -1;
    }
    while (!walk_stops(w)) {
        TRY(streams_next(w, streams, count, &id));
        *out_ended = id < 0;
        if (*out_ended)
            return OK;
        TRY(walk_take(w, id));
    }
    return OK;
}

/* --- by a field ------------------------------------------------------------------------ */

struct place {
    str key; /* in the search's arena */
    int64_t id;
};

/* The part of the query that must hold and says where in the sort field's rows
 * its users stand: a term on that field with one span. */
static const struct scan *span_of_sort_field(const struct matcher *m, str field)
{
    if (m->kind == NODE_LEAF)
        return !m->beneath && m->plan->count == 1 && str_eq(m->field, field) ? &m->plan->scans[0] : NULL;
    for (size_t i = 0; m->kind == NODE_AND && i < m->count; i++) {
        const struct scan *s = m->kids[i]->kind == NODE_LEAF ? span_of_sort_field(m->kids[i], field) : NULL;
        if (s)
            return s;
    }
    return NULL;
}

/* A user with several values stands at the least or the greatest of them, which
 * may lie outside the query's span: one such user, and all rows are walked. */
static struct result narrow_walk(struct finder *f, struct page *p, int64_t sort_field)
{
    struct sql_value one;
    bool several;
    const struct scan *s = field_is_sorted(p->sort_field) ? span_of_sort_field(f->query, p->sort_field) : NULL;
    p->low = STR("");
    p->high = STR("\xff");
    if (!s || s->field != sort_field)
        return OK;
    TRY(sql_row(f->tx->sql, f->a, "SELECT 1 FROM user_terms WHERE f = ? AND v = ? LIMIT 1",
                SQL_ARGS(sql_int(field_fixed_id(STR(FIELD_SEVERAL))), sql_blob(field_several_key(sort_field))), &one, 1, &several));
    if (several)
        return OK;
    p->narrowed = true;
    p->low = s->low;
    p->high = s->high;
    return OK;
}

static struct result open_sorted(struct walk *w, int64_t field, const struct place *after, int64_t batch, struct sql_rows *rows)
{
    const char *text = w->p->descending
        ? "SELECT id, v FROM user_terms WHERE f = ? AND (v, id) < (?, ?) AND v >= ? ORDER BY v DESC, id DESC LIMIT ?"
        : "SELECT id, v FROM user_terms WHERE f = ? AND (v, id) > (?, ?) AND v < ? ORDER BY v, id LIMIT ?";
    return sql_open(w->f->tx->sql, rows, text,
                    SQL_ARGS(sql_int(field), sql_blob(after->key), sql_int(after->id),
                             sql_blob(w->p->descending ? w->p->low : w->p->high), sql_int(batch)));
}

/* Reads one batch; *last becomes its last place. */
static struct result read_sorted(struct walk *w, int64_t field, struct place *last, int64_t batch, int64_t *ids,
                                 size_t *out_count)
{
    struct sql_rows rows;
    size_t n = 0;
    TRY(open_sorted(w, field, last, batch, &rows));
    while (sql_next(&rows)) {
        ids[n++] = sql_col_int(&rows, 0);
        if (n == (size_t)batch)
            *last = (struct place){ str_dup(w->f->a, sql_col_blob(&rows, 1)), ids[n - 1] };
    }
    *out_count = n;
    return sql_close(&rows);
}

static struct result walk_sorted(struct walk *w, int64_t field, bool *out_ended)
{
    struct place last = { w->p->descending ? w->p->high : w->p->low, -1 };
    int64_t ids[BATCH_MAX];
    size_t count = 0;
    *out_ended = false;
    for (int64_t batch = BATCH_FIRST; !walk_stops(w); batch = batch < BATCH_MAX ? 2 * batch : batch) {
        TRY(finder_check_time(w->f));
        TRY(read_sorted(w, field, &last, batch, ids, &count));
        for (size_t i = 0; i < count && !walk_stops(w); i++)
            TRY(walk_take(w, ids[i]));
        if (count < (size_t)batch) {
            *out_ended = !walk_stops(w);
            return OK;
        }
    }
    return OK;
}

/* --- strategies ------------------------------------------------------------------------ */

/* What the index says about the whole query, as a set without complement. */
static struct result decide_by_sets(struct finder *f, struct idset **found)
{
    struct idset *everybody;
    if (!*found)
        TRY(scan_query(f, f->query, found));
    if (!(*found)->complement)
        return OK;
    TRY(scan_users(f, &everybody));
    idset_and(everybody, *found);
    finder_give_set(f, *found);
    *found = everybody;
    return OK;
}

/* A first try: walk as if matches were frequent, and see whether they are. */
static struct result try_walk(struct finder *f, struct page *p, int64_t sort_field, const struct idset *found, bool exact,
                              bool *out_done)
{
    struct walk w = { .f = f, .p = p, .found = found, .may_go_on = true };
    struct point_list points = { 0 };
    bool ended;
    if (!sort_field)
        points = plan_points(f->query);
    if (points.part)
        points.part->driving = true;
    w.exact = exact || f->query->kind == NODE_ALL || f->query->driving;
    f->cost_left = w.exact && !found ? INT64_MAX : f->tuning->walk_cost;
    if (sort_field)
        w.seen = finder_set(f);
    TRY(sort_field ? walk_sorted(&w, sort_field, &ended) : walk_ids(&w, &points, &ended));
    if (points.part)
        points.part->driving = false;
    *out_done = page_is_full(p) || (ended && (!sort_field || p->narrowed));
    if (!*out_done)
        page_restart(p);
    if (w.seen)
        finder_give_set(f, w.seen);
    return OK;
}

/* --- what was found, in the order of a field ----------------------------------------------- */

/* The candidate goes to the sorter: with its row of sort keys if that tells
 * enough and the document is not at hand. */
static struct result sort_one(struct finder *f, struct sorter *s, int64_t sort_field, struct candidate *c)
{
    enum sort_key_kind kind = SORT_KEY_ASK;
    struct sql_rows rows;
    str key;
    if (sort_field && !c->doc) {
        TRY(sql_open(f->tx->sql, &rows, "SELECT keys FROM user_sort_keys WHERE id = ?", SQL_ARGS(sql_int(c->id))));
        if (sql_next(&rows))
            kind = sort_keys_find(sql_col_blob(&rows, 0), sort_field, &key);
        if (kind != SORT_KEY_ASK)
            sorter_add_key(s, c->id, kind, key);
        TRY(sql_close(&rows));
    }
    if (kind != SORT_KEY_ASK)
        return OK;
    TRY(candidate_read(f, c));
    if (c->doc)
        sorter_add(s, c->id, c->doc);
    return OK;
}

static struct result read_tied(void *finder, int64_t id, struct json **out)
{
    struct candidate c = { .id = id };
    TRY(finder_check_time(finder));
    TRY(candidate_read(finder, &c));
    *out = c.doc;
    return OK;
}

static struct result gather(struct walk *w, int64_t sort_field, const struct idset *found)
{
    struct sorter *s = sorter_new(w->f->a, w->p->sort_field, w->p->descending);
    int64_t with_keys = field_is_sorted(w->p->sort_field) ? sort_field : 0;
    const int64_t *ids;
    size_t count;
    for (int64_t id = idset_next(found, 0, false); id >= 0; id = idset_next(found, id + 1, false)) {
        struct candidate c = { .id = id };
        bool holds = true;
        TRY(finder_check_time(w->f));
        if (!w->exact)
            TRY(candidate_test(w->f, w->f->query, &c, &holds));
        if (holds)
            TRY(sort_one(w->f, s, with_keys, &c));
    }
    TRY(sorter_finish(s, w->p->skip, w->p->skip + w->p->want, read_tied, w->f, &ids, &count));
    for (size_t i = 0; i < count; i++)
        page_add(w->p, ids[i]);
    return OK;
}

/* Nothing is asked in between, so that one statement reads all rows. */
static struct result stream_sorted(struct walk *w, int64_t field, bool *out_ended)
{
    struct result r = OK;
    struct sql_rows rows;
    bool more = true;
    TRY(sql_open(w->f->tx->sql, &rows,
                 w->p->descending ? "SELECT id FROM user_terms WHERE f = ? AND v >= ? AND v < ? ORDER BY v DESC, id DESC"
                                  : "SELECT id FROM user_terms WHERE f = ? AND v >= ? AND v < ? ORDER BY v, id",
                 SQL_ARGS(sql_int(field), sql_blob(w->p->low), sql_blob(w->p->high))));
    while (!failed(r) && !walk_stops(w) && (more = sql_next(&rows))) {
        r = walk_take(w, sql_col_int(&rows, 0));
        if (!failed(r) && w->rows % BATCH_MAX == 0)
            r = finder_check_time(w->f);
    }
    *out_ended = !more;
    struct result closed = sql_close(&rows);
    return failed(r) ? r : closed;
}

static struct result walk_found(struct walk *w, int64_t sort_field, const struct idset *found, bool *out_done)
{
    bool ended;
    struct idset *had = w->seen = finder_set(w->f);
    TRY(w->exact ? stream_sorted(w, sort_field, &ended) : walk_sorted(w, sort_field, &ended));
    w->seen = NULL;
    if (ended)
        TRY(walk_members(w, found, had)); /* those without the field come last */
    *out_done = ended || page_is_full(w->p);
    if (!*out_done)
        page_restart(w->p);
    finder_give_set(w->f, had);
    return OK;
}

static int64_t whole_cost(double cost)
{
    return cost < (double)INT64_MAX ? (int64_t)cost : INT64_MAX;
}

/* Sorting is either reading every hit's key, or walking the field's rows until
 * enough of them are hits: among u users with h hits u / h rows lie between
 * two, if they lie evenly. A walk that finds them rarer (the field and the
 * query go together) gives way to the keys, unless those cost more than walking
 * to the end. */
static struct result order_found(struct finder *f, struct page *p, int64_t sort_field, const struct idset *found, bool exact)
{
    struct walk w = { .f = f, .p = p, .found = found, .exact = exact };
    const struct search_tuning *t = f->tuning;
    bool done = false;
    f->cost_left = INT64_MAX;
    if (!sort_field)
        return walk_members(&w, found, NULL);
    double hits = (double)idset_bits(found), wanted = (double)p->skip + (double)p->want;
    double gathering = hits * (exact && field_is_sorted(p->sort_field) ? t->key_cost : t->document_cost);
    double walking = wanted * (double)f->id_max / (hits * ROWS_A_COST), all = (double)f->id_max / ROWS_A_COST;
    if (gathering > walking) {
        f->cost_left = gathering > all ? INT64_MAX : whole_cost(walking * t->walk_patience);
        TRY(walk_found(&w, sort_field, found, &done));
    }
    f->cost_left = INT64_MAX;
    return done ? OK : gather(&w, sort_field, found);
}

struct result order_page(struct finder *f, struct page *p, struct idset *found, bool exact)
{
    int64_t sort_field = 0;
    if (p->sort_field.len)
        TRY(catalog_find(f->tx, p->sort_field, &sort_field));
    TRY(narrow_walk(f, p, sort_field));
    if (!found || found->complement) {
        bool done;
        TRY(try_walk(f, p, sort_field, found, exact, &done));
        if (done)
            return OK;
        TRY(decide_by_sets(f, &found));
        exact = true;
    }
    return order_found(f, p, sort_field, found, exact);
}
