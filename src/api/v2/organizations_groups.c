/* /api/v2/organizations/{organization_id}: groups and their roles there. */
#include "api/call.h"
#include "api/v2/rows.h"
#include "domain/group.h"
#include "domain/organization.h"

static struct result find(struct call *c, str *out_id)
{
    struct document d;
    TRY(organization_read(c->tx, call_param(c, "organization_id"), &d));
    *out_id = d.id;
    return OK;
}

static struct result find_both(struct call *c, str *out_organization, str *out_group)
{
    struct document d;
    TRY(find(c, out_organization));
    TRY(group_read(c->tx, call_param(c, "group_id"), &d));
    *out_group = d.id;
    return OK;
}

struct result v2_organizations_groups_list(struct call *c)
{
    const struct rows_view view = { RELATION_ORGANIZATION_GROUP, RELATION_BY_A, row_group_of, false };
    str id;
    TRY(find(c, &id));
    return rows_reply(c, &view, id);
}

struct result v2_organizations_groups_roles_list(struct call *c)
{
    const struct rows_view view = { RELATION_ORGANIZATION_GROUP_ROLE, RELATION_BY_A, row_role_there, false };
    str id, group;
    TRY(find_both(c, &id, &group));
    return rows_reply(c, &view, relation_pair(c->arena, id, group));
}

struct result v2_organizations_groups_roles_add(struct call *c)
{
    str id, group;
    TRY(find_both(c, &id, &group));
    TRY(group_give_roles_in(c->tx, id, group, json_get(c->body, STR("roles"))));
    return call_reply_empty(c, 204);
}

struct result v2_organizations_groups_roles_remove(struct call *c)
{
    str id, group;
    TRY(find_both(c, &id, &group));
    TRY(group_take_roles_in(c->tx, id, group, json_get(c->body, STR("roles"))));
    return call_reply_empty(c, 204);
}

struct result v2_organizations_roles_groups_list(struct call *c)
{
    const struct rows_view view = { RELATION_ORGANIZATION_GROUP_ROLE, RELATION_BY_B, row_group_there, false };
    struct document role;
    str id;
    TRY(find(c, &id));
    TRY(role_read(c->tx, call_param(c, "role_id"), &role));
    return rows_reply(c, &view, relation_pair(c->arena, role.id, id));
}
