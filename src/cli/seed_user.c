/* Users of a seed directory, ours beside the deploy tool's kinds: bodies of POST
 * /api/v2/users, with password_hash, roles and organizations (by name). Those with a password are made
 * as POST makes them, those with a hash as an import does. */
#include "cli/seed_inside.h"
#include "domain/organization/organization.h"
#include "domain/role.h"
#include "domain/user/user.h"

static struct result check_names(struct seed_run *run, const char *member, const struct json *names)
{
    if (!names || json_is(names, JSON_ARRAY))
        return OK;
    return fail1(ERR_INVALID_BODY, str_fmt(run->tx->arena, "%s takes a list of names", member));
}

static struct result give_roles(struct seed_run *run, const struct user *u, const struct json *names)
{
    struct json *ids = json_array(run->tx->arena);
    const struct json *name;
    TRY(check_names(run, "roles", names));
    JSON_EACH_ITEM(names, i, name) {
        str id = seed_id_of(run->roles, json_text(name));
        if (!id.p)
            return fail1(ERR_INVALID_BODY, str_fmt(run->tx->arena, "roles names no role: '%.*s'", STR_ARG(json_text(name))));
        json_push_text(run->tx->arena, ids, id);
    }
    return role_give(run->tx, RELATION_USER_ROLE, u->uid, ids);
}

static struct result join_organizations(struct seed_run *run, const struct user *u, const struct json *names)
{
    struct json *members = json_array(run->tx->arena);
    const struct json *name;
    struct document d;
    json_push_text(run->tx->arena, members, u->uid);
    TRY(check_names(run, "organizations", names));
    JSON_EACH_ITEM(names, i, name) {
        struct result r = organization_by_name(run->tx, json_text(name), &d);
        if (r.kind == ERR_INEXISTENT_ORGANIZATION)
            return fail1(ERR_INVALID_BODY,
                         str_fmt(run->tx->arena, "organizations names no organization: '%.*s'", STR_ARG(json_text(name))));
        TRY(r);
        TRY(organization_add_members(run->tx, d.id, members));
    }
    return OK;
}

/* user_id stands whole ("auth0|1") in what the API shows; POST takes its end. */
static void shorten_user_id(struct seed_run *run, struct json *body)
{
    str id = json_get_text(body, STR("user_id"));
    if (str_find_char(id, '|') >= 0)
        json_set_text(run->tx->arena, body, STR("user_id"), user_native_id(id));
}

static struct result check_hash_taken(struct seed_run *run, str connection)
{
    struct connection c;
    bool found;
    TRY(connection_find_by_name(run->tx, connection, &c, &found));
    return found && !c.is_database ? fail1(ERR_INVALID_BODY, STR("password_hash is for users of database connections")) : OK;
}

/* No mail leaves a tenant that was just made, unless it is asked for. */
struct result seed_apply_user(struct seed_run *run, struct json *body, const struct seed_item *item)
{
    static const char *const ours[] = { "roles", "organizations", NULL };
    const struct json *roles = json_get(body, STR("roles")), *organizations = json_get(body, STR("organizations"));
    struct user_new n;
    struct user u;
    seed_drop(body, ours);
    shorten_user_id(run, body);
    if (!json_get(body, STR("connection")))
        json_set_text(run->tx->arena, body, STR("connection"), STR("Username-Password-Authentication"));
    TRY(seed_check(run, OP_POST_USERS, body));
    user_new_from_body(body, &n);
    n.send_no_mail = !json_get_true(body, STR("verify_email"));
    n.password = item->password;
    n.is_import = item->password && !item->password->text.p;
    if (n.is_import)
        TRY(check_hash_taken(run, n.connection));
    TRY(user_create(run->tx, &n, &u));
    TRY(give_roles(run, &u, roles));
    return join_organizations(run, &u, organizations);
}
