#include "domain/client/client.h"

#include "base/map.h"
#include "crypto/random.h"
#include "domain/client/credential.h"
#include "domain/client/grant.h"
#include "domain/client/shape.h"
#include "domain/connection/connection.h"
#include "domain/user/belongings.h"
#include "domain/resource_server.h"
#include "domain/signing_key.h"
#include "domain/tenant_settings.h"

enum { CLIENT_ID_LEN = 32, STRICT_ID_LEN = 22 };

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_CLIENT];
}

static str text_or_empty(const struct json *body, const char *key)
{
    str text = json_get_text(body, str_from(key));
    return text.p ? text : STR("");
}

static void from_document(const struct document *d, struct client *out)
{
    *out = (struct client){
        .seq = d->seq,
        .client_id = d->id,
        .name = text_or_empty(d->body, "name"),
        .secret = text_or_empty(d->body, "client_secret"),
        .app_type = text_or_empty(d->body, "app_type"),
        .auth_method = text_or_empty(d->body, "token_endpoint_auth_method"),
        .body = d->body,
        .is_global = json_get_true(d->body, STR("global")),
        .is_first_party = json_get_true(d->body, STR("is_first_party")),
    };
    out->is_public = str_eq(out->auth_method, STR("none"));
}

/* --- reading ---------------------------------------------------------------------- */

static const str v2_prefix = STR_INIT("cli_");

str client_v2_id(struct arena *a, str client_id)
{
    return str_cat(a, v2_prefix, client_id);
}

static str plain_id(str id)
{
    return str_starts(id, v2_prefix) ? str_sub(id, v2_prefix.len, id.len) : id;
}

struct result client_read(struct tx *tx, str id, struct client *out)
{
    struct document d;
    TRY(document_read(tx, spec(), plain_id(id), &d));
    from_document(&d, out);
    return OK;
}

struct result client_find(struct tx *tx, str id, struct client *out, bool *out_found)
{
    struct result r = client_read(tx, id, out);
    *out_found = !failed(r);
    return r.kind == ERR_INEXISTENT_CLIENT ? OK : r;
}

struct result client_global(struct tx *tx, struct client *out)
{
    struct client_list l = { .is_global = 1, .is_first_party = -1, .limit = 1 };
    TRY(client_list(tx, &l));
    if (l.count == 0)
        return fail(ERR_INEXISTENT_CLIENT);
    *out = l.items[0];
    return OK;
}

bool client_secret_check(const struct client *c, str secret)
{
    return c->secret.len && str_eq_secret(c->secret, secret);
}

bool client_has_grant_type(const struct client *c, str grant_type)
{
    return json_array_has(json_get(c->body, STR("grant_types")), grant_type);
}

/* --- lists -------------------------------------------------------------------------- */

enum { FILTERS_MAX = 4 };

static void add_filter(struct arena *a, struct document_filter *filters, size_t *count, const char *member, str value)
{
    str *values = ARENA_NEW(a, str);
    *values = value;
    filters[(*count)++] = (struct document_filter){ .member = str_from(member), .values = values, .value_count = 1 };
}

static size_t make_filters(struct arena *a, const struct client_list *l, struct document_filter filters[FILTERS_MAX])
{
    size_t count = 0;
    if (l->is_global >= 0)
        add_filter(a, filters, &count, "global", l->is_global ? STR("true") : STR("false"));
    if (l->is_first_party >= 0)
        add_filter(a, filters, &count, "is_first_party", l->is_first_party ? STR("true") : STR("false"));
    if (l->external_client_id.p)
        add_filter(a, filters, &count, "external_client_id", l->external_client_id);
    if (l->app_type_count)
        filters[count++] = (struct document_filter){
            .member = STR("app_type"), .values = l->app_types, .value_count = l->app_type_count
        };
    return count;
}

/* What no index finds is looked for in all clients; the page's ids are kept. */
struct client_search {
    struct arena *arena;
    struct client_list *list;
    struct id_list ids;
    size_t seen;
};

