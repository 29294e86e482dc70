#include "search/sort.h"

#include "search/field.h"
#include "search/value.h"
#include "search/visit.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    str key; /* STR_NONE: the document lacks the field */
    int64_t id;
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

void sorter_add(struct sorter *s, int64_t id, const struct json *doc)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 256;
        struct entry *v = ARENA_ARRAY(s->a, struct entry, cap);
        if (s->count)
            memcpy(v, s->v, s->count * sizeof *v);
        s->v = v;
        s->cap = cap;
    }
    s->found = false;
    if (!field_is_hidden(s->field))
        visit_field(doc, s->field, false, take_value, s);
    str key = s->found ? str_dup(s->a, key_cut(buf_str(&s->best))) : STR_NONE;
    s->v[s->count++] = (struct entry){ key, id };
}

static int entry_cmp(const void *x, const void *y, void *ctx)
{
    const struct sorter *s = ctx;
    const struct entry *a = x, *b = y;
    if (!a->key.p != !b->key.p)
        return a->key.p ? -1 : 1; /* whichever way: without the field last */
    int order = a->key.p ? str_cmp(a->key, b->key) : 0;
    if (order == 0)
        order = (a->id > b->id) - (a->id < b->id);
    return s->descending ? -order : order;
}

const int64_t *sorter_finish(struct sorter *s)
{
    int64_t *ids = ARENA_ARRAY(s->a, int64_t, s->count);
    if (s->count)
        qsort_r(s->v, s->count, sizeof *s->v, entry_cmp, s);
    for (size_t i = 0; i < s->count; i++)
        ids[i] = s->v[i].id;
    return ids;
}

size_t sorter_count(const struct sorter *s)
{
    return s->count;
}
