#include "domain/known_device.h"

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/random.h"

enum { MARK_LEN = 32 };

/* Rows of `tokens`. */
static const str kinds[KNOWN_DEVICE_MAX] = { [KNOWN_DEVICE_MFA] = STR_INIT("remembered_browser"),
                                             [KNOWN_DEVICE_RISK] = STR_INIT("known_device") };

static str hash_of(struct arena *a, str mark)
{
    unsigned char hash[DIGEST_LEN_MAX];
    digest(DIGEST_SHA256, mark, hash);
    return str_dup(a, (str){ (const char *)hash, digest_len(DIGEST_SHA256) });
}

struct result known_device_add(struct tx *tx, enum known_device kind, const struct user *u, str connection, int64_t ttl_s, str *out_mark)
{
    str mark = random_text(tx->arena, RANDOM_BASE64URL, MARK_LEN);
    struct json *body = json_object(tx->arena);
    json_set_text(tx->arena, body, STR("connection"), connection);
    TRY(sql_run(tx->sql, "INSERT INTO tokens (hash, kind, user, body, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
                SQL_ARGS(sql_blob(hash_of(tx->arena, mark)), sql_text(kinds[kind]), sql_int(u->row),
                         sql_text(json_dump(tx->arena, body)), sql_int(tx->now_us), sql_int(tx->now_us + ttl_s * US_PER_S)),
                NULL));
    *out_mark = mark;
    return OK;
}

static bool is_of(str body_text, struct arena *a, str connection)
{
    struct json *body;
    return !failed(json_parse(a, body_text, &body)) && str_eq(json_get_text(body, STR("connection")), connection);
}

struct result known_device_has(struct tx *tx, enum known_device kind, const struct user *u, str connection, str mark, bool *out_known)
{
    struct sql_value row[1];
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT body FROM tokens WHERE hash = ? AND kind = ? AND user = ? AND expires_at > ?",
                SQL_ARGS(sql_blob(hash_of(tx->arena, mark)), sql_text(kinds[kind]), sql_int(u->row), sql_int(tx->now_us)), row, 1,
                &found));
    *out_known = found && is_of(row[0].s, tx->arena, connection);
    return OK;
}

/* Those of one user: few, and all of the index's prefix. */
static struct result hashes_of(struct tx *tx, enum known_device kind, const struct user *u, str connection, struct json *out)
{
    struct sql_rows rows;
    TRY(sql_open(tx->sql, &rows, "SELECT hash, body FROM tokens WHERE user = ? AND kind = ?",
                 SQL_ARGS(sql_int(u->row), sql_text(kinds[kind]))));
    while (sql_next(&rows))
        if (is_of(str_dup(tx->arena, sql_col_text(&rows, 1)), tx->arena, connection))
            json_push_text(tx->arena, out, str_dup(tx->arena, sql_col_blob(&rows, 0)));
    return sql_close(&rows);
}

struct result known_device_forget(struct tx *tx, enum known_device kind, const struct user *u, str connection)
{
    struct json *hashes = json_array(tx->arena), *one;
    if (!connection.p)
        return sql_run(tx->sql, "DELETE FROM tokens WHERE user = ? AND kind = ?", SQL_ARGS(sql_int(u->row), sql_text(kinds[kind])), NULL);
    TRY(hashes_of(tx, kind, u, connection, hashes));
    JSON_EACH_ITEM(hashes, i, one)
        TRY(sql_run(tx->sql, "DELETE FROM tokens WHERE hash = ?", SQL_ARGS(sql_blob(json_text(one))), NULL));
    return OK;
}
