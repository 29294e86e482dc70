/* /api/v2/organizations/{id}/discovery-domains. */
#include "api/v2/rows.h"
#include "domain/organization/discovery_domain.h"
#include "domain/organization/organization.h"

static struct json *show(struct call *c, const struct document *d)
{
    struct json *o = json_copy_shallow(c->arena, d->body);
    json_remove(o, STR("organization_id"));
    json_remove(o, STR("place"));
    return o;
}

struct result v2_organizations_domains_list(struct call *c)
{
    struct call_page p;
    struct json *items = json_array(c->arena);
    str id;
    TRY(organization_of_path(c, &id));
    TRY(call_get_page(c, &p));
    struct document_list l = { .after_seq = p.after_seq, .limit = p.limit };
    TRY(discovery_domain_list(c->tx, id, &l));
    for (size_t i = 0; i < l.count; i++)
        json_push(c->arena, items, show(c, &l.items[i]));
    return call_reply_page(c, &p, items, l.total, l.count ? l.items[l.count - 1].seq : p.after_seq, l.more);
}

struct result v2_organizations_domains_create(struct call *c)
{
    struct document d;
    str id;
    TRY(organization_of_path(c, &id));
    TRY(discovery_domain_create(c->tx, id, c->body, &d));
    return call_reply(c, 201, show(c, &d));
}

struct result v2_organizations_domains_read(struct call *c)
{
    struct document d;
    str id;
    TRY(organization_of_path(c, &id));
    TRY(discovery_domain_read(c->tx, id, call_param(c, "discovery_domain_id"), &d));
    return call_reply(c, 200, show(c, &d));
}

struct result v2_organizations_domains_read_by_name(struct call *c)
{
    struct document d;
    str id;
    TRY(organization_of_path(c, &id));
    TRY(discovery_domain_by_name(c->tx, id, call_param(c, "discovery_domain"), &d));
    return call_reply(c, 200, show(c, &d));
}

struct result v2_organizations_domains_patch(struct call *c)
{
    struct document d;
    str id;
    TRY(organization_of_path(c, &id));
    TRY(discovery_domain_patch(c->tx, id, call_param(c, "discovery_domain_id"), c->body, &d));
    return call_reply(c, 200, show(c, &d));
}

struct result v2_organizations_domains_delete(struct call *c)
{
    str id;
    TRY(organization_of_path(c, &id));
    TRY(discovery_domain_delete(c->tx, id, call_param(c, "discovery_domain_id")));
    return call_reply_empty(c, 204);
}
