#include "base/clock.h"
#include "base/lane.h"
#include "crypto/password.h"
#include "domain/password_policy.h"
#include "domain/user/inside.h"

#include <string.h>

enum { BCRYPT_COST = 10 };

/* --- stored hashes ----------------------------------------------------------------- */

struct result user_password_hash(struct tx *tx, int64_t user_row, str identity, str *out_hash)
{
    struct sql_value value;
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT value FROM user_secrets WHERE user = ? AND kind = 'password' AND name = ?",
                SQL_ARGS(sql_int(user_row), sql_text(user_secret_name(tx->arena, identity, STR("")))), &value, 1, &found));
    *out_hash = found ? value.s : STR_NONE;
    return OK;
}

/* The current hash and those before it, newest first. */
static struct result read_history(struct tx *tx, int64_t user_row, unsigned size, const str **out, size_t *out_count)
{
    str *hashes = ARENA_ARRAY(tx->arena, str, size + 1);
    size_t n = 0;
    struct sql_rows rows;
    TRY(sql_open(tx->sql, &rows,
                 "SELECT value FROM user_secrets WHERE user = ? AND kind IN ('password', 'password_history') "
                 "ORDER BY kind, changed_at DESC",
                 SQL_ARGS(sql_int(user_row))));
    while (n < size && sql_next(&rows))
        hashes[n++] = str_dup(tx->arena, sql_col_text(&rows, 0));
    TRY(sql_close(&rows));
    *out = hashes;
    *out_count = n;
    return OK;
}

static struct result keep_old(struct tx *tx, int64_t user_row, str identity, str old, unsigned history_size)
{
    str name = user_secret_name(tx->arena, identity, str_fmt(tx->arena, "%lld", (long long)tx->now_us));
    TRY(sql_run(tx->sql,
                "INSERT INTO user_secrets (user, kind, name, value, changed_at) VALUES (?, 'password_history', ?, ?, ?) "
                "ON CONFLICT (user, kind, name) DO UPDATE SET value = excluded.value",
                SQL_ARGS(sql_int(user_row), sql_text(name), sql_text(old), sql_int(tx->now_us)), NULL));
    return sql_run(tx->sql,
                   "DELETE FROM user_secrets WHERE user = ? AND kind = 'password_history' AND name NOT IN "
                   "(SELECT name FROM user_secrets WHERE user = ? AND kind = 'password_history' "
                   "ORDER BY changed_at DESC LIMIT ?)",
                   SQL_ARGS(sql_int(user_row), sql_int(user_row), sql_int(history_size - 1)), NULL);
}

struct result user_password_store(struct tx *tx, const struct connection *c, int64_t user_row, str identity, str hash)
{
    struct password_policy policy;
    str old;
    password_policy_read(c->options, &policy);
    TRY(user_password_hash(tx, user_row, identity, &old));
    if (old.p && policy.history_size > 1)
        TRY(keep_old(tx, user_row, identity, old, policy.history_size));
    return sql_run(tx->sql,
                   "INSERT INTO user_secrets (user, kind, name, value, changed_at) VALUES (?, 'password', ?, ?, ?) "
                   "ON CONFLICT (user, kind, name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at",
                   SQL_ARGS(sql_int(user_row), sql_text(user_secret_name(tx->arena, identity, STR(""))), sql_text(hash),
                            sql_int(tx->now_us)),
                   NULL);
}

/* --- hashes from elsewhere ---------------------------------------------------------------- */

/* The mark holds the hash that it is about: one that is stored later has none. */
struct result user_password_mark_custom(struct tx *tx, int64_t user_row, str identity, str hash)
{
    return sql_run(tx->sql,
                   "INSERT INTO user_secrets (user, kind, name, value, changed_at) VALUES (?, 'password_custom', ?, ?, ?) "
                   "ON CONFLICT (user, kind, name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at",
                   SQL_ARGS(sql_int(user_row), sql_text(user_secret_name(tx->arena, identity, STR(""))), sql_text(hash),
                            sql_int(tx->now_us)),
                   NULL);
}

bool user_password_was_used(const struct json *doc, int64_t marked_at_us)
{
    int64_t login_us;
    bool any = clock_parse_iso(json_get_text(doc, STR("last_login")), &login_us);
    return any && login_us + US_PER_MS > marked_at_us; /* dates are cut to milliseconds */
}

struct result user_password_is_unused(struct tx *tx, int64_t user_row, const struct json *doc, str identity, str hash, bool *out_unused)
{
    struct sql_value row[2];
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT value, changed_at FROM user_secrets WHERE user = ? AND kind = 'password_custom' AND name = ?",
                SQL_ARGS(sql_int(user_row), sql_text(user_secret_name(tx->arena, identity, STR("")))), row, 2, &found));
    *out_unused = found && str_eq(row[0].s, hash) && !user_password_was_used(doc, row[1].i);
    return OK;
}