static bool is_asked_for(const struct client_list *l, const struct json *body)
{
    bool is_type = l->app_type_count == 0;
    for (size_t i = 0; i < l->app_type_count; i++)
        is_type = is_type || str_eq(l->app_types[i], json_get_text(body, STR("app_type")));
    return is_type && (l->is_global < 0 || json_get_true(body, STR("global")) == (l->is_global != 0)) &&
           (l->is_first_party < 0 || json_get_true(body, STR("is_first_party")) == (l->is_first_party != 0)) &&
           (!l->external_client_id.p || str_eq(l->external_client_id, json_get_text(body, STR("external_client_id"))));
}

/* A query finds by what its sender sees: one over secrets would tell them sign by sign. */
static struct result search_one(struct tx *tx, const struct document *d, void *arg)
{
    static const str bare[] = { STR_INIT("name"), STR_INIT("client_id") };
    struct client_search *s = arg;
    struct client_list *l = s->list;
    struct client one;
    struct json *shown;
    if (!is_asked_for(l, d->body))
        return OK;
    from_document(d, &one);
    TRY(client_present(tx, &one, l->sees & CLIENT_SEES_SETTINGS, &shown));
    if (!search_matches(l->search, shown, bare, sizeof bare / sizeof *bare))
        return OK;
    l->total++;
    if (d->seq <= l->after_seq || s->seen++ < l->offset)
        return OK;
    if (l->limit && s->ids.count == l->limit)
        l->more = true;
    else
        id_list_add(&s->ids, s->arena, d->id);
    return OK;
}

static struct result list_searched(struct tx *tx, struct client_list *l)
{
    struct client_search s = { .arena = tx->arena, .list = l };
    TRY(document_each(tx, spec(), search_one, &s));
    l->items = ARENA_ARRAY(tx->arena, struct client, s.ids.count);
    for (; l->count < s.ids.count; l->count++)
        TRY(client_read(tx, s.ids.v[l->count], &l->items[l->count]));
    return OK;
}

static struct result list_indexed(struct tx *tx, struct client_list *l)
{
    struct document_filter filters[FILTERS_MAX];
    struct document_list d = { .filters = filters,
                               .filter_count = make_filters(tx->arena, l, filters),
                               .after_seq = l->after_seq,
                               .offset = l->offset,
                               .limit = l->limit,
                               .is_bounded = true };
    TRY(document_list(tx, spec(), &d));
    l->items = ARENA_ARRAY(tx->arena, struct client, d.count);
    for (; l->count < d.count; l->count++)
        from_document(&d.items[l->count], &l->items[l->count]);
    l->total = d.total;
    l->more = d.more;
    return OK;
}

struct result client_list(struct tx *tx, struct client_list *l)
{
    l->count = 0;
    l->total = 0;
    l->more = false;
    TRY(l->search ? list_searched(tx, l) : list_indexed(tx, l));
    l->last_seq = l->count ? l->items[l->count - 1].seq : l->after_seq;
    return OK;
}

struct each {
    client_fn fn;
    void *arg;
};

static struct result each_document(struct tx *tx, const struct document *d, void *arg)
{
    const struct each *e = arg;
    struct client c;
    from_document(d, &c);
    return e->fn(tx, &c, e->arg);
}

struct result client_each(struct tx *tx, client_fn fn, void *arg)
{
    return document_each(tx, spec(), each_document, &(struct each){ fn, arg });
}

/* --- what holds whichever API writes --------------------------------------------------- */

static struct map *set_of(struct arena *a, const struct json *names)
{
    struct map *set = map_new(a);
    struct json *name;
    JSON_EACH_ITEM(names, i, name)
        map_set(set, json_text(name), name);
    return set;
}

struct alias_check {
    str client_id;
    const struct map *wanted;
};

static struct result check_aliases_of(struct tx *tx, const struct document *d, void *arg)
{
    (void)tx;
    const struct alias_check *c = arg;
    const struct json *taken = json_get(d->body, STR("client_aliases")), *item;
    if (str_eq(d->id, c->client_id))
        return OK;
    JSON_EACH_ITEM(taken, i, item)
        if (map_get(c->wanted, json_text(item)))
            return fail(ERR_CLIENT_ALIAS_EXISTS);
    return OK;
}

