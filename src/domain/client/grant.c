#include "domain/client/grant.h"

#include "domain/client/client.h"
#include "domain/relation.h"
#include "domain/resource_server.h"

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_CLIENT_GRANT];
}

void client_grant_from_document(const struct document *d, struct client_grant *out)
{
    *out = (struct client_grant){
        .seq = d->seq,
        .id = d->id,
        .client_id = json_get_text(d->body, STR("client_id")),
        .audience = json_get_text(d->body, STR("audience")),
        .subject_type = json_get_text(d->body, STR("subject_type")),
        .allow_all_scopes = json_get_true(d->body, STR("allow_all_scopes")),
        .scope = json_get(d->body, STR("scope")),
        .body = d->body,
    };
}

bool client_grant_allows(const struct client_grant *g, str scope)
{
    return g->allow_all_scopes || json_array_has(g->scope, scope);
}

struct result client_grant_find(struct tx *tx, str client_id, str audience, str subject_type, struct client_grant *out,
                                bool *out_found)
{
    struct document_list all = { 0 };
    TRY(document_list_by(tx, spec(), "client_id", client_id, &all));
    *out_found = false;
    for (size_t i = 0; i < all.count && !*out_found; i++) {
        struct client_grant g;
        client_grant_from_document(&all.items[i], &g);
        *out_found = str_eq(g.audience, audience) && str_eq(g.subject_type, subject_type);
        if (*out_found)
            *out = g;
    }
    return OK;
}

static struct result drop(struct tx *tx, const char *member, str value)
{
    tx_bump_generation(tx);
    return document_delete_by(tx, spec(), member, value);
}

struct result client_grant_drop_client(struct tx *tx, str client_id)
{
    return drop(tx, "client_id", client_id);
}

struct result client_grant_drop_audience(struct tx *tx, str audience)
{
    return drop(tx, "audience", audience);
}

/* --- hooks ------------------------------------------------------------------------- */

/* Grants that the server makes itself are for clients that nobody else may grant to. */
static struct result check_client(struct tx *tx, const struct json *now)
{
    struct client c;
    str id = json_get_text(now, STR("client_id"));
    if (!id.p)
        return json_get(now, STR("default_for")) ? OK : fail1(ERR_INVALID_BODY, STR("client_id or default_for is needed"));
    TRY(client_read(tx, id, &c));
    bool express = str_eq(c.app_type, STR("express_configuration"));
    return express && !json_get_true(now, STR("is_system")) ? fail1(ERR_CLIENT_GRANT_CLIENT_TYPE, c.app_type) : OK;
}

static struct result check_free(struct tx *tx, const struct json *now)
{
    struct client_grant g;
    bool taken;
    TRY(client_grant_find(tx, json_get_text(now, STR("client_id")), json_get_text(now, STR("audience")),
                          json_get_text(now, STR("subject_type")), &g, &taken));
    return taken ? fail(ERR_CLIENT_GRANT_EXISTS) : OK;
}

static struct result check(struct tx *tx, const struct json *old, struct json *now)
{
    struct resource_server rs;
    bool found;
    str audience = json_get_text(now, STR("audience"));
    tx_bump_generation(tx);
    if (!json_get(now, STR("scope")) && !json_get_true(now, STR("allow_all_scopes")))
        json_set(tx->arena, now, STR("scope"), json_array(tx->arena));
    if (old)
        return OK;
    TRY(check_client(tx, now));
    TRY(resource_server_find(tx, audience, &rs, &found));
    return found ? check_free(tx, now) : fail1(ERR_INEXISTENT_RESOURCE_SERVER, audience);
}

static struct result deleting(struct tx *tx, const struct document *d)
{
    tx_bump_generation(tx);
    return relation_drop(tx, THING_CLIENT_GRANT, d->id);
}

const struct resource_hooks client_grant_hooks = { .check = check, .deleting = deleting };
