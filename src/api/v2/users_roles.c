/* /api/v2/users/{id}: roles, groups, organizations. */
#include "api/call.h"
#include "api/v2/rows.h"
#include "domain/group.h"
#include "domain/rbac.h"
#include "domain/user/user.h"

static struct result find(struct call *c, str *out_id)
{
    struct user u;
    TRY(user_by_id(c->tx, call_param(c, "id"), &u));
    *out_id = u.uid;
    return OK;
}

struct result v2_users_roles_list(struct call *c)
{
    const struct rows_view view = { RELATION_USER_ROLE, RELATION_BY_A, row_role, false };
    str id;
    TRY(find(c, &id));
    return rows_reply(c, &view, id);
}

struct result v2_users_roles_add(struct call *c)
{
    str id;
    TRY(find(c, &id));
    TRY(role_give(c->tx, RELATION_USER_ROLE, id, json_get(c->body, STR("roles"))));
    return call_reply_empty(c, 204);
}

struct result v2_users_roles_remove(struct call *c)
{
    str id;
    TRY(find(c, &id));
    TRY(relation_remove_each_b(c->tx, RELATION_USER_ROLE, id, json_get(c->body, STR("roles"))));
    return call_reply_empty(c, 204);
}

struct result v2_users_effective_roles(struct call *c)
{
    str id;
    TRY(find(c, &id));
    return effective_roles_reply(c, id, STR_NONE);
}

struct result v2_users_role_groups(struct call *c)
{
    str id;
    TRY(find(c, &id));
    return role_groups_reply(c, id, STR_NONE);
}

/* --- groups ------------------------------------------------------------------------------- */

static struct result row_membership(struct call *c, const struct relation_row *row, struct json **out)
{
    struct document d;
    TRY(group_read(c->tx, row->a, &d));
    struct json *o = json_copy_shallow(c->arena, d.body);
    json_set(c->arena, o, STR("membership_created_at"), json_get(row->body, STR("created_at")));
    *out = call_pick_fields(c, o);
    return OK;
}

struct result v2_users_groups_list(struct call *c)
{
    const struct rows_view view = { RELATION_GROUP_MEMBER, RELATION_BY_B, row_membership, false };
    str id;
    TRY(find(c, &id));
    return rows_reply(c, &view, id);
}

/* --- organizations -------------------------------------------------------------------------- */

struct result v2_users_organizations_list(struct call *c)
{
    const struct rows_view view = { RELATION_ORGANIZATION_MEMBER, RELATION_BY_B, row_organization, false };
    str id;
    TRY(find(c, &id));
    return rows_reply(c, &view, id);
}
