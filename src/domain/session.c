#include "domain/session.h"

#include "base/clock.h"
#include "crypto/random.h"
#include "domain/log.h"
#include "domain/refresh_token.h"
#include "domain/tenant_settings.h"

enum { SESSION_ID_LEN = 32, HOURS_ABSOLUTE = 168, HOURS_IDLE = 72, S_PER_HOUR = 3600 };

/* --- rows ---------------------------------------------------------------------- */

static struct result from_row(struct tx *tx, const struct sql_value *row, struct session *out)
{
    *out = (struct session){ .seq = row[0].i, .id = row[1].s, .user = row[2].i };
    return json_parse(tx->arena, row[3].s, &out->body);
}

struct result session_read(struct tx *tx, str id, struct session *out)
{
    struct sql_value row[4];
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT seq, id, user, body FROM sessions WHERE id = ? AND ends_at > ?",
                SQL_ARGS(sql_text(id), sql_int(tx->now_us)), row, 4, &found));
    return found ? from_row(tx, row, out) : fail(ERR_INEXISTENT_SESSION);
}

static int64_t time_of(const struct json *body, const char *member)
{
    int64_t at;
    return clock_parse_iso(json_get_text(body, str_from(member)), &at) ? at : INT64_MAX;
}

/* Whichever lifetime ends first. */
static int64_t end_of(const struct json *body)
{
    int64_t idle = time_of(body, "idle_expires_at"), absolute = time_of(body, "expires_at");
    return idle < absolute ? idle : absolute;
}

static struct result store(struct tx *tx, const struct session *s, struct json *body, struct session *out)
{
    json_set_text(tx->arena, body, STR("updated_at"), clock_iso(tx->arena, tx->now_us));
    TRY(sql_run(tx->sql, "UPDATE sessions SET body = ?, ends_at = ? WHERE seq = ?",
                SQL_ARGS(sql_text(json_dump(tx->arena, body)), sql_int(end_of(body)), sql_int(s->seq)), NULL));
    *out = *s;
    out->body = body;
    return OK;
}

/* --- starting ------------------------------------------------------------------------ */

static int64_t lifetime_us(const struct json *settings, const char *member, double otherwise_hours)
{
    const struct json *hours = json_get(settings, str_from(member));
    double h = json_is(hours, JSON_NUMBER) ? json_to_double(hours) : otherwise_hours;
    return (int64_t)(h * S_PER_HOUR) * US_PER_S;
}

static void set_idle_end(struct tx *tx, struct json *body, const struct json *settings)
{
    int64_t idle = tx->now_us + lifetime_us(settings, "idle_session_lifetime", HOURS_IDLE);
    json_set_text(tx->arena, body, STR("last_interacted_at"), clock_iso(tx->arena, tx->now_us));
    json_set_text(tx->arena, body, STR("idle_expires_at"), clock_iso(tx->arena, idle));
}

static void set_device(struct tx *tx, struct json *body, bool is_first)
{
    struct json *device = is_first ? json_object(tx->arena) : json_get(body, STR("device"));
    str agent = tx->actor && tx->actor->user_agent.p ? tx->actor->user_agent : STR("");
    str ip = tx->actor && tx->actor->ip.p ? tx->actor->ip : STR("");
    if (is_first) {
        json_set_text(tx->arena, device, STR("initial_user_agent"), agent);
        json_set_text(tx->arena, device, STR("initial_ip"), ip);
    }
    json_set_text(tx->arena, device, STR("last_user_agent"), agent);
    json_set_text(tx->arena, device, STR("last_ip"), ip);
    json_set(tx->arena, body, STR("device"), device);
}

static void add_client(struct arena *a, struct json *body, str client_id)
{
    struct json *clients = json_get(body, STR("clients")), *one;
    if (!client_id.len)
        return;
    JSON_EACH_ITEM(clients, i, one)
        if (str_eq(json_get_text(one, STR("client_id")), client_id))
            return;
    one = json_object(a);
    json_set_text(a, one, STR("client_id"), client_id);
    json_push(a, clients, one);
}

static struct json *authentication(struct arena *a, str method, str now)
{
    struct json *one = json_object(a), *methods = json_array(a), *o = json_object(a);
    json_set_text(a, one, STR("name"), method);
    json_set_text(a, one, STR("timestamp"), now);
    json_push(a, methods, one);
    json_set(a, o, STR("methods"), methods);
    return o;
}

static struct json *new_body(struct tx *tx, const struct session_new *n, str id, const struct json *settings)
{
    struct arena *a = tx->arena;
    struct json *o = json_object(a), *cookie = json_object(a);
    str now = clock_iso(a, tx->now_us), mode = json_text(json_at(settings, "session_cookie.mode"));
    json_set_text(a, o, STR("id"), id);
    json_set_text(a, o, STR("user_id"), n->user->uid);
    json_set_text(a, o, STR("created_at"), now);
    json_set_text(a, o, STR("updated_at"), now);
    json_set_text(a, o, STR("authenticated_at"), now);
    set_idle_end(tx, o, settings);
    json_set_text(a, o, STR("expires_at"),
                  clock_iso(a, tx->now_us + lifetime_us(settings, "session_lifetime", HOURS_ABSOLUTE)));
    set_device(tx, o, true);
    json_set(a, o, STR("clients"), json_array(a));
    add_client(a, o, n->client_id);
    json_set(a, o, STR("authentication"), authentication(a, n->method, now));
    json_set_text(a, cookie, STR("mode"), mode.len ? mode : STR("persistent"));
    json_set(a, o, STR("cookie"), cookie);
    return o;
}

