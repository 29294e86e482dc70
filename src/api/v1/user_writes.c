/* What API v1 changes of users (V1-REFERENCE 5). */
#include "api/v1/connection_shape.h"
#include "api/v1/user_shape.h"

static struct result reply_ok(struct call *c)
{
    return call_reply_text(c, 200, STR("OK"));
}

/* The connection that a body names. Clients take 404 for success here, so that
 * one whom the caller may not see is a bad request. */
static struct result connection_of_body(struct call *c, struct tx *tx, struct connection *out)
{
    str name = json_get_text(c->body, STR("connection"));
    bool enabled = true, found;
    TRY(connection_find_by_name(tx, name, out, &found));
    if (found && c->caller.kind != CALLER_V1_GLOBAL)
        TRY(connection_is_enabled(tx, out->id, c->caller.client_id, &enabled));
    return found && enabled ? OK : fail(ERR_INEXISTENT_CONNECTION_NAME);
}

/* What a lookup before the transaction finds: a caller learns nothing of a
 * password policy or history that stands behind what it may not see. */
struct target {
    struct call *c;
    struct user user;
    struct connection connection;
};

static struct result look_up(struct call *c, tx_fn fn, struct target *t)
{
    struct tx_options o = { .arena = c->arena, .now_us = c->now_us, .actor = &c->actor };
    *t = (struct target){ .c = c };
    return store_read(c->tenant, &o, fn, t);
}

/* --- creating -------------------------------------------------------------------------- */

static struct result find_connection(struct tx *tx, void *arg)
{
    struct target *t = arg;
    return connection_of_body(t->c, tx, &t->connection);
}

struct result v1_users_create_prepare(struct call *c)
{
    struct target t;
    struct user_password *ready;
    TRY(look_up(c, find_connection, &t));
    const struct user_password_request rq = {
        .text = json_get_text(c->body, STR("password")), .connection = t.connection.name, .body = c->body
    };
    if (!rq.text.p)
        return OK;
    TRY(user_password_prepare(c->tenant, c->arena, c->now_us, &rq, &ready));
    c->prepared = ready;
    return OK;
}

/* A root member of v1's user object alone, where no metadata shows (V1-REFERENCE 3). */
static struct result check_metadata(const struct json *metadata)
{
    return json_get(metadata, STR("v2_id")) ? fail1(ERR_INVALID_BODY, STR("Payload validation error: 'The name v2_id is reserved'.")) : OK;
}

static struct json *metadata_of(struct arena *a, const struct json *body)
{
    struct json *metadata = json_object(a);
    const struct json_member *m;
    JSON_EACH_MEMBER(body, i, m)
        if (!v1_user_is_attribute(m->key) && !str_eq(m->key, STR("connection")) && !str_eq(m->key, STR("password")))
            json_set(a, metadata, m->key, m->value);
    return json_count(metadata) ? metadata : NULL;
}

struct result v1_users_create(struct call *c)
{
    const struct json *body = c->body;
    struct connection connection;
    struct user u;
    TRY(check_metadata(body));
    TRY(connection_of_body(c, c->tx, &connection));
    const struct user_new n = {
        .connection = connection.name,
        .email = json_get_text(body, STR("email")),
        .username = json_get_text(body, STR("username")),
        .phone_number = json_get_text(body, STR("phone_number")),
        .user_id = STR_NONE,
        .email_verified = json_get_true(body, STR("email_verified")),
        .phone_verified = json_get_true(body, STR("phone_verified")),
        .profile = body,
        .app_metadata = metadata_of(c->arena, body),
        .keep_nulls = true,
        .password = c->prepared,
        .log_body = body,
    };
    TRY(user_create(c->tx, &n, &u));
    return v1_user_reply(c, &u);
}

/* --- changing ---------------------------------------------------------------------------- */

static struct result set_metadata(struct call *c, bool merge)
{
    struct user u, now;
    TRY(check_metadata(c->body));
    TRY(v1_user_of_path(c, &u));
    TRY(user_set_metadata(c->tx, &u, c->body, merge, &now));
    return reply_ok(c);
}

struct result v1_users_metadata_replace(struct call *c)
{
    return set_metadata(c, false);
}

struct result v1_users_metadata_merge(struct call *c)
{
    return set_metadata(c, true);
}

struct result v1_users_set_email(struct call *c)
{
    struct user u, now;
    TRY(v1_user_of_path(c, &u));
    TRY(user_check_login_visible(c->tx, &u, &c->caller));
    TRY(user_set_email(c->tx, &u, json_get_text(c->body, STR("email")), json_get_true(c->body, STR("verify")), &now));
    return v1_user_reply(c, &now);
}

struct result v1_users_block(struct call *c)
{
    struct user u, now;
    TRY(v1_user_of_path(c, &u));
    TRY(user_set_blocked(c->tx, &u, json_get_true(c->body, STR("blocked")), &now));
    return v1_user_reply(c, &now);
}

