#include "domain/organization/grant.h"

static struct result read(struct tx *tx, str id, struct client_grant *out)
{
    struct document d;
    TRY(document_read(tx, &resource_specs[RESOURCE_CLIENT_GRANT], id, &d));
    client_grant_from_document(&d, out);
    return OK;
}

struct result organization_grant_add(struct tx *tx, str organization, str grant_id, struct client_grant *out)
{
    size_t count;
    bool exists;
    TRY(read(tx, grant_id, out));
    TRY(relation_has(tx, RELATION_ORGANIZATION_CLIENT_GRANT, organization, grant_id, &exists));
    if (exists)
        return fail(ERR_ORGANIZATION_GRANT_EXISTS);
    TRY(relation_count_a(tx, RELATION_ORGANIZATION_CLIENT_GRANT, organization, &count));
    if (count >= ORGANIZATION_GRANTS_MAX)
        return fail(ERR_TOO_MANY_ORGANIZATION_GRANTS);
    return relation_add(tx, RELATION_ORGANIZATION_CLIENT_GRANT, organization, grant_id, NULL, NULL);
}

static bool fits(const struct client_grant *g, const struct organization_grant_filter *f)
{
    return (!f->audience.p || str_eq(g->audience, f->audience)) && (!f->client_id.p || str_eq(g->client_id, f->client_id)) &&
           (!f->grant_ids || json_array_has(f->grant_ids, g->id));
}

struct result organization_grant_list(struct tx *tx, str organization, const struct organization_grant_filter *f,
                                      struct client_grant **out, size_t *out_count)
{
    struct relation_row *rows;
    size_t count, kept = 0;
    TRY(relation_list_by_a(tx, RELATION_ORGANIZATION_CLIENT_GRANT, organization, 0, 0, &rows, &count));
    struct client_grant *grants = ARENA_ARRAY(tx->arena, struct client_grant, count + 1);
    for (size_t i = 0; i < count; i++) {
        TRY(read(tx, rows[i].b, &grants[kept]));
        kept += fits(&grants[kept], f);
    }
    *out = grants;
    *out_count = kept;
    return OK;
}
