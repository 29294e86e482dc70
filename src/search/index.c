/* Keeps user_terms true to the users' documents. */
#include "search/catalog.h"
#include "search/search.h"
#include "search/value.h"
#include "search/visit.h"

#include <stdlib.h>
#include <string.h>

struct term {
    str field, key;
};

struct term_list {
    struct arena *a;
    struct term *v;
    size_t count, cap;
    struct buf key;
};

static void list_add(void *ctx, str field, const struct json *value)
{
    struct term_list *list = ctx;
    buf_clear(&list->key);
    if (!value_key(&list->key, field, value))
        return;
    if (list->count == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 32;
        struct term *v = ARENA_ARRAY(list->a, struct term, cap);
        if (list->count)
            memcpy(v, list->v, list->count * sizeof *v);
        list->v = v;
        list->cap = cap;
    }
    list->v[list->count++] = (struct term){ str_dup(list->a, field), str_dup(list->a, key_cut(buf_str(&list->key))) };
}

static int term_cmp(const void *x, const void *y)
{
    const struct term *a = x, *b = y;
    int order = str_cmp(a->field, b->field);
    return order ? order : str_cmp(a->key, b->key);
}

/* The document's terms, sorted, each once. */
static struct term_list terms_of(struct arena *a, const struct json *doc)
{
    struct term_list list = { .a = a };
    if (!doc)
        return list;
    buf_init(&list.key, SIZE_MAX);
    visit_all(doc, list_add, &list);
    buf_free(&list.key);
    if (list.count)
        qsort(list.v, list.count, sizeof *list.v, term_cmp);
    size_t kept = 0;
    for (size_t i = 0; i < list.count; i++)
        if (i == 0 || term_cmp(&list.v[i], &list.v[kept - 1]) != 0)
            list.v[kept++] = list.v[i];
    list.count = kept;
    return list;
}

struct writer {
    struct tx *tx;
    int64_t user;
    str field; /* whose id field_id is: terms come sorted */
    int64_t field_id;
};

static struct result write_term(struct writer *w, const struct term *t, bool add)
{
    if (!w->field.p || !str_eq(w->field, t->field)) {
        TRY(catalog_make(w->tx, t->field, &w->field_id));
        w->field = t->field;
    }
    const char *text = add ? "INSERT INTO user_terms (f, v, id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
                           : "DELETE FROM user_terms WHERE f = ? AND v = ? AND id = ?";
    return sql_run(w->tx->sql, text, SQL_ARGS(sql_int(w->field_id), sql_blob(t->key), sql_int(w->user)), NULL);
}

static struct result write_difference(struct writer *w, const struct term_list *before, const struct term_list *after)
{
    size_t i = 0, k = 0;
    while (i < before->count || k < after->count) {
        int order = i == before->count ? 1 : k == after->count ? -1 : term_cmp(&before->v[i], &after->v[k]);
        if (order < 0)
            TRY(write_term(w, &before->v[i], false));
        if (order > 0)
            TRY(write_term(w, &after->v[k], true));
        i += order <= 0;
        k += order >= 0;
    }
    return OK;
}

struct result search_index_user(struct tx *tx, int64_t user, const struct json *before, const struct json *after)
{
    struct arena *a = arena_new(0);
    struct writer w = { .tx = tx, .user = user };
    struct term_list old = terms_of(a, before), new = terms_of(a, after);
    struct result r = write_difference(&w, &old, &new);
    arena_free(a);
    return r;
}
