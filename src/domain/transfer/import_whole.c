#include "base/clock.h"
#include "contract/contract.h"
#include "crypto/password.h"
#include "domain/authentication_method.h"
#include "domain/organization/organization.h"
#include "domain/permission.h"
#include "domain/role.h"
#include "domain/transfer/import_inside.h"
#include "domain/transfer/imported_hash.h"

enum { BCRYPT_COST = 10 }; /* of the tenants' own hashes */

struct whole {
    struct tx *tx;
    const struct import_target *t;
    const struct json *user;
    str hash;
    enum import_outcome *outcome;
    struct json **error; /* NULL inside: nothing is wrong so far */
    struct connection *connections; /* one an identity */
    struct user_rules *rules;
    size_t identity_count;
};

static struct result refuse(struct whole *w, const char *code, str path, str text)
{
    *w->outcome = IMPORT_FAILED;
    *w->error = import_error(w->tx->arena, code, str_fmt(w->tx->arena, "Error in %.*s property - %.*s", STR_ARG(path), STR_ARG(text)), path);
    return OK;
}

static struct result refuse_name(struct whole *w, const char *code, str path, const char *what, str name)
{
    return refuse(w, code, path, str_fmt(w->tx->arena, "There is no %s named %.*s", what, STR_ARG(name)));
}

static const struct json *members(const struct whole *w, const char *name)
{
    return json_get(w->user, str_from(name));
}

/* --- does the tenant have what the user names? --------------------------------------------- */

static struct result find_connection(struct whole *w, str name, struct connection *out, bool *out_found)
{
    *out_found = str_eq(name, w->t->connection.name); /* read once for the batch */
    if (!*out_found)
        return connection_find_by_name(w->tx, name, out, out_found);
    *out = w->t->connection;
    return OK;
}

static struct result find_connections(struct whole *w)
{
    struct arena *a = w->tx->arena;
    const struct json *all = members(w, "identities"), *one;
    w->identity_count = json_count(all);
    w->connections = ARENA_ARRAY(a, struct connection, w->identity_count);
    w->rules = ARENA_ARRAY(a, struct user_rules, w->identity_count);
    JSON_EACH_ITEM(all, i, one) {
        struct connection *c = &w->connections[i];
        str name = json_get_text(one, STR("connection")), path = str_fmt(a, "identities[%zu].connection", i);
        bool found;
        TRY(find_connection(w, name, c, &found));
        if (!found)
            return refuse_name(w, "CONNECTION_NOT_FOUND", path, "connection", name);
        if (!str_eq(c->strategy, json_get_text(one, STR("provider"))))
            return refuse(w, "CONNECTION_NOT_FOUND", path, str_fmt(a, "The connection %.*s is of another provider", STR_ARG(name)));
        user_rules_read(c, &w->rules[i]);
    }
    return OK;
}

static bool takes_password(const struct whole *w, str uid)
{
    const struct json *all = members(w, "identities"), *one;
    JSON_EACH_ITEM(all, i, one)
        if (str_eq(user_identity_uid(w->tx->arena, one), uid))
            return w->rules[i].takes_password;
    return false;
}

static bool has_hash(const struct json *of)
{
    return json_get(of, STR("password_hash")) || json_get(of, STR("custom_password_hash"));
}

static struct result check_passwords(struct whole *w)
{
    const struct json *all = members(w, "identity_secrets"), *one;
    str words = STR("Users of this connection have no password");
    if (has_hash(w->user) && !w->rules[0].takes_password)
        return refuse(w, "NOT_PASSED", STR("password_hash"), words);
    JSON_EACH_ITEM(all, i, one)
        if (has_hash(one) && !takes_password(w, json_get_text(one, STR("identity"))))
            return refuse(w, "NOT_PASSED", str_fmt(w->tx->arena, "identity_secrets[%zu].password_hash", i), words);
    return OK;
}

static struct result check_role(struct whole *w, str name, str organization, str path, str *out_id)
{
    struct document d;
    bool found;
    TRY(document_find(w->tx, &resource_specs[RESOURCE_ROLE], STR("name"), name, &d, &found));
    if (!found || role_check(w->tx, d.id, organization).kind == ERR_INEXISTENT_ROLE)
        return refuse_name(w, "ROLE_NOT_FOUND", path, "role", name);
    *out_id = d.id;
    return OK;
}

/* Names → ids. */
static struct result find_roles(struct whole *w, const struct json *names, str organization, str path, struct json **out)
{
    const struct json *name;
    *out = json_array(w->tx->arena);
    JSON_EACH_ITEM(names, i, name) {
        str id;
        TRY(check_role(w, json_text(name), organization, path, &id));
        if (*w->error)
            return OK;
        json_push_text(w->tx->arena, *out, id);
    }
    return OK;
}

