/* /api/v2/roles beyond what the document engine does. */
#include "api/v2/document.h"
#include "api/v2/rows.h"
#include "domain/group.h"
#include "domain/permission.h"
#include "domain/role.h"
#include "domain/user/user.h"

enum { FILTERS_MAX = 2 };

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_ROLE];
}

static struct result find(struct call *c, str *out_id)
{
    struct document d;
    TRY(role_read(c->tx, call_param(c, "id"), &d));
    *out_id = d.id;
    return OK;
}

static struct result reply_nothing(struct call *c, int status)
{
    return call_reply(c, status, json_object(c->arena));
}

/* --- the list ------------------------------------------------------------------------ */

static bool has_part(struct arena *a, str text, str lower_part)
{
    return str_find(str_lower(a, text), lower_part) >= 0;
}

/* A role without a type is the tenant's. */
static bool is_of_tenant(const struct json *role)
{
    return !str_eq(json_get_text(role, STR("type")), STR("organization"));
}

static bool asks_for_tenant(const struct call *c)
{
    return str_eq(call_query_text(c, "type"), STR("tenant"));
}

/* `tenant` is the absence of a type, which no row stands for. */
static size_t read_filters(const struct call *c, struct document_filter *out)
{
    size_t count = v2_document_filters(c, spec(), out), kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!asks_for_tenant(c) || !str_eq(out[i].member, STR("type")))
            out[kept++] = out[i];
    return kept;
}

/* Neither a part of the name nor the absence of a type has an index: all roles
 * are looked through. part: in lower case; empty: any. */
static struct result list_by_look(struct call *c, struct document_list *l, str part)
{
    struct arena *a = c->arena;
    size_t kept = 0;
    l->limit = l->offset = 0;
    TRY(document_list(c->tx, spec(), l));
    struct listed *found = ARENA_ARRAY(a, struct listed, l->count + 1);
    for (size_t i = 0; i < l->count; i++)
        if (has_part(a, json_get_text(l->items[i].body, STR("name")), part) && (!asks_for_tenant(c) || is_of_tenant(l->items[i].body)))
            found[kept++] = (struct listed){ l->items[i].seq, l->items[i].body };
    return listed_reply(c, found, kept);
}

struct result v2_roles_list(struct call *c)
{
    struct call_page p;
    struct document_filter filters[FILTERS_MAX];
    str part = call_query_text(c, "name_filter");
    struct json *items = json_array(c->arena);
    TRY(call_get_page(c, &p));
    struct document_list l = { .filters = filters, .filter_count = read_filters(c, filters), .offset = p.offset,
                               .limit = p.limit };
    if (part.len || asks_for_tenant(c))
        return list_by_look(c, &l, str_lower(c->arena, part));
    TRY(document_list(c->tx, spec(), &l));
    for (size_t i = 0; i < l.count; i++)
        json_push(c->arena, items, l.items[i].body);
    return call_reply_page(c, &p, items, l.total, 0, l.more);
}

/* --- permissions ------------------------------------------------------------------------ */

/* What it read of an API serves the next rows too. */
static struct result row_permission(struct call *c, const struct relation_row *row, struct json **out)
{
    if (!c->prepared)
        c->prepared = ARENA_NEW(c->arena, struct permission_shower);
    return permission_show(c->tx, c->prepared, row->b, out);
}

struct result v2_roles_permissions_list(struct call *c)
{
    const struct rows_view view = { RELATION_ROLE_PERMISSION, RELATION_BY_A, row_permission, false };
    str id;
    TRY(find(c, &id));
    return rows_reply(c, &view, id);
}

struct result v2_roles_permissions_add(struct call *c)
{
    str id;
    TRY(find(c, &id));
    TRY(permission_add_all(c->tx, RELATION_ROLE_PERMISSION, id, json_get(c->body, STR("permissions"))));
    return reply_nothing(c, 201);
}

struct result v2_roles_permissions_remove(struct call *c)
{
    str id;
    TRY(find(c, &id));
    TRY(permission_remove_all(c->tx, RELATION_ROLE_PERMISSION, id, json_get(c->body, STR("permissions"))));
    return call_reply_empty(c, 204);
}

/* --- users -------------------------------------------------------------------------------- */

struct result v2_roles_users_list(struct call *c)
{
    const struct rows_view view = { RELATION_USER_ROLE, RELATION_BY_B, row_user_of, true };
    str id;
    TRY(find(c, &id));
    return rows_reply(c, &view, id);
}

struct result v2_roles_users_add(struct call *c)
{
    const struct json *users = json_get(c->body, STR("users"));
    str id;
    TRY(find(c, &id));
    TRY(role_check(c->tx, id, STR_NONE));
    TRY(user_check_all(c->tx, users));
    TRY(relation_add_each_a(c->tx, RELATION_USER_ROLE, users, id));
    return reply_nothing(c, 200);
}

/* --- groups -------------------------------------------------------------------------------- */

struct result v2_roles_groups_list(struct call *c)
{
    const struct rows_view view = { RELATION_GROUP_ROLE, RELATION_BY_B, row_group, false };
    str id;
    TRY(find(c, &id));
    return rows_reply(c, &view, id);
}

struct result v2_roles_groups_add(struct call *c)
{
    const struct json *groups = json_get(c->body, STR("groups"));
    str id;
    TRY(find(c, &id));
    TRY(role_check(c->tx, id, STR_NONE));
    TRY(group_check_all(c->tx, groups));
    TRY(relation_add_each_a(c->tx, RELATION_GROUP_ROLE, groups, id));
    return call_reply_empty(c, 204);
}

struct result v2_roles_groups_remove(struct call *c)
{
    str id;
    TRY(find(c, &id));
    TRY(relation_remove_each_a(c->tx, RELATION_GROUP_ROLE, json_get(c->body, STR("groups")), id));
    return call_reply_empty(c, 204);
}
