#include "api/v1/connection_shape.h"

#include "domain/client/client.h"

/* --- whose view ----------------------------------------------------------------- */

static struct result no_such_client(struct call *c, str id)
{
    return fail1(ERR_INVALID_QUERY, str_fmt(c->arena, "Query validation error: 'There is no client %.*s' on property client.", STR_ARG(id)));
}

struct result v1_view_read(struct call *c, struct v1_view *out)
{
    str wanted = call_query_text(c, "client");
    bool is_global = c->caller.kind == CALLER_V1_GLOBAL, found;
    struct client client;
    *out = (struct v1_view){ .client_id = c->caller.client_id, .is_whole_tenant = is_global, .shows_secrets = is_global };
    if (!wanted.len)
        return OK;
    TRY(client_find(c->tx, wanted, &client, &found));
    if (!found || (!is_global && !str_eq(client.client_id, c->caller.client_id)))
        return no_such_client(c, wanted);
    out->client_id = client.client_id;
    out->is_whole_tenant = client.is_global;
    return OK;
}

/* --- finding ----------------------------------------------------------------------- */

struct result v1_connection_find(struct call *c, str name, struct connection *out)
{
    bool enabled = true;
    TRY(connection_by_name(c->tx, name, out));
    if (c->caller.kind != CALLER_V1_GLOBAL)
        TRY(connection_is_enabled(c->tx, out->id, c->caller.client_id, &enabled));
    return enabled ? OK : fail1(ERR_INEXISTENT_CONNECTION, name);
}

struct result v1_connection_status(struct call *c, const struct connection *connection, const struct v1_view *view, bool *out)
{
    struct relation_row *rows;
    size_t count;
    if (!view->is_whole_tenant)
        return connection_is_enabled(c->tx, connection->id, view->client_id, out);
    TRY(connection_clients(c->tx, connection->id, 0, 1, &rows, &count));
    *out = count > 0;
    return OK;
}

/* --- presenting ---------------------------------------------------------------------- */

static void remove_path(struct json *o, str path)
{
    str step = str_cut(path, '.', &path);
    for (; path.p; step = str_cut(path, '.', &path))
        o = json_get(o, step);
    if (json_is(o, JSON_OBJECT))
        json_remove(o, step);
}

/* Secrets are for the global client alone. */
static struct json *options_shown(struct arena *a, const struct connection *connection, bool with_secrets)
{
    const struct str_list *secrets = &resource_specs[RESOURCE_CONNECTION].secrets;
    struct json *holder = json_object(a);
    struct json *options = connection->options ? json_copy(a, connection->options) : json_object(a);
    json_set(a, holder, STR("options"), options);
    for (size_t i = 0; !with_secrets && i < secrets->count; i++)
        remove_path(holder, secrets->v[i]);
    return options;
}

/* The ticket is the last segment of its URL. */
static void add_ticket(struct arena *a, struct json *o, const struct json *body)
{
    str url = json_get_text(body, STR("provisioning_ticket_url")), rest = url, ticket = STR("");
    if (!url.len)
        return;
    while (rest.p)
        ticket = str_cut(rest, '/', &rest);
    json_set_text(a, o, STR("provisioning_ticket"), ticket);
    json_set_text(a, o, STR("provisioning_ticket_url"), url);
}

struct result v1_connection_present(struct call *c, const struct connection *connection, const struct v1_view *view, struct json **out)
{
    struct arena *a = c->arena;
    struct json *o = json_object(a);
    bool status;
    TRY(v1_connection_status(c, connection, view, &status));
    json_set_text(a, o, STR("id"), connection->id);
    json_set_text(a, o, STR("name"), connection->name);
    json_set_text(a, o, STR("strategy"), connection->strategy);
    json_set_bool(a, o, STR("status"), status);
    json_set(a, o, STR("options"), options_shown(a, connection, view->shows_secrets));
    json_set_text(a, o, STR("client_id"), view->client_id);
    if (view->is_whole_tenant) {
        json_set_bool(a, o, STR("global"), true);
        json_set_text(a, o, STR("global_client_id"), view->client_id);
    }
    add_ticket(a, o, connection->body);
    *out = o;
    return OK;
}
