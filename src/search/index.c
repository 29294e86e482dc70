/* Keeps user_terms and user_sort_keys true to the users' documents. */
#include "search/index.h"

#include "search/catalog.h"
#include "search/field.h"
#include "search/sortkeys.h"
#include "search/visit.h"

#include <stdlib.h>
#include <string.h>

struct term {
    str field, key;
};

struct term_list {
    struct arena *a;
    const struct json *doc; /* NULL: there is no user */
    struct term *v;
    size_t count, cap;
    struct buf key;
};

static void list_push(struct term_list *list, struct term t)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 32;
        struct term *v = ARENA_ARRAY(list->a, struct term, cap);
        if (list->count)
            memcpy(v, list->v, list->count * sizeof *v);
        list->v = v;
        list->cap = cap;
    }
    list->v[list->count++] = t;
}

static void list_add(void *ctx, str field, const struct json *value)
{
    struct term_list *list = ctx;
    buf_clear(&list->key);
    if (value_key(&list->key, field, value))
        list_push(list, (struct term){ str_dup(list->a, field), str_dup(list->a, key_cut(buf_str(&list->key))) });
}

static int term_cmp(const void *x, const void *y)
{
    const struct term *a = x, *b = y;
    int order = str_cmp(a->field, b->field);
    return order ? order : str_cmp(a->key, b->key);
}

/* The end of the terms of one field, which are neighbours. */
static size_t field_end(const struct term_list *list, size_t from)
{
    size_t next = from + 1;
    while (next < list->count && str_eq(list->v[next].field, list->v[from].field))
        next++;
    return next;
}

static void add_several(struct term_list *list)
{
    size_t count = list->count;
    for (size_t i = 0, next; i < count; i = next) {
        str field = list->v[i].field;
        next = field_end(list, i);
        if (next > i + 1 && field_is_sorted(field))
            list_push(list, (struct term){ STR(FIELD_SEVERAL), field_several_key(field_fixed_id(field)) });
    }
    if (list->count > count)
        qsort(list->v, list->count, sizeof *list->v, term_cmp);
}

/* The document's terms, sorted, each once. */
static struct term_list terms_of(struct arena *a, const struct json *doc)
{
    struct term_list list = { .a = a, .doc = doc };
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
    add_several(&list);
    return list;
}

/* --- telling a sink ------------------------------------------------------------------ */

struct teller {
    const struct index_sink *sink;
    int64_t user;
    str field; /* whose id field_id is: terms come sorted */
    int64_t field_id;
};

static struct result tell_term(struct teller *t, const struct term *term, bool add)
{
    if (!t->field.p || !str_eq(t->field, term->field)) {
        TRY(t->sink->field(t->sink->ctx, term->field, &t->field_id));
        t->field = term->field;
    }
    return t->sink->term(t->sink->ctx, t->field_id, term->key, t->user, add);
}

static struct result tell_terms(struct teller *t, const struct term_list *before, const struct term_list *after)
{
    size_t i = 0, k = 0;
    while (i < before->count || k < after->count) {
        int order = i == before->count ? 1 : k == after->count ? -1 : term_cmp(&before->v[i], &after->v[k]);
        if (order < 0)
            TRY(tell_term(t, &before->v[i], false));
        if (order > 0)
            TRY(tell_term(t, &after->v[k], true));
        i += order <= 0;
        k += order >= 0;
    }
    return OK;
}

static void add_sort_keys(struct buf *out, const struct term_list *list)
{
    for (size_t i = 0, next; i < list->count; i = next) {
        const struct term *first = &list->v[i];
        next = field_end(list, i);
        if (!field_is_sorted(first->field))
            continue;
        if (next == i + 1)
            sort_keys_add(out, field_fixed_id(first->field), first->key);
        else
            sort_keys_add_several(out, field_fixed_id(first->field));
    }
}

static struct result tell_sort_keys(const struct teller *t, const struct term_list *before, const struct term_list *after)
{
    struct buf old, new;
    struct result r = OK;
    buf_init(&old, SIZE_MAX);
    buf_init(&new, SIZE_MAX);
    add_sort_keys(&old, before);
    add_sort_keys(&new, after);
    if (after->doc ? !before->doc || !str_eq(buf_str(&old), buf_str(&new)) : before->doc != NULL)
        r = t->sink->sort_keys(t->sink->ctx, t->user, after->doc ? buf_str(&new) : STR_NONE);
    buf_free(&old);
    buf_free(&new);
    return r;
}

struct result index_write(const struct index_sink *sink, int64_t user, const struct json *before, const struct json *after)
{
    struct arena *a = arena_new(0);
    struct teller t = { .sink = sink, .user = user };
    struct term_list old = terms_of(a, before), new = terms_of(a, after);
    struct result r = tell_terms(&t, &old, &new);
    if (!failed(r))
        r = tell_sort_keys(&t, &old, &new);
    arena_free(a);
    return r;
}

/* --- rows of the database ------------------------------------------------------------ */

static struct result make_field(void *tx, str name, int64_t *out_id)
{
    return catalog_make(tx, name, out_id);
}

static struct result write_term(void *ctx, int64_t field, str key, int64_t user, bool add)
{
    struct tx *tx = ctx;
    const char *text = add ? "INSERT INTO user_terms (f, v, id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
                           : "DELETE FROM user_terms WHERE f = ? AND v = ? AND id = ?";
    return sql_run(tx->sql, text, SQL_ARGS(sql_int(field), sql_blob(key), sql_int(user)), NULL);
}

static struct result write_sort_keys(void *ctx, int64_t user, str keys)
{
    struct tx *tx = ctx;
    if (!keys.p)
        return sql_run(tx->sql, "DELETE FROM user_sort_keys WHERE id = ?", SQL_ARGS(sql_int(user)), NULL);
    return sql_run(tx->sql, "INSERT INTO user_sort_keys (id, keys) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET keys = excluded.keys",
                   SQL_ARGS(sql_int(user), sql_blob(keys)), NULL);
}

struct result search_index_user(struct tx *tx, int64_t user, const struct json *before, const struct json *after)
{
    const struct index_sink rows = { make_field, write_term, write_sort_keys, tx };
    if (tx->bulk)
        return tx->bulk->user(tx->bulk->ctx, user, before, after);
    return index_write(&rows, user, before, after);
}