/* --- passwords: /users/{user_id}/password and /users/{email}/password ----------------------- */

static bool is_email(str key)
{
    return str_find_char(key, '|') < 0 && !str_starts(key, STR("usr_")) && str_find_char(key, '@') >= 0;
}

static struct result check_email_body(struct call *c, str email)
{
    if (!str_eq_nocase(json_get_text(c->body, STR("email")), email))
        return fail1(ERR_INVALID_BODY, STR("Payload validation error: 'Must be the address of the path' on property email."));
    if (!json_get_text(c->body, STR("connection")).len)
        return fail1(ERR_INVALID_BODY, STR("Payload validation error: 'Missing required property: connection'."));
    return OK;
}

static struct result find_by_email(struct call *c, struct tx *tx, str email, struct target *t)
{
    bool found;
    TRY(check_email_body(c, email));
    TRY(connection_of_body(c, tx, &t->connection));
    TRY(user_find_by_email(tx, t->connection.name, email, &t->user, &found));
    return found ? OK : fail(ERR_INEXISTENT_USER);
}

static struct result find_user(struct tx *tx, void *arg)
{
    struct target *t = arg;
    str key = call_param(t->c, "user_id");
    if (is_email(key))
        return find_by_email(t->c, tx, key, t);
    TRY(user_by_id_for(tx, &t->c->caller, key, &t->user));
    return user_check_login_visible(tx, &t->user, &t->c->caller);
}

struct result v1_users_set_password_prepare(struct call *c)
{
    struct target t;
    struct user_password *ready;
    if (json_get_true(c->body, STR("verify")))
        return fail1(ERR_OPERATION_NOT_SUPPORTED, STR("A password that waits for a confirmation by mail is not supported."));
    TRY(look_up(c, find_user, &t));
    const struct user_password_request rq = {
        .text = json_get_text(c->body, STR("password")), .connection = t.connection.name, .user_id = t.user.uid
    };
    TRY(user_password_prepare(c->tenant, c->arena, c->now_us, &rq, &ready));
    c->prepared = ready;
    return OK;
}

struct result v1_users_set_password(struct call *c)
{
    struct target t = { .c = c };
    struct user now;
    TRY(find_user(c->tx, &t));
    struct json *body = json_object(c->arena);
    json_set(c->arena, body, STR("password"), json_get(c->body, STR("password")));
    if (t.connection.name.p) /* the identity there, which need not be the first */
        json_set_text(c->arena, body, STR("connection"), t.connection.name);
    TRY(user_patch(c->tx, t.user.uid, &(struct user_change){ .body = body, .password = c->prepared }, &now));
    return call_reply(c, 200, json_string(c->arena, STR("Password updated.")));
}

/* --- verification mails ------------------------------------------------------------------------ */

static struct result log_request(struct call *c, const struct user *u)
{
    struct log_entry *e = ARENA_NEW(c->arena, struct log_entry);
    const struct json *identity = json_item(json_get(u->doc, STR("identities")), 0);
    struct json *details = json_object(c->arena);
    struct connection connection;
    bool found;
    str name = json_get_text(identity, STR("connection"));
    TRY(connection_find_by_name(c->tx, name, &connection, &found));
    json_set_text(c->arena, details, STR("email"), json_get_text(u->doc, STR("email")));
    *e = (struct log_entry){ .type = STR("svr"), .connection = name, .user_id = u->uid, .user_name = user_display_name(u), .details = details };
    if (found) {
        e->connection_id = connection.id;
        e->strategy = connection.strategy;
        e->strategy_type = strategy_kind_name(connection.traits->kind);
    }
    c->log_entry = e;
    return OK;
}

struct result v1_users_send_verification(struct call *c)
{
    struct user u;
    TRY(v1_user_of_path(c, &u));
    TRY(user_send_verification(c->tx, &u, c->caller.client_id));
    TRY(log_request(c, &u));
    return reply_ok(c);
}

/* --- going ---------------------------------------------------------------------------------------- */

struct result v1_users_delete(struct call *c)
{
    struct user u;
    TRY(v1_user_of_path(c, &u));
    TRY(user_delete(c->tx, &u));
    return reply_ok(c);
}

/* With or without a slash at the end, which is what the Ruby client sends
 * (V1-REFERENCE 5.15). A filter that is not obeyed would spare nobody. */
static bool has_filter(const struct call *c)
{
    str rest = c->raw_query, value;
    while (rest.p) {
        str name = str_cut(str_cut(rest, '&', &rest), '=', &value);
        if (name.len && !str_eq(name, STR("access_token")))
            return true;
    }
    return false;
}

struct result v1_users_delete_all(struct call *c)
{
    if (has_filter(c))
        return fail1(ERR_INVALID_QUERY, STR("Query validation error: 'All users are deleted, no choice is made among them'."));
    TRY(user_delete_all(c->tx));
    return reply_ok(c);
}