/* --- inside the transaction ----------------------------------------------------------- */

static bool was_compared(const struct user_password *p, str hash)
{
    for (size_t i = 0; i < p->compared_count; i++)
        if (str_eq(p->compared[i], hash))
            return true;
    return false;
}

struct result user_password_check(struct tx *tx, const struct connection *c, int64_t user_row, const struct json *doc,
                                  const struct user_password *p)
{
    struct password_policy policy;
    const str *hashes;
    size_t count;
    password_policy_read(c->options, &policy);
    TRY(password_policy_check(tx->arena, &policy, p->text, doc));
    if (!user_row || !policy.history_size)
        return OK;
    TRY(read_history(tx, user_row, policy.history_size, &hashes, &count));
    for (size_t i = 0; i < count; i++)
        if (!was_compared(p, hashes[i]))
            return fail(ERR_BUSY); /* changed since it was prepared; a second try sees it */
    return OK;
}

/* --- before it --------------------------------------------------------------------------- */

struct preparation {
    const struct user_password_request *rq;
    /* out */
    bool ready;
    struct password_policy policy;
    struct json *profile;
    const str *hashes;
    size_t hash_count;
};

static struct result read_user(struct tx *tx, struct preparation *p, str *connection)
{
    struct user u;
    bool found;
    if (!p->rq->user_id.p)
        return OK;
    TRY(user_find_by_id(tx, p->rq->user_id, &u, &found));
    if (!found) {
        *connection = STR_NONE;
        return OK;
    }
    if (!connection->p)
        *connection = json_get_text(user_doc_identity(u.doc, 0), STR("connection"));
    json_merge(tx->arena, p->profile, u.doc);
    return read_history(tx, u.row, PASSWORD_HISTORY_MAX, &p->hashes, &p->hash_count);
}

static struct result prepare_read(struct tx *tx, void *arg)
{
    struct preparation *p = arg;
    struct connection c;
    bool found;
    str connection = p->rq->connection;
    p->profile = json_object(tx->arena);
    TRY(read_user(tx, p, &connection));
    if (!connection.p)
        return OK;
    TRY(connection_find_by_name(tx, connection, &c, &found));
    if (!found || !c.is_database)
        return OK;
    if (p->rq->body)
        json_merge(tx->arena, p->profile, p->rq->body);
    password_policy_read(c.options, &p->policy);
    if (p->hash_count > p->policy.history_size)
        p->hash_count = p->policy.history_size;
    p->ready = true;
    return OK;
}

static void wipe(void *hash)
{
    explicit_bzero(hash, strlen(hash));
}

/* In the lane: the one comparison that needs the slow function, then the hash itself. */
static struct result hash_slowly(struct arena *a, const struct preparation *p, str *out_hash)
{
    for (size_t i = 0; i < p->hash_count; i++)
        if (password_verify(p->rq->text, p->hashes[i]))
            return fail(ERR_PASSWORD_USED_BEFORE);
    return password_hash(a, p->rq->text, BCRYPT_COST, out_hash);
}

struct result user_password_prepare(struct tenant *t, struct arena *a, int64_t now_us, const struct user_password_request *rq,
                                    struct user_password **out)
{
    struct preparation p = { .rq = rq };
    const struct tx_options options = { .arena = a, .now_us = now_us };
    str hash;
    *out = NULL;
    TRY(store_read(t, &options, prepare_read, &p));
    if (!p.ready)
        return OK;
    if (str_find_char(rq->text, '\0') >= 0) /* bcrypt would end there, and the policy would have measured the rest */
        return fail1(ERR_INVALID_BODY, STR("Payload validation error: 'A password must not contain a NUL' on property password."));
    TRY(password_policy_check(a, &p.policy, rq->text, p.profile));
    TRY(lane_enter(lane_hash()));
    struct result r = hash_slowly(a, &p, &hash);
    lane_leave(lane_hash());
    TRY(r);
    struct user_password *ready = ARENA_NEW(a, struct user_password);
    char *kept = (char *)str_cstr(a, hash);
    explicit_bzero((char *)hash.p, hash.len);
    arena_on_free(a, wipe, kept);
    *ready = (struct user_password){ .text = rq->text,
                                     .hash = { kept, hash.len },
                                     .compared = p.hashes,
                                     .compared_count = p.hash_count };
    *out = ready;
    return OK;
}

struct result user_password_new(struct arena *a, str text, struct user_password *out)
{
    str hash;
    TRY(password_hash(a, text, BCRYPT_COST, &hash));
    *out = (struct user_password){ .text = text, .hash = hash };
    return OK;
}
