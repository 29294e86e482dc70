#include "search/sort.h"

#include "search/field.h"
#include "search/visit.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    str key; /* STR_NONE: the document lacks the field */
    int64_t id;
    bool cut; /* to SORT_KEY_MAX */
};

struct sorter {
    struct arena *a;
    str field;
    bool descending;
    struct entry *v;
    size_t count, cap;
    /* of the document at hand */
    struct buf key, best;
    bool found;
};

static void dispose(void *ctx)
{
    struct sorter *s = ctx;
    buf_free(&s->key);
    buf_free(&s->best);
}

struct sorter *sorter_new(struct arena *a, str field, bool descending)
{
    struct sorter *s = ARENA_NEW(a, struct sorter);
    s->a = a;
    s->field = field;
    s->descending = descending;
    buf_init(&s->key, SIZE_MAX);
    buf_init(&s->best, SIZE_MAX);
    arena_on_free(a, dispose, s);
    return s;
}

/* Ascending order goes by the least of several values, descending by the greatest. */
static bool take_value(void *ctx, const struct json *value)
{
    struct sorter *s = ctx;
    buf_clear(&s->key);
    if (!value_key(&s->key, s->field, value))
        return false;
    int order = s->found ? str_cmp(buf_str(&s->key), buf_str(&s->best)) : 0;
    if (!s->found || (s->descending ? order > 0 : order < 0)) {
        buf_clear(&s->best);
        buf_add(&s->best, buf_str(&s->key));
    }
    s->found = true;
    return false;
}

static void add_entry(struct sorter *s, struct entry e)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 256;
        struct entry *v = ARENA_ARRAY(s->a, struct entry, cap);
        if (s->count)
            memcpy(v, s->v, s->count * sizeof *v);
        s->v = v;
        s->cap = cap;
    }
    s->v[s->count++] = e;
}

static str key_of(struct sorter *s, const struct json *doc)
{
    s->found = false;
    if (doc && !field_is_hidden(s->field))
        visit_field(doc, s->field, false, take_value, s);
    return s->found ? str_dup(s->a, key_cut(buf_str(&s->best))) : STR_NONE;
}

void sorter_add(struct sorter *s, int64_t id, const struct json *doc)
{
    add_entry(s, (struct entry){ key_of(s, doc), id, false });
}

void sorter_add_key(struct sorter *s, int64_t id, enum sort_key_kind kind, str key)
{
    str kept = kind == SORT_KEY_NONE ? STR_NONE : str_dup(s->a, key);
    add_entry(s, (struct entry){ kept, id, kind == SORT_KEY_CUT });
}

/* --- order ------------------------------------------------------------------------------- */

static int compare(const struct entry *a, const struct entry *b, size_t bytes, bool descending)
{
    if (!a->key.p != !b->key.p)
        return a->key.p ? -1 : 1; /* whichever way: without the field last */
    int order = a->key.p ? str_cmp(str_sub(a->key, 0, bytes), str_sub(b->key, 0, bytes)) : 0;
    if (order == 0)
        order = (a->id > b->id) - (a->id < b->id);
    return descending ? -order : order;
}

static int by_start(const void *x, const void *y, void *sorter)
{
    return compare(x, y, SORT_KEY_MAX, ((const struct sorter *)sorter)->descending);
}

static int by_start_backwards(const void *x, const void *y, void *sorter)
{
    return by_start(y, x, sorter);
}

static int by_key(const void *x, const void *y, void *sorter)
{
    return compare(x, y, KEY_MAX, ((const struct sorter *)sorter)->descending);
}

/* Do the starts leave open which one comes first? */
static bool is_tie(const struct entry *a, const struct entry *b)
{
    return a->key.len >= SORT_KEY_MAX && b->key.len >= SORT_KEY_MAX && memcmp(a->key.p, b->key.p, SORT_KEY_MAX) == 0;
}

/* --- the first of them -------------------------------------------------------------------- */

static void sink(struct sorter *s, struct entry *heap, size_t count)
{
    for (size_t at = 0, kid; (kid = 2 * at + 1) < count; at = kid) {
        if (kid + 1 < count && by_start(&heap[kid + 1], &heap[kid], s) > 0)
            kid++;
        if (by_start(&heap[at], &heap[kid], s) >= 0)
            return;
        struct entry e = heap[at];
        heap[at] = heap[kid];
        heap[kid] = e;
    }
}

/* Moves the first `until` to the front, unordered, and behind them those that
 * tie with the last of them; answers how many. Most searches want fifty of
 * thousands: those are a heap with the last one on top, which each of the others
 * has to beat. */
static size_t select_first(struct sorter *s, size_t until)
{
    if (until >= s->count || until == 0)
        return until < s->count ? 0 : s->count;
    qsort_r(s->v, until, sizeof *s->v, by_start_backwards, s);
    for (size_t i = until; i < s->count; i++)
        if (by_start(&s->v[i], &s->v[0], s) < 0) {
            struct entry e = s->v[0];
            s->v[0] = s->v[i];
            s->v[i] = e;
            sink(s, s->v, until);
        }
    size_t count = until;
    for (size_t i = until; i < s->count; i++)
        if (is_tie(&s->v[i], &s->v[0])) {
            struct entry e = s->v[count];
            s->v[count++] = s->v[i];
            s->v[i] = e;
        }
    return count;
}

static struct result settle(struct sorter *s, size_t from, size_t until, sorter_read read, void *ctx)
{
    for (size_t i = from; i < until; i++) {
        struct json *doc;
        if (!s->v[i].cut)
            continue;
        TRY(read(ctx, s->v[i].id, &doc));
        s->v[i].key = key_of(s, doc);
        s->v[i].cut = false;
    }
    qsort_r(s->v + from, until - from, sizeof *s->v, by_key, s);
    return OK;
}

struct result sorter_finish(struct sorter *s, size_t from, size_t until, sorter_read read, void *ctx, const int64_t **out_ids,
                            size_t *out_count)
{
    size_t count = select_first(s, until);
    int64_t *ids = ARENA_ARRAY(s->a, int64_t, count);
    if (count)
        qsort_r(s->v, count, sizeof *s->v, by_start, s);
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && is_tie(&s->v[i], &s->v[next]);)
            next++;
        if (next > i + 1 && next > from)
            TRY(settle(s, i, next, read, ctx));
    }
    for (size_t i = 0; i < count; i++)
        ids[i] = s->v[i].id;
    *out_ids = ids;
    *out_count = count < until ? count : until;
    return OK;
}
