#include "domain/refresh_token.h"

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "domain/log.h"

enum { SECRET_LEN = 45, ID_LEN = 16 };

/* --- rows -------------------------------------------------------------------- */

#define COLUMNS "seq, id, client_id, user, body"
enum { COL_SEQ, COL_ID, COL_CLIENT, COL_USER, COL_BODY, COL_COUNT };

static str hash_of(struct arena *a, str secret)
{
    unsigned char hash[DIGEST_LEN_MAX];
    digest(DIGEST_SHA256, secret, hash);
    return str_dup(a, (str){ (const char *)hash, digest_len(DIGEST_SHA256) });
}

/* The device's name is stored with the object and no part of it. */
static struct result parse_body(struct tx *tx, str text, struct refresh_token *t)
{
    TRY(json_parse(tx->arena, text, &t->body));
    t->device_name = json_get_text(t->body, STR("device_name"));
    if (!t->device_name.p)
        t->device_name = STR("");
    json_remove(t->body, STR("device_name"));
    return OK;
}

static struct result from_row(struct tx *tx, const struct sql_value *row, struct refresh_token *out)
{
    *out = (struct refresh_token){ .seq = row[COL_SEQ].i, .id = row[COL_ID].s, .client_id = row[COL_CLIENT].s, .user = row[COL_USER].i };
    return parse_body(tx, row[COL_BODY].s, out);
}

struct result refresh_token_find(struct tx *tx, str secret, struct refresh_token *out, bool *out_found)
{
    struct sql_value row[COL_COUNT];
    TRY(sql_row(tx->sql, tx->arena, "SELECT " COLUMNS " FROM refresh_tokens WHERE hash = ? AND (ends_at IS NULL OR ends_at > ?)",
                SQL_ARGS(sql_blob(hash_of(tx->arena, secret)), sql_int(tx->now_us)), row, COL_COUNT, out_found));
    return *out_found ? from_row(tx, row, out) : OK;
}

struct result refresh_token_find_by_id(struct tx *tx, str id, struct refresh_token *out, bool *out_found)
{
    struct sql_value row[COL_COUNT];
    TRY(sql_row(tx->sql, tx->arena, "SELECT " COLUMNS " FROM refresh_tokens WHERE id = ? AND (ends_at IS NULL OR ends_at > ?)",
                SQL_ARGS(sql_text(id), sql_int(tx->now_us)), row, COL_COUNT, out_found));
    return *out_found ? from_row(tx, row, out) : OK;
}

struct result refresh_token_read(struct tx *tx, str id, struct refresh_token *out)
{
    bool found;
    TRY(refresh_token_find_by_id(tx, id, out, &found));
    return found ? OK : fail(ERR_INEXISTENT_REFRESH_TOKEN);
}

/* --- making -------------------------------------------------------------------------- */

static void set_date(struct arena *a, struct json *o, const char *member, int64_t at_us)
{
    json_set(a, o, str_from(member), at_us ? json_string(a, clock_iso(a, at_us)) : json_null(a));
}

static struct json *device(struct tx *tx)
{
    struct arena *a = tx->arena;
    struct json *o = json_object(a);
    str agent = tx->actor && tx->actor->user_agent.p ? tx->actor->user_agent : STR("");
    str ip = tx->actor && tx->actor->ip.p ? tx->actor->ip : STR("");
    json_set_text(a, o, STR("initial_ip"), ip);
    json_set_text(a, o, STR("initial_user_agent"), agent);
    json_set_text(a, o, STR("last_ip"), ip);
    json_set_text(a, o, STR("last_user_agent"), agent);
    return o;
}

static int64_t after(const struct tx *tx, int64_t ttl_s)
{
    return ttl_s ? tx->now_us + ttl_s * US_PER_S : 0;
}

