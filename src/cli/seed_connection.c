/* Connections of a seed directory, databases among them: by name. */
#include "cli/seed_inside.h"
#include "crypto/hash.h"
#include "domain/connection/connection.h"

/* enabled_clients: names (or client_ids) become client_ids. */
static struct result resolve_clients(struct seed_run *run, struct json *body)
{
    struct json *names = json_get(body, STR("enabled_clients")), *ids = json_array(run->tx->arena), *name;
    str id;
    if (!json_is(names, JSON_ARRAY))
        return OK;
    JSON_EACH_ITEM(names, i, name) {
        if (!json_is(name, JSON_STRING))
            return OK; /* the contract words it */
        TRY(seed_client_id(run, "enabled_clients", json_text(name), &id));
        json_push_text(run->tx->arena, ids, id);
    }
    json_set(run->tx->arena, body, STR("enabled_clients"), ids);
    return OK;
}

static struct result resolve_idp_initiated(struct seed_run *run, struct json *options)
{
    struct json *initiated = json_get(options, STR("idpinitiated"));
    str name = json_get_text(initiated, STR("client_id")), id;
    if (!name.len)
        return OK;
    TRY(seed_client_id(run, "options.idpinitiated.client_id", name, &id));
    json_set_text(run->tx->arena, initiated, STR("client_id"), id);
    return OK;
}

/* The deploy tool writes PEM certificates of SAML connections in base64 once more. */
static void unwrap_certificate(struct arena *a, struct json *options, const char *member)
{
    str text = json_get_text(options, str_from(member)), pem;
    if (text.len && base64_decode(a, text, &pem) && str_starts(pem, STR("-----BEGIN ")))
        json_set_text(a, options, str_from(member), pem);
}

static struct result prepare_body(struct seed_run *run, struct json *body)
{
    static const char *const shown[] = { "id", "provisioning_ticket_url", NULL };
    struct json *options = json_get(body, STR("options"));
    seed_drop(body, shown);
    TRY(resolve_clients(run, body));
    TRY(resolve_idp_initiated(run, options));
    if (!str_eq(json_get_text(body, STR("strategy")), STR("samlp")) || !json_is(options, JSON_OBJECT))
        return OK;
    unwrap_certificate(run->tx->arena, options, "cert");
    unwrap_certificate(run->tx->arena, options, "signingCert");
    return OK;
}

/* Options lie over those that are there, as the deploy tool sends them; the two
 * ways to describe identifiers, and passwords, exclude each other. */
static void lay_over(struct arena *a, const struct connection *there, struct json *body)
{
    struct json *options = json_get(body, STR("options"));
    if (!json_is(options, JSON_OBJECT))
        return;
    struct json *all = there->options ? json_copy(a, there->options) : json_object(a);
    if (json_get(options, STR("requires_username")) || json_get(options, STR("validation")))
        json_remove(all, STR("attributes"));
    if (json_get(options, STR("password_options")))
        json_remove(all, STR("passwordPolicy"));
    json_merge(a, all, options);
    json_set(a, body, STR("options"), all);
}

struct result seed_apply_connection(struct seed_run *run, struct json *body, const struct seed_item *item)
{
    static const char *const fixed[] = { "name", "strategy", NULL };
    str name = json_get_text(body, STR("name")), strategy = json_get_text(body, STR("strategy"));
    struct connection c;
    bool found = false;
    TRY(prepare_body(run, body));
    if (name.p) {
        TRY(seed_claim(run, "connection", name, item));
        TRY(connection_find_by_name(run->tx, name, &c, &found));
    }
    if (!found) {
        TRY(seed_check(run, OP_POST_CONNECTIONS, body));
        return connection_create(run->tx, body, &c);
    }
    if (strategy.p && !str_eq(strategy, c.strategy))
        return fail1(ERR_INVALID_BODY, str_fmt(run->tx->arena, "'%.*s' was there already with the strategy %.*s", STR_ARG(name),
                                               STR_ARG(c.strategy)));
    seed_drop(body, fixed);
    if (json_count(body) == 0)
        return OK;
    TRY(seed_check(run, OP_PATCH_CONNECTIONS_BY_ID, body));
    lay_over(run->tx->arena, &c, body);
    return connection_patch(run->tx, c.id, body, &c);
}