/* Aliases are few and rarely set, so their uniqueness is looked up, not indexed. */
static struct result check_aliases(struct tx *tx, const struct json *old, const struct json *now)
{
    const struct json *aliases = json_get(now, STR("client_aliases"));
    if (json_count(aliases) == 0 || json_equal(aliases, json_get(old, STR("client_aliases"))))
        return OK;
    struct alias_check c = { .client_id = json_get_text(now, STR("client_id")), .wanted = set_of(tx->arena, aliases) };
    return document_each(tx, spec(), check_aliases_of, &c);
}

static struct result check(struct tx *tx, const struct json *old, struct json *now)
{
    tx_bump_generation(tx);
    TRY(client_shape_check(tx, old, now));
    TRY(check_aliases(tx, old, now));
    return client_credentials_take_out(tx, json_get_text(now, STR("client_id")), now);
}

/* Express configuration works through the Management API, by a grant of its own. */
static struct result grant_express(struct tx *tx, str client_id)
{
    static const str body = STR_INIT(
        "{\"scope\":[\"read:clients\",\"read:user_attribute_profiles\",\"read:connection_profiles\","
        "\"read:organizations_summary\",\"read:connections\",\"create:connections\",\"update:connections\","
        "\"read:connections_options\",\"update:connections_options\",\"read:organization_connections\","
        "\"create:organization_connections\",\"update:organization_connections\",\"create:scim_config\","
        "\"read:scim_token\",\"create:scim_token\",\"delete:scim_token\"],\"is_system\":true,\"subject_type\":\"client\"}");
    struct json *grant;
    struct document d;
    TRY(json_parse(tx->arena, body, &grant));
    json_set_text(tx->arena, grant, STR("client_id"), client_id);
    json_set_text(tx->arena, grant, STR("audience"), resource_server_management_identifier(tx));
    return document_create(tx, &resource_specs[RESOURCE_CLIENT_GRANT], STR_NONE, grant, &d);
}

static struct result enable_connections(struct tx *tx, str client_id)
{
    struct json *settings;
    struct connection_list all = { 0 };
    TRY(tenant_settings_read(tx, &settings));
    if (!tenant_settings_flag(settings, STR("enable_client_connections")))
        return OK;
    TRY(connection_list(tx, &all));
    for (size_t i = 0; i < all.count; i++)
        TRY(relation_add(tx, RELATION_CONNECTION_CLIENT, all.items[i].id, client_id, NULL, NULL));
    return OK;
}

static struct result created(struct tx *tx, const struct document *d)
{
    str app_type = text_or_empty(d->body, "app_type"), rs = json_get_text(d->body, STR("resource_server_identifier"));
    if (rs.p)
        TRY(resource_server_link_client(tx, rs, d->id));
    if (str_eq(app_type, STR("express_configuration")))
        TRY(grant_express(tx, d->id));
    return json_get_true(d->body, STR("global")) ? OK : enable_connections(tx, d->id);
}

static struct result deleting(struct tx *tx, const struct document *d)
{
    str rs = json_get_text(d->body, STR("resource_server_identifier"));
    if (json_get_true(d->body, STR("global")))
        return fail(ERR_GLOBAL_CLIENT_DELETE);
    tx_bump_generation(tx);
    if (rs.p)
        TRY(resource_server_link_client(tx, rs, STR_NONE));
    TRY(relation_drop(tx, THING_CLIENT, d->id));
    TRY(client_grant_drop_client(tx, d->id));
    TRY(client_credential_drop_client(tx, d->id));
    return user_belongings_drop_client(tx, d->id);
}

const struct resource_hooks client_hooks = { .check = check, .created = created, .deleting = deleting };

/* --- writing ---------------------------------------------------------------------------------- */

static str make_secret(struct arena *a)
{
    return random_text(a, RANDOM_BASE64URL, CLIENT_SECRET_LEN);
}

/* Strict clients of other companies are told apart by their ids (recorded). */
static str make_id(struct arena *a, const struct json *body)
{
    if (client_shape_is_strict(body))
        return str_cat(a, STR("tpc_"), random_text(a, RANDOM_ALNUM, STRICT_ID_LEN));
    return random_text(a, RANDOM_ALNUM, CLIENT_ID_LEN);
}

