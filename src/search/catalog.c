#include "search/catalog.h"

#include "search/field.h"

#include <string.h>

struct result catalog_find(struct tx *tx, str field, int64_t *out_id)
{
    struct sql_value id = sql_int(0);
    bool found;
    *out_id = field_fixed_id(field);
    if (*out_id)
        return OK;
    TRY(sql_row(tx->sql, tx->arena, "SELECT id FROM search_fields WHERE name = ?", SQL_ARGS(sql_text(field)), &id, 1, &found));
    *out_id = found ? id.i : 0;
    return OK;
}

struct result catalog_make(struct tx *tx, str field, int64_t *out_id)
{
    struct sql_value last;
    bool found;
    TRY(catalog_find(tx, field, out_id));
    if (*out_id)
        return OK;
    TRY(sql_row(tx->sql, tx->arena, "SELECT coalesce(max(id), 0) FROM search_fields", SQL_NO_ARGS, &last, 1, &found));
    int64_t id = last.i < FIELD_ID_FIRST ? FIELD_ID_FIRST : last.i + 1;
    TRY(sql_run(tx->sql, "INSERT INTO search_fields (id, name) VALUES (?, ?)", SQL_ARGS(sql_int(id), sql_text(field)), NULL));
    *out_id = id;
    return OK;
}

struct id_list {
    struct arena *a;
    int64_t *v;
    size_t count, cap;
};

static void id_list_add(struct id_list *list, int64_t id)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 16;
        int64_t *v = ARENA_ARRAY(list->a, int64_t, cap);
        if (list->count)
            memcpy(v, list->v, list->count * sizeof *v);
        list->v = v;
        list->cap = cap;
    }
    list->v[list->count++] = id;
}

struct result catalog_beneath(struct tx *tx, struct arena *a, str field, int64_t **out, size_t *out_count)
{
    struct id_list list = { .a = a };
    struct sql_rows rows;
    int64_t id;
    for (size_t at = 0; field_next_fixed_beneath(field, &at, &id);)
        id_list_add(&list, id);
    /* '/' is the character behind '.' */
    TRY(sql_open(tx->sql, &rows, "SELECT id FROM search_fields WHERE name > ? AND name < ?",
                 SQL_ARGS(sql_text(str_cat(a, field, STR("."))), sql_text(str_cat(a, field, STR("/"))))));
    while (sql_next(&rows))
        id_list_add(&list, sql_col_int(&rows, 0));
    TRY(sql_close(&rows));
    *out = list.v;
    *out_count = list.count;
    return OK;
}