static struct json *new_body(struct tx *tx, const struct refresh_token_new *n, str id)
{
    struct arena *a = tx->arena;
    struct json *o = json_object(a);
    json_set_text(a, o, STR("id"), id);
    json_set_text(a, o, STR("user_id"), n->user->uid);
    set_date(a, o, "created_at", tx->now_us);
    set_date(a, o, "idle_expires_at", after(tx, n->idle_ttl_s));
    set_date(a, o, "expires_at", after(tx, n->ttl_s));
    json_set(a, o, STR("device"), device(tx));
    json_set_text(a, o, STR("client_id"), n->client_id);
    json_set(a, o, STR("session_id"), n->session_id.p ? json_string(a, n->session_id) : json_null(a));
    json_set_bool(a, o, STR("rotating"), n->is_rotating);
    json_set(a, o, STR("resource_servers"), n->resource_servers ? n->resource_servers : json_array(a));
    if (n->device_name.p)
        json_set_text(a, o, STR("device_name"), n->device_name);
    return o;
}

static struct sql_value end_of(const struct tx *tx, const struct refresh_token_new *n)
{
    int64_t idle = after(tx, n->idle_ttl_s), absolute = after(tx, n->ttl_s);
    int64_t first = idle && (!absolute || idle < absolute) ? idle : absolute;
    return first ? sql_int(first) : (struct sql_value){ .type = SQL_NULL };
}

struct result refresh_token_create(struct tx *tx, const struct refresh_token_new *n, struct refresh_token *out, str *out_secret)
{
    struct arena *a = tx->arena;
    str secret = random_text(a, RANDOM_BASE64URL, SECRET_LEN), id = str_cat(a, STR("dcr_"), random_text(a, RANDOM_ALNUM, ID_LEN));
    struct refresh_token t = { .id = id, .client_id = n->client_id, .user = n->user->row };
    str body = json_dump(a, new_body(tx, n, id));
    TRY(sql_run(tx->sql, "INSERT INTO refresh_tokens (id, hash, user, client_id, session_id, body, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                SQL_ARGS(sql_text(id), sql_blob(hash_of(a, secret)), sql_int(t.user), sql_text(n->client_id), sql_text(n->session_id),
                         sql_text(body), end_of(tx, n)),
                NULL));
    t.seq = sql_last_id(tx->sql);
    TRY(parse_body(tx, body, &t));
    *out = t;
    *out_secret = secret;
    return OK;
}

struct result refresh_token_set_metadata(struct tx *tx, str id, struct json *metadata, struct refresh_token *out)
{
    struct refresh_token t;
    TRY(refresh_token_read(tx, id, &t));
    if (json_is(metadata, JSON_OBJECT))
        json_set(tx->arena, t.body, STR("refresh_token_metadata"), metadata);
    else
        json_remove(t.body, STR("refresh_token_metadata"));
    struct json *stored = json_copy_shallow(tx->arena, t.body);
    json_set_text(tx->arena, stored, STR("device_name"), t.device_name);
    TRY(sql_run(tx->sql, "UPDATE refresh_tokens SET body = ? WHERE seq = ?",
                SQL_ARGS(sql_text(json_dump(tx->arena, stored)), sql_int(t.seq)), NULL));
    *out = t;
    return OK;
}

/* --- lists ------------------------------------------------------------------------------- */

/* Whatever is asked for begins an index: [of a user][of a client]. */
static const char *const where[2][2] = { { "", "client_id = ? AND" }, { "user = ? AND", "user = ? AND client_id = ? AND" } };
enum { WHERE_ARGS_MAX = 3 };

static size_t bind_where(const struct tx *tx, const struct refresh_token_list *l, struct sql_value *args)
{
    size_t n = 0;
    if (l->user)
        args[n++] = sql_int(l->user);
    if (l->client_id.p)
        args[n++] = sql_text(l->client_id);
    args[n++] = sql_int(tx->now_us);
    return n;
}

static const char *select_text(struct tx *tx, const struct refresh_token_list *l, const char *what, const char *rest)
{
    return str_cstr(tx->arena, str_fmt(tx->arena, "SELECT %s FROM refresh_tokens WHERE %s (ends_at IS NULL OR ends_at > ?)%s", what,
                                       where[l->user != 0][l->client_id.p != NULL], rest));
}

