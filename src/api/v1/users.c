/* Lists of users of API v1, and one user (V1-REFERENCE 4). Every list is one
 * search, narrowed by where the users come from and by what the caller may see. */
#include "api/hits.h"
#include "api/v1/connection_shape.h"
#include "api/v1/page.h"
#include "api/v1/user_shape.h"
#include "domain/client/client.h"

struct result v1_users_read(struct call *c)
{
    struct user u;
    TRY(v1_user_of_path(c, &u));
    return v1_user_reply(c, &u);
}

struct result v1_users_metadata_read(struct call *c)
{
    struct user u;
    TRY(v1_user_of_path(c, &u));
    struct json *metadata = json_get(u.doc, STR("app_metadata"));
    return call_reply(c, 200, metadata ? metadata : json_object(c->arena));
}

/* --- what is asked for -------------------------------------------------------------- */

/* Newest first, unless sort says otherwise. */
static struct result read_sort(const struct call *c, struct search_request *rq)
{
    str field;
    rq->descending = true;
    TRY(v1_sort_read(c, &field, &rq->descending));
    rq->sort_field = field.p ? v1_user_stored_name(c->arena, field) : STR_NONE;
    return OK;
}

/* search and connection of the query, within what the caller may see. */
static struct result read_query(struct call *c, struct search_node *from, struct search_request *rq)
{
    struct arena *a = c->arena;
    struct search_node *asked, *visible;
    str connection = call_query_text(c, "connection");
    TRY(search_parse_api_v1(a, call_query_text(c, "search"), &asked));
    TRY(user_search_visible(c->tx, &c->caller, &visible));
    if (connection.len && !str_eq_nocase(connection, STR("All")))
        from = search_and(a, from, search_equals(a, STR("identities.connection"), connection));
    rq->query = search_and(a, search_and(a, asked, visible), from);
    return OK;
}

/* --- answering ------------------------------------------------------------------------ */

/* from: where the users come from; NULL: anywhere. */
static struct result list_users(struct call *c, struct search_node *from)
{
    struct v1_page p;
    struct search_page found;
    struct json *users;
    TRY(v1_page_read(c, &p));
    struct search_request rq = { .offset = p.offset, .limit = p.per_page };
    TRY(read_query(c, from, &rq));
    TRY(read_sort(c, &rq));
    TRY(search_users(c->tx, &rq, &found));
    TRY(hits_present(c, &found, v1_user_present, &users));
    if (found.more)
        v1_page_link_next(c, &p);
    return call_reply(c, 200, users);
}

/* Users with an identity in any of these connections. */
static struct search_node *in_connections(struct arena *a, const struct connection_list *l)
{
    struct search_node **each = ARENA_ARRAY(a, struct search_node *, l->count + 1);
    for (size_t i = 0; i < l->count; i++)
        each[i] = search_equals(a, STR("identities.connection"), l->items[i].name);
    return search_any(a, each, l->count);
}

/* --- the lists -------------------------------------------------------------------------- */

struct result v1_users_list(struct call *c)
{
    return list_users(c, NULL);
}

/* A directory connector answers for its users itself, and none is connected;
 * of every other connection the stored users are listed (V1-REFERENCE 4.3). */
struct result v1_users_of_connection(struct call *c)
{
    struct connection connection;
    TRY(v1_connection_find(c, call_param(c, "connection"), &connection));
    if (connection.traits->flags & STRATEGY_CONNECTOR)
        return fail(ERR_CONNECTION_OFFLINE);
    return list_users(c, search_equals(c->arena, STR("identities.connection"), connection.name));
}

struct result v1_users_social(struct call *c)
{
    return list_users(c, search_equals(c->arena, STR("identities.isSocial"), STR("true")));
}

struct result v1_users_enterprise(struct call *c)
{
    struct connection_list l = { .kinds = 1u << STRATEGY_ENTERPRISE };
    TRY(connection_list(c->tx, &l));
    return list_users(c, in_connections(c->arena, &l));
}

/* Those who may log in there: users of the connections that are enabled for it. */
struct result v1_users_of_client(struct call *c)
{
    struct client client;
    TRY(client_read(c->tx, call_param(c, "client_id"), &client));
    if (c->caller.kind != CALLER_V1_GLOBAL && !str_eq(client.client_id, c->caller.client_id))
        return fail(ERR_INEXISTENT_CLIENT);
    struct connection_list l = { .client_id = client.client_id };
    TRY(connection_list(c->tx, &l));
    return list_users(c, in_connections(c->arena, &l));
}
