/* /api/v2/anomaly: addresses that suspicious-IP throttling blocks. */
#include "api/call.h"
#include "domain/user/block.h"

struct result v2_anomaly_ip_read(struct call *c)
{
    bool blocked;
    TRY(blocked_address_has(c->tx, call_param(c, "id"), &blocked));
    return blocked ? call_reply_empty(c, 200) : fail(ERR_NOT_FOUND);
}

struct result v2_anomaly_ip_delete(struct call *c)
{
    TRY(blocked_address_remove(c->tx, call_param(c, "id")));
    return call_reply_empty(c, 204);
}
