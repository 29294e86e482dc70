/* /api/v2/organizations: the organizations themselves. */
#include "api/call.h"
#include "api/v2/rows.h"
#include "api/v2/search_query.h"
#include "domain/organization/organization.h"

#include <stdlib.h>

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_ORGANIZATION];
}

/* --- lists -------------------------------------------------------------------------------- */

/* include_client_association_for: how that client is used there. */
static struct result show(struct call *c, const struct document *d, struct json **out)
{
    struct relation_row row;
    bool found;
    str client = call_query_text(c, "include_client_association_for");
    *out = organization_shown(c, d->body);
    if (!client.len)
        return OK;
    TRY(relation_find(c->tx, RELATION_ORGANIZATION_CLIENT, d->id, client, &row, &found));
    if (found)
        json_set(c->arena, *out, STR("client"), row.body);
    return OK;
}

struct order {
    str member; /* "created_at" is the order of the store */
    bool down;
};

static int compare(const void *x, const void *y, void *arg)
{
    const struct order *o = arg;
    const struct document *a = x, *b = y;
    int order = 0;
    if (!str_eq(o->member, STR("created_at")))
        order = str_cmp(json_get_text(a->body, o->member), json_get_text(b->body, o->member));
    if (!order)
        order = (a->seq > b->seq) - (a->seq < b->seq);
    return o->down ? -order : order;
}

static bool is_sortable(str member)
{
    return str_eq(member, STR("name")) || str_eq(member, STR("display_name")) || str_eq(member, STR("created_at"));
}

/* field:1 or field:-1 */
static struct result read_order(const struct call *c, struct order *out)
{
    str direction;
    out->member = str_cut(call_query_text(c, "sort"), ':', &direction);
    out->down = str_eq(direction, STR("-1"));
    bool is_known = is_sortable(out->member) && (out->down || str_eq(direction, STR("1")));
    return is_known ? OK : fail1(ERR_INVALID_QUERY, str_fmt(c->arena, "Query validation error: 'Cannot sort by %.*s' on property sort.",
                                                            STR_ARG(call_query_text(c, "sort"))));
}

/* An order of its own, or a search, has no index: all organizations are read.
 * Their places in the whole list are the checkpoints. */
static struct result reply_ordered(struct call *c, struct document_list *l, struct order order)
{
    struct json *all = json_array(c->arena), *one;
    if (l->count)
        qsort_r(l->items, l->count, sizeof *l->items, compare, &order);
    for (size_t i = 0; i < l->count; i++) {
        TRY(show(c, &l->items[i], &one));
        json_push(c->arena, all, one);
    }
    return array_reply(c, all);
}

static struct result list_sorted(struct call *c)
{
    struct document_list all = { 0 };
    struct order order;
    TRY(read_order(c, &order));
    TRY(document_list(c->tx, spec(), &all));
    return reply_ordered(c, &all, order);
}

struct result v2_organizations_list(struct call *c)
{
    struct call_page p;
    struct json *items = json_array(c->arena), *one;
    TRY(call_get_page(c, &p));
    TRY(rows_check_window(c, &p));
    if (call_query_text(c, "sort").len)
        return list_sorted(c);
    struct document_list l = { .after_seq = p.after_seq, .offset = p.offset, .limit = p.limit, .is_bounded = true };
    TRY(document_list(c->tx, spec(), &l));
    for (size_t i = 0; i < l.count; i++) {
        TRY(show(c, &l.items[i], &one));
        json_push(c->arena, items, one);
    }
    return call_reply_page(c, &p, items, l.total, l.count ? l.items[l.count - 1].seq : p.after_seq, l.more);
}

struct result v2_organizations_search(struct call *c)
{
    static const str bare[] = { STR_INIT("name"), STR_INIT("display_name") };
    struct document_list all = { 0 };
    struct search_node *query;
    str sort = call_query_text(c, "sort");
    size_t kept = 0;
    TRY(search_query_parse(c->arena, call_query_text(c, "q"), call_query_text(c, "parser"), &query));
    TRY(document_list(c->tx, spec(), &all));
    for (size_t i = 0; i < all.count; i++)
        if (search_query_matches(query, organization_shown(c, all.items[i].body), bare, sizeof bare / sizeof *bare))
            all.items[kept++] = all.items[i];
    all.count = kept;
    return reply_ordered(c, &all, (struct order){ .member = sort.len ? sort : STR("created_at") });
}

/* --- one ---------------------------------------------------------------------------------------- */

struct result v2_organizations_read(struct call *c)
{
    struct document d;
    TRY(organization_read(c->tx, call_param(c, "id"), &d));
    return call_reply(c, 200, organization_shown(c, d.body));
}

struct result v2_organizations_read_by_name(struct call *c)
{
    struct document d;
    TRY(organization_by_name(c->tx, call_param(c, "name"), &d));
    return call_reply(c, 200, d.body);
}

struct result v2_organizations_create(struct call *c)
{
    struct document d;
    struct json *connections;
    if (json_get(c->body, STR("enabled_connections")) && !call_may(c, "create:organization_connections"))
        return fail1(ERR_INSUFFICIENT_SCOPE, STR("create:organization_connections"));
    TRY(organization_create(c->tx, c->body, &d, &connections));
    struct json *o = json_copy_shallow(c->arena, d.body);
    if (connections)
        json_set(c->arena, o, STR("enabled_connections"), connections);
    return call_reply(c, 201, o);
}

/* --- templates: only the service itself makes them, so that there is none here to be set ------------ */

static struct result without_template(struct call *c)
{
    struct document d;
    TRY(organization_read(c->tx, call_param(c, "id"), &d));
    return fail(ERR_INEXISTENT_ORGANIZATION_TEMPLATE);
}

struct result v2_organizations_templates_read(struct call *c)
{
    return without_template(c);
}

struct result v2_organizations_templates_set(struct call *c)
{
    return without_template(c);
}

struct result v2_organizations_templates_remove(struct call *c)
{
    return without_template(c);
}
