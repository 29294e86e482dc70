/* Organizations of a seed directory with what hangs on them: connections, clients
 * and client grants by name, discovery domains. */
#include "cli/seed_inside.h"
#include "domain/client/grant.h"
#include "domain/connection/connection.h"
#include "domain/organization/client.h"
#include "domain/organization/connection.h"
#include "domain/organization/discovery_domain.h"
#include "domain/organization/grant.h"
#include "domain/organization/organization.h"

typedef struct result (*part_fn)(struct seed_run *run, str organization, struct json *part);

/* --- connections: {name, settings} ------------------------------------------------------ */

static struct result add_connection(struct seed_run *run, str organization, struct json *part)
{
    str name = json_get_text(part, STR("name"));
    struct connection c;
    struct json *shown;
    bool found;
    TRY(connection_find_by_name(run->tx, name, &c, &found));
    if (!found)
        return fail1(ERR_INVALID_BODY, str_fmt(run->tx->arena, "connections names no connection: '%.*s'", STR_ARG(name)));
    json_remove(part, STR("name"));
    json_set_text(run->tx->arena, part, STR("connection_id"), c.id);
    TRY(seed_check(run, OP_POST_ORGANIZATION_CONNECTION, part));
    return organization_connection_add(run->tx, organization, part, &shown);
}

/* --- clients: {client_id, use_for_member_access} ------------------------------------------ */

static struct result name_to_id(struct seed_run *run, const char *member, struct json *part)
{
    str id, name = json_get_text(part, STR("client_id"));
    TRY(seed_client_id(run, member, name, &id));
    json_set_text(run->tx->arena, part, STR("client_id"), id);
    return OK;
}

static struct result add_client(struct seed_run *run, str organization, struct json *part)
{
    struct arena *a = run->tx->arena;
    struct json *body = json_object(a), *list = json_array(a), *shown;
    TRY(name_to_id(run, "clients", part));
    json_push(a, list, part);
    json_set(a, body, STR("clients"), list);
    TRY(seed_check(run, OP_POST_ORGANIZATIONS_ID_CLIENTS, body));
    return organization_client_add_all(run->tx, organization, list, &shown);
}

/* --- client grants: {client_id}, as the tool writes them, and audience ---------------------- */

/* The tool does not say which of a client's grants it means: the next that the
 * organization does not have. */
static struct result add_grant(struct seed_run *run, str organization, struct json *part)
{
    str name = json_get_text(part, STR("client_id")), audience = json_get_text(part, STR("audience"));
    TRY(name_to_id(run, "client_grants", part));
    str id = json_get_text(part, STR("client_id"));
    struct document_filter f = { .member = STR("client_id"), .values = &id, .value_count = 1 };
    struct document_list grants = { .filters = &f, .filter_count = 1 };
    TRY(document_list(run->tx, &resource_specs[RESOURCE_CLIENT_GRANT], &grants));
    for (size_t i = 0; i < grants.count; i++) {
        struct client_grant g;
        bool has;
        client_grant_from_document(&grants.items[i], &g);
        TRY(relation_has(run->tx, RELATION_ORGANIZATION_CLIENT_GRANT, organization, g.id, &has));
        if (!has && (!audience.p || str_eq(audience, g.audience)))
            return organization_grant_add(run->tx, organization, g.id, &g);
    }
    return fail1(ERR_INVALID_BODY, str_fmt(run->tx->arena, "client_grants: '%.*s' has no such grant", STR_ARG(name)));
}

/* --- discovery domains ------------------------------------------------------------------------ */

static struct result add_domain(struct seed_run *run, str organization, struct json *part)
{
    static const char *const shown[] = { "id", "verification_txt", "verification_host", NULL };
    struct document d;
    seed_drop(part, shown);
    TRY(seed_check(run, OP_POST_DISCOVERY_DOMAINS, part));
    return discovery_domain_create(run->tx, organization, part, &d);
}

/* --- the organization ---------------------------------------------------------------------------- */

static const struct {
    const char *member;
    part_fn add;
} parts[] = {
    { "connections", add_connection },
    { "clients", add_client },
    { "client_grants", add_grant },
    { "discovery_domains", add_domain },
};
enum { PART_COUNT = sizeof parts / sizeof *parts };

static struct result add_all(struct seed_run *run, str organization, size_t i, const struct json *list)
{
    struct json *part;
    if (list && !json_is(list, JSON_ARRAY))
        return fail1(ERR_INVALID_BODY, str_fmt(run->tx->arena, "%s takes a list", parts[i].member));
    JSON_EACH_ITEM(list, k, part) {
        if (!json_is(part, JSON_OBJECT))
            return fail1(ERR_INVALID_BODY, str_fmt(run->tx->arena, "%s takes a list of objects", parts[i].member));
        TRY(parts[i].add(run, organization, part));
    }
    return OK;
}

struct result seed_apply_organization(struct seed_run *run, struct json *body, const struct seed_item *item)
{
    struct json *lists[PART_COUNT], *connections;
    struct document d;
    str name = json_get_text(body, STR("name"));
    for (size_t i = 0; i < PART_COUNT; i++) {
        lists[i] = json_get(body, str_from(parts[i].member));
        json_remove(body, str_from(parts[i].member));
    }
    json_remove(body, STR("id"));
    TRY(seed_check(run, OP_POST_ORGANIZATIONS, body));
    TRY(seed_claim(run, "organization", name, item));
    TRY(organization_create(run->tx, body, &d, &connections));
    for (size_t i = 0; i < PART_COUNT; i++)
        TRY(add_all(run, d.id, i, lists[i]));
    return OK;
}
