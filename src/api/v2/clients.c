/* /api/v2/clients. */
#include "api/call.h"
#include "domain/client/client.h"
#include "domain/connection/connection.h"
#include "search/search.h"

enum { APP_TYPES_MAX = 32 };

/* --- what a caller sees of a client ----------------------------------------------- */

static bool may(const struct call *c, const char *scope)
{
    int id = scope_find(str_from(scope));
    return id >= 0 && scopes_has(&c->caller.scopes, id);
}

static unsigned sees(const struct call *c)
{
    unsigned s = 0;
    if (may(c, "read:clients") || may(c, "read:client_keys"))
        s |= CLIENT_SEES_SETTINGS;
    if (may(c, "read:client_keys") || may(c, "read:client_credentials"))
        s |= CLIENT_SEES_KEYS;
    return s;
}

/* The tenant's name comes whatever fields were asked for (recorded). */
static struct json *pick(const struct call *c, struct json *client)
{
    struct json *picked = call_pick_fields(c, client), *tenant = json_get(client, STR("tenant"));
    if (picked == client || !tenant)
        return picked;
    struct json *o = json_object(c->arena);
    json_set(c->arena, o, STR("tenant"), tenant);
    json_merge(c->arena, o, picked);
    return o;
}

static struct result reply_client(struct call *c, int status, const struct client *client, unsigned s)
{
    struct json *o;
    TRY(client_present(c->tx, client, s, &o));
    return call_reply(c, status, pick(c, o));
}

/* --- lists ---------------------------------------------------------------------------- */

static int tristate(const struct call *c, const char *name)
{
    const struct json *v = json_get(c->query, str_from(name));
    return v ? json_true(v) : -1;
}

static size_t read_app_types(const struct call *c, str *out)
{
    size_t count = 0;
    str rest = call_query_text(c, "app_type");
    while (rest.p && count < APP_TYPES_MAX) {
        str one = str_trim(str_cut(rest, ',', &rest));
        if (one.len)
            out[count++] = one;
    }
    return count;
}

static struct result read_query(const struct call *c, const struct call_page *p, struct client_list *out)
{
    struct search_node *search = NULL;
    str *app_types = ARENA_ARRAY(c->arena, str, APP_TYPES_MAX), q = call_query_text(c, "q");
    if (q.len)
        TRY(search_parse(c->arena, q, SEARCH_V3, &search));
    *out = (struct client_list){ .app_types = app_types,
                                 .app_type_count = read_app_types(c, app_types),
                                 .is_global = tristate(c, "is_global"),
                                 .is_first_party = tristate(c, "is_first_party"),
                                 .external_client_id = call_query_text(c, "external_client_id"),
                                 .search = search,
                                 .sees = sees(c),
                                 .after_seq = p->after_seq,
                                 .offset = p->offset,
                                 .limit = p->limit };
    return OK;
}

struct result v2_clients_list(struct call *c)
{
    struct call_page p;
    struct client_list l;
    struct json *items = json_array(c->arena), *o;
    TRY(call_get_page(c, &p));
    TRY(read_query(c, &p, &l));
    bool counts_only = !p.all && p.limit == 0; /* per_page=0: nothing but the total */
    if (counts_only)
        l.limit = 1;
    TRY(client_list(c->tx, &l));
    for (size_t i = 0; i < l.count && !counts_only; i++) {
        TRY(client_present(c->tx, &l.items[i], sees(c), &o));
        json_push(c->arena, items, pick(c, o));
    }
    return call_reply_page(c, &p, items, l.total, l.last_seq, l.more && !counts_only);
}

/* --- one client -------------------------------------------------------------------------- */

struct result v2_clients_create(struct call *c)
{
    struct client client;
    TRY(client_create(c->tx, c->body, &client));
    return reply_client(c, 201, &client, CLIENT_SEES_SETTINGS | CLIENT_SEES_KEYS | CLIENT_SEES_NEW);
}

struct result v2_clients_read(struct call *c)
{
    struct client client;
    TRY(client_read(c->tx, call_param(c, "id"), &client));
    return reply_client(c, 200, &client, sees(c));
}

struct result v2_clients_patch(struct call *c)
{
    struct client client;
    TRY(client_patch(c->tx, call_param(c, "id"), c->body, &client));
    unsigned keys = may(c, "update:client_keys") ? CLIENT_SEES_KEYS : 0;
    return reply_client(c, 200, &client, sees(c) | CLIENT_SEES_SETTINGS | keys);
}

struct result v2_clients_delete(struct call *c)
{
    TRY(client_delete(c->tx, call_param(c, "id")));
    return call_reply_empty(c, 204);
}

struct result v2_clients_rotate_secret(struct call *c)
{
    struct client client;
    TRY(client_rotate_secret(c->tx, call_param(c, "id"), &client));
    return reply_client(c, 200, &client, CLIENT_SEES_SETTINGS | CLIENT_SEES_KEYS);
}

/* --- its connections ------------------------------------------------------------------------ */

static struct json *summary_of(const struct call *c, const struct connection *connection)
{
    struct json *o = json_copy_shallow(c->arena, connection->body);
    json_remove(o, STR("provisioning_ticket_url"));
    return call_pick_fields(c, o);
}

struct result v2_clients_connections(struct call *c)
{
    struct call_page p;
    struct client client;
    struct json *items = json_array(c->arena);
    TRY(client_read(c->tx, call_param(c, "id"), &client));
    TRY(call_get_page(c, &p));
    struct connection_list l = { .client_id = client.client_id, .after_seq = p.after_seq, .limit = p.limit };
    l.strategy_count = call_query_texts(c, "strategy", &l.strategies);
    TRY(connection_list(c->tx, &l));
    for (size_t i = 0; i < l.count; i++)
        json_push(c->arena, items, summary_of(c, &l.items[i]));
    return call_reply_page(c, &p, items, l.total, l.last_seq, l.more);
}
