/* /api/v2/organizations/{id}: members and their roles there. */
#include "api/call.h"
#include "api/v2/rows.h"
#include "domain/organization.h"
#include "domain/rbac.h"
#include "domain/user.h"

static struct result find(struct call *c, str *out_id)
{
    struct document d;
    TRY(organization_read(c->tx, call_param(c, "id"), &d));
    *out_id = d.id;
    return OK;
}

/* The organization, and the user of the path, member or not. */
static struct result find_both(struct call *c, str *out_organization, str *out_user)
{
    struct user u;
    TRY(find(c, out_organization));
    TRY(user_by_id(c->tx, call_param(c, "user_id"), &u));
    *out_user = u.uid;
    return OK;
}

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
    TRY(find(c, &id));
    return rows_reply(c, &view, id);
}

struct result v2_organizations_members_add(struct call *c)
{
    str id;
    TRY(find(c, &id));
    TRY(organization_add_members(c->tx, id, json_get(c->body, STR("members"))));
    return call_reply_empty(c, 204);
}

struct result v2_organizations_members_remove(struct call *c)
{
    str id;
    TRY(find(c, &id));
    TRY(organization_remove_members(c->tx, id, json_get(c->body, STR("members"))));
    return call_reply_empty(c, 204);
}

/* --- their roles ------------------------------------------------------------------------------ */

struct result v2_organizations_members_roles_list(struct call *c)
{
    const struct rows_view view = { RELATION_ORGANIZATION_MEMBER_ROLE, RELATION_BY_A, row_role_there, false };
    str id, user;
    TRY(find_both(c, &id, &user));
    return rows_reply(c, &view, relation_pair(c->arena, id, user));
}

struct result v2_organizations_members_roles_add(struct call *c)
{
    str id, user;
    TRY(find_both(c, &id, &user));
    TRY(role_give_in(c->tx, RELATION_ORGANIZATION_MEMBER_ROLE, id, user, json_get(c->body, STR("roles"))));
    return call_reply_empty(c, 204);
}

struct result v2_organizations_members_roles_remove(struct call *c)
{
    str id, user;
    TRY(find_both(c, &id, &user));
    TRY(role_take_in(c->tx, RELATION_ORGANIZATION_MEMBER_ROLE, id, user, json_get(c->body, STR("roles"))));
    return call_reply_empty(c, 204);
}

struct result v2_organizations_members_effective_roles(struct call *c)
{
    str id, user;
    TRY(find_both(c, &id, &user));
    return effective_roles_reply(c, user, id);
}

struct result v2_organizations_members_role_groups(struct call *c)
{
    str id, user;
    TRY(find_both(c, &id, &user));
    return role_groups_reply(c, user, id);
}

/* --- members by role ------------------------------------------------------------------------------ */

struct result v2_organizations_roles_members_list(struct call *c)
{
    const struct rows_view view = { RELATION_ORGANIZATION_MEMBER_ROLE, RELATION_BY_B, row_user_there, false };
    struct document role;
    str id;
    TRY(find(c, &id));
    TRY(role_read(c->tx, call_param(c, "role_id"), &role));
    return rows_reply(c, &view, relation_pair(c->arena, role.id, id));
}
