#include "domain/organization/connection.h"

#include "domain/connection/connection.h"
#include "domain/relation.h"

/* What a row holds when nothing was said. */
static const str defaults =
    STR_INIT("{\"assign_membership_on_login\":false,\"is_signup_enabled\":false,\"show_as_button\":true,"
             "\"organization_access_level\":\"none\",\"is_enabled\":true}");

/* was with patch over it; null and what was never set are the defaults. */
static struct result settings_of(struct arena *a, const struct json *was, const struct json *patch, struct json **out)
{
    const struct json_member *m;
    struct json *standard;
    TRY(json_parse(a, defaults, &standard));
    *out = json_copy_shallow(a, standard);
    json_merge(a, *out, was);
    JSON_EACH_MEMBER(patch, i, m) {
        struct json *back = json_get(standard, m->key);
        if (m->value->type != JSON_NULL)
            json_set(a, *out, m->key, m->value);
        else if (back)
            json_set(a, *out, m->key, back);
        else
            json_remove(*out, m->key);
    }
    json_remove(*out, STR("connection_id"));
    return OK;
}

/* Recorded: only databases can have sign-up, and show whether they do. */
static struct result check(const struct connection *c, const struct json *settings)
{
    if (!json_get_true(settings, STR("is_signup_enabled")))
        return OK;
    bool may = c->is_database && json_get_true(settings, STR("assign_membership_on_login"));
    return may ? OK : fail(ERR_SIGNUP_NEEDS_MEMBERSHIP);
}

static struct json *show(struct arena *a, const struct connection *c, const struct json *settings)
{
    struct json *o = json_object(a), *about = json_object(a);
    json_set_text(a, about, STR("name"), c->name);
    json_set_text(a, about, STR("strategy"), c->strategy);
    json_set_text(a, o, STR("connection_id"), c->id);
    json_merge(a, o, settings);
    if (!c->is_database)
        json_remove(o, STR("is_signup_enabled"));
    json_set(a, o, STR("connection"), about);
    return o;
}

static struct result store(struct tx *tx, str organization, const struct connection *c, const struct json *settings,
                           struct json **out)
{
    TRY(check(c, settings));
    TRY(relation_add(tx, RELATION_ORGANIZATION_CONNECTION, organization, c->id, settings, NULL));
    *out = show(tx->arena, c, settings);
    return OK;
}

struct result organization_connection_add(struct tx *tx, str organization, const struct json *body, struct json **out)
{
    struct connection c;
    struct json *settings;
    bool exists;
    TRY(connection_by_id(tx, json_get_text(body, STR("connection_id")), &c));
    TRY(relation_has(tx, RELATION_ORGANIZATION_CONNECTION, organization, c.id, &exists));
    if (exists)
        return fail(ERR_ORGANIZATION_CONNECTION_EXISTS);
    TRY(settings_of(tx->arena, NULL, body, &settings));
    return store(tx, organization, &c, settings, out);
}

static struct result find(struct tx *tx, str organization, str connection_id, struct relation_row *row, struct connection *c)
{
    bool found;
    TRY(relation_find(tx, RELATION_ORGANIZATION_CONNECTION, organization, connection_id, row, &found));
    return found ? connection_by_id(tx, connection_id, c) : fail(ERR_INEXISTENT_ORGANIZATION_CONNECTION);
}

struct result organization_connection_read(struct tx *tx, str organization, str connection_id, struct json **out)
{
    struct relation_row row;
    struct connection c;
    TRY(find(tx, organization, connection_id, &row, &c));
    *out = show(tx->arena, &c, row.body);
    return OK;
}

struct result organization_connection_patch(struct tx *tx, str organization, str connection_id, const struct json *patch,
                                            struct json **out)
{
    struct relation_row row;
    struct connection c;
    struct json *settings;
    TRY(find(tx, organization, connection_id, &row, &c));
    TRY(settings_of(tx->arena, row.body, patch, &settings));
    return store(tx, organization, &c, settings, out);
}

struct result organization_connection_list(struct tx *tx, str organization, struct json **out)
{
    struct relation_row *rows;
    size_t count;
    struct connection c;
    *out = json_array(tx->arena);
    TRY(relation_list_by_a(tx, RELATION_ORGANIZATION_CONNECTION, organization, 0, 0, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(connection_by_id(tx, rows[i].b, &c));
        json_push(tx->arena, *out, show(tx->arena, &c, rows[i].body));
    }
    return OK;
}

struct json *organization_connection_older(struct arena *a, const struct json *shown)
{
    struct json *o = json_copy_shallow(a, shown);
    json_remove(o, STR("organization_connection_name"));
    json_remove(o, STR("organization_access_level"));
    json_remove(o, STR("is_enabled"));
    return o;
}

bool organization_connection_is_enabled(const struct json *shown)
{
    return json_get_true(shown, STR("is_enabled"));
}
