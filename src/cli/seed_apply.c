/* Resource servers, clients, grants, roles and settings of a seed directory.
 * Names and identifiers find what is there already (the bootstrap's): that is
 * patched, the rest created, both through the contract. */
#include "base/log.h"
#include "cli/seed_inside.h"
#include "contract/validate.h"
#include "domain/client/client.h"
#include "domain/client/grant.h"
#include "domain/permission.h"
#include "domain/resource_server.h"
#include "domain/tenant_settings.h"

#include <math.h>

/* --- what all kinds share -------------------------------------------------------------- */

struct result seed_check(struct seed_run *run, enum op_id op, struct json *body)
{
    return validate(run->tx->arena, operations[op].body, body, IN_BODY);
}

struct result seed_claim(struct seed_run *run, const char *kind, str name, const struct seed_item *item)
{
    str key = str_fmt(run->tx->arena, "%s %.*s", kind, STR_ARG(name));
    const str *other = map_get(run->claimed, key);
    if (other)
        return fail1(ERR_INVALID_BODY, str_fmt(run->tx->arena, "the %s '%.*s' stands in %.*s already", kind, STR_ARG(name),
                                               STR_ARG(*other)));
    map_set(run->claimed, key, (void *)&item->file);
    return OK;
}

void seed_drop(struct json *body, const char *const *members)
{
    for (; *members; members++)
        json_remove(body, str_from(*members));
}

void seed_map_name(struct seed_run *run, struct map *names, str name, str id)
{
    str *kept = ARENA_NEW(run->tx->arena, str);
    *kept = str_dup(run->tx->arena, id);
    map_set(names, name, kept);
}

str seed_id_of(const struct map *names, str name)
{
    const str *id = map_get(names, name);
    return id ? *id : STR_NONE;
}

struct result seed_client_id(struct seed_run *run, const char *member, str name, str *out)
{
    struct client c;
    bool found = false;
    *out = seed_id_of(run->clients, name);
    if (out->p)
        return OK;
    TRY(client_find(run->tx, name, &c, &found));
    if (!found)
        return fail1(ERR_INVALID_BODY, str_fmt(run->tx->arena, "%s names no client: '%.*s'", member, STR_ARG(name)));
    *out = c.client_id;
    return OK;
}

struct result seed_run_start(struct tx *tx, struct seed_run *out)
{
    struct client_list all = { .is_global = -1, .is_first_party = -1 };
    *out = (struct seed_run){ .tx = tx,
                              .clients = map_new(tx->arena),
                              .roles = map_new(tx->arena),
                              .claimed = map_new(tx->arena) };
    TRY(client_list(tx, &all));
    for (size_t i = 0; i < all.count; i++)
        seed_map_name(out, out->clients, all.items[i].name, all.items[i].client_id);
    return OK;
}

/* --- resource servers: by identifier ------------------------------------------------------ */

struct result seed_apply_resource_server(struct seed_run *run, struct json *body, const struct seed_item *item)
{
    /* ids are of the tenant they came from; what makes an API the server's own is its identifier */
    static const char *const shown[] = { "id", "is_system", "client_id", NULL };
    static const char *const fixed[] = { "identifier", NULL };
    const struct resource_spec *spec = &resource_specs[RESOURCE_RESOURCE_SERVER];
    str identifier = json_get_text(body, STR("identifier"));
    struct document d;
    bool found = false;
    seed_drop(body, shown);
    if (identifier.len) {
        TRY(seed_claim(run, "resource server", identifier, item));
        TRY(document_find(run->tx, spec, STR("identifier"), identifier, &d, &found));
    }
    if (!found) {
        TRY(seed_check(run, OP_POST_RESOURCE_SERVERS, body));
        return document_create(run->tx, spec, STR_NONE, body, &d);
    }
    seed_drop(body, fixed);
    TRY(seed_check(run, OP_PATCH_RESOURCE_SERVERS_BY_ID, body));
    return document_patch(run->tx, spec, d.id, body, &d);
}

/* --- clients: by client_id, else by name --------------------------------------------------- */

enum { CLIENT_ID_MAX = 64 };

static bool is_client_id(str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        bool good = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
        if (!good)
            return false;
    }
    return s.len >= 1 && s.len <= CLIENT_ID_MAX;
}

/* Older names of members, as old exports have them. */
static void rename_member(struct arena *a, struct json *body, const char *old, const char *name)
{
    struct json *v = json_get(body, str_from(old));
    if (v && !json_get(body, str_from(name)))
        json_set(a, body, str_from(name), v);
    json_remove(body, str_from(old));
}

/* client_id and client_secret are chosen here, which no request may do; the
 * secret must still be what a PATCH could set. */
static struct result create_client(struct seed_run *run, str id, struct json *body, struct client *out)
{
    struct json *secret = json_get(body, STR("client_secret"));
    if (id.p && !is_client_id(id))
        return fail1(ERR_INVALID_BODY, STR("client_id takes 1 to 64 letters, digits, dashes and underscores"));
    json_remove(body, STR("client_secret"));
    TRY(seed_check(run, OP_POST_CLIENTS, body));
    if (secret) {
        struct json *patch = json_object(run->tx->arena);
        json_set(run->tx->arena, patch, STR("client_secret"), secret);
        TRY(seed_check(run, OP_PATCH_CLIENTS_BY_ID, patch));
        json_set(run->tx->arena, body, STR("client_secret"), secret);
    }
    return client_create_as(run->tx, id, false, body, out);
}

