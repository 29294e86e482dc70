#include "base/clock.h"
#include "contract/contract.h"
#include "domain/relation.h"
#include "domain/resource_server.h"
#include "domain/transfer/user_export_inside.h"

/* --- names --------------------------------------------------------------------------------- */

/* The member that names a resource, remembered for the length of the transaction. */
static struct result name_of(struct exported_batch *b, enum resource_id resource, str member, str id, str *out)
{
    struct document d;
    struct user_export *ex = b->ex;
    const str *known = map_get(ex->names, id);
    if (!known) {
        TRY(document_read(b->tx, &resource_specs[resource], id, &d));
        str *name = ARENA_NEW(ex->names_arena, str);
        *name = str_dup(ex->names_arena, json_get_text(d.body, member));
        map_set(ex->names, id, name);
        known = name;
    }
    *out = *known;
    return OK;
}

/* --- what a row adds to its user -------------------------------------------------------------- */

static struct json *array_of(struct exported_batch *b, struct exported_user *u, const char *name)
{
    return exported_array(b->tx->arena, exported_user_members(b, u), str_from(name));
}

static struct result add_role(struct exported_batch *b, struct exported_user *u, str other)
{
    str name;
    TRY(name_of(b, RESOURCE_ROLE, STR("name"), other, &name));
    json_push_text(b->tx->arena, array_of(b, u, "roles"), name);
    return OK;
}

/* Each tenant has a Management API of its own, under a name of its own. */
static struct result add_permission(struct exported_batch *b, struct exported_user *u, str other)
{
    struct arena *a = b->tx->arena;
    struct json *one = json_object(a);
    str api;
    TRY(name_of(b, RESOURCE_RESOURCE_SERVER, STR("identifier"), relation_pair_first(other), &api));
    bool is_management = str_eq(api, resource_server_management_identifier(b->tx));
    json_set_text(a, one, STR("resource_server_identifier"), is_management ? STR("management") : api);
    json_set_text(a, one, STR("permission_name"), relation_pair_second(other));
    json_push(a, array_of(b, u, "permissions"), one);
    return OK;
}

static struct json *organization_in(struct json *all, str name)
{
    struct json *one;
    JSON_EACH_ITEM(all, i, one)
        if (str_eq(json_get_text(one, STR("name")), name))
            return one;
    return NULL;
}

static struct result add_organization(struct exported_batch *b, struct exported_user *u, str other)
{
    struct arena *a = b->tx->arena;
    struct json *one = json_object(a);
    str name;
    TRY(name_of(b, RESOURCE_ORGANIZATION, STR("name"), other, &name));
    json_set_text(a, one, STR("name"), name);
    json_push(a, array_of(b, u, "organizations"), one);
    return OK;
}

/* Roles may be given before the user becomes a member (role_give_in). */
static struct result add_organization_roles(struct exported_batch *b, struct exported_user *u, str other)
{
    struct arena *a = b->tx->arena;
    struct relation_row *rows;
    size_t count;
    str name, role;
    TRY(name_of(b, RESOURCE_ORGANIZATION, STR("name"), other, &name));
    TRY(relation_list_by_a(b->tx, RELATION_ORGANIZATION_MEMBER_ROLE, relation_pair(a, other, u->uid), 0, 0, &rows, &count));
    struct json *one = organization_in(array_of(b, u, "organizations"), name), *roles = json_array(a);
    if (!one && count) {
        TRY(add_organization(b, u, other));
        one = organization_in(array_of(b, u, "organizations"), name);
        json_set_bool(a, one, STR("is_member"), false);
    }
    for (size_t i = 0; i < count; i++) {
        TRY(name_of(b, RESOURCE_ROLE, STR("name"), relation_pair_first(rows[i].b), &role));
        json_push_text(a, roles, role);
    }
    if (count)
        json_set(a, one, STR("roles"), roles);
    return OK;
}

/* --- rows of many users at once ------------------------------------------------------------------ */

