/* /api/v2/sessions, /api/v2/users/{user_id}/sessions, /api/v2/users/{id}/revoke-access. */
#include "domain/session.h"
#include "api/v2/user_path.h"

static struct result reply_accepted(struct call *c)
{
    return call_reply(c, 202, json_object(c->arena));
}

struct result v2_sessions_read(struct call *c)
{
    struct session s;
    TRY(session_read(c->tx, call_param(c, "id"), &s));
    return call_reply(c, 200, s.body);
}

struct result v2_sessions_patch(struct call *c)
{
    struct session s;
    TRY(session_set_metadata(c->tx, call_param(c, "id"), json_get(c->body, STR("session_metadata")), &s));
    return call_reply(c, 200, s.body);
}

struct result v2_sessions_delete(struct call *c)
{
    TRY(session_end(c->tx, call_param(c, "id")));
    return reply_accepted(c);
}

struct result v2_sessions_revoke(struct call *c)
{
    TRY(session_revoke(c->tx, call_param(c, "id")));
    return reply_accepted(c);
}

struct result v2_users_sessions_list(struct call *c)
{
    struct call_page p;
    struct user u;
    TRY(call_get_page(c, &p));
    TRY(v2_user_of_path_or(c, "user_id", ERR_SESSION_USER_NOT_FOUND, &u));
    struct session_list l = { .user = u.row, .after_seq = p.after_seq, .limit = p.limit, .want_total = p.totals };
    TRY(session_list(c->tx, &l));
    return call_reply_page(c, &p, l.items, l.total, l.last_seq, l.more);
}

struct result v2_users_sessions_delete(struct call *c)
{
    struct user u;
    TRY(v2_user_of_path_or(c, "user_id", ERR_SESSION_USER_NOT_FOUND, &u));
    TRY(session_end_user(c->tx, u.row));
    return reply_accepted(c);
}

struct result v2_users_revoke_access(struct call *c)
{
    struct user u;
    TRY(v2_user_of_path(c, &u));
    TRY(session_revoke_access(c->tx, &u, json_get_text(c->body, STR("session_id")),
                              json_get_true(c->body, STR("preserve_refresh_tokens"))));
    return reply_accepted(c);
}
