#include "domain/document.h"

#include "crypto/random.h"

#include <string.h>

/* --- paths: "a.b" inside a document ------------------------------------------ */

static struct json *path_parent(const struct json *body, str path, str *out_last)
{
    struct json *at = (struct json *)body;
    str rest = path;
    for (;;) {
        str step = str_cut(rest, '.', &rest);
        if (!rest.p) {
            *out_last = step;
            return at;
        }
        at = json_get(at, step);
    }
}

static struct json *path_get(const struct json *body, str path)
{
    str last;
    return json_get(path_parent(body, path, &last), last);
}

static void path_set(struct arena *a, struct json *body, str path, struct json *value)
{
    str last;
    struct json *parent = path_parent(body, path, &last);
    if (json_is(parent, JSON_OBJECT))
        json_set(a, parent, last, value);
}

static void path_remove(struct json *body, str path)
{
    str last;
    struct json *parent = path_parent(body, path, &last);
    if (json_is(parent, JSON_OBJECT))
        json_remove(parent, last);
}

/* How a value stands in the unique and filter tables. */
static str index_text(struct arena *a, const struct json *v)
{
    return json_is(v, JSON_STRING) ? json_text(v) : json_dump(a, v);
}

/* --- ids ------------------------------------------------------------------------ */

static str id_make(struct arena *a, const struct id_rule *rule)
{
    static const enum random_alphabet alphabets[] = { [ID_ALNUM] = RANDOM_ALNUM, [ID_HEX] = RANDOM_HEX, [ID_DIGITS] = RANDOM_DIGITS };
    if (rule->alphabet == ID_UUID)
        return random_uuid(a);
    return str_cat(a, rule->prefix, random_text(a, alphabets[rule->alphabet], rule->len));
}

/* --- secrets: sealed in their own table, back in place when read ------------------ */

static struct result secrets_store(struct tx *tx, const struct resource_spec *spec, const struct document *d, struct json *stored)
{
    TRY(sql_run(tx->sql, "DELETE FROM document_secrets WHERE seq = ?", SQL_ARGS(sql_int(d->seq)), NULL));
    for (size_t i = 0; i < spec->secrets.count; i++) {
        str path = spec->secrets.v[i];
        const struct json *secret = path_get(stored, path);
        if (!secret || secret->type == JSON_NULL)
            continue;
        str sealed = tx_seal(tx, spec->kind, d->id, path, json_dump(tx->arena, secret));
        TRY(sql_run(tx->sql, "INSERT INTO document_secrets (seq, field, sealed) VALUES (?, ?, ?)",
                    SQL_ARGS(sql_int(d->seq), sql_text(path), sql_text(sealed)), NULL));
        path_remove(stored, path);
    }
    return OK;
}

static struct result secret_open(struct tx *tx, const struct resource_spec *spec, struct document *d, str path, str sealed)
{
    str text;
    struct json *value;
    TRY(tx_unseal(tx, spec->kind, d->id, path, sealed, &text));
    TRY(json_parse(tx->arena, text, &value));
    path_set(tx->arena, d->body, path, value);
    return OK;
}

static struct result secrets_load(struct tx *tx, const struct resource_spec *spec, struct document *d)
{
    if (spec->secrets.count == 0)
        return OK;
    struct sql_rows rows;
    struct result r = OK;
    TRY(sql_open(tx->sql, &rows, "SELECT field, sealed FROM document_secrets WHERE seq = ?", SQL_ARGS(sql_int(d->seq))));
    while (!failed(r) && sql_next(&rows))
        r = secret_open(tx, spec, d, str_dup(tx->arena, sql_col_text(&rows, 0)), sql_col_text(&rows, 1));
    struct result closed = sql_close(&rows);
    return failed(r) ? r : closed;
}

/* --- index rows -------------------------------------------------------------------- */

static struct result unique_add(struct tx *tx, const struct resource_spec *spec, const struct unique_rule *rule,
                                const struct document *d)
{
    const struct json *v = path_get(d->body, rule->member);
    if (!v || v->type == JSON_NULL)
        return OK;
    struct result r = sql_run(tx->sql, "INSERT INTO document_unique (kind, field, value, seq) VALUES (?, ?, ?, ?)",
                              SQL_ARGS(sql_text(spec->kind), sql_text(rule->member), sql_text(index_text(tx->arena, v)),
                                       sql_int(d->seq)),
                              NULL);
    return r.kind == ERR_UNIQUE ? fail1(rule->taken, index_text(tx->arena, v)) : r;
}