#define BY_A "SELECT u.id, r.b FROM users u CROSS JOIN relations r WHERE u.id > ? AND u.id <= ? AND r.kind = ? AND r.a = u.uid ORDER BY u.id, r.seq"
#define BY_B "SELECT u.id, r.a FROM users u CROSS JOIN relations r WHERE u.id > ? AND u.id <= ? AND r.kind = ? AND r.b = u.uid ORDER BY u.id, r.seq"

static const struct walk {
    enum relation relation;
    const char *text;
    struct result (*add)(struct exported_batch *b, struct exported_user *u, str other);
} walks[] = {
    { RELATION_USER_ROLE, BY_A, add_role },
    { RELATION_USER_PERMISSION, BY_A, add_permission },
    { RELATION_ORGANIZATION_MEMBER, BY_B, add_organization },
    { RELATION_ORGANIZATION_HOLDER, BY_B, add_organization_roles },
};

static struct result walk(struct exported_batch *b, const struct walk *w)
{
    struct sql *sql = b->tx->sql;
    struct arena *a = b->tx->arena;
    struct sql_value kind = sql_text(relation_name(w->relation)), first;
    struct sql_rows rows;
    struct result r = OK;
    bool any;
    TRY(sql_row(sql, a, "SELECT seq FROM relations WHERE kind = ? LIMIT 1", SQL_ARGS(kind), &first, 1, &any));
    if (!any)
        return OK;
    TRY(sql_open(sql, &rows, w->text, SQL_ARGS(sql_int(b->from), sql_int(b->to), kind)));
    while (!failed(r) && sql_next(&rows)) {
        struct exported_user *u = exported_user_find(b, sql_col_int(&rows, 0));
        if (u)
            r = w->add(b, u, str_dup(a, sql_col_text(&rows, 1)));
    }
    struct result closed = sql_close(&rows);
    return failed(r) ? r : closed;
}

/* --- blocks ------------------------------------------------------------------------------------------ */

static void add_block(struct exported_batch *b, struct exported_user *u, const struct sql_rows *rows)
{
    struct arena *a = b->tx->arena;
    struct json *one = json_object(a);
    json_set_text(a, one, STR("identifier"), str_dup(a, sql_col_text(rows, 1)));
    json_set_text(a, one, STR("connection"), str_dup(a, sql_col_text(rows, 2)));
    json_set_text(a, one, STR("ip"), str_dup(a, sql_col_text(rows, 3)));
    json_set_int(a, one, STR("failures"), sql_col_int(rows, 4));
    json_set_bool(a, one, STR("blocked"), sql_col_int(rows, 5) != 0);
    json_set_text(a, one, STR("ends_at"), clock_iso(a, sql_col_int(rows, 6)));
    json_push(a, array_of(b, u, "blocks"), one);
}

static struct result walk_blocks(struct exported_batch *b)
{
    struct sql *sql = b->tx->sql;
    struct sql_value first;
    struct sql_rows rows;
    bool any;
    TRY(sql_row(sql, b->tx->arena, "SELECT failures FROM login_failures LIMIT 1", SQL_NO_ARGS, &first, 1, &any));
    if (!any)
        return OK;
    TRY(sql_open(sql, &rows,
                 "SELECT u.id, f.identifier, f.connection, f.ip, f.failures, f.blocked, f.ends_at "
                 "FROM users u CROSS JOIN identities i CROSS JOIN login_failures f "
                 "WHERE u.id > ? AND u.id <= ? AND i.user = u.id AND f.identifier IN (i.email, i.username, i.phone) "
                 "AND f.connection = i.connection AND f.ends_at > ? ORDER BY u.id, f.identifier, f.connection, f.ip",
                 SQL_ARGS(sql_int(b->from), sql_int(b->to), sql_int(b->tx->now_us))));
    while (sql_next(&rows)) {
        struct exported_user *u = exported_user_find(b, sql_col_int(&rows, 0));
        if (u)
            add_block(b, u, &rows);
    }
    return sql_close(&rows);
}

struct result user_export_relations(struct exported_batch *b)
{
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++)
        TRY(walk(b, &walks[i]));
    return walk_blocks(b);
}
