/* /api/v2/client-grants beyond what the document engine does. */
#include "api/call.h"
#include "domain/client_grant.h"

/* Organizations cannot be made yet, so none of them holds the grant; the grant
 * itself must exist. */
struct result v2_client_grant_organizations(struct call *c)
{
    struct call_page p;
    struct document d;
    TRY(document_read(c->tx, &resource_specs[RESOURCE_CLIENT_GRANT], call_param(c, "id"), &d));
    TRY(call_get_page(c, &p));
    return call_reply_page(c, &p, json_array(c->arena), 0, p.after_seq, false);
}