/* "management" stands for the tenant's own Management API. */
static struct result find_permissions(struct whole *w, struct json **out)
{
    struct arena *a = w->tx->arena;
    const struct json *all = members(w, "permissions"), *one;
    *out = json_array(a);
    JSON_EACH_ITEM(all, i, one) {
        struct resource_server rs;
        struct json *found_one = json_copy_shallow(a, one);
        bool found;
        str api = json_get_text(one, STR("resource_server_identifier")), scope = json_get_text(one, STR("permission_name"));
        if (str_eq(api, STR("management")))
            api = resource_server_management_identifier(w->tx);
        TRY(resource_server_find(w->tx, api, &rs, &found));
        if (!found || !resource_server_has_scope(&rs, scope))
            return refuse(w, "PERMISSION_NOT_FOUND", str_fmt(a, "permissions[%zu]", i),
                          str_fmt(a, "There is no permission %.*s of the API %.*s", STR_ARG(scope), STR_ARG(api)));
        json_set_text(a, found_one, STR("resource_server_identifier"), api);
        json_push(a, *out, found_one);
    }
    return OK;
}

/* [{id, is_member, roles: ids}] */
static struct result find_organizations(struct whole *w, struct json **out)
{
    struct arena *a = w->tx->arena;
    const struct json *all = members(w, "organizations"), *one;
    *out = json_array(a);
    JSON_EACH_ITEM(all, i, one) {
        struct document d;
        struct json *found = json_object(a), *roles;
        str name = json_get_text(one, STR("name")), path = str_fmt(a, "organizations[%zu]", i);
        struct result r = organization_by_name(w->tx, name, &d);
        if (r.kind == ERR_INEXISTENT_ORGANIZATION)
            return refuse_name(w, "ORGANIZATION_NOT_FOUND", path, "organization", name);
        TRY(r);
        TRY(find_roles(w, json_get(one, STR("roles")), d.id, str_cat(a, path, STR(".roles")), &roles));
        if (*w->error)
            return OK;
        json_set_text(a, found, STR("id"), d.id);
        json_set_bool(a, found, STR("is_member"), !json_is(json_get(one, STR("is_member")), JSON_BOOL) || json_get_true(one, STR("is_member")));
        json_set(a, found, STR("roles"), roles);
        json_push(a, *out, found);
    }
    return OK;
}

static struct result check_factors(struct whole *w)
{
    const struct json *all = members(w, "authentication_methods"), *one;
    JSON_EACH_ITEM(all, i, one) {
        struct document d;
        if (!failed(document_read(w->tx, &resource_specs[RESOURCE_AUTHENTICATION_METHOD], json_get_text(one, STR("id")), &d)))
            return refuse(w, "MFA_FACTORS_FAILED", str_fmt(w->tx->arena, "authentication_methods[%zu].id", i), STR("It is another user's"));
    }
    return OK;
}

/* --- is somebody there already? --------------------------------------------------------------- */

/* The profile that an identity identifies its user by: of the first one the document itself. */
static const struct json *profile_of(const struct whole *w, const struct json *identity, size_t i)
{
    return i ? json_get(identity, STR("profileData")) : w->user;
}

static struct result check_taken(struct whole *w)
{
    struct tx *tx = w->tx;
    const struct json *all = members(w, "identities"), *one;
    JSON_EACH_ITEM(all, i, one) {
        struct user other;
        struct user_identifiers ids;
        bool found;
        TRY(user_find_by_identity(tx, json_get_text(one, STR("provider")), json_get_text(one, STR("user_id")), &other, &found));
        if (found)
            return refuse(w, "DUPLICATED_USER", str_fmt(tx->arena, "identities[%zu]", i), STR("A user has this identity already"));
        user_identifiers_read(tx->arena, &w->rules[i], profile_of(w, one, i), &ids);
        struct result r = user_identifiers_check(tx, w->connections[i].name, &ids, 0);
        if (r.kind == ERR_USER_EXISTS)
            return refuse(w, "DUPLICATED_USER", i ? str_fmt(tx->arena, "identities[%zu]", i) : r.args.v[0],
                          STR("A user of the connection has it already"));
        TRY(r);
    }
    return OK;
}

/* --- rows --------------------------------------------------------------------------------------- */

static void fold(struct arena *a, struct json *doc, str member)
{
    str text = json_get_text(doc, member);
    if (text.p)
        json_set_text(a, doc, member, user_fold(a, text));
}

