#include "domain/user/block.h"

#include "base/clock.h"
#include "domain/user/inside.h"

/* "After 30 days without a further failure" (AUTH-REFERENCE 20). */
static const int64_t memory_us = 30LL * 86400 * US_PER_S;

/* --- counting --------------------------------------------------------------------- */

struct result user_block_count(struct tx *tx, const struct login_attempt *at, unsigned max_attempts, bool *out_blocked)
{
    struct sql_value row[1];
    bool found;
    /* A counter that has run out, and is not swept yet, begins at 1 again. */
    TRY(sql_row(tx->sql, tx->arena,
                "INSERT INTO login_failures (identifier, connection, ip, failures, blocked, ends_at) VALUES (?, ?, ?, 1, ?, ?) "
                "ON CONFLICT (identifier, connection, ip) DO UPDATE SET "
                "failures = CASE WHEN ends_at > ? THEN failures + 1 ELSE 1 END, "
                "blocked = CASE WHEN ends_at > ? THEN failures + 1 ELSE 1 END >= ?, ends_at = excluded.ends_at RETURNING blocked",
                SQL_ARGS(sql_text(user_fold(tx->arena, at->identifier)), sql_text(at->connection), sql_text(at->ip),
                         sql_int(max_attempts <= 1), sql_int(tx->now_us + memory_us), sql_int(tx->now_us), sql_int(tx->now_us),
                         sql_int(max_attempts)),
                row, 1, &found));
    *out_blocked = row[0].i != 0;
    return OK;
}

struct result user_block_is_set(struct tx *tx, const struct login_attempt *at, bool *out_blocked)
{
    struct sql_value row[1];
    return sql_row(tx->sql, tx->arena,
                   "SELECT 1 FROM login_failures WHERE identifier = ? AND connection = ? AND ip = ? AND blocked <> 0 AND ends_at > ?",
                   SQL_ARGS(sql_text(user_fold(tx->arena, at->identifier)), sql_text(at->connection), sql_text(at->ip),
                            sql_int(tx->now_us)),
                   row, 1, out_blocked);
}

struct result user_block_reset(struct tx *tx, const struct login_attempt *at)
{
    return sql_run(tx->sql, "DELETE FROM login_failures WHERE identifier = ? AND connection = ? AND ip = ?",
                   SQL_ARGS(sql_text(user_fold(tx->arena, at->identifier)), sql_text(at->connection), sql_text(at->ip)), NULL);
}

/* --- showing ------------------------------------------------------------------------- */

static struct result is_enforced(struct tx *tx, str connection, bool *out)
{
    struct connection c;
    bool found;
    TRY(connection_find_by_name(tx, connection, &c, &found));
    const struct json *setting = found ? json_get(c.options, STR("brute_force_protection")) : NULL;
    *out = found && (!setting || json_true(setting));
    return OK;
}

static struct json *show(struct arena *a, const struct sql_rows *rows)
{
    struct json *o = json_object(a);
    json_set_text(a, o, STR("identifier"), str_dup(a, sql_col_text(rows, 0)));
    json_set_text(a, o, STR("ip"), str_dup(a, sql_col_text(rows, 1)));
    json_set_text(a, o, STR("connection"), str_dup(a, sql_col_text(rows, 2)));
    return o;
}

static struct result only_enforced(struct tx *tx, const struct json *blocks, struct json **out)
{
    struct json *kept = json_array(tx->arena), *one;
    JSON_EACH_ITEM(blocks, i, one) {
        bool enforced;
        TRY(is_enforced(tx, json_get_text(one, STR("connection")), &enforced));
        if (enforced)
            json_push(tx->arena, kept, one);
    }
    *out = kept;
    return OK;
}

static struct result collect(struct tx *tx, const char *text, struct sql_value of, bool enforced_only, struct json **out)
{
    struct sql_rows rows;
    struct json *all = json_array(tx->arena);
    TRY(sql_open(tx->sql, &rows, text, SQL_ARGS(of, sql_int(tx->now_us))));
    while (sql_next(&rows))
        json_push(tx->arena, all, show(tx->arena, &rows));
    TRY(sql_close(&rows));
    *out = all;
    return enforced_only ? only_enforced(tx, all, out) : OK;
}

struct result user_block_list(struct tx *tx, str identifier, bool enforced_only, struct json **out)
{
    return collect(tx, "SELECT identifier, ip, connection FROM login_failures WHERE identifier = ? AND blocked <> 0 AND ends_at > ?",
                   sql_text(user_fold(tx->arena, identifier)), enforced_only, out);
}

/* The same name in another connection is somebody else. */
#define OF_USER                                                                                     \
    "FROM identities i JOIN login_failures f ON f.identifier IN (i.email, i.username, i.phone) AND f.connection = i.connection " \
    "WHERE i.user = ?"

struct result user_block_list_user(struct tx *tx, const struct user *u, bool enforced_only, struct json **out)
{
    return collect(tx, "SELECT DISTINCT f.identifier, f.ip, f.connection " OF_USER " AND f.blocked <> 0 AND f.ends_at > ?",
                   sql_int(u->row), enforced_only, out);
}

/* --- clearing --------------------------------------------------------------------------- */

struct result user_block_clear(struct tx *tx, str identifier)
{
    int64_t removed;
    str folded = user_fold(tx->arena, identifier);
    const struct log_entry e = { .type = STR("ublkdu"), .user_name = identifier };
    TRY(sql_run(tx->sql, "DELETE FROM login_failures WHERE identifier = ? AND blocked <> 0", SQL_ARGS(sql_text(folded)), &removed));
    TRY(sql_run(tx->sql, "DELETE FROM login_failures WHERE identifier = ?", SQL_ARGS(sql_text(folded)), NULL));
    return removed ? log_append(tx, &e) : OK;
}

struct result user_block_clear_user(struct tx *tx, const struct user *u)
{
    struct json *blocked;
    const struct log_entry e = { .type = STR("ublkdu"), .user_id = u->uid, .user_name = user_display_name(u) };
    TRY(user_block_list_user(tx, u, false, &blocked));
    TRY(sql_run(tx->sql,
                "DELETE FROM login_failures WHERE (identifier, connection, ip) IN (SELECT f.identifier, f.connection, f.ip " OF_USER ")",
                SQL_ARGS(sql_int(u->row)), NULL));
    return json_count(blocked) ? log_append(tx, &e) : OK;
}

/* --- addresses ------------------------------------------------------------------------------ */

struct result blocked_address_add(struct tx *tx, str ip, int64_t until_us)
{
    return sql_run(tx->sql,
                   "INSERT INTO blocked_addresses (ip, ends_at) VALUES (?, ?) ON CONFLICT (ip) DO UPDATE SET ends_at = excluded.ends_at",
                   SQL_ARGS(sql_text(ip), sql_int(until_us)), NULL);
}

struct result blocked_address_has(struct tx *tx, str ip, bool *out_blocked)
{
    struct sql_value row[1];
    return sql_row(tx->sql, tx->arena, "SELECT 1 FROM blocked_addresses WHERE ip = ? AND ends_at > ?",
                   SQL_ARGS(sql_text(ip), sql_int(tx->now_us)), row, 1, out_blocked);
}

struct result blocked_address_remove(struct tx *tx, str ip)
{
    return sql_run(tx->sql, "DELETE FROM blocked_addresses WHERE ip = ?", SQL_ARGS(sql_text(ip)), NULL);
}
