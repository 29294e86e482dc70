/* /api/v2/users/{id}: what other services hold for the user. */
#include "domain/tokenset.h"
#include "api/v2/user_path.h"

struct result v2_users_connected_accounts_list(struct call *c)
{
    struct call_page p;
    struct user u;
    struct json *items = json_array(c->arena);
    TRY(call_get_page(c, &p));
    TRY(v2_user_of_path(c, &u));
    struct document_list l = { .after_seq = p.after_seq, .limit = p.limit };
    TRY(connected_account_list(c->tx, &u, &l));
    for (size_t i = 0; i < l.count; i++)
        json_push(c->arena, items, connected_account_show(c->arena, &l.items[i]));
    return call_reply_page(c, &p, items, l.total, l.count ? l.items[l.count - 1].seq : 0, l.more);
}

struct result v2_users_tokensets_list(struct call *c)
{
    struct user u;
    struct json *all;
    TRY(v2_user_of_path(c, &u));
    TRY(tokenset_list(c->tx, &u, &all));
    return call_reply(c, 200, all);
}

struct result v2_users_tokensets_delete(struct call *c)
{
    struct user u;
    TRY(v2_user_of_path(c, &u));
    TRY(tokenset_delete(c->tx, &u, call_param(c, "tokenset_id")));
    return call_reply_empty(c, 204);
}
