/* /api/v2/connections. */
#include "api/call.h"
#include "base/clock.h"
#include "domain/connection/connection.h"
#include "domain/connection/keys.h"
#include "domain/user/user.h"

/* --- what a caller sees ---------------------------------------------------------- */

/* With chosen fields the real API still tells is_domain_connection, and the id
 * in lists (recorded). */
static struct json *pick(const struct call *c, struct json *connection, bool in_list)
{
    struct json *picked = call_pick_fields(c, connection), *o = json_object(c->arena);
    const struct json *include = json_get(c->query, STR("include_fields"));
    if (picked == connection || (include && !json_true(include)))
        return picked;
    if (in_list)
        json_set(c->arena, o, STR("id"), json_get(connection, STR("id")));
    json_merge(c->arena, o, picked);
    json_set(c->arena, o, STR("is_domain_connection"), json_get(connection, STR("is_domain_connection")));
    return o;
}

static struct result reply_connection(struct call *c, int status, const struct connection *connection)
{
    struct json *o;
    TRY(connection_present(c->tx, connection, &o));
    return call_reply(c, status, pick(c, o, false));
}

struct result v2_connections_list(struct call *c)
{
    struct call_page p;
    struct json *items = json_array(c->arena), *o;
    TRY(call_get_page(c, &p));
    struct connection_list l = { .name = call_query_text(c, "name"),
                                 .domain_alias = call_query_text(c, "domain_alias"),
                                 .after_seq = p.after_seq,
                                 .offset = p.offset,
                                 .limit = p.limit };
    l.strategy_count = call_query_texts(c, "strategy", &l.strategies);
    TRY(connection_list(c->tx, &l));
    for (size_t i = 0; i < l.count; i++) {
        TRY(connection_present(c->tx, &l.items[i], &o));
        json_push(c->arena, items, pick(c, o, true));
    }
    return call_reply_page(c, &p, items, l.total, l.last_seq, l.more);
}

/* --- keys, made before the transaction --------------------------------------------- */

struct made_keys {
    struct connection_key_pair pairs[2]; /* current and next; a rotation takes the first */
};

static void wipe(void *secret)
{
    arena_free(secret);
}

/* Key material lives in an arena of its own that is wiped with the request. */
static struct result make_keys(struct call *c, str name, str algorithm, size_t count)
{
    struct arena *secret = arena_new_secret(0);
    struct made_keys *keys = ARENA_NEW(c->arena, struct made_keys);
    arena_on_free(c->arena, wipe, secret);
    for (size_t i = 0; i < count; i++)
        TRY(connection_key_generate(c->arena, secret, name, algorithm, c->now_us, &keys->pairs[i]));
    c->prepared = keys;
    return OK;
}

struct found {
    str id;
    struct connection connection;
};

static struct result find(struct tx *tx, void *arg)
{
    struct found *f = arg;
    return connection_by_id(tx, f->id, &f->connection);
}

static struct result look_up(struct call *c, struct connection *out)
{
    struct tx_options o = { .arena = c->arena, .now_us = c->now_us };
    struct found f = { .id = call_param(c, "id") };
    TRY(store_read(c->tenant, &o, find, &f));
    *out = f.connection;
    return OK;
}

/* prepare: of POST /connections/{id}/keys and …/rotate. */
struct result v2_connections_key_make(struct call *c)
{
    struct connection connection;
    TRY(look_up(c, &connection));
    str algorithm = json_get_text(c->body, STR("signing_alg"));
    if (!algorithm.len)
        algorithm = json_get_text(connection.options, STR("token_endpoint_auth_signing_alg"));
    return make_keys(c, connection.name, algorithm, str_ends(c->path, STR("/rotate")) ? 1 : 2);
}

/* prepare: of POST and PATCH /connections. One that authenticates by keys gets them at once. */
struct result v2_connections_prepare(struct call *c)
{
    const struct json *options = json_get(c->body, STR("options"));
    struct connection connection = { .name = json_get_text(c->body, STR("name")) };
    if (!connection_uses_keys(options))
        return OK;
    if (c->op->path_param_count)
        TRY(look_up(c, &connection));
    return make_keys(c, connection.name, json_get_text(options, STR("token_endpoint_auth_signing_alg")), 2);
}

/* Keys that there are already stay. */
static struct result keep_keys(struct call *c, const struct connection *connection)
{
    const struct made_keys *keys = c->prepared;
    struct json *made;
    if (!keys || !(connection->traits->flags & STRATEGY_KEYS))
        return OK;
    struct result r = connection_keys_create(c->tx, connection, keys->pairs, &made);
    return r.kind == ERR_CONNECTION_KEYS_EXIST ? OK : r;
}

