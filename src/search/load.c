#include "search/load.h"

#include "base/log.h"
#include "base/map.h"
#include "search/field.h"
#include "search/index.h"
#include "search/run.h"
#include "search/value.h"

enum {
    FIELDS_MAX = 20000,
    TERMS_BYTES = 4 << 20, /* of a run */
    KEYS_BYTES = 1 << 20,  /* these come in order */
    WATCH_ROWS = 8192,
};

struct index_load {
    struct arena *arena;
    struct map *fields; /* name to struct field, those without a fixed number */
    int64_t last_field;
    struct field *made, **made_last;
    struct run_file *terms, *keys;
};

struct field {
    str name;
    int64_t id;
    struct field *next;
};

struct result index_load_new(const char *terms_path, const char *keys_path, struct index_load **out)
{
    struct arena *a = arena_new(0);
    struct index_load *l = ARENA_NEW(a, struct index_load);
    l->arena = a;
    l->fields = map_new(a);
    l->last_field = FIELD_ID_FIRST - 1;
    l->made_last = &l->made;
    struct result r = run_file_new(terms_path, TERMS_BYTES, &l->terms);
    if (!failed(r))
        r = run_file_new(keys_path, KEYS_BYTES, &l->keys);
    if (failed(r))
        index_load_free(l);
    else
        *out = l;
    return r;
}

void index_load_free(struct index_load *l)
{
    if (!l)
        return;
    run_file_free(l->terms);
    run_file_free(l->keys);
    arena_free(l->arena);
}

/* --- fields ---------------------------------------------------------------------------- */

static struct field *add_field(struct index_load *l, str name, int64_t id)
{
    struct field *f = ARENA_NEW(l->arena, struct field);
    *f = (struct field){ str_dup(l->arena, name), id, NULL };
    map_set(l->fields, name, f);
    if (id > l->last_field)
        l->last_field = id;
    return f;
}

struct result index_load_fields(struct index_load *l, struct tx *tx)
{
    struct sql_rows rows;
    TRY(sql_open(tx->sql, &rows, "SELECT name, id FROM search_fields LIMIT ?", SQL_ARGS(sql_int(FIELDS_MAX + 1))));
    while (sql_next(&rows))
        add_field(l, sql_col_text(&rows, 0), sql_col_int(&rows, 1));
    TRY(sql_close(&rows));
    return map_count(l->fields) > FIELDS_MAX ? fail(ERR_BUSY) : OK;
}

static struct result field_of(void *ctx, str name, int64_t *out_id)
{
    struct index_load *l = ctx;
    *out_id = field_fixed_id(name);
    if (*out_id)
        return OK;
    struct field *f = map_get(l->fields, name);
    if (!f && map_count(l->fields) == FIELDS_MAX)
        return fail(ERR_BUSY);
    if (!f) {
        f = add_field(l, name, l->last_field + 1);
        *l->made_last = f;
        l->made_last = &f->next;
    }
    *out_id = f->id;
    return OK;
}

static struct result write_fields(struct index_load *l, struct tx *tx)
{
    for (const struct field *f = l->made; f; f = f->next)
        TRY(sql_run(tx->sql, "INSERT INTO search_fields (id, name) VALUES (?, ?)", SQL_ARGS(sql_int(f->id), sql_text(f->name)), NULL));
    return OK;
}

/* --- users ------------------------------------------------------------------------------- */

static struct result take_term(void *ctx, int64_t field, str key, int64_t user, bool add)
{
    struct index_load *l = ctx;
    return add ? run_file_add(l->terms, &(struct run_row){ field, key, user }) : fail(ERR_BUSY);
}

static struct result take_sort_keys(void *ctx, int64_t user, str keys)
{
    struct index_load *l = ctx;
    return run_file_add(l->keys, &(struct run_row){ 0, keys, user });
}

struct result index_load_user(struct index_load *l, int64_t user, const struct json *doc)
{
    const struct index_sink sink = { field_of, take_term, take_sort_keys, l };
    return index_write(&sink, user, NULL, doc);
}

/* --- the end -------------------------------------------------------------------------------- */

struct writing {
    struct run_merge *merge;
    const struct index_load_watch *watch;
    uint64_t rows;
    struct result result;
};

static bool next_row(struct writing *w, struct run_row *row)
{
    bool found = false;
    if (++w->rows % WATCH_ROWS == 0 && !w->watch->goes_on(w->watch->ctx))
        w->result = fail(ERR_BUSY);
    else
        w->result = run_merge_next(w->merge, row, &found);
    return found && !failed(w->result);
}

static bool next_term(void *ctx, struct sql_value *out)
{
    struct run_row row;
    if (!next_row(ctx, &row))
        return false;
    out[0] = sql_int(row.field);
    out[1] = sql_blob(row.key);
    out[2] = sql_int(row.user);
    return true;
}

static bool next_keys(void *ctx, struct sql_value *out)
{
    struct run_row row;
    if (!next_row(ctx, &row))
        return false;
    out[0] = sql_int(row.user);
    out[1] = sql_blob(row.key);
    return true;
}

static struct result write_rows(struct run_file *f, struct tx *tx, struct sql_load *load, const struct index_load_watch *watch)
{
    struct writing w = { .watch = watch, .result = OK };
    TRY(run_merge_new(f, &w.merge));
    load->ctx = &w;
    struct result r = sql_load(tx->sql, load);
    run_merge_free(w.merge);
    return failed(w.result) ? w.result : r;
}

struct result index_load_write(struct index_load *l, struct tx *tx, const struct index_load_watch *watch)
{
    struct sql_load terms = { .into = "user_terms (f, v, id)", .columns = 3, .next = next_term };
    struct sql_load keys = { .into = "user_sort_keys (id, keys)", .columns = 2, .next = next_keys };
    TRY(write_fields(l, tx));
    TRY(write_rows(l->keys, tx, &keys, watch));
    return write_rows(l->terms, tx, &terms, watch);
}
