/* /api/clients of API v1. An ordinary client sees itself only. */
#include "api/v1/client_shape.h"
#include "api/v1/echo.h"
#include "contract/validate.h"

static struct result reply_client(struct call *c, const struct client *client)
{
    struct json *o;
    TRY(v1_client_present(c, client, &o));
    return call_reply(c, 200, o);
}

static struct result find_client(struct call *c, str id, struct client *out)
{
    TRY(client_read(c->tx, id, out));
    bool is_own = c->caller.kind == CALLER_V1_GLOBAL || str_eq(out->client_id, c->caller.client_id);
    return is_own ? OK : fail(ERR_INEXISTENT_CLIENT);
}

static struct result visible_clients(struct call *c, struct client_list *l)
{
    *l = (struct client_list){ .is_global = -1, .is_first_party = -1 };
    if (c->caller.kind == CALLER_V1_GLOBAL)
        return client_list(c->tx, l);
    l->items = ARENA_NEW(c->arena, struct client);
    l->count = 1;
    return client_read(c->tx, c->caller.client_id, l->items);
}

/* A client's owners are users of the dashboard, of whom the store knows none but
 * the administrator, who owns the tenant and no client: `owners` is empty. */
static bool is_owned_by(const struct client *client, str user_id)
{
    return json_array_has(json_get(client->body, STR("owners")), user_id);
}

struct result v1_clients_list(struct call *c)
{
    struct client_list l;
    struct json *items = json_array(c->arena), *o;
    str owner = call_query_text(c, "userId");
    TRY(visible_clients(c, &l));
    for (size_t i = 0; i < l.count; i++) {
        if (owner.len && !is_owned_by(&l.items[i], owner))
            continue;
        TRY(v1_client_present(c, &l.items[i], &o));
        json_push(c->arena, items, o);
    }
    return call_reply(c, 200, items);
}

struct result v1_clients_read(struct call *c)
{
    struct client client;
    TRY(find_client(c, call_param(c, "client_id"), &client));
    return reply_client(c, &client);
}

/* --- writing: what v1 sends must hold by v2's rules, too ------------------------------- */

struct result v1_clients_create(struct call *c)
{
    struct json *body = v1_client_translate(c->arena, c->body, NULL);
    struct client client;
    TRY(validate(c->arena, operations[OP_POST_CLIENTS].body, body, IN_BODY));
    TRY(client_create(c->tx, body, &client));
    return reply_client(c, &client);
}

static struct result check_echo(struct call *c, const struct client *client)
{
    static const char *const fixed[] = { "clientID", "v2_id", "clientSecret", "global", "tenant", NULL };
    struct json *shown;
    TRY(v1_client_present(c, client, &shown));
    TRY(v1_echo_check(c->arena, c->body, shown, fixed));
    const struct json *key = json_get(c->body, STR("signingKey"));
    bool is_same = !key || key->type == JSON_NULL || json_equal(key, json_get(shown, STR("signingKey")));
    return is_same ? OK : fail1(ERR_OPERATION_NOT_SUPPORTED, STR("The signing key cannot be replaced through this API."));
}

struct result v1_clients_update(struct call *c)
{
    struct client client;
    TRY(client_read(c->tx, call_param(c, "client_id"), &client));
    TRY(check_echo(c, &client));
    struct json *patch = v1_client_translate(c->arena, c->body, &client);
    if (json_count(patch)) {
        TRY(validate(c->arena, operations[OP_PATCH_CLIENTS_BY_ID].body, patch, IN_BODY));
        TRY(client_patch(c->tx, client.client_id, patch, &client));
    }
    return reply_client(c, &client);
}

struct result v1_clients_delete(struct call *c)
{
    struct client client;
    TRY(client_read(c->tx, call_param(c, "client_id"), &client));
    TRY(client_delete(c->tx, client.client_id));
    return call_reply(c, 200, json_object(c->arena));
}