/* --- one connection --------------------------------------------------------------------- */

struct result v2_connections_create(struct call *c)
{
    struct connection connection;
    TRY(connection_create(c->tx, c->body, &connection));
    TRY(keep_keys(c, &connection));
    return reply_connection(c, 201, &connection);
}

struct result v2_connections_read(struct call *c)
{
    struct connection connection;
    TRY(connection_by_id(c->tx, call_param(c, "id"), &connection));
    return reply_connection(c, 200, &connection);
}

struct result v2_connections_patch(struct call *c)
{
    struct connection connection;
    TRY(connection_patch(c->tx, call_param(c, "id"), c->body, &connection));
    TRY(keep_keys(c, &connection));
    return reply_connection(c, 200, &connection);
}

/* The real API deletes behind the answer and repeats it for one that is gone
 * (recorded as 202, minutes later as 204). */
struct result v2_connections_delete(struct call *c)
{
    struct json *o = json_object(c->arena);
    struct result r = connection_delete(c->tx, call_param(c, "id"));
    if (r.kind != ERR_INEXISTENT_CONNECTION)
        TRY(r);
    json_set_text(c->arena, o, STR("deleted_at"), clock_iso(c->arena, c->now_us));
    return call_reply(c, 202, o);
}

/* No directory connector has ever connected where none can: 404, as for one that is away. */
struct result v2_connections_status(struct call *c)
{
    struct connection connection;
    TRY(connection_by_id(c->tx, call_param(c, "id"), &connection));
    return fail(ERR_CONNECTION_OFFLINE);
}

/* --- its clients ------------------------------------------------------------------------------ */

struct result v2_connections_clients_list(struct call *c)
{
    struct call_page p;
    struct connection connection;
    struct relation_row *rows;
    size_t count;
    struct json *items = json_array(c->arena);
    TRY(connection_by_id(c->tx, call_param(c, "id"), &connection));
    TRY(call_get_page(c, &p));
    TRY(connection_clients(c->tx, connection.id, p.after_seq, p.limit + 1, &rows, &count));
    size_t shown = count > p.limit ? p.limit : count;
    for (size_t i = 0; i < shown; i++) {
        struct json *o = json_object(c->arena);
        json_set_text(c->arena, o, STR("client_id"), rows[i].b);
        json_push(c->arena, items, o);
    }
    return call_reply_page(c, &p, items, count, shown ? rows[shown - 1].seq : p.after_seq, count > shown);
}

struct result v2_connections_clients_patch(struct call *c)
{
    struct connection connection;
    const struct json *item;
    TRY(connection_by_id(c->tx, call_param(c, "id"), &connection));
    JSON_EACH_ITEM(c->body, i, item)
        TRY(connection_set_client(c->tx, connection.id, json_get_text(item, STR("client_id")), json_get_true(item, STR("status"))));
    return call_reply_empty(c, 204);
}

/* --- its users ---------------------------------------------------------------------------------- */

struct result v2_connections_users_delete(struct call *c)
{
    struct connection connection;
    struct user u;
    bool found;
    TRY(connection_by_id(c->tx, call_param(c, "id"), &connection));
    if (!connection.is_database)
        return fail(ERR_CONNECTION_NOT_DATABASE);
    TRY(user_find_by_email(c->tx, connection.name, call_query_text(c, "email"), &u, &found));
    if (found)
        TRY(user_delete(c->tx, &u));
    return call_reply_empty(c, 204);
}

/* --- its keys -------------------------------------------------------------------------------------- */

struct result v2_connections_keys_list(struct call *c)
{
    struct connection connection;
    struct json *keys;
    TRY(connection_by_id(c->tx, call_param(c, "id"), &connection));
    TRY(connection_keys_list(c->tx, &connection, &keys));
    return call_reply(c, 200, keys);
}

struct result v2_connections_keys_create(struct call *c)
{
    const struct made_keys *made = c->prepared;
    struct connection connection;
    struct json *keys;
    TRY(connection_by_id(c->tx, call_param(c, "id"), &connection));
    TRY(connection_keys_create(c->tx, &connection, made->pairs, &keys));
    return call_reply(c, 201, keys);
}

struct result v2_connections_keys_rotate(struct call *c)
{
    const struct made_keys *made = c->prepared;
    struct connection connection;
    struct json *key;
    TRY(connection_by_id(c->tx, call_param(c, "id"), &connection));
    TRY(connection_keys_rotate(c->tx, &connection, &made->pairs[0], &key));
    return call_reply(c, 201, key);
}
