/* /api/connections of API v1. */
#include "api/v1/connection_shape.h"
#include "api/v1/echo.h"
#include "api/v1/page.h"
#include "contract/validate.h"
#include "domain/connection/template.h"

static struct result reply_connection(struct call *c, const struct connection *connection, const struct v1_view *view)
{
    struct json *o;
    TRY(v1_connection_present(c, connection, view, &o));
    return call_reply(c, 200, o);
}

/* --- reading ---------------------------------------------------------------------- */

static unsigned read_kinds(const struct call *c)
{
    static const struct {
        const char *parameter;
        enum strategy_kind kind;
    } filters[] = {
        { "only_socials", STRATEGY_SOCIAL },
        { "only_enterprise", STRATEGY_ENTERPRISE },
        { "only_database", STRATEGY_DATABASE },
        { "only_passwordless", STRATEGY_PASSWORDLESS },
    };
    unsigned kinds = 0;
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (call_query_true(c, filters[i].parameter))
            kinds |= 1u << filters[i].kind;
    return kinds;
}

/* All at once unless per_page asks for pages. */
static struct result read_list(struct call *c, struct connection_list *out)
{
    struct v1_page p;
    *out = (struct connection_list){ .kinds = read_kinds(c),
                                     .client_id = c->caller.kind == CALLER_V1_GLOBAL ? STR_NONE : c->caller.client_id };
    bool is_paged = json_get(c->query, STR("per_page")) != NULL;
    TRY(v1_page_read(c, &p));
    if (is_paged) {
        out->limit = p.per_page;
        out->offset = p.offset;
    }
    TRY(connection_list(c->tx, out));
    if (is_paged && out->more)
        v1_page_link_next(c, &p);
    return OK;
}

struct result v1_connections_list(struct call *c)
{
    struct v1_view view;
    struct connection_list l;
    struct json *items = json_array(c->arena), *o;
    TRY(v1_view_read(c, &view));
    TRY(read_list(c, &l));
    for (size_t i = 0; i < l.count; i++) {
        TRY(v1_connection_present(c, &l.items[i], &view, &o));
        json_push(c->arena, items, o);
    }
    return call_reply(c, 200, items);
}

struct result v1_connections_read(struct call *c)
{
    struct v1_view view;
    struct connection connection;
    TRY(v1_view_read(c, &view));
    TRY(v1_connection_find(c, call_param(c, "connection"), &connection));
    return reply_connection(c, &connection, &view);
}

/* The directory connector's socket: monitors look at the status alone. No
 * connector can have connected where none is served. */
struct result v1_connections_socket(struct call *c)
{
    struct connection connection;
    str name = call_param(c, "connection");
    TRY(v1_connection_find(c, name, &connection));
    return connection.traits->flags & STRATEGY_CONNECTOR ? fail(ERR_CONNECTION_OFFLINE) : fail1(ERR_INEXISTENT_CONNECTION, name);
}

/* --- writing ------------------------------------------------------------------------- */

/* V1-V2-SEMANTICS 4: one client, or every client that there is. */
static struct result set_status(struct call *c, const struct connection *connection, const struct v1_view *view, bool on)
{
    if (!view->is_whole_tenant)
        return connection_set_client(c->tx, connection->id, view->client_id, on);
    return on ? connection_enable_all(c->tx, connection->id) : connection_disable_all(c->tx, connection->id);
}

static bool is_set(const struct json *v)
{
    return v && v->type != JSON_NULL;
}

/* Options as they will be: the strategy's template under those of the body. */
static struct result new_options(struct call *c, const struct strategy *s, struct json **out)
{
    const struct json *sent = json_get(c->body, STR("options"));
    struct json *options, *own;
    TRY(connection_template_read(c->tx, s, &options));
    own = json_copy_shallow(c->arena, options);
    if (is_set(sent))
        json_merge(c->arena, own, sent);
    *out = own;
    return OK;
}

/* What v1 sends must hold by v2's rules, too: name, and the types of known options. */
static struct result new_body(struct call *c, struct json **out)
{
    str strategy = json_get_text(c->body, STR("strategy"));
    const struct strategy *s = strategy_find(strategy);
    struct json *body = json_object(c->arena), *options;
    if (!s)
        return fail1(ERR_UNSUPPORTED_STRATEGY, strategy);
    TRY(new_options(c, s, &options));
    json_set(c->arena, body, STR("name"), json_get(c->body, STR("name")));
    json_set_text(c->arena, body, STR("strategy"), s->name);
    json_set(c->arena, body, STR("options"), options);
    *out = body;
    return validate(c->arena, operations[OP_POST_CONNECTIONS].body, body, IN_BODY);
}

struct result v1_connections_create(struct call *c)
{
    const struct json *status = json_get(c->body, STR("status"));
    struct v1_view view;
    struct connection connection;
    struct json *body;
    TRY(v1_view_read(c, &view));
    TRY(new_body(c, &body));
    TRY(connection_create(c->tx, body, &connection));
    if (!is_set(status) || json_true(status))
        TRY(set_status(c, &connection, &view, true));
    return reply_connection(c, &connection, &view);
}

static struct result check_echo(struct call *c, const struct connection *connection, const struct v1_view *view)
{
    static const char *const fixed[] = { "id", "name", "client_id", "provisioning_ticket", "provisioning_ticket_url",
                                         "global", "global_client_id", NULL };
    const struct json *strategy = json_get(c->body, STR("strategy"));
    struct json *shown;
    TRY(v1_connection_present(c, connection, view, &shown));
    TRY(v1_echo_check(c->arena, c->body, shown, fixed));
    if (is_set(strategy) && !str_eq_nocase(json_text(strategy), connection->strategy))
        return fail1(ERR_INVALID_BODY, STR("Payload validation error: 'Cannot be changed' on property strategy."));
    return OK;
}

static struct result replace_options(struct call *c, struct connection *connection)
{
    struct json *options = json_get(c->body, STR("options")), *patch = json_object(c->arena);
    if (!is_set(options))
        return OK;
    json_set(c->arena, patch, STR("options"), options);
    TRY(validate(c->arena, operations[OP_PATCH_CONNECTIONS_BY_ID].body, patch, IN_BODY));
    return connection_patch(c->tx, connection->id, patch, connection);
}

struct result v1_connections_update(struct call *c)
{
    const struct json *status = json_get(c->body, STR("status"));
    struct v1_view view;
    struct connection connection;
    TRY(v1_view_read(c, &view));
    TRY(v1_connection_find(c, call_param(c, "connection"), &connection));
    TRY(check_echo(c, &connection, &view));
    TRY(replace_options(c, &connection));
    if (is_set(status))
        TRY(set_status(c, &connection, &view, json_true(status)));
    return reply_connection(c, &connection, &view);
}

struct result v1_connections_set_status(struct call *c)
{
    struct v1_view view;
    struct connection connection;
    TRY(v1_view_read(c, &view));
    TRY(v1_connection_find(c, call_param(c, "connection"), &connection));
    TRY(set_status(c, &connection, &view, json_get_true(c->body, STR("status"))));
    return reply_connection(c, &connection, &view);
}

struct result v1_connections_delete(struct call *c)
{
    struct connection connection;
    struct json *o = json_object(c->arena);
    TRY(v1_connection_find(c, call_param(c, "connection"), &connection));
    TRY(connection_delete(c->tx, connection.id));
    json_set_text(c->arena, o, STR("removed"), connection.id);
    return call_reply(c, 200, o);
}
