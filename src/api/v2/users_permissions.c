/* /api/v2/users/{id}: permissions and where they come from. */
#include "api/call.h"
#include "api/v2/rows.h"
#include "domain/rbac.h"
#include "domain/user/user.h"

static struct result find(struct call *c, str *out_id)
{
    struct user u;
    TRY(user_by_id(c->tx, call_param(c, "id"), &u));
    *out_id = u.uid;
    return OK;
}

/* --- as given ----------------------------------------------------------------------------- */

static void push_source(struct arena *a, struct json *sources, const char *type, str id, str name)
{
    struct json *o = json_object(a);
    json_set_text(a, o, STR("source_id"), id);
    json_set_text(a, o, STR("source_name"), name);
    json_set_text(a, o, STR("source_type"), str_from(type));
    json_push(a, sources, o);
}

/* Recorded: a permission of the user's own has a source without id and name. */
static struct json *sources_of(struct arena *a, const struct rbac_permission *p)
{
    struct json *sources = json_array(a);
    if (p->direct)
        push_source(a, sources, "DIRECT", STR(""), STR(""));
    for (size_t i = 0; i < p->role_count; i++)
        push_source(a, sources, "ROLE", p->roles[i]->role.id, json_get_text(p->roles[i]->role.body, STR("name")));
    return sources;
}

struct result v2_users_permissions_list(struct call *c)
{
    struct permission_shower shower = { 0 };
    struct rbac_role *roles;
    struct rbac_permission *all;
    size_t role_count, count;
    str id;
    TRY(find(c, &id));
    TRY(rbac_direct_roles_of_user(c->tx, id, &roles, &role_count));
    TRY(rbac_permissions_list(c->tx, id, roles, role_count, STR_NONE, &all, &count));
    struct listed *each = ARENA_ARRAY(c->arena, struct listed, count + 1);
    for (size_t i = 0; i < count; i++) {
        TRY(permission_show(c->tx, &shower, all[i].pair, &each[i].item));
        json_set(c->arena, each[i].item, STR("sources"), sources_of(c->arena, &all[i]));
        each[i].seq = all[i].seq;
    }
    return listed_reply(c, each, count);
}

struct result v2_users_permissions_add(struct call *c)
{
    str id;
    TRY(find(c, &id));
    TRY(permission_add_all(c->tx, RELATION_USER_PERMISSION, id, json_get(c->body, STR("permissions"))));
    return call_reply(c, 201, json_object(c->arena));
}

struct result v2_users_permissions_remove(struct call *c)
{
    str id;
    TRY(find(c, &id));
    TRY(permission_remove_all(c->tx, RELATION_USER_PERMISSION, id, json_get(c->body, STR("permissions"))));
    return call_reply_empty(c, 204);
}

/* --- as they count: with the roles of groups ---------------------------------------------------- */

struct effective {
    struct rbac_role *roles;
    struct rbac_permission *all;
    size_t role_count, count;
};

/* Of the API that the query names; none for one that there is not. */
static struct result read_effective(struct call *c, struct effective *out)
{
    struct resource_server rs;
    bool found;
    str id;
    *out = (struct effective){ 0 };
    TRY(find(c, &id));
    TRY(resource_server_find(c->tx, call_query_text(c, "resource_server_identifier"), &rs, &found));
    if (!found)
        return OK;
    TRY(rbac_roles_of_user(c->tx, id, STR_NONE, &out->roles, &out->role_count));
    return rbac_permissions_list(c->tx, id, out->roles, out->role_count, rs.id, &out->all, &out->count);
}

struct result v2_users_effective_permissions(struct call *c)
{
    struct permission_shower shower = { 0 };
    struct effective e;
    TRY(read_effective(c, &e));
    struct listed *each = ARENA_ARRAY(c->arena, struct listed, e.count + 1);
    for (size_t i = 0; i < e.count; i++) {
        TRY(permission_show(c->tx, &shower, e.all[i].pair, &each[i].item));
        json_set(c->arena, each[i].item, STR("sources"), kinds_shown(c->arena, e.all[i].direct, "roles", e.all[i].role_count > 0));
        each[i].seq = e.all[i].seq;
    }
    return listed_reply(c, each, e.count);
}

static const struct rbac_permission *permission_named(const struct effective *e, str name)
{
    for (size_t i = 0; i < e->count; i++)
        if (str_eq(relation_pair_second(e->all[i].pair), name))
            return &e->all[i];
    return NULL;
}

struct result v2_users_permission_roles(struct call *c)
{
    struct effective e;
    TRY(read_effective(c, &e));
    const struct rbac_permission *p = permission_named(&e, call_query_text(c, "permission_name"));
    size_t count = p ? p->role_count : 0;
    struct listed *each = ARENA_ARRAY(c->arena, struct listed, count + 1);
    for (size_t i = 0; i < count; i++)
        each[i] = (struct listed){ p->roles[i]->role.seq, effective_role_shown(c->arena, p->roles[i]) };
    listed_sort(each, count);
    return listed_reply(c, each, count);
}
