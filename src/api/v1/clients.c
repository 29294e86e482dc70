/* /api/clients of API v1. An ordinary client sees itself only. */
#include "api/v1/client_shape.h"
#include "api/v1/echo.h"
#include "contract/validate.h"
#include "domain/signing_key.h"

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
    return v1_echo_check(c->arena, c->body, shown, fixed);
}

/* What a reader got may come back. Until clients sign with keys of their own,
 * which comes with login, there is the one key of all, the global client's. */
static struct result replace_key(struct call *c, const struct client *client)
{
    const struct json *sent = json_get(c->body, STR("signingKey"));
    struct json *shown;
    TRY(v1_client_present(c, client, &shown));
    if (!sent || sent->type == JSON_NULL || json_equal(sent, json_get(shown, STR("signingKey"))))
        return OK;
    if (!client->is_global)
        return fail1(ERR_OPERATION_NOT_SUPPORTED, STR("All clients share the signing key of the global client: change that one."));
    const struct signing_key_new n = { .private_key = json_get_text(sent, STR("key")),
                                       .cert = json_get_text(sent, STR("cert")),
                                       .pkcs7 = json_get_text(sent, STR("pkcs7")) };
    if (!n.private_key.len && !n.cert.len && !n.pkcs7.len)
        return fail1(ERR_INVALID_BODY, STR("Payload validation error: 'Expected key, cert or pkcs7' on property signingKey."));
    return signing_key_replace(c->tx, &n);
}

/* The keys of a new tenant are made in the background; they come first. */
struct result v1_clients_update_prepare(struct call *c)
{
    struct key_set *keys;
    if (!json_is(json_get(c->body, STR("signingKey")), JSON_OBJECT))
        return OK;
    TRY(key_set_get(c->tenant, &keys));
    key_set_release(keys);
    return OK;
}

struct result v1_clients_update(struct call *c)
{
    struct client client;
    TRY(client_read(c->tx, call_param(c, "client_id"), &client));
    TRY(check_echo(c, &client));
    TRY(replace_key(c, &client));
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