static struct result filter_add(struct tx *tx, const struct resource_spec *spec, str member, const struct document *d,
                                const struct json *v)
{
    return sql_run(tx->sql, "INSERT INTO document_filter (kind, field, value, seq) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                   SQL_ARGS(sql_text(spec->kind), sql_text(member), sql_text(index_text(tx->arena, v)), sql_int(d->seq)), NULL);
}

/* A list in a filtered member gives one row an item. */
static struct result filters_add(struct tx *tx, const struct resource_spec *spec, str member, const struct document *d)
{
    const struct json *v = path_get(d->body, member), *item;
    if (!v || v->type == JSON_NULL)
        return OK;
    if (v->type != JSON_ARRAY)
        return filter_add(tx, spec, member, d, v);
    JSON_EACH_ITEM(v, i, item)
        TRY(filter_add(tx, spec, member, d, item));
    return OK;
}

static struct result index_clear(struct tx *tx, int64_t seq)
{
    TRY(sql_run(tx->sql, "DELETE FROM document_unique WHERE seq = ?", SQL_ARGS(sql_int(seq)), NULL));
    return sql_run(tx->sql, "DELETE FROM document_filter WHERE seq = ?", SQL_ARGS(sql_int(seq)), NULL);
}

static struct result index_add(struct tx *tx, const struct resource_spec *spec, const struct document *d)
{
    for (size_t i = 0; i < spec->unique_count; i++)
        TRY(unique_add(tx, spec, &spec->unique[i], d));
    for (size_t i = 0; i < spec->filter_count; i++)
        TRY(filters_add(tx, spec, spec->filters[i].member, d));
    return OK;
}

/* --- rows ----------------------------------------------------------------------------- */

#define DOCUMENT_COLUMNS "seq, id, body, created_at, updated_at"
enum { COL_SEQ, COL_ID, COL_BODY, COL_CREATED, COL_UPDATED, COL_COUNT };

static struct result document_from_row(struct tx *tx, const struct sql_value *row, struct document *out)
{
    *out = (struct document){ .seq = row[COL_SEQ].i,
                              .id = row[COL_ID].s,
                              .created_at_us = row[COL_CREATED].i,
                              .updated_at_us = row[COL_UPDATED].i,
                              .stored_len = row[COL_BODY].s.len };
    return json_parse(tx->arena, row[COL_BODY].s, &out->body);
}

static struct result row_find(struct tx *tx, const struct resource_spec *spec, str id, struct document *out, bool *out_found)
{
    struct sql_value row[COL_COUNT];
    TRY(sql_row(tx->sql, tx->arena, "SELECT " DOCUMENT_COLUMNS " FROM documents WHERE kind = ? AND id = ?",
                SQL_ARGS(sql_text(spec->kind), sql_text(id)), row, COL_COUNT, out_found));
    return *out_found ? document_from_row(tx, row, out) : OK;
}

struct result document_find(struct tx *tx, const struct resource_spec *spec, str unique_member, str value,
                            struct document *out, bool *out_found)
{
    struct sql_value row[COL_COUNT];
    TRY(sql_row(tx->sql, tx->arena,
                "SELECT d.seq, d.id, d.body, d.created_at, d.updated_at FROM document_unique u JOIN documents d ON d.seq = u.seq "
                "WHERE u.kind = ? AND u.field = ? AND u.value = ?",
                SQL_ARGS(sql_text(spec->kind), sql_text(unique_member), sql_text(value)), row, COL_COUNT, out_found));
    if (!*out_found)
        return OK;
    TRY(document_from_row(tx, row, out));
    return secrets_load(tx, spec, out);
}

struct result document_read(struct tx *tx, const struct resource_spec *spec, str id, struct document *out)
{
    bool found;
    TRY(row_find(tx, spec, id, out, &found));
    if (found)
        return secrets_load(tx, spec, out);
    if (spec->also.len)
        TRY(document_find(tx, spec, spec->also, id, out, &found));
    return found ? OK : fail1(spec->missing, id);
}

/* --- writing ---------------------------------------------------------------------------- */

static struct result run_check(struct tx *tx, const struct resource_spec *spec, const struct json *old, struct json *now)
{
    return spec->hooks && spec->hooks->check ? spec->hooks->check(tx, old, now) : OK;
}

/* Body, secrets and index rows of a document whose row exists. d->body keeps
 * its secrets; what is stored does not have them. */
static struct result store_body(struct tx *tx, const struct resource_spec *spec, const struct document *d)
{
    struct json *stored = spec->secrets.count ? json_copy(tx->arena, d->body) : d->body;
    TRY(secrets_store(tx, spec, d, stored));
    TRY(sql_run(tx->sql, "UPDATE documents SET body = ?, updated_at = ? WHERE seq = ?",
                SQL_ARGS(sql_text(json_dump(tx->arena, stored)), sql_int(d->updated_at_us), sql_int(d->seq)), NULL));
    TRY(index_clear(tx, d->seq));
    return index_add(tx, spec, d);
}

static struct result lay_defaults(struct tx *tx, const struct resource_spec *spec, struct json *body)
{
    struct json *defaults;
    struct json_member *m;
    if (spec->defaults_json.len == 0)
        return OK;
    TRY(json_parse(tx->arena, spec->defaults_json, &defaults));
    JSON_EACH_MEMBER(defaults, i, m)
        if (!json_get(body, m->key))
            json_set(tx->arena, body, m->key, m->value);
    return OK;
}

/* null at creation means absent. */
static void drop_nulls(struct json *body)
{
    for (size_t i = body->count; i-- > 0;)
        if (body->members[i].value->type == JSON_NULL)
            json_remove(body, body->members[i].key);
}

struct result document_create(struct tx *tx, const struct resource_spec *spec, str id, struct json *body, struct document *out)
{
    drop_nulls(body);
    TRY(lay_defaults(tx, spec, body));
    struct document d = { .id = id.p ? id : id_make(tx->arena, &spec->id),
                          .created_at_us = tx->now_us,
                          .updated_at_us = tx->now_us };
    d.body = json_object(tx->arena);
    json_set_text(tx->arena, d.body, spec->key, d.id);
    json_merge(tx->arena, d.body, body);
    json_set_text(tx->arena, d.body, spec->key, d.id);
    TRY(run_check(tx, spec, NULL, d.body));
    TRY(sql_run(tx->sql, "INSERT INTO documents (kind, id, body, created_at, updated_at) VALUES (?, ?, '{}', ?, ?)",
                SQL_ARGS(sql_text(spec->kind), sql_text(d.id), sql_int(tx->now_us), sql_int(tx->now_us)), NULL));
    d.seq = sql_last_id(tx->sql);
    TRY(store_body(tx, spec, &d));
    if (spec->hooks && spec->hooks->created)
        TRY(spec->hooks->created(tx, &d));
    *out = d;
    return OK;
}

static struct result check_immutable(struct tx *tx, const struct resource_spec *spec, const struct json *old, const struct json *now)
{
    for (size_t i = 0; i < spec->immutable.count; i++) {
        str path = spec->immutable.v[i];
        const struct json *was = path_get(old, path), *is = path_get(now, path);
        if (was && is && !json_equal(was, is))
            return fail1(ERR_INVALID_BODY, str_fmt(tx->arena, "The %.*s cannot be changed.", STR_ARG(path)));
    }
    return OK;
}

struct result document_replace(struct tx *tx, const struct resource_spec *spec, str id, struct json *body, struct document *out)
{
    struct document d;
    TRY(document_read(tx, spec, id, &d));
    const struct json *old = d.body;
    d.body = body;
    d.updated_at_us = tx->now_us;
    json_set_text(tx->arena, d.body, spec->key, d.id);
    TRY(check_immutable(tx, spec, old, d.body));
    TRY(run_check(tx, spec, old, d.body));
    TRY(store_body(tx, spec, &d));
    if (spec->hooks && spec->hooks->changed)
        TRY(spec->hooks->changed(tx, old, &d));
    *out = d;
    return OK;
}

static void merge_member(struct arena *a, struct json *into, str key, struct json *value)
{
    if (value->type == JSON_NULL)
        json_remove(into, key);
    else
        json_set(a, into, key, value);
}

/* One member of a patch: the objects of spec->merges merge at their first level. */
static void apply_member(struct arena *a, const struct resource_spec *spec, struct json *body, const struct json_member *m)
{
    struct json *there = json_get(body, m->key);
    bool merges = false;
    for (size_t i = 0; i < spec->merges.count && !merges; i++)
        merges = str_eq(spec->merges.v[i], m->key);
    if (!merges || !json_is(m->value, JSON_OBJECT)) {
        merge_member(a, body, m->key, m->value);
        return;
    }
    struct json *merged = json_is(there, JSON_OBJECT) ? json_copy_shallow(a, there) : json_object(a);
    struct json_member *inner;
    JSON_EACH_MEMBER(m->value, i, inner)
        merge_member(a, merged, inner->key, inner->value);
    json_set(a, body, m->key, merged);
}

struct result document_patch(struct tx *tx, const struct resource_spec *spec, str id, const struct json *patch,
                             struct document *out)
{
    struct document d;
    struct json_member *m;
    TRY(document_read(tx, spec, id, &d));
    struct json *now = json_copy(tx->arena, d.body);
    JSON_EACH_MEMBER(patch, i, m)
        apply_member(tx->arena, spec, now, m);
    return document_replace(tx, spec, d.id, now, out);
}

struct result document_delete(struct tx *tx, const struct resource_spec *spec, str id)
{
    struct document d;
    struct result r = document_read(tx, spec, id, &d);
    if (r.kind == spec->missing && spec->delete_missing_ok)
        return OK;
    TRY(r);
    if (spec->hooks && spec->hooks->deleting)
        TRY(spec->hooks->deleting(tx, &d));
    TRY(index_clear(tx, d.seq));
    TRY(sql_run(tx->sql, "DELETE FROM document_secrets WHERE seq = ?", SQL_ARGS(sql_int(d.seq)), NULL));
    return sql_run(tx->sql, "DELETE FROM documents WHERE seq = ?", SQL_ARGS(sql_int(d.seq)), NULL);
}
