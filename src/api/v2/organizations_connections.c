/* /api/v2/organizations/{id}: its connections. enabled_connections is the older
 * view, of those that are enabled; connections shows all, and more of them. */
#include "api/call.h"
#include "api/v2/rows.h"
#include "domain/organization/connection.h"
#include "domain/organization/organization.h"
#include "domain/relation.h"

/* The path's last parameter. */
static str connection_id(const struct call *c)
{
    return c->path_values[c->op->path_param_count - 1];
}

/* --- lists: few connections serve an organization ------------------------------------------ */

/* is_enabled: -1 any. */
static struct result gather(struct call *c, int is_enabled, struct json **out)
{
    struct json *all, *one;
    str id;
    *out = json_array(c->arena);
    TRY(organization_of_path(c, &id));
    TRY(organization_connection_list(c->tx, id, &all));
    JSON_EACH_ITEM(all, i, one)
        if (is_enabled < 0 || organization_connection_is_enabled(one) == is_enabled)
            json_push(c->arena, *out, one);
    return OK;
}

struct result v2_organizations_connections_list(struct call *c)
{
    const struct json *asked = json_get(c->query, STR("is_enabled"));
    struct json *all;
    TRY(gather(c, asked ? json_true(asked) : -1, &all));
    return array_reply(c, all);
}

/* Recorded: `limit` is the number of connections that came, not what was asked for. */
struct result v2_organizations_enabled_connections_list(struct call *c)
{
    struct json *all, *one, *older = json_array(c->arena);
    TRY(gather(c, true, &all));
    JSON_EACH_ITEM(all, i, one)
        json_push(c->arena, older, organization_connection_older(c->arena, one));
    TRY(array_reply(c, older));
    return limit_is_count(c);
}

/* --- one --------------------------------------------------------------------------------------- */

static struct result add(struct call *c, struct json **out)
{
    str id;
    TRY(organization_of_path(c, &id));
    return organization_connection_add(c->tx, id, c->body, out);
}

static struct result read(struct call *c, struct json **out)
{
    str id;
    TRY(organization_of_path(c, &id));
    return organization_connection_read(c->tx, id, connection_id(c), out);
}

static struct result patch(struct call *c, struct json **out)
{
    str id;
    TRY(organization_of_path(c, &id));
    return organization_connection_patch(c->tx, id, connection_id(c), c->body, out);
}

struct result v2_organizations_connections_add(struct call *c)
{
    struct json *o;
    TRY(add(c, &o));
    return call_reply(c, 201, o);
}

struct result v2_organizations_connections_read(struct call *c)
{
    struct json *o;
    TRY(read(c, &o));
    return call_reply(c, 200, o);
}

struct result v2_organizations_connections_patch(struct call *c)
{
    struct json *o;
    TRY(patch(c, &o));
    return call_reply(c, 200, o);
}

struct result v2_organizations_enabled_connections_add(struct call *c)
{
    struct json *o;
    TRY(add(c, &o));
    return call_reply(c, 201, organization_connection_older(c->arena, o));
}

struct result v2_organizations_enabled_connections_read(struct call *c)
{
    struct json *o;
    TRY(read(c, &o));
    if (!organization_connection_is_enabled(o))
        return fail(ERR_INEXISTENT_ORGANIZATION_CONNECTION);
    return call_reply(c, 200, organization_connection_older(c->arena, o));
}

struct result v2_organizations_enabled_connections_patch(struct call *c)
{
    struct json *o;
    TRY(patch(c, &o));
    return call_reply(c, 200, organization_connection_older(c->arena, o));
}

struct result v2_organizations_connections_remove(struct call *c)
{
    str id;
    TRY(organization_of_path(c, &id));
    TRY(relation_remove(c->tx, RELATION_ORGANIZATION_CONNECTION, id, connection_id(c), NULL));
    return call_reply_empty(c, 204);
}