struct result seed_apply_client(struct seed_run *run, struct json *body, const struct seed_item *item)
{
    static const char *const shown[] = { "client_id", "id", "tenant", "global", "signing_keys",
                                         "callback_url_template", "config_route", "owners", "encrypted", NULL };
    str id = json_get_text(body, STR("client_id")), name = json_get_text(body, STR("name")), there;
    struct client c;
    bool found = false;
    seed_drop(body, shown);
    rename_member(run->tx->arena, body, "cross_origin_auth", "cross_origin_authentication");
    if (id.p) {
        TRY(seed_claim(run, "client_id", id, item));
        TRY(client_find(run->tx, id, &c, &found));
    }
    there = found ? id : seed_id_of(run->clients, name);
    TRY(seed_claim(run, "client", name, item));
    if (!there.p) {
        TRY(create_client(run, id, body, &c));
        seed_map_name(run, run->clients, c.name, c.client_id);
        return OK;
    }
    if (id.p && !str_eq(id, there))
        log_warn("--seed: %.*s: '%.*s' was there already and keeps its client_id", STR_ARG(item->file), STR_ARG(name));
    TRY(seed_check(run, OP_PATCH_CLIENTS_BY_ID, body));
    TRY(client_patch(run->tx, there, body, &c));
    seed_map_name(run, run->clients, c.name, c.client_id);
    return OK;
}

/* --- client grants: by client, audience and subject type ------------------------------------- */

static str subject_type_of(const struct json *body)
{
    str subject = json_get_text(body, STR("subject_type"));
    return subject.len ? subject : STR("client");
}

static struct result find_grant(struct seed_run *run, const struct json *body, const struct seed_item *item,
                                struct client_grant *out, bool *out_found)
{
    str client_id = json_get_text(body, STR("client_id")), audience = json_get_text(body, STR("audience"));
    str subject = subject_type_of(body);
    str whose = client_id.p ? client_id : json_get_text(body, STR("default_for"));
    str key = str_fmt(run->tx->arena, "%.*s → %.*s (%.*s)", STR_ARG(whose), STR_ARG(audience), STR_ARG(subject));
    *out_found = false;
    TRY(seed_claim(run, "grant", key, item));
    return client_id.p ? client_grant_find(run->tx, client_id, audience, subject, out, out_found) : OK;
}

struct result seed_apply_grant(struct seed_run *run, struct json *body, const struct seed_item *item)
{
    static const char *const shown[] = { "id", "is_system", NULL };
    static const char *const fixed[] = { "client_id", "audience", "subject_type", "default_for", NULL };
    const struct resource_spec *spec = &resource_specs[RESOURCE_CLIENT_GRANT];
    str name = json_get_text(body, STR("client_id")), id;
    struct client_grant g;
    struct document d;
    bool found;
    if (json_get_true(body, STR("is_system")))
        return OK; /* made with its client, as in the deploy tool */
    seed_drop(body, shown);
    if (name.p) {
        TRY(seed_client_id(run, "client_id", name, &id));
        json_set_text(run->tx->arena, body, STR("client_id"), id);
    }
    TRY(find_grant(run, body, item, &g, &found));
    if (!found) {
        TRY(seed_check(run, OP_POST_CLIENT_GRANTS, body));
        return document_create(run->tx, spec, STR_NONE, body, &d);
    }
    seed_drop(body, fixed);
    TRY(seed_check(run, OP_PATCH_CLIENT_GRANTS_BY_ID, body));
    return document_patch(run->tx, spec, g.id, body, &d);
}

/* --- roles: by name ---------------------------------------------------------------------------- */

struct result seed_apply_role(struct seed_run *run, struct json *body, const struct seed_item *item)
{
    static const char *const shown[] = { "id", "permissions", NULL };
    struct json *permissions = json_get(body, STR("permissions")), *wrapped = json_object(run->tx->arena);
    struct document d;
    seed_drop(body, shown);
    TRY(seed_check(run, OP_POST_ROLES, body));
    str name = json_get_text(body, STR("name"));
    TRY(seed_claim(run, "role", name, item));
    TRY(document_create(run->tx, &resource_specs[RESOURCE_ROLE], STR_NONE, body, &d));
    seed_map_name(run, run->roles, name, d.id);
    if (json_count(permissions) == 0 && (!permissions || json_is(permissions, JSON_ARRAY)))
        return OK;
    json_set(run->tx->arena, wrapped, STR("permissions"), permissions);
    TRY(seed_check(run, OP_POST_ROLE_PERMISSION_ASSIGNMENT, wrapped));
    return permission_add_all(run->tx, RELATION_ROLE_PERMISSION, d.id, permissions);
}

/* --- settings ------------------------------------------------------------------------------------ */

/* Hours may have a fraction, and PATCH takes whole ones only: minutes, as the
 * deploy tool sends them. */
static void hours_to_minutes(struct arena *a, struct json *body)
{
    static const char *const names[] = { "session_lifetime", "idle_session_lifetime", "ephemeral_session_lifetime",
                                         "idle_ephemeral_session_lifetime" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct json *hours = json_get(body, str_from(names[i]));
        double minutes = json_to_double(hours) * 60;
        if (!json_is(hours, JSON_NUMBER) || !(fabs(minutes) < 1e9))
            continue;
        json_set_int(a, body, str_fmt(a, "%s_in_minutes", names[i]), llround(minutes));
        json_remove(body, str_from(names[i]));
    }
}

struct result seed_apply_tenant(struct seed_run *run, struct json *body, const struct seed_item *item)
{
    static const char *const shown[] = { "sandbox_versions_available", NULL };
    struct json *settings;
    (void)item;
    seed_drop(body, shown);
    if (json_count(body) == 0)
        return OK;
    hours_to_minutes(run->tx->arena, body);
    TRY(seed_check(run, OP_PATCH_SETTINGS, body));
    return tenant_settings_patch(run->tx, body, &settings);
}
