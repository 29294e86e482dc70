/* /api/v2/grants: what the document engine does not do. */
#include "api/call.h"
#include "domain/user/grant.h"

struct result v2_grants_delete_of_user(struct call *c)
{
    TRY(user_grant_drop_user(c->tx, call_query_text(c, "user_id")));
    return call_reply_empty(c, 204);
}
