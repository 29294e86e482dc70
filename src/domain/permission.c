#include "domain/permission.h"

/* The pair of one {resource_server_identifier, permission_name}, STR_NONE when
 * there is no such API; *out_exists tells whether it has that scope. */
static struct result find(struct tx *tx, const struct json *permission, str *out_pair, bool *out_exists)
{
    struct resource_server rs;
    bool found;
    str scope = json_get_text(permission, STR("permission_name"));
    *out_exists = false;
    *out_pair = STR_NONE;
    TRY(resource_server_find(tx, json_get_text(permission, STR("resource_server_identifier")), &rs, &found));
    if (!found)
        return OK;
    *out_pair = relation_pair(tx->arena, rs.id, scope);
    *out_exists = resource_server_has_scope(&rs, scope);
    return OK;
}

static struct result check_count(struct tx *tx, enum relation relation, str owner)
{
    size_t count, max = relation == RELATION_USER_PERMISSION ? PERMISSIONS_PER_USER_MAX : PERMISSIONS_PER_ROLE_MAX;
    TRY(relation_count_a(tx, relation, owner, &count));
    return count <= max ? OK : fail1(ERR_TOO_MANY_PERMISSIONS, relation == RELATION_USER_PERMISSION ? STR("user") : STR("role"));
}

/* Roles tell a missing API from a missing scope, users do not (recorded, reference). */
static struct result unknown(enum relation relation, const struct json *permission, str pair)
{
    str server = json_get_text(permission, STR("resource_server_identifier"));
    if (relation == RELATION_ROLE_PERMISSION && !pair.p)
        return fail1(ERR_INEXISTENT_RESOURCE_SERVER, server);
    return fail2(ERR_INEXISTENT_PERMISSION, server, json_get_text(permission, STR("permission_name")));
}

struct result permission_add_all(struct tx *tx, enum relation relation, str owner, const struct json *permissions)
{
    const struct json *one;
    str pair;
    bool exists;
    JSON_EACH_ITEM(permissions, i, one) {
        TRY(find(tx, one, &pair, &exists));
        if (!exists)
            return unknown(relation, one, pair);
        TRY(relation_add(tx, relation, owner, pair, NULL, NULL));
    }
    return check_count(tx, relation, owner);
}

struct result permission_remove_all(struct tx *tx, enum relation relation, str owner, const struct json *permissions)
{
    const struct json *one;
    str pair;
    bool exists;
    JSON_EACH_ITEM(permissions, i, one) {
        TRY(find(tx, one, &pair, &exists));
        if (exists)
            TRY(relation_remove(tx, relation, owner, pair, NULL));
    }
    return OK;
}

/* --- showing ------------------------------------------------------------------------ */

static const struct json *scope_of(const struct json *server, str value)
{
    const struct json *scopes = json_get(server, STR("scopes")), *one;
    JSON_EACH_ITEM(scopes, i, one)
        if (str_eq(json_get_text(one, STR("value")), value))
            return one;
    return NULL;
}

struct result permission_show(struct tx *tx, struct permission_shower *s, str pair, struct json **out)
{
    struct arena *a = tx->arena;
    str id = relation_pair_first(pair), scope = relation_pair_second(pair);
    if (!str_eq(s->server_id, id))
        TRY(document_read(tx, &resource_specs[RESOURCE_RESOURCE_SERVER], id, &s->server));
    s->server_id = id;
    str about = json_get_text(scope_of(s->server.body, scope), STR("description"));
    *out = json_object(a);
    json_set_text(a, *out, STR("permission_name"), scope);
    json_set_text(a, *out, STR("description"), about.p ? about : STR(""));
    json_set_text(a, *out, STR("resource_server_name"), json_get_text(s->server.body, STR("name")));
    json_set_text(a, *out, STR("resource_server_identifier"), json_get_text(s->server.body, STR("identifier")));
    return OK;
}

/* --- scopes go ------------------------------------------------------------------------ */

static bool has_value(const struct json *scopes, str value)
{
    const struct json *one;
    JSON_EACH_ITEM(scopes, i, one)
        if (str_eq(json_get_text(one, STR("value")), value))
            return true;
    return false;
}

struct result permission_drop_scopes(struct tx *tx, str resource_server_id, const struct json *old_scopes,
                                     const struct json *scopes)
{
    const struct json *old;
    JSON_EACH_ITEM(old_scopes, i, old) {
        str value = json_get_text(old, STR("value"));
        if (has_value(scopes, value))
            continue;
        str pair = relation_pair(tx->arena, resource_server_id, value);
        TRY(relation_drop_b(tx, RELATION_USER_PERMISSION, pair));
        TRY(relation_drop_b(tx, RELATION_ROLE_PERMISSION, pair));
    }
    return OK;
}
