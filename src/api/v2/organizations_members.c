/* /api/v2/organizations/{id}: its members. */
#include "api/call.h"
#include "api/v2/rows.h"
#include "domain/organization/organization.h"

/* --- members --------------------------------------------------------------------------- */

static struct result add_roles(struct call *c, const struct relation_row *row, struct json *member)
{
    struct relation_row *rows;
    size_t count;
    struct json *roles = json_array(c->arena), *role;
    TRY(relation_list_by_a(c->tx, RELATION_ORGANIZATION_MEMBER_ROLE, relation_pair(c->arena, row->a, row->b), 0, 0, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        struct json *shown = json_object(c->arena);
        TRY(row_role_there(c, &rows[i], &role));
        json_set(c->arena, shown, STR("id"), json_get(role, STR("id")));
        json_set(c->arena, shown, STR("name"), json_get(role, STR("name")));
        json_push(c->arena, roles, shown);
    }
    json_set(c->arena, member, STR("roles"), roles);
    return OK;
}

/* Roles come only when fields names them, and the token may read them. */
static struct result row_member(struct call *c, const struct relation_row *row, struct json **out)
{
    TRY(row_user(c, row, out));
    bool roles = call_asks_field(c, STR("roles")) && call_may(c, "read:organization_member_roles");
    return roles ? add_roles(c, row, *out) : OK;
}

struct result v2_organizations_members_list(struct call *c)
{
    const struct rows_view view = { RELATION_ORGANIZATION_MEMBER, RELATION_BY_A, row_member, true };
    str id;
    TRY(organization_of_path(c, &id));
    return rows_reply(c, &view, id);
}

struct result v2_organizations_members_add(struct call *c)
{
    str id;
    TRY(organization_of_path(c, &id));
    TRY(organization_add_members(c->tx, id, json_get(c->body, STR("members"))));
    return call_reply_empty(c, 204);
}

struct result v2_organizations_members_remove(struct call *c)
{
    str id;
    TRY(organization_of_path(c, &id));
    TRY(organization_remove_members(c->tx, id, json_get(c->body, STR("members"))));
    return call_reply_empty(c, 204);
}