/* Dates and counters as given; what is not given begins now. */
static struct json *make_doc(struct whole *w)
{
    static const str dates[] = { STR_INIT("created_at"), STR_INIT("updated_at") };
    struct arena *a = w->tx->arena;
    struct json *doc = json_object(a);
    struct json_member *m;
    JSON_EACH_MEMBER(w->user, i, m)
        if (user_attribute_find(m->key))
            json_set(a, doc, m->key, m->value);
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
        if (!json_get(doc, dates[i]))
            json_set_text(a, doc, dates[i], clock_iso(a, w->tx->now_us));
    fold(a, doc, STR("email"));
    fold(a, doc, STR("username"));
    return user_doc_ordered(a, doc);
}

static struct result add_identities(struct whole *w, const struct user *u)
{
    const struct json *all = members(w, "identities"), *one;
    JSON_EACH_ITEM(all, i, one) {
        struct user_identifiers ids;
        if (i == 0)
            continue;
        user_identifiers_read(w->tx->arena, &w->rules[i], profile_of(w, one, i), &ids);
        TRY(user_store_identity(w->tx, u->row, one, &ids));
    }
    return OK;
}

/* --- secrets -------------------------------------------------------------------------------------- */

static struct result add_password(struct whole *w, const struct user *u, const struct json *of, str identity, str hash)
{
    if (!hash.p)
        return OK;
    TRY(sql_run(w->tx->sql, "INSERT INTO user_secrets (user, kind, name, value, changed_at) VALUES (?, 'password', ?, ?, ?)",
                SQL_ARGS(sql_int(u->row), sql_text(user_secret_name(w->tx->arena, identity, STR(""))), sql_text(hash), sql_int(w->tx->now_us)),
                NULL));
    bool is_custom = json_get(of, STR("custom_password_hash")) && !password_needs_rehash(hash, BCRYPT_COST);
    return is_custom ? user_password_mark_custom(w->tx, u->row, identity, hash) : OK;
}

static str hash_of(struct whole *w, const struct json *of)
{
    str hash = STR_NONE;
    bool good = imported_hash_read(w->tx->arena, of, json_array(w->tx->arena), &hash);
    return good ? hash : STR_NONE; /* the schema has looked at it before */
}

static struct result add_history(struct whole *w, const struct user *u)
{
    const struct json *all = members(w, "password_history"), *one;
    struct arena *a = w->tx->arena;
    JSON_EACH_ITEM(all, i, one) {
        int64_t changed_us = 0;
        str identity = json_get_text(one, STR("identity")), hash = hash_of(w, one);
        clock_parse_iso(json_get_text(one, STR("changed_at")), &changed_us);
        str name = user_secret_name(a, identity.p ? identity : u->uid, str_fmt(a, "%lld", (long long)changed_us + (long long)i));
        if (hash.p)
            TRY(sql_run(w->tx->sql, "INSERT INTO user_secrets (user, kind, name, value, changed_at) VALUES (?, 'password_history', ?, ?, ?)",
                        SQL_ARGS(sql_int(u->row), sql_text(name), sql_text(hash), sql_int(changed_us + (int64_t)i)), NULL));
    }
    return OK;
}

static struct result add_identity_secrets(struct whole *w, const struct user *u)
{
    static const str names[USER_TOKEN_MAX] = { [USER_TOKEN_ACCESS] = STR_INIT("access_token"),
                                               [USER_TOKEN_ACCESS_SECRET] = STR_INIT("access_token_secret"),
                                               [USER_TOKEN_REFRESH] = STR_INIT("refresh_token") };
    const struct json *all = members(w, "identity_secrets"), *one;
    JSON_EACH_ITEM(all, i, one) {
        str native, identity = json_get_text(one, STR("identity")), provider = str_cut(identity, '|', &native);
        TRY(add_password(w, u, one, identity, hash_of(w, one)));
        for (int kind = 0; kind < USER_TOKEN_MAX; kind++) {
            str token = json_get_text(one, names[kind]);
            if (token.p)
                TRY(user_token_set(w->tx, u, provider, native, (enum user_token)kind, token));
        }
    }
    return OK;
}

static struct result add_recovery_code(struct whole *w, const struct user *u)
{
    str hash = json_get_text(w->user, STR("recovery_code_hash"));
    if (!hash.p)
        return OK;
    return sql_run(w->tx->sql, "INSERT INTO user_secrets (user, kind, name, value, changed_at) VALUES (?, 'recovery_code', ?, ?, ?)",
                   SQL_ARGS(sql_int(u->row), sql_text(u->uid), sql_text(hash), sql_int(w->tx->now_us)), NULL);
}