struct result client_create_as(struct tx *tx, str client_id, bool is_global, struct json *body, struct client *out)
{
    struct document d;
    struct json *now = json_copy(tx->arena, body);
    str id = client_id.p ? client_id : make_id(tx->arena, body);
    TRY(client_shape_fill(tx->arena, now));
    json_set_bool(tx->arena, now, STR("global"), is_global);
    if (!json_get_text(now, STR("client_secret")).len)
        json_set_text(tx->arena, now, STR("client_secret"), make_secret(tx->arena));
    TRY(document_create(tx, spec(), id, now, &d));
    from_document(&d, out);
    return OK;
}

struct result client_create(struct tx *tx, struct json *body, struct client *out)
{
    return client_create_as(tx, STR_NONE, false, body, out);
}

struct result client_patch(struct tx *tx, str id, const struct json *patch, struct client *out)
{
    struct document d;
    TRY(document_patch(tx, spec(), plain_id(id), json_copy(tx->arena, patch), &d));
    from_document(&d, out);
    return OK;
}

struct result client_delete(struct tx *tx, str id)
{
    return document_delete(tx, spec(), plain_id(id));
}

struct result client_rotate_secret(struct tx *tx, str id, struct client *out)
{
    struct json *patch = json_object(tx->arena);
    json_set_text(tx->arena, patch, STR("client_secret"), make_secret(tx->arena));
    return client_patch(tx, id, patch, out);
}

/* --- as v2 shows it -------------------------------------------------------------------------------- */

static const char *const summary_members[] = { "client_id", "name", "description", "app_type" };
static const char *const key_members[] = { "client_secret", "encryption_key", "client_authentication_methods",
                                           "signed_request_object", "token_vault_privileged_access" };

static void copy_members(struct arena *a, struct json *to, const struct json *from, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (json_get(from, str_from(names[i])))
            json_set(a, to, str_from(names[i]), json_get(from, str_from(names[i])));
}

/* Clients sign with the tenant's key. */
static struct result add_signing_keys(struct tx *tx, struct json *o)
{
    str pem, pkcs7;
    TRY(signing_key_current_cert(tx, &pem, &pkcs7));
    if (!pem.p)
        return OK;
    struct json *keys = json_array(tx->arena), *key = json_object(tx->arena);
    json_set_text(tx->arena, key, STR("cert"), pem);
    json_set_text(tx->arena, key, STR("pkcs7"), pkcs7);
    json_set_text(tx->arena, key, STR("subject"), STR("deprecated"));
    json_push(tx->arena, keys, key);
    json_set(tx->arena, o, STR("signing_keys"), keys);
    return OK;
}

static struct json *settings_of(struct arena *a, const struct client *c, unsigned sees)
{
    struct json *o = json_object(a);
    copy_members(a, o, c->body, summary_members, sizeof summary_members / sizeof *summary_members);
    if (!(sees & CLIENT_SEES_SETTINGS))
        return o;
    json_merge(a, o, c->body);
    for (size_t i = 0; i < sizeof key_members / sizeof *key_members; i++)
        json_remove(o, str_from(key_members[i]));
    json_set_bool(a, o, STR("cross_origin_auth"), json_get_true(c->body, STR("cross_origin_authentication"))); /* older name */
    json_set_bool(a, o, STR("callback_url_template"), false);
    return o;
}

struct result client_present(struct tx *tx, const struct client *c, unsigned sees, struct json **out)
{
    struct arena *a = tx->arena;
    struct json *o = settings_of(a, c, sees);
    json_set_text(a, o, STR("tenant"), tenant_get_info(tx->tenant)->name);
    if (sees & CLIENT_SEES_KEYS) {
        copy_members(a, o, c->body, key_members, sizeof key_members / sizeof *key_members);
        TRY(add_signing_keys(tx, o));
    }
    if (sees & CLIENT_SEES_NEW) {
        o = json_copy(a, o);
        json_set_bool(a, o, STR("encrypted"), true); /* the secret, at rest */
        TRY(client_credentials_put_back(tx, o));
    }
    *out = o;
    return OK;
}