static struct result count(struct tx *tx, const struct refresh_token_list *l, size_t *out)
{
    struct sql_value row[1], args[WHERE_ARGS_MAX];
    size_t n = bind_where(tx, l, args);
    bool found;
    TRY(sql_row(tx->sql, tx->arena, select_text(tx, l, "COUNT(*)", ""), args, n, row, 1, &found));
    *out = (size_t)row[0].i;
    return OK;
}

static struct result read_rows(struct tx *tx, struct sql_rows *rows, struct refresh_token_list *l)
{
    while (sql_next(rows)) {
        l->more = l->count == l->limit;
        if (l->more)
            return OK;
        struct refresh_token *t = &l->items[l->count++];
        *t = (struct refresh_token){ .seq = sql_col_int(rows, COL_SEQ),
                                     .id = str_dup(tx->arena, sql_col_text(rows, COL_ID)),
                                     .client_id = str_dup(tx->arena, sql_col_text(rows, COL_CLIENT)),
                                     .user = sql_col_int(rows, COL_USER) };
        TRY(parse_body(tx, str_dup(tx->arena, sql_col_text(rows, COL_BODY)), t));
    }
    return OK;
}

struct result refresh_token_list(struct tx *tx, struct refresh_token_list *l)
{
    struct sql_rows rows;
    struct sql_value args[WHERE_ARGS_MAX + 2];
    size_t n = bind_where(tx, l, args);
    args[n++] = sql_int(l->after_seq);
    args[n++] = sql_int((int64_t)l->limit + 1);
    l->count = 0;
    l->more = false;
    if (l->want_total)
        TRY(count(tx, l, &l->total));
    l->items = ARENA_ARRAY(tx->arena, struct refresh_token, l->limit);
    TRY(sql_open(tx->sql, &rows, select_text(tx, l, COLUMNS, " AND seq > ? ORDER BY seq LIMIT ?"), args, n));
    struct result r = read_rows(tx, &rows, l);
    struct result closed = sql_close(&rows);
    return failed(r) ? r : closed;
}

/* --- revoking ------------------------------------------------------------------------------- */

struct result refresh_token_revoke(struct tx *tx, str id)
{
    return sql_run(tx->sql, "DELETE FROM refresh_tokens WHERE id = ?", SQL_ARGS(sql_text(id)), NULL);
}

struct result refresh_token_revoke_session(struct tx *tx, str session_id)
{
    return sql_run(tx->sql, "DELETE FROM refresh_tokens WHERE session_id = ?", SQL_ARGS(sql_text(session_id)), NULL);
}

struct result refresh_token_revoke_user(struct tx *tx, int64_t user)
{
    return sql_run(tx->sql, "DELETE FROM refresh_tokens WHERE user = ?", SQL_ARGS(sql_int(user)), NULL);
}

struct result refresh_token_revoke_client(struct tx *tx, str client_id)
{
    return sql_run(tx->sql, "DELETE FROM refresh_tokens WHERE client_id = ?", SQL_ARGS(sql_text(client_id)), NULL);
}

static bool is_for(const struct refresh_token *t, str audience)
{
    const struct json *servers = json_get(t->body, STR("resource_servers")), *one;
    JSON_EACH_ITEM(servers, i, one)
        if (str_eq(json_get_text(one, STR("audience")), audience))
            return true;
    return !audience.p;
}

struct result refresh_token_revoke_matching(struct tx *tx, int64_t user, str client_id, str audience)
{
    struct refresh_token_list l = { .user = user, .client_id = client_id, .limit = 500 };
    do {
        TRY(refresh_token_list(tx, &l));
        for (size_t i = 0; i < l.count; i++)
            if (is_for(&l.items[i], audience))
                TRY(refresh_token_revoke(tx, l.items[i].id));
        if (l.count)
            l.after_seq = l.items[l.count - 1].seq;
    } while (l.more);
    return OK;
}
