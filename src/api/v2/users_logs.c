/* /api/v2/users/{id}/logs. */
#include "api/v2/logs.h"
#include "domain/user/user.h"

/* A user who has gone still has a log. */
struct result v2_users_logs_list(struct call *c)
{
    struct call_page p;
    struct user u;
    bool found;
    TRY(call_get_page(c, &p));
    TRY(user_find_by_id(c->tx, call_param(c, "id"), &u, &found));
    struct log_query q = { .user_id = found ? u.uid : call_param(c, "id"), .offset = p.offset, .limit = p.limit };
    v2_logs_read_sort(c, &q);
    TRY(log_query(c->tx, &q));
    return call_reply_page(c, &p, v2_logs_show(c, q.items), q.total, 0, q.more);
}
