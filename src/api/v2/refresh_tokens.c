/* /api/v2/refresh-tokens and /api/v2/users/{user_id}/refresh-tokens. */
#include "domain/client/client.h"
#include "domain/refresh_token.h"
#include "api/v2/user_path.h"

static struct json *no_body(struct call *c)
{
    return json_object(c->arena);
}

/* --- lists ----------------------------------------------------------------------- */

static struct result reply_list(struct call *c, int64_t user, str client_id)
{
    struct call_page p;
    struct json *items = json_array(c->arena);
    TRY(call_get_page(c, &p));
    struct refresh_token_list l = {
        .user = user, .client_id = client_id, .after_seq = p.after_seq, .limit = p.limit, .want_total = p.totals
    };
    TRY(refresh_token_list(c->tx, &l));
    for (size_t i = 0; i < l.count; i++)
        json_push(c->arena, items, call_pick_fields(c, l.items[i].body));
    return call_reply_page(c, &p, items, l.total, l.count ? l.items[l.count - 1].seq : 0, l.more);
}

struct result v2_refresh_tokens_list(struct call *c)
{
    struct user u;
    struct client client;
    str client_id = call_query_text(c, "client_id");
    bool found;
    TRY(user_find_by_id(c->tx, call_query_text(c, "user_id"), &u, &found));
    if (!found)
        return fail(ERR_SESSION_USER_NOT_FOUND);
    if (client_id.p)
        TRY(client_read(c->tx, client_id, &client));
    return reply_list(c, u.row, client_id);
}

struct result v2_users_refresh_tokens_list(struct call *c)
{
    struct user u;
    TRY(v2_user_of_path_or(c, "user_id", ERR_SESSION_USER_NOT_FOUND, &u));
    return reply_list(c, u.row, STR_NONE);
}

/* --- one ----------------------------------------------------------------------------- */

struct result v2_refresh_tokens_read(struct call *c)
{
    struct refresh_token t;
    TRY(refresh_token_read(c->tx, call_param(c, "id"), &t));
    return call_reply(c, 200, t.body);
}

struct result v2_refresh_tokens_patch(struct call *c)
{
    struct refresh_token t;
    TRY(refresh_token_set_metadata(c->tx, call_param(c, "id"), json_get(c->body, STR("refresh_token_metadata")), &t));
    return call_reply(c, 200, t.body);
}

struct result v2_refresh_tokens_delete(struct call *c)
{
    TRY(refresh_token_revoke(c->tx, call_param(c, "id")));
    return call_reply_empty(c, 204);
}

struct result v2_users_refresh_tokens_delete(struct call *c)
{
    struct user u;
    TRY(v2_user_of_path_or(c, "user_id", ERR_SESSION_USER_NOT_FOUND, &u));
    TRY(refresh_token_revoke_user(c->tx, u.row));
    return call_reply(c, 202, no_body(c));
}

/* --- many: by ids, or by user and client, and then perhaps those for one API only --------- */

struct which {
    str user_id, client_id, audience;
    int64_t user;
};

static struct result revoke_ids(struct call *c, const struct json *ids)
{
    const struct json *one;
    JSON_EACH_ITEM(ids, i, one)
        TRY(refresh_token_revoke(c->tx, json_text(one)));
    return OK;
}

static struct result check_client(struct call *c, str id)
{
    struct client client;
    bool found = true;
    if (id.p)
        TRY(client_find(c->tx, id, &client, &found));
    return found ? OK : fail1(ERR_REVOKE_UNKNOWN, STR("Client"));
}

static struct result check_audience(struct call *c, str audience)
{
    struct document d;
    const struct resource_spec *spec = &resource_specs[RESOURCE_RESOURCE_SERVER];
    struct result r = audience.p ? document_read(c->tx, spec, audience, &d) : OK;
    return r.kind == spec->missing ? fail1(ERR_REVOKE_UNKNOWN, STR("Resource server")) : r;
}

static struct result find_which(struct call *c, struct which *w)
{
    struct user u = { .row = 0 };
    bool found = true;
    if (w->user_id.p)
        TRY(user_find_by_id(c->tx, w->user_id, &u, &found));
    if (!found)
        return fail1(ERR_REVOKE_UNKNOWN, STR("User"));
    w->user = u.row;
    TRY(check_client(c, w->client_id));
    return check_audience(c, w->audience);
}

struct result v2_refresh_tokens_revoke(struct call *c)
{
    const struct json *ids = json_get(c->body, STR("ids"));
    struct which w = { .user_id = json_get_text(c->body, STR("user_id")),
                       .client_id = json_get_text(c->body, STR("client_id")),
                       .audience = json_get_text(c->body, STR("audience")) };
    bool by_owner = w.user_id.p || w.client_id.p;
    if (ids ? by_owner || w.audience.p : !by_owner)
        return fail(ERR_REVOKE_COMBINATION);
    TRY(find_which(c, &w));
    TRY(ids ? revoke_ids(c, ids) : refresh_token_revoke_matching(c->tx, w.user, w.client_id, w.audience));
    return call_reply(c, 202, no_body(c));
}