static struct result add_factors(struct whole *w, const struct user *u)
{
    const struct json *all = members(w, "authentication_methods"), *one;
    JSON_EACH_ITEM(all, i, one) {
        struct document d;
        struct json *body = json_copy_shallow(w->tx->arena, one);
        json_set_text(w->tx->arena, body, STR("user_id"), u->uid);
        TRY(document_create(w->tx, &resource_specs[RESOURCE_AUTHENTICATION_METHOD], json_get_text(one, STR("id")), body, &d));
    }
    return OK;
}

/* --- what hangs on the user ---------------------------------------------------------------------------- */

static struct result add_organizations(struct whole *w, const struct user *u, const struct json *organizations)
{
    const struct json *one;
    JSON_EACH_ITEM(organizations, i, one) {
        const struct json *roles = json_get(one, STR("roles"));
        str id = json_get_text(one, STR("id"));
        if (json_get_true(one, STR("is_member")))
            TRY(relation_add(w->tx, RELATION_ORGANIZATION_MEMBER, id, u->uid, NULL, NULL));
        if (json_count(roles))
            TRY(role_give_in(w->tx, RELATION_ORGANIZATION_MEMBER_ROLE, id, u->uid, roles));
    }
    return OK;
}

static struct result add_blocks(struct whole *w)
{
    const struct json *all = members(w, "blocks"), *one;
    JSON_EACH_ITEM(all, i, one) {
        int64_t ends_us = 0;
        clock_parse_iso(json_get_text(one, STR("ends_at")), &ends_us);
        TRY(sql_run(w->tx->sql,
                    "INSERT INTO login_failures (identifier, connection, ip, failures, blocked, ends_at) VALUES (?, ?, ?, ?, ?, ?) "
                    "ON CONFLICT DO NOTHING",
                    SQL_ARGS(sql_text(json_get_text(one, STR("identifier"))), sql_text(json_get_text(one, STR("connection"))),
                             sql_text(json_get_text(one, STR("ip"))), sql_int(json_get_int(one, STR("failures"), 1)),
                             sql_int(json_get_true(one, STR("blocked"))), sql_int(ends_us)),
                    NULL));
    }
    return OK;
}

/* --- the whole ------------------------------------------------------------------------------------------- */

/* What the user is given, by id: found before anything is written. */
struct given {
    struct json *roles, *permissions, *organizations;
};

static struct result find_given(struct whole *w, struct given *g)
{
    TRY(find_roles(w, members(w, "roles"), STR_NONE, STR("roles"), &g->roles));
    if (!*w->error)
        TRY(find_permissions(w, &g->permissions));
    if (!*w->error)
        TRY(find_organizations(w, &g->organizations));
    if (!*w->error)
        TRY(check_factors(w));
    return *w->error ? OK : check_taken(w);
}

static struct result insert(struct whole *w)
{
    struct user u = { .uid = json_get_text(w->user, STR("user_id")), .doc = make_doc(w) };
    struct user_identifiers ids;
    struct given g;
    bool first;
    TRY(check_passwords(w));
    if (!*w->error)
        TRY(find_given(w, &g));
    if (*w->error)
        return OK;
    user_identifiers_read(w->tx->arena, &w->rules[0], w->user, &ids);
    TRY(user_store_insert(w->tx, &u, &ids));
    TRY(add_identities(w, &u));
    TRY(add_password(w, &u, w->user, u.uid, w->hash));
    TRY(add_history(w, &u));
    TRY(add_identity_secrets(w, &u));
    TRY(add_recovery_code(w, &u));
    TRY(add_factors(w, &u));
    TRY(relation_add_each_b(w->tx, RELATION_USER_ROLE, u.uid, g.roles));
    TRY(permission_add_all(w->tx, RELATION_USER_PERMISSION, u.uid, g.permissions));
    TRY(add_organizations(w, &u, g.organizations));
    TRY(add_blocks(w));
    *w->outcome = IMPORT_INSERTED;
    return w->t->upsert ? job_user_note(w->tx, w->t->job, u.row, &first) : OK;
}

/* Changed as any other user is, who has its connection. */
static struct result update(struct whole *w, const struct user *present)
{
    struct import_target t = *w->t;
    t.connection = w->connections[0];
    t.rules = w->rules[0];
    return import_user_update(w->tx, &t, w->user, w->hash, present, w->outcome, w->error);
}

struct result import_whole_user(struct tx *tx, const struct import_target *t, const struct json *user, str hash,
                                enum import_outcome *out, struct json **out_error)
{
    struct whole w = { .tx = tx, .t = t, .user = user, .hash = hash, .outcome = out, .error = out_error };
    struct user present;
    bool found;
    *out_error = NULL;
    TRY(find_connections(&w));
    if (*out_error)
        return OK;
    TRY(user_find_by_id(tx, json_get_text(user, STR("user_id")), &present, &found));
    return found && t->upsert ? update(&w, &present) : insert(&w);
}
