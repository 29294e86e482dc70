/* What a tenant was given while a copy of it was loaded (bulk.c): the difference
 * between two states of its database, "base" and "live", made once more in the
 * copy, "main". Tables come from the schema, so that none is forgotten. */
#include "store/inside.h"

/* Tables whose rows a load does not decide on: here rows may also have changed or
 * gone. Elsewhere, in a connection's or a role's document say, that means that
 * the users might have come out differently; new rows never do. */
static const str volatile_tables[] = {
    STR_INIT("blacklist"),      STR_INIT("blocked_addresses"), STR_INIT("daily_stats"), STR_INIT("job_errors"),
    STR_INIT("job_users"),      STR_INIT("jobs"),              STR_INIT("login_failures"), STR_INIT("logs"),
    STR_INIT("outbox"),         STR_INIT("refresh_tokens"),    STR_INIT("sessions"),    STR_INIT("tokens"),
};

/* Triggers keep these true to other tables, in the copy, too. */
static const str derived_tables[] = { STR_INIT("row_counts") };

static bool is_among(const str *names, size_t count, str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}
#define IS_AMONG(names, name) is_among((names), sizeof(names) / sizeof *(names), (name))

struct merge {
    struct sql *db;
    struct arena *a;
    str table, key, columns; /* lists of names */
};

/* --- texts --------------------------------------------------------------------------------- */

/* x.a = y.a AND x.b = y.b */
static str equal(const struct merge *m, const char *x, const char *y)
{
    str out = STR(""), name, rest = m->key;
    while (rest.len) {
        name = str_cut(rest, ',', &rest);
        out = str_fmt(m->a, "%.*s%s%s.%.*s = %s.%.*s", STR_ARG(out), out.len ? " AND " : "", x, STR_ARG(name), y, STR_ARG(name));
    }
    return out;
}

/* x.a, x.b */
static str list_of(const struct merge *m, const char *x, str names)
{
    str out = STR(""), name, rest = names;
    while (rest.len) {
        name = str_cut(rest, ',', &rest);
        out = str_fmt(m->a, "%.*s%s%s.%.*s", STR_ARG(out), out.len ? ", " : "", x, STR_ARG(name));
    }
    return out;
}

/* The rows of schema x that are not, or not the same, in schema y. */
static str missing_rows(const struct merge *m, const char *x, const char *y)
{
    str on = equal(m, "x", "y"), of_x = list_of(m, "x", m->columns), of_y = list_of(m, "y", m->columns);
    return str_fmt(m->a, "FROM %s.%.*s AS x LEFT JOIN %s.%.*s AS y ON %.*s WHERE (%.*s) IS NOT (%.*s)", x, STR_ARG(m->table), y,
                   STR_ARG(m->table), STR_ARG(on), STR_ARG(of_x), STR_ARG(of_y));
}

/* --- one table ------------------------------------------------------------------------------ */

static struct result has_rows(const struct merge *m, str text, bool *out)
{
    struct sql_value one;
    return sql_row(m->db, m->a, str_cstr(m->a, str_fmt(m->a, "SELECT 1 %.*s LIMIT 1", STR_ARG(text))), SQL_NO_ARGS, &one, 1, out);
}

/* The copy must still have what is going to be taken from it. */
static struct result check_untouched(const struct merge *m, str gone)
{
    bool touched;
    str same = list_of(m, "m", m->columns), was = list_of(m, "x", m->columns), on = equal(m, "m", "x");
    TRY(has_rows(m, str_fmt(m->a, "%.*s AND NOT EXISTS (SELECT 1 FROM main.%.*s AS m WHERE %.*s AND (%.*s) IS (%.*s))", STR_ARG(gone),
                            STR_ARG(m->table), STR_ARG(on), STR_ARG(same), STR_ARG(was)),
                 &touched));
    return touched ? fail(ERR_BUSY) : OK;
}

static struct result take_gone(const struct merge *m, str gone)
{
    bool any;
    TRY(has_rows(m, gone, &any));
    if (!any)
        return OK;
    if (!IS_AMONG(volatile_tables, m->table))
        return fail(ERR_BUSY);
    TRY(check_untouched(m, gone));
    str key = list_of(m, "x", m->key);
    return sql_run(m->db,
                   str_cstr(m->a, str_fmt(m->a, "DELETE FROM main.%.*s WHERE (%.*s) IN (SELECT %.*s %.*s)", STR_ARG(m->table),
                                          STR_ARG(m->key), STR_ARG(key), STR_ARG(gone))),
                   SQL_NO_ARGS, NULL);
}

/* A row that the load made, too, under the same key is refused by the key. */
static struct result add_new(const struct merge *m)
{
    str columns = list_of(m, "x", m->columns), rows = missing_rows(m, "live", "base");
    struct result r = sql_run(m->db,
                              str_cstr(m->a, str_fmt(m->a, "INSERT INTO main.%.*s (%.*s) SELECT %.*s %.*s", STR_ARG(m->table),
                                                     STR_ARG(m->columns), STR_ARG(columns), STR_ARG(rows))),
                              SQL_NO_ARGS, NULL);
    return r.kind == ERR_UNIQUE ? fail(ERR_BUSY) : r;
}

static struct result read_columns(struct merge *m)
{
    struct sql_value v[2];
    bool found;
    TRY(sql_row(m->db, m->a,
                "SELECT group_concat(name), (SELECT group_concat(name) FROM pragma_table_info(?1, 'live') WHERE pk > 0) "
                "FROM pragma_table_info(?1, 'live')",
                SQL_ARGS(sql_text(m->table)), v, 2, &found));
    m->columns = v[0].s;
    m->key = v[1].s;
    return m->key.len ? OK : fail(ERR_BUSY);
}

static struct result merge_table(struct merge *m)
{
    TRY(read_columns(m));
    TRY(take_gone(m, missing_rows(m, "base", "live")));
    return add_new(m);
}

/* --- all of them ------------------------------------------------------------------------------ */

static struct result count(const struct merge *m, const char *text, int64_t *out)
{
    struct sql_value v;
    bool found;
    TRY(sql_row(m->db, m->a, text, SQL_NO_ARGS, &v, 1, &found));
    *out = v.i;
    return OK;
}

static struct result list_tables(const struct merge *m, str *out)
{
    struct sql_value v;
    bool found;
    TRY(sql_row(m->db, m->a,
                "SELECT group_concat(name) FROM (SELECT name FROM live.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
                "ORDER BY name)",
                SQL_NO_ARGS, &v, 1, &found));
    *out = v.s;
    return OK;
}

struct result bulk_merge(struct sql *db, struct arena *a)
{
    struct merge m = { .db = db, .a = a };
    int64_t users, differences;
    str rest;
    TRY(count(&m, "SELECT EXISTS (SELECT 1 FROM live.users)", &users));
    TRY(count(&m, "SELECT EXISTS (SELECT name, sql FROM live.sqlite_master EXCEPT SELECT name, sql FROM main.sqlite_master)",
              &differences));
    if (users || differences)
        return fail(ERR_BUSY);
    TRY(list_tables(&m, &rest));
    while (rest.len) {
        m.table = str_cut(rest, ',', &rest);
        if (!IS_AMONG(derived_tables, m.table))
            TRY(merge_table(&m));
    }
    return OK;
}
