/* /api/v2/client-grants beyond what the document engine does. */
#include "api/v2/rows.h"
#include "domain/client/grant.h"

struct result v2_client_grant_organizations(struct call *c)
{
    const struct rows_view view = { RELATION_ORGANIZATION_CLIENT_GRANT, RELATION_BY_B, row_organization, false };
    struct document d;
    TRY(document_read(c->tx, &resource_specs[RESOURCE_CLIENT_GRANT], call_param(c, "id"), &d));
    return rows_reply(c, &view, d.id);
}
