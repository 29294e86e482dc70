#include "domain/stats.h"

#include "base/clock.h"
#include "search/search.h"

enum { DAYS_BACK = 30 };
#define US_PER_DAY (86400 * US_PER_S)

static const struct {
    str type;
    int logins, signups, leaked_passwords;
} counted[] = {
    { STR_INIT("s"), 1, 0, 0 },       { STR_INIT("ss"), 0, 1, 0 },
    { STR_INIT("pwd_leak"), 0, 0, 1 }, { STR_INIT("signup_pwd_leak"), 0, 0, 1 },
};

struct result stats_count(struct tx *tx, str log_type)
{
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        if (str_eq(counted[i].type, log_type))
            return sql_run(tx->sql,
                           "INSERT INTO daily_stats (day, logins, signups, leaked_passwords, created_at, updated_at) "
                           "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (day) DO UPDATE SET logins = logins + excluded.logins, "
                           "signups = signups + excluded.signups, "
                           "leaked_passwords = leaked_passwords + excluded.leaked_passwords, updated_at = excluded.updated_at",
                           SQL_ARGS(sql_int(tx->now_us / US_PER_DAY), sql_int(counted[i].logins), sql_int(counted[i].signups),
                                    sql_int(counted[i].leaked_passwords), sql_int(tx->now_us), sql_int(tx->now_us)),
                           NULL);
    return OK;
}

static struct result read_day(struct arena *a, const char *name, str text, int64_t otherwise, int64_t *out)
{
    int64_t at;
    *out = otherwise;
    if (!text.p)
        return OK;
    if (!clock_parse_iso(str_fmt(a, "%.*s-%.*s-%.*s", STR_ARG(str_sub(text, 0, 4)), STR_ARG(str_sub(text, 4, 2)), STR_ARG(str_sub(text, 6, 2))), &at))
        return fail1(ERR_INVALID_QUERY, str_fmt(a, "Query validation error: 'Not a date' on property %s.", name));
    *out = at / US_PER_DAY;
    return OK;
}

static struct json *show(struct arena *a, const struct sql_rows *rows)
{
    struct json *o = json_object(a);
    json_set_text(a, o, STR("date"), clock_iso(a, sql_col_int(rows, 0) * US_PER_DAY));
    json_set_int(a, o, STR("logins"), sql_col_int(rows, 1));
    json_set_int(a, o, STR("signups"), sql_col_int(rows, 2));
    json_set_int(a, o, STR("leaked_passwords"), sql_col_int(rows, 3));
    json_set_text(a, o, STR("created_at"), clock_iso(a, sql_col_int(rows, 4)));
    json_set_text(a, o, STR("updated_at"), clock_iso(a, sql_col_int(rows, 5)));
    return o;
}

struct result stats_daily(struct tx *tx, str from, str to, struct json **out)
{
    int64_t first, last, today = tx->now_us / US_PER_DAY;
    struct sql_rows rows;
    struct json *all = json_array(tx->arena);
    TRY(read_day(tx->arena, "from", from, today - DAYS_BACK, &first));
    TRY(read_day(tx->arena, "to", to, today, &last));
    TRY(sql_open(tx->sql, &rows,
                 "SELECT day, logins, signups, leaked_passwords, created_at, updated_at FROM daily_stats WHERE day BETWEEN ? AND ? ORDER BY day",
                 SQL_ARGS(sql_int(first), sql_int(last))));
    while (sql_next(&rows))
        json_push(tx->arena, all, show(tx->arena, &rows));
    TRY(sql_close(&rows));
    *out = all;
    return OK;
}

struct result stats_active_users(struct tx *tx, size_t *out)
{
    struct search_node *recent;
    struct search_page page;
    str since = clock_iso(tx->arena, tx->now_us - DAYS_BACK * US_PER_DAY);
    TRY(search_parse(tx->arena, str_fmt(tx->arena, "last_login:[%.*s TO *]", STR_ARG(since)), SEARCH_V3, &recent));
    const struct search_request rq = { .query = recent, .sort_field = STR_NONE, .limit = 1, .want_total = true };
    TRY(search_users(tx, &rq, &page));
    *out = page.total;
    return OK;
}
