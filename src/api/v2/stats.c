/* /api/v2/stats. */
#include "api/call.h"
#include "domain/stats.h"

struct result v2_stats_active_users(struct call *c)
{
    size_t count;
    TRY(stats_active_users(c->tx, &count));
    return call_reply(c, 200, json_int(c->arena, (int64_t)count));
}

struct result v2_stats_daily(struct call *c)
{
    struct json *days;
    TRY(stats_daily(c->tx, call_query_text(c, "from"), call_query_text(c, "to"), &days));
    return call_reply(c, 200, days);
}
