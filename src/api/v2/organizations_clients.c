/* /api/v2/organizations/{id}: client grants and clients. */
#include "api/call.h"
#include "api/v2/rows.h"
#include "domain/organization/client.h"
#include "domain/organization/grant.h"
#include "domain/organization/organization.h"

/* --- client grants ----------------------------------------------------------------------- */

static struct json *grant_shown(struct arena *a, const struct client_grant *g)
{
    static const str shown[] = { STR_INIT("id"),    STR_INIT("client_id"),          STR_INIT("audience"),
                                 STR_INIT("scope"), STR_INIT("organization_usage"), STR_INIT("allow_any_organization"),
                                 STR_INIT("subject_type") };
    struct json *o = json_object(a);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (json_get(g->body, shown[i]))
            json_set(a, o, shown[i], json_get(g->body, shown[i]));
    return o;
}

struct result v2_organizations_grants_list(struct call *c)
{
    const struct organization_grant_filter f = { .audience = call_query_text(c, "audience"),
                                                 .client_id = call_query_text(c, "client_id"),
                                                 .grant_ids = json_get(c->query, STR("grant_ids")) };
    struct json *all = json_array(c->arena);
    struct client_grant *grants;
    size_t count;
    str id;
    TRY(organization_of_path(c, &id));
    TRY(organization_grant_list(c->tx, id, &f, &grants, &count));
    for (size_t i = 0; i < count; i++)
        json_push(c->arena, all, grant_shown(c->arena, &grants[i]));
    return array_reply(c, all);
}

/* Recorded: the answer names the grant as grant_id and has no subject_type; id is the documented name. */
struct result v2_organizations_grants_add(struct call *c)
{
    struct client_grant g;
    str id;
    TRY(organization_of_path(c, &id));
    TRY(organization_grant_add(c->tx, id, json_get_text(c->body, STR("grant_id")), &g));
    struct json *o = grant_shown(c->arena, &g);
    json_set_text(c->arena, o, STR("grant_id"), g.id);
    json_remove(o, STR("subject_type"));
    return call_reply(c, 201, o);
}

struct result v2_organizations_grants_remove(struct call *c)
{
    str id;
    TRY(organization_of_path(c, &id));
    TRY(relation_remove(c->tx, RELATION_ORGANIZATION_CLIENT_GRANT, id, call_param(c, "grant_id"), NULL));
    return call_reply_empty(c, 204);
}

/* --- clients ---------------------------------------------------------------------------------- */

static struct result row_client(struct call *c, const struct relation_row *row, struct json **out)
{
    return organization_client_show(c->tx, row, out);
}

struct result v2_organizations_clients_list(struct call *c)
{
    const struct rows_view view = { RELATION_ORGANIZATION_CLIENT, RELATION_BY_A, row_client, false };
    str id;
    TRY(organization_of_path(c, &id));
    return rows_reply(c, &view, id);
}

struct result v2_organizations_clients_add(struct call *c)
{
    struct json *added;
    str id;
    TRY(organization_of_path(c, &id));
    TRY(organization_client_add_all(c->tx, id, json_get(c->body, STR("clients")), &added));
    return call_reply(c, 201, added);
}

struct result v2_organizations_clients_remove(struct call *c)
{
    str id;
    TRY(organization_of_path(c, &id));
    TRY(relation_remove_each_b(c->tx, RELATION_ORGANIZATION_CLIENT, id, json_get(c->body, STR("clients"))));
    return call_reply_empty(c, 204);
}

struct result v2_organizations_clients_read(struct call *c)
{
    struct json *o;
    str id;
    TRY(organization_of_path(c, &id));
    TRY(organization_client_read(c->tx, id, call_param(c, "client_id"), &o));
    return call_reply(c, 200, o);
}

struct result v2_organizations_clients_patch(struct call *c)
{
    struct json *o;
    str id;
    TRY(organization_of_path(c, &id));
    TRY(organization_client_patch(c->tx, id, call_param(c, "client_id"), c->body, &o));
    return call_reply(c, 200, o);
}
