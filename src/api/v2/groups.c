/* /api/v2/groups beyond what the document engine does. */
#include "api/v2/document.h"
#include "api/v2/rows.h"
#include "domain/group.h"
#include "domain/role.h"

enum { FILTERS_MAX = 3 };

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_GROUP];
}

static struct result find(struct call *c, struct document *out)
{
    return group_read(c->tx, call_param(c, "id"), out);
}

/* --- the list -------------------------------------------------------------------------- */

static bool has_part(struct arena *a, const struct json *group, str lower_part)
{
    return str_find(str_lower(a, json_get_text(group, STR("name"))), lower_part) >= 0 ||
           str_find(str_lower(a, json_get_text(group, STR("external_id"))), lower_part) >= 0;
}

/* A part of a text has no index: all groups are looked through. */
static struct result search(struct call *c, struct document_list *l, str part)
{
    size_t kept = 0;
    l->limit = l->offset = 0;
    l->after_seq = 0;
    TRY(document_list(c->tx, spec(), l));
    struct listed *found = ARENA_ARRAY(c->arena, struct listed, l->count + 1);
    for (size_t i = 0; i < l->count; i++)
        if (has_part(c->arena, l->items[i].body, str_lower(c->arena, part)))
            found[kept++] = (struct listed){ l->items[i].seq, call_pick_fields(c, l->items[i].body) };
    return listed_reply(c, found, kept);
}

struct result v2_groups_list(struct call *c)
{
    struct call_page p;
    struct document_filter filters[FILTERS_MAX];
    str part = call_query_text(c, "search");
    struct json *items = json_array(c->arena);
    TRY(call_get_page(c, &p));
    struct document_list l = { .filters = filters, .filter_count = v2_document_filters(c, spec(), filters), .after_seq = p.after_seq,
                               .offset = p.offset, .limit = p.limit };
    if (part.len)
        return search(c, &l, part);
    TRY(document_list(c->tx, spec(), &l));
    for (size_t i = 0; i < l.count; i++)
        json_push(c->arena, items, call_pick_fields(c, l.items[i].body));
    return call_reply_page(c, &p, items, l.total, l.count ? l.items[l.count - 1].seq : p.after_seq, l.more);
}

/* --- members ----------------------------------------------------------------------------- */

/* A group of a connection has users as members. */
static struct result row_member(struct call *c, const struct relation_row *row, struct json **out)
{
    struct document group;
    struct json *o = json_object(c->arena);
    TRY(group_read(c->tx, row->a, &group));
    struct json *connection = json_get(group.body, STR("connection_id"));
    json_set_text(c->arena, o, STR("id"), row->b);
    json_set_text(c->arena, o, STR("member_type"), STR("user"));
    json_set_text(c->arena, o, STR("type"), connection ? STR("connection") : STR("tenant"));
    if (connection)
        json_set(c->arena, o, STR("connection_id"), connection);
    json_set(c->arena, o, STR("created_at"), json_get(row->body, STR("created_at")));
    *out = call_pick_fields(c, o);
    return OK;
}

struct result v2_groups_members_list(struct call *c)
{
    const struct rows_view view = { RELATION_GROUP_MEMBER, RELATION_BY_A, row_member };
    struct document d;
    TRY(find(c, &d));
    return rows_reply(c, &view, d.id);
}

/* --- roles ---------------------------------------------------------------------------------- */

struct result v2_groups_roles_list(struct call *c)
{
    const struct rows_view view = { RELATION_GROUP_ROLE, RELATION_BY_A, row_role };
    struct document d;
    TRY(find(c, &d));
    return rows_reply(c, &view, d.id);
}

struct result v2_groups_roles_add(struct call *c)
{
    struct document d;
    TRY(find(c, &d));
    TRY(role_give(c->tx, RELATION_GROUP_ROLE, d.id, json_get(c->body, STR("roles"))));
    return call_reply_empty(c, 204);
}

struct result v2_groups_roles_remove(struct call *c)
{
    struct document d;
    TRY(find(c, &d));
    TRY(relation_remove_each_b(c->tx, RELATION_GROUP_ROLE, d.id, json_get(c->body, STR("roles"))));
    return call_reply_empty(c, 204);
}
