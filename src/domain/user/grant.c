#include "domain/user/grant.h"

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_GRANT];
}

static bool is_of(const struct json *body, const struct user_grant *g)
{
    str organization = json_get_text(body, STR("organization_id"));
    return str_eq(json_get_text(body, STR("clientID")), g->client_id) && str_eq(json_get_text(body, STR("audience")), g->audience) &&
           organization.len == g->organization_id.len && str_eq(organization, g->organization_id);
}

/* A user consents to few clients; all of them are looked at. */
struct result user_grant_find(struct tx *tx, const struct user_grant *g, struct document *out, bool *out_found)
{
    struct document_list l = { 0 };
    *out_found = false;
    TRY(document_list_by(tx, spec(), "user_id", g->user_id, &l));
    for (size_t i = 0; i < l.count; i++)
        if (is_of(l.items[i].body, g)) {
            *out = l.items[i];
            *out_found = true;
        }
    return OK;
}

static struct json *joined(struct arena *a, const struct json *before, const struct json *scopes)
{
    struct json *all = before ? json_copy_shallow(a, before) : json_array(a), *one;
    JSON_EACH_ITEM(scopes, i, one)
        if (!json_array_has(all, json_text(one)))
            json_push(a, all, one);
    return all;
}

static struct json *new_body(struct arena *a, const struct user_grant *g, const struct json *scopes)
{
    struct json *body = json_object(a);
    json_set_text(a, body, STR("user_id"), g->user_id);
    json_set_text(a, body, STR("clientID"), g->client_id);
    json_set_text(a, body, STR("audience"), g->audience);
    json_set(a, body, STR("scope"), joined(a, NULL, scopes));
    if (g->organization_id.len)
        json_set_text(a, body, STR("organization_id"), g->organization_id);
    return body;
}

struct result user_grant_add(struct tx *tx, const struct user_grant *g, const struct json *scopes, struct document *out)
{
    struct document was;
    bool found;
    TRY(user_grant_find(tx, g, &was, &found));
    if (!found)
        return document_create(tx, spec(), STR_NONE, new_body(tx->arena, g, scopes), out);
    struct json *patch = json_object(tx->arena);
    json_set(tx->arena, patch, STR("scope"), joined(tx->arena, json_get(was.body, STR("scope")), scopes));
    return document_patch(tx, spec(), was.id, patch, out);
}

struct result user_grant_drop_user(struct tx *tx, str user_id)
{
    return document_delete_by(tx, spec(), "user_id", user_id);
}

struct result user_grant_drop_client(struct tx *tx, str client_id)
{
    return document_delete_by(tx, spec(), "clientID", client_id);
}
