/* /api/v2/organizations/{id}: who has roles there, members and groups. */
#include "api/v2/rows.h"
#include "domain/group.h"
#include "domain/organization/organization.h"
#include "domain/user/user.h"

/* One kind of those who have roles. */
struct holders {
    enum relation relation;
    struct result (*find)(struct call *c, str *out_id); /* the one of the path, there or not yet */
    row_show show;
};

static struct result find_user(struct call *c, str *out_id)
{
    struct user u;
    TRY(user_by_id(c->tx, call_param(c, "user_id"), &u));
    *out_id = u.uid;
    return OK;
}

static struct result find_group(struct call *c, str *out_id)
{
    struct document d;
    TRY(group_read(c->tx, call_param(c, "group_id"), &d));
    *out_id = d.id;
    return OK;
}

static const struct holders members = { RELATION_ORGANIZATION_MEMBER_ROLE, find_user, row_user_there };
static const struct holders groups = { RELATION_ORGANIZATION_GROUP_ROLE, find_group, row_group_there };

static struct result find_both(struct call *c, const struct holders *h, str *out_organization, str *out_holder)
{
    TRY(organization_of_path(c, out_organization));
    return h->find(c, out_holder);
}

/* --- what they do ---------------------------------------------------------------------- */

static struct result list_roles(struct call *c, const struct holders *h)
{
    const struct rows_view view = { h->relation, RELATION_BY_A, row_role_there, false };
    str id, holder;
    TRY(find_both(c, h, &id, &holder));
    return rows_reply(c, &view, relation_pair(c->arena, id, holder));
}

static struct result add_roles(struct call *c, const struct holders *h)
{
    str id, holder;
    TRY(find_both(c, h, &id, &holder));
    TRY(role_give_in(c->tx, h->relation, id, holder, json_get(c->body, STR("roles"))));
    return call_reply_empty(c, 204);
}

static struct result remove_roles(struct call *c, const struct holders *h)
{
    str id, holder;
    TRY(find_both(c, h, &id, &holder));
    TRY(role_take_in(c->tx, h->relation, id, holder, json_get(c->body, STR("roles"))));
    return call_reply_empty(c, 204);
}

static struct result list_holders(struct call *c, const struct holders *h)
{
    const struct rows_view view = { h->relation, RELATION_BY_B, h->show, false };
    struct document role;
    str id;
    TRY(organization_of_path(c, &id));
    TRY(role_read(c->tx, call_param(c, "role_id"), &role));
    return rows_reply(c, &view, relation_pair(c->arena, role.id, id));
}

/* --- members -------------------------------------------------------------------------------- */

struct result v2_organizations_members_roles_list(struct call *c)
{
    return list_roles(c, &members);
}

struct result v2_organizations_members_roles_add(struct call *c)
{
    return add_roles(c, &members);
}

struct result v2_organizations_members_roles_remove(struct call *c)
{
    return remove_roles(c, &members);
}

struct result v2_organizations_roles_members_list(struct call *c)
{
    return list_holders(c, &members);
}

struct result v2_organizations_members_effective_roles(struct call *c)
{
    str id, user;
    TRY(find_both(c, &members, &id, &user));
    return effective_roles_reply(c, user, id);
}

struct result v2_organizations_members_role_groups(struct call *c)
{
    str id, user;
    TRY(find_both(c, &members, &id, &user));
    return role_groups_reply(c, user, id);
}

/* --- groups ----------------------------------------------------------------------------------- */

struct result v2_organizations_groups_list(struct call *c)
{
    const struct rows_view view = { RELATION_ORGANIZATION_GROUP, RELATION_BY_A, row_group_of, false };
    str id;
    TRY(organization_of_path(c, &id));
    return rows_reply(c, &view, id);
}

struct result v2_organizations_groups_roles_list(struct call *c)
{
    return list_roles(c, &groups);
}

struct result v2_organizations_groups_roles_add(struct call *c)
{
    return add_roles(c, &groups);
}

struct result v2_organizations_groups_roles_remove(struct call *c)
{
    return remove_roles(c, &groups);
}

struct result v2_organizations_roles_groups_list(struct call *c)
{
    return list_holders(c, &groups);
}
