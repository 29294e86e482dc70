#include "domain/organization/client.h"

#include "domain/client/client.h"

struct result organization_client_show(struct tx *tx, const struct relation_row *row, struct json **out)
{
    static const str shown[] = { STR_INIT("name"), STR_INIT("app_type"), STR_INIT("logo_uri"), STR_INIT("is_first_party"),
                                 STR_INIT("grant_types"), STR_INIT("organization_usage") };
    struct arena *a = tx->arena;
    struct client c;
    struct json *about = json_object(a);
    TRY(client_read(tx, row->b, &c));
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (json_get(c.body, shown[i]))
            json_set(a, about, shown[i], json_get(c.body, shown[i]));
    *out = json_object(a);
    json_set_text(a, *out, STR("client_id"), row->b);
    json_set_bool(a, *out, STR("use_for_member_access"), json_get_true(row->body, STR("use_for_member_access")));
    json_set(a, *out, STR("client"), about);
    return OK;
}

static struct result store(struct tx *tx, str organization, str client_id, bool use, struct json **out)
{
    struct relation_row row = { .b = client_id, .body = json_object(tx->arena) };
    json_set_bool(tx->arena, row.body, STR("use_for_member_access"), use);
    TRY(relation_add(tx, RELATION_ORGANIZATION_CLIENT, organization, client_id, row.body, NULL));
    return organization_client_show(tx, &row, out);
}

struct result organization_client_add_all(struct tx *tx, str organization, const struct json *clients, struct json **out)
{
    struct json *one, *added;
    struct client c;
    *out = json_array(tx->arena);
    JSON_EACH_ITEM(clients, i, one) {
        TRY(client_read(tx, json_get_text(one, STR("client_id")), &c));
        TRY(store(tx, organization, c.client_id, json_get_true(one, STR("use_for_member_access")), &added));
        json_push(tx->arena, *out, added);
    }
    return OK;
}

static struct result find(struct tx *tx, str organization, str client_id, struct relation_row *out)
{
    bool found;
    TRY(relation_find(tx, RELATION_ORGANIZATION_CLIENT, organization, client_id, out, &found));
    return found ? OK : fail(ERR_INEXISTENT_ORGANIZATION_CLIENT);
}

struct result organization_client_read(struct tx *tx, str organization, str client_id, struct json **out)
{
    struct relation_row row;
    TRY(find(tx, organization, client_id, &row));
    return organization_client_show(tx, &row, out);
}

struct result organization_client_patch(struct tx *tx, str organization, str client_id, const struct json *patch,
                                        struct json **out)
{
    struct relation_row row;
    const struct json *use = json_get(patch, STR("use_for_member_access"));
    TRY(find(tx, organization, client_id, &row));
    if (!use)
        return organization_client_show(tx, &row, out);
    return store(tx, organization, client_id, json_true(use), out);
}