struct result session_start(struct tx *tx, const struct session_new *n, struct session *out)
{
    struct json *settings;
    struct session s = { .id = random_text(tx->arena, RANDOM_ALNUM, SESSION_ID_LEN), .user = n->user->row };
    TRY(tenant_settings_read(tx, &settings));
    s.body = new_body(tx, n, s.id, settings);
    TRY(sql_run(tx->sql, "INSERT INTO sessions (id, user, body, ends_at) VALUES (?, ?, ?, ?)",
                SQL_ARGS(sql_text(s.id), sql_int(s.user), sql_text(json_dump(tx->arena, s.body)), sql_int(end_of(s.body))), NULL));
    s.seq = sql_last_id(tx->sql);
    *out = s;
    return OK;
}

struct result session_touch(struct tx *tx, const struct session *s, str client_id, struct session *out)
{
    struct json *settings, *body = json_copy(tx->arena, s->body);
    TRY(tenant_settings_read(tx, &settings));
    set_idle_end(tx, body, settings);
    set_device(tx, body, false);
    add_client(tx->arena, body, client_id);
    return store(tx, s, body, out);
}

struct result session_set_metadata(struct tx *tx, str id, struct json *metadata, struct session *out)
{
    struct session s;
    TRY(session_read(tx, id, &s));
    if (json_is(metadata, JSON_OBJECT))
        json_set(tx->arena, s.body, STR("session_metadata"), metadata);
    else
        json_remove(s.body, STR("session_metadata"));
    return store(tx, &s, s.body, out);
}

/* --- lists --------------------------------------------------------------------------------- */

static struct result count(struct tx *tx, int64_t user, size_t *out)
{
    struct sql_value row[1];
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT COUNT(*) FROM sessions WHERE user = ? AND ends_at > ?",
                SQL_ARGS(sql_int(user), sql_int(tx->now_us)), row, 1, &found));
    *out = (size_t)row[0].i;
    return OK;
}

/* One row more than the page tells whether something follows. */
struct result session_list(struct tx *tx, struct session_list *l)
{
    struct sql_rows rows;
    struct result r = OK;
    l->items = json_array(tx->arena);
    l->more = false;
    if (l->want_total)
        TRY(count(tx, l->user, &l->total));
    TRY(sql_open(tx->sql, &rows, "SELECT seq, body FROM sessions WHERE user = ? AND seq > ? AND ends_at > ? ORDER BY seq LIMIT ?",
                 SQL_ARGS(sql_int(l->user), sql_int(l->after_seq), sql_int(tx->now_us), sql_int((int64_t)l->limit + 1))));
    while (!failed(r) && sql_next(&rows)) {
        struct json *body;
        l->more = json_count(l->items) == l->limit;
        if (l->more)
            continue;
        l->last_seq = sql_col_int(&rows, 0);
        r = json_parse(tx->arena, str_dup(tx->arena, sql_col_text(&rows, 1)), &body);
        if (!failed(r))
            json_push(tx->arena, l->items, body);
    }
    struct result closed = sql_close(&rows);
    return failed(r) ? r : closed;
}

/* --- ending ----------------------------------------------------------------------------------- */

struct result session_end(struct tx *tx, str id)
{
    return sql_run(tx->sql, "DELETE FROM sessions WHERE id = ?", SQL_ARGS(sql_text(id)), NULL);
}

struct result session_end_user(struct tx *tx, int64_t user)
{
    return sql_run(tx->sql, "DELETE FROM sessions WHERE user = ?", SQL_ARGS(sql_int(user)), NULL);
}

struct result session_revoke(struct tx *tx, str id)
{
    struct session s;
    TRY(session_read(tx, id, &s));
    TRY(refresh_token_revoke_session(tx, id));
    return session_end(tx, id);
}

static struct result revoke_one(struct tx *tx, const struct user *u, str id, bool keep_refresh_tokens)
{
    struct session s;
    struct result r = session_read(tx, id, &s);
    if (r.kind == ERR_INEXISTENT_SESSION || (!failed(r) && s.user != u->row))
        return OK;
    TRY(r);
    return keep_refresh_tokens ? session_end(tx, id) : session_revoke(tx, id);
}

struct result session_revoke_access(struct tx *tx, const struct user *u, str session_id, bool keep_refresh_tokens)
{
    if (session_id.p)
        return revoke_one(tx, u, session_id, keep_refresh_tokens);
    TRY(session_end_user(tx, u->row));
    return keep_refresh_tokens ? OK : refresh_token_revoke_user(tx, u->row);
}
