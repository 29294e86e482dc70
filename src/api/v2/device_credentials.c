/* /api/v2/device-credentials. */
#include "api/call.h"
#include "domain/device_credential.h"

/* The token's `sub`: a user, or a machine as client credentials name it. */
static str subject_of(const struct call *c)
{
    return c->caller.user_id.len ? c->caller.user_id : str_cat(c->arena, c->caller.client_id, STR("@clients"));
}

static struct json *pick(const struct call *c, const struct json *items)
{
    struct json *picked = json_array(c->arena), *one;
    JSON_EACH_ITEM(items, i, one) {
        json_remove(one, STR("created_at")); /* v1 shows it */
        json_push(c->arena, picked, call_pick_fields(c, one));
    }
    return picked;
}

struct result v2_device_credentials_list(struct call *c)
{
    struct call_page p;
    TRY(call_get_page(c, &p));
    struct device_credential_list l = { .user_id = call_query_text(c, "user_id"),
                                        .client_id = call_query_text(c, "client_id"),
                                        .type = call_query_text(c, "type"),
                                        .offset = p.offset,
                                        .limit = p.limit };
    TRY(device_credential_list(c->tx, &l));
    return call_reply_page(c, &p, pick(c, l.items), l.total, 0, p.offset + json_count(l.items) < l.total);
}

/* The key is the caller's own. A user's is of the client that the user's token
 * is for; a machine names any. */
struct result v2_device_credentials_create(struct call *c)
{
    struct json *made, *id = json_object(c->arena), *key = json_copy_shallow(c->arena, c->body);
    str client_id = json_get_text(c->body, STR("client_id"));
    if (c->caller.user_id.len && client_id.p && !str_eq(client_id, c->caller.client_id))
        return fail(ERR_DEVICE_CREDENTIAL_CLIENT);
    if (!client_id.p)
        json_set_text(c->arena, key, STR("client_id"), c->caller.client_id);
    TRY(device_credential_create(c->tx, subject_of(c), key, false, &made));
    json_set_text(c->arena, id, STR("id"), json_get_text(made, STR("id")));
    return call_reply(c, 201, id);
}

/* Whoever lacks the full scope deletes the own ones only. */
static bool may_delete(const struct call *c, const struct json *credential)
{
    bool any = c->caller.kind == CALLER_V2_TOKEN && scopes_has(&c->caller.scopes, SCOPE_DELETE_DEVICE_CREDENTIALS);
    return any || str_eq(json_get_text(credential, STR("user_id")), subject_of(c));
}

struct result v2_device_credentials_delete(struct call *c)
{
    struct json *credential;
    str id = call_param(c, "id");
    bool found;
    TRY(device_credential_find(c->tx, id, &credential, &found));
    if (found && !may_delete(c, credential))
        return fail(ERR_WRONG_SUBJECT);
    TRY(device_credential_delete(c->tx, id));
    return call_reply_empty(c, 204);
}
