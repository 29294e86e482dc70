/* /api/v2/organizations/{id}/invitations. */
#include "api/call.h"
#include "api/v2/rows.h"
#include "domain/organization/invitation.h"
#include "domain/organization/organization.h"

static struct result find(struct call *c, struct document *out)
{
    return organization_read(c->tx, call_param(c, "id"), out);
}

/* sort: created_at:1 or created_at:-1, the default. */
static struct result read_order(const struct call *c, bool *out_newest_first)
{
    str sort = call_query_text(c, "sort");
    bool up = str_eq(sort, STR("created_at:1"));
    *out_newest_first = !up;
    if (!sort.len || up || str_eq(sort, STR("created_at:-1")))
        return OK;
    return fail1(ERR_INVALID_QUERY, str_fmt(c->arena, "Query validation error: 'Cannot sort by %.*s' on property sort.", STR_ARG(sort)));
}

/* Recorded: with include_totals come start and limit (the number of those that came), never a total. */
struct result v2_organizations_invitations_list(struct call *c)
{
    struct call_page p;
    struct document organization;
    struct json *all, *one, *items = json_array(c->arena);
    TRY(find(c, &organization));
    TRY(call_get_page(c, &p));
    TRY(rows_check_window(c, &p));
    struct document_list l = { .offset = p.offset, .limit = p.limit };
    TRY(read_order(c, &l.newest_first));
    TRY(invitation_list(c->tx, &organization, &l, &all));
    JSON_EACH_ITEM(all, i, one)
        json_push(c->arena, items, call_pick_fields(c, one));
    TRY(call_reply_page(c, &p, items, l.total, 0, l.more));
    if (json_is(c->reply, JSON_OBJECT))
        json_remove(c->reply, STR("total"));
    return limit_is_count(c);
}

struct result v2_organizations_invitations_create(struct call *c)
{
    struct document organization;
    struct json *o;
    TRY(find(c, &organization));
    TRY(invitation_create(c->tx, &organization, c->body, &o));
    return call_reply(c, 201, o);
}

struct result v2_organizations_invitations_read(struct call *c)
{
    struct document organization;
    struct json *o;
    TRY(find(c, &organization));
    TRY(invitation_read(c->tx, &organization, call_param(c, "invitation_id"), &o));
    return call_reply(c, 200, call_pick_fields(c, o));
}

struct result v2_organizations_invitations_delete(struct call *c)
{
    struct document organization;
    TRY(find(c, &organization));
    TRY(invitation_delete(c->tx, organization.id, call_param(c, "invitation_id")));
    return call_reply_empty(c, 204);
}
