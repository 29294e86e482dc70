#include "domain/blacklist.h"

struct result blacklist_add(struct tx *tx, str jti, str aud)
{
    tx_bump_generation(tx); /* verified tokens are cached */
    return sql_run(tx->sql, "INSERT INTO blacklist (jti, aud) VALUES (?, ?) ON CONFLICT DO NOTHING",
                   SQL_ARGS(sql_text(jti), sql_text(aud)), NULL);
}

static bool is_for(const struct json *claims, str aud)
{
    const struct json *theirs = json_get(claims, STR("aud"));
    return str_eq(json_text(theirs), aud) || json_array_has(theirs, aud) || str_eq(json_get_text(claims, STR("azp")), aud);
}

struct result blacklist_has(struct tx *tx, const struct json *claims, bool *out_listed)
{
    struct sql_rows rows;
    str jti = json_get_text(claims, STR("jti"));
    bool listed = false;
    *out_listed = false;
    if (!jti.len)
        return OK;
    TRY(sql_open(tx->sql, &rows, "SELECT aud FROM blacklist WHERE jti = ?", SQL_ARGS(sql_text(jti))));
    while (sql_next(&rows))
        listed = listed || is_for(claims, sql_col_text(&rows, 0));
    TRY(sql_close(&rows));
    *out_listed = listed;
    return OK;
}

static void show(struct arena *a, const struct sql_rows *rows, struct json *all)
{
    struct json *o = json_object(a);
    json_set_text(a, o, STR("aud"), str_dup(a, sql_col_text(rows, 0)));
    json_set_text(a, o, STR("jti"), str_dup(a, sql_col_text(rows, 1)));
    json_push(a, all, o);
}

struct result blacklist_list(struct tx *tx, str aud, struct json **out)
{
    struct sql_rows rows;
    struct json *all = json_array(tx->arena);
    if (aud.p)
        TRY(sql_open(tx->sql, &rows, "SELECT aud, jti FROM blacklist WHERE aud = ? ORDER BY jti", SQL_ARGS(sql_text(aud))));
    else
        TRY(sql_open(tx->sql, &rows, "SELECT aud, jti FROM blacklist ORDER BY aud, jti", SQL_NO_ARGS));
    while (sql_next(&rows))
        show(tx->arena, &rows, all);
    TRY(sql_close(&rows));
    *out = all;
    return OK;
}
