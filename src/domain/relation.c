#include "domain/relation.h"

static const char *const names[RELATION_MAX] = {
    [RELATION_CONNECTION_CLIENT] = "connection_client",
};

static struct sql_value name_of(enum relation r)
{
    return sql_text(str_from(names[r]));
}

struct result relation_has(struct tx *tx, enum relation r, str a, str b, bool *out_has)
{
    struct sql_value row[1];
    return sql_row(tx->sql, tx->arena, "SELECT seq FROM relations WHERE kind = ? AND a = ? AND b = ?",
                   SQL_ARGS(name_of(r), sql_text(a), sql_text(b)), row, 1, out_has);
}

struct result relation_add(struct tx *tx, enum relation r, str a, str b, const struct json *body, bool *out_added)
{
    str text = body ? json_dump(tx->arena, body) : STR("{}");
    int64_t changed;
    TRY(sql_run(tx->sql, "UPDATE relations SET body = ? WHERE kind = ? AND a = ? AND b = ?",
                SQL_ARGS(sql_text(text), name_of(r), sql_text(a), sql_text(b)), &changed));
    if (out_added)
        *out_added = changed == 0;
    if (changed)
        return OK;
    return sql_run(tx->sql, "INSERT INTO relations (kind, a, b, body) VALUES (?, ?, ?, ?)",
                   SQL_ARGS(name_of(r), sql_text(a), sql_text(b), sql_text(text)), NULL);
}

struct result relation_remove(struct tx *tx, enum relation r, str a, str b, bool *out_removed)
{
    int64_t changed;
    TRY(sql_run(tx->sql, "DELETE FROM relations WHERE kind = ? AND a = ? AND b = ?",
                SQL_ARGS(name_of(r), sql_text(a), sql_text(b)), &changed));
    if (out_removed)
        *out_removed = changed > 0;
    return OK;
}

struct result relation_drop_a(struct tx *tx, enum relation r, str a)
{
    return sql_run(tx->sql, "DELETE FROM relations WHERE kind = ? AND a = ?", SQL_ARGS(name_of(r), sql_text(a)), NULL);
}

struct result relation_drop_b(struct tx *tx, enum relation r, str b)
{
    return sql_run(tx->sql, "DELETE FROM relations WHERE kind = ? AND b = ?", SQL_ARGS(name_of(r), sql_text(b)), NULL);
}

static struct result row_read(struct tx *tx, const struct sql_rows *rows, struct relation_row *out)
{
    out->seq = sql_col_int(rows, 0);
    out->a = str_dup(tx->arena, sql_col_text(rows, 1));
    out->b = str_dup(tx->arena, sql_col_text(rows, 2));
    return json_parse(tx->arena, str_dup(tx->arena, sql_col_text(rows, 3)), &out->body);
}

static struct result list(struct tx *tx, const char *text, const struct sql_value args[4], struct relation_row **out,
                          size_t *out_count)
{
    struct sql_rows rows;
    struct result r = OK;
    struct relation_row *found = NULL;
    size_t count = 0, cap = 0;
    TRY(sql_open(tx->sql, &rows, text, args, 4));
    while (!failed(r) && sql_next(&rows)) {
        if (count == cap) {
            struct relation_row *more = ARENA_ARRAY(tx->arena, struct relation_row, cap ? cap * 2 : 16);
            for (size_t i = 0; i < count; i++)
                more[i] = found[i];
            found = more;
            cap = cap ? cap * 2 : 16;
        }
        r = row_read(tx, &rows, &found[count]);
        count++;
    }
    struct result closed = sql_close(&rows);
    TRY(r);
    TRY(closed);
    *out = found;
    *out_count = count;
    return OK;
}

/* SQLite and PostgreSQL both read a negative or huge LIMIT differently, so "all"
 * is the largest number. */
static struct sql_value limit_value(size_t limit)
{
    return sql_int(limit ? (int64_t)limit : INT64_MAX);
}

struct result relation_list_by_a(struct tx *tx, enum relation r, str a, int64_t after_seq, size_t limit,
                                 struct relation_row **out, size_t *out_count)
{
    const struct sql_value args[4] = { name_of(r), sql_text(a), sql_int(after_seq), limit_value(limit) };
    return list(tx, "SELECT seq, a, b, body FROM relations WHERE kind = ? AND a = ? AND seq > ? ORDER BY seq LIMIT ?", args, out,
                out_count);
}

struct result relation_list_by_b(struct tx *tx, enum relation r, str b, int64_t after_seq, size_t limit,
                                 struct relation_row **out, size_t *out_count)
{
    const struct sql_value args[4] = { name_of(r), sql_text(b), sql_int(after_seq), limit_value(limit) };
    return list(tx, "SELECT seq, a, b, body FROM relations WHERE kind = ? AND b = ? AND seq > ? ORDER BY seq LIMIT ?", args, out,
                out_count);
}
