#include "domain/connection/connection.h"

#include "crypto/random.h"
#include "domain/client/client.h"
#include "domain/connection/configuration.h"
#include "domain/connection/keys.h"
#include "domain/connection/options.h"
#include "domain/group.h"
#include "domain/user/user.h"

enum { TICKET_LEN = 32 };

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_CONNECTION];
}

void connection_from_document(const struct document *d, struct connection *out)
{
    static const struct strategy unknown = { .kind = STRATEGY_SOCIAL };
    const struct strategy *s = strategy_find(json_get_text(d->body, STR("strategy")));
    *out = (struct connection){
        .seq = d->seq,
        .id = d->id,
        .name = json_get_text(d->body, STR("name")),
        .strategy = json_get_text(d->body, STR("strategy")),
        .traits = s ? s : &unknown,
        .body = d->body,
        .options = json_get(d->body, STR("options")),
    };
    out->is_database = out->traits->kind == STRATEGY_DATABASE;
    out->is_social = out->traits->kind == STRATEGY_SOCIAL;
    out->is_enterprise = out->traits->kind == STRATEGY_ENTERPRISE;
    out->is_passwordless = out->traits->kind == STRATEGY_PASSWORDLESS;
}

/* --- reading -------------------------------------------------------------------- */

struct result connection_by_id(struct tx *tx, str id, struct connection *out)
{
    struct document d;
    TRY(document_read(tx, spec(), id, &d));
    connection_from_document(&d, out);
    return OK;
}

struct result connection_find_by_name(struct tx *tx, str name, struct connection *out, bool *out_found)
{
    struct document d;
    TRY(document_find(tx, spec(), STR("name"), name, &d, out_found));
    if (*out_found)
        connection_from_document(&d, out);
    return OK;
}

struct result connection_by_name(struct tx *tx, str name, struct connection *out)
{
    bool found;
    TRY(connection_find_by_name(tx, name, out, &found));
    return found ? OK : fail1(ERR_INEXISTENT_CONNECTION, name);
}

/* --- lists ------------------------------------------------------------------------ */

static bool domain_fits(const struct json *options, str domain)
{
    const struct json *aliases = json_get(options, STR("domain_aliases")), *item;
    if (str_eq_nocase(json_get_text(options, STR("tenant_domain")), domain))
        return true;
    JSON_EACH_ITEM(aliases, i, item)
        if (str_eq_nocase(json_text(item), domain))
            return true;
    return false;
}

static bool strategy_fits(const struct connection_list *l, str strategy)
{
    for (size_t i = 0; i < l->strategy_count; i++)
        if (str_eq_nocase(l->strategies[i], strategy))
            return true;
    return l->strategy_count == 0;
}

static bool fits(const struct connection_list *l, const struct connection *c)
{
    return strategy_fits(l, c->strategy) && (l->kinds == 0 || (l->kinds & 1u << c->traits->kind)) &&
           (!l->name.p || str_eq(l->name, c->name)) && (!l->domain_alias.p || domain_fits(c->options, l->domain_alias));
}

/* What no index serves is looked for in all connections, a few in memory at a
 * time; the page is read again. */
struct look {
    struct arena *arena;
    struct connection_list *list;
    struct id_list ids;
    size_t seen;
};

static struct result look_at(struct tx *tx, const struct document *d, void *arg)
{
    struct look *s = arg;
    struct connection_list *l = s->list;
    struct connection c;
    bool enabled = true;
    connection_from_document(d, &c);
    if (!fits(l, &c))
        return OK;
    if (l->client_id.p)
        TRY(connection_is_enabled(tx, c.id, l->client_id, &enabled));
    if (!enabled)
        return OK;
    l->total++;
    if (d->seq <= l->after_seq || s->seen++ < l->offset)
        return OK;
    if (l->limit && s->ids.count == l->limit)
        l->more = true;
    else
        id_list_add(&s->ids, s->arena, c.id);
    return OK;
}

static struct result look_up_name(struct tx *tx, struct look *s)
{
    struct document d;
    bool found;
    TRY(document_find(tx, spec(), STR("name"), s->list->name, &d, &found));
    return found ? look_at(tx, &d, s) : OK;
}

static struct result list_filtered(struct tx *tx, struct connection_list *l)
{
    struct look s = { .arena = tx->arena, .list = l };
    size_t bytes = 0;
    TRY(l->name.p ? look_up_name(tx, &s) : document_each(tx, spec(), look_at, &s));
    l->items = ARENA_ARRAY(tx->arena, struct connection, s.ids.count);
    for (; l->count < s.ids.count; l->count++) {
        struct document d;
        TRY(document_read(tx, spec(), s.ids.v[l->count], &d));
        TRY(document_page_check(bytes += d.stored_len));
        connection_from_document(&d, &l->items[l->count]);
    }
    return OK;
}

static struct result list_plain(struct tx *tx, struct connection_list *l)
{
    struct document_filter by_strategy = { .member = STR("strategy"), .values = l->strategies, .value_count = l->strategy_count };
    struct document_list d = { .filters = &by_strategy,
                               .filter_count = l->strategy_count ? 1 : 0,
                               .after_seq = l->after_seq,
                               .offset = l->offset,
                               .limit = l->limit,
                               .is_bounded = true };
    TRY(document_list(tx, spec(), &d));
    l->items = ARENA_ARRAY(tx->arena, struct connection, d.count);
    l->count = d.count;
    l->total = d.total;
    l->more = d.more;
    for (size_t i = 0; i < d.count; i++)
        connection_from_document(&d.items[i], &l->items[i]);
    return OK;
}

struct result connection_list(struct tx *tx, struct connection_list *list)
{
    bool scans = list->kinds || list->name.p || list->domain_alias.p || list->client_id.p;
    list->count = list->total = 0;
    list->more = false;
    TRY(scans ? list_filtered(tx, list) : list_plain(tx, list));
    list->last_seq = list->count ? list->items[list->count - 1].seq : list->after_seq;
    return OK;
}

/* --- clients of a connection --------------------------------------------------------- */

struct result connection_is_enabled(struct tx *tx, str connection_id, str client_id, bool *out_enabled)
{
    return relation_has(tx, RELATION_CONNECTION_CLIENT, connection_id, client_id, out_enabled);
}

struct result connection_set_client(struct tx *tx, str connection_id, str client_id, bool enabled)
{
    if (!enabled)
        return relation_remove(tx, RELATION_CONNECTION_CLIENT, connection_id, client_id, NULL);
    struct client c;
    TRY(client_read(tx, client_id, &c));
    return relation_add(tx, RELATION_CONNECTION_CLIENT, connection_id, c.client_id, NULL, NULL);
}

static struct result enable_one(struct tx *tx, const struct client *c, void *connection_id)
{
    return c->is_global ? OK : relation_add(tx, RELATION_CONNECTION_CLIENT, *(const str *)connection_id, c->client_id, NULL, NULL);
}

struct result connection_enable_all(struct tx *tx, str connection_id)
{
    return client_each(tx, enable_one, &connection_id);
}

struct result connection_disable_all(struct tx *tx, str connection_id)
{
    return relation_drop_a(tx, RELATION_CONNECTION_CLIENT, connection_id);
}

struct result connection_clients(struct tx *tx, str connection_id, int64_t after_seq, size_t limit, struct relation_row **out,
                                 size_t *out_count)
{
    return relation_list_by_a(tx, RELATION_CONNECTION_CLIENT, connection_id, after_seq, limit, out, out_count);
}

/* enabled_clients of a body: kept as given, also ids that no client has (any more);
 * clients that read, change and write back a connection rely on it. */
static struct result replace_clients(struct tx *tx, str connection_id, const struct json *clients)
{
    const struct json *item;
    if (!clients)
        return OK;
    TRY(connection_disable_all(tx, connection_id));
    JSON_EACH_ITEM(clients, i, item)
        TRY(relation_add(tx, RELATION_CONNECTION_CLIENT, connection_id, json_text(item), NULL, NULL));
    return OK;
}

struct result connection_present(struct tx *tx, const struct connection *c, struct json **out)
{
    struct relation_row *rows;
    size_t count;
    TRY(connection_clients(tx, c->id, 0, 0, &rows, &count));
    struct json *clients = json_array(tx->arena);
    for (size_t i = 0; i < count; i++)
        json_push_text(tx->arena, clients, rows[i].b);
    *out = json_copy_shallow(tx->arena, c->body);
    json_set(tx->arena, *out, STR("enabled_clients"), clients);
    connection_configuration_hide(tx, *out);
    return OK;
}

/* --- rules between connections ----------------------------------------------------------- */

static bool shares_realm(const struct json *realms, const struct json *others)
{
    const struct json *item;
    JSON_EACH_ITEM(realms, i, item)
        if (json_array_has(others, json_text(item)))
            return true;
    return false;
}

/* The default realm is the connection's own name, which is unique already. */
static bool has_own_realms(const struct json *body)
{
    const struct json *realms = json_get(body, STR("realms"));
    return json_count(realms) > 1 ||
           (json_count(realms) == 1 && !str_eq(json_text(json_item(realms, 0)), json_get_text(body, STR("name"))));
}

struct other_check {
    const struct json *now;
    bool domain, realms;
};

static struct result check_other(struct tx *tx, const struct document *d, void *arg)
{
    const struct other_check *c = arg;
    (void)tx;
    if (str_eq(d->id, json_get_text(c->now, STR("id"))))
        return OK;
    if (c->realms && shares_realm(json_get(c->now, STR("realms")), json_get(d->body, STR("realms"))))
        return fail(ERR_CONNECTION_REALM_EXISTS);
    if (c->domain && json_get_true(d->body, STR("is_domain_connection")) &&
        str_eq(json_get_text(d->body, STR("strategy")), json_get_text(c->now, STR("strategy"))))
        return fail(ERR_DOMAIN_CONNECTION_EXISTS);
    return OK;
}

static struct result check_others(struct tx *tx, const struct json *now)
{
    struct other_check c = { .now = now, .domain = json_get_true(now, STR("is_domain_connection")), .realms = has_own_realms(now) };
    return c.domain || c.realms ? document_each(tx, spec(), check_other, &c) : OK;
}

static struct result has_users(struct tx *tx, str connection, bool *out)
{
    struct sql_value row[1];
    return sql_row(tx->sql, tx->arena, "SELECT user FROM identities WHERE connection = ? LIMIT 1", SQL_ARGS(sql_text(connection)),
                   row, 1, out);
}

static bool is_custom_database(const struct json *body)
{
    return json_get_true(json_get(body, STR("options")), STR("enabledDatabaseCustomization"));
}

static bool has_unique_email(const struct json *body)
{
    const struct json *unique = json_at(body, "options.attributes.email.unique");
    return !unique || json_true(unique);
}

static struct result check_change(struct tx *tx, const struct json *old, const struct json *now)
{
    bool used;
    if (has_unique_email(old) && !has_unique_email(now))
        return fail1(ERR_INVALID_BODY, STR("cannot add non-unique email attribute"));
    if (is_custom_database(old) == is_custom_database(now))
        return OK;
    TRY(has_users(tx, json_get_text(old, STR("name")), &used));
    return used ? fail1(ERR_BAD_REQUEST, STR("This database contains users. You cannot change "
                                             "\"options.enabledDatabaseCustomization\" setting."))
                : OK;
}

/* Apps of the tenant exchange tokens with a provider that knows OpenID Connect. */
static struct result check_requesting_app(const struct json *now)
{
    str strategy = json_get_text(now, STR("strategy"));
    bool asks = json_true(json_at(now, "cross_app_access_requesting_app.active"));
    return asks && !str_eq(strategy, STR("oidc")) && !str_eq(strategy, STR("okta"))
               ? fail1(ERR_OPERATION_NOT_SUPPORTED, STR("Cross App Access Requesting App is not supported for this connection."))
               : OK;
}

static struct result check(struct tx *tx, const struct json *old, struct json *now)
{
    TRY(check_requesting_app(now));
    if (old)
        TRY(check_change(tx, old, now));
    return check_others(tx, now);
}

static struct result deleting(struct tx *tx, const struct document *d)
{
    struct connection c;
    connection_from_document(d, &c);
    TRY(group_drop_connection(tx, c.id));
    TRY(relation_drop(tx, THING_CONNECTION, c.id));
    TRY(connection_keys_drop(tx, c.id));
    return c.is_database ? user_delete_of_connection(tx, c.name) : OK;
}

const struct resource_hooks connection_hooks = { .check = check, .deleting = deleting };

/* --- writing --------------------------------------------------------------------------------- */

static void set_absent(struct arena *a, struct json *body, const char *key, struct json *value)
{
    if (!json_get(body, str_from(key)))
        json_set(a, body, str_from(key), value);
}

static struct json *active(struct arena *a, bool on)
{
    struct json *o = json_object(a);
    json_set_bool(a, o, STR("active"), on);
    return o;
}

static str ticket_url(struct tx *tx, const struct strategy *s)
{
    str domain = tenant_get_info(tx->tenant)->domain, ticket = random_text(tx->arena, RANDOM_ALNUM, TICKET_LEN);
    return str_fmt(tx->arena, "https://%.*s/p/%.*s/%.*s", STR_ARG(domain), STR_ARG(s->name), STR_ARG(ticket));
}

static void fill_body(struct tx *tx, const struct strategy *s, struct json *body)
{
    struct arena *a = tx->arena;
    str name = json_get_text(body, STR("name"));
    struct json *realms = json_array(a);
    json_push_text(a, realms, name);
    json_set_text(a, body, STR("strategy"), s->name);
    if (s->flags & STRATEGY_TICKET)
        json_set_text(a, body, STR("provisioning_ticket_url"), ticket_url(tx, s));
    set_absent(a, body, "is_domain_connection", json_bool(a, false));
    if (s->kind == STRATEGY_ENTERPRISE)
        set_absent(a, body, "show_as_button", json_bool(a, false));
    set_absent(a, body, "authentication", active(a, true));
    set_absent(a, body, "connected_accounts", active(a, false));
    if (s->flags & STRATEGY_OIDC)
        set_absent(a, body, "display_name", json_string(a, name));
    set_absent(a, body, "realms", realms);
}

/* A member of a body as an own copy, {} when it is absent or null. */
static struct json *options_of(struct arena *a, const struct json *body)
{
    const struct json *options = json_get(body, STR("options"));
    return json_is(options, JSON_OBJECT) ? json_copy(a, options) : json_object(a);
}

struct result connection_create(struct tx *tx, struct json *body, struct connection *out)
{
    const struct strategy *s = strategy_find(json_get_text(body, STR("strategy")));
    struct json *clients = json_get(body, STR("enabled_clients")), *options = options_of(tx->arena, body);
    struct document d;
    if (!s)
        return fail1(ERR_UNSUPPORTED_STRATEGY, json_get_text(body, STR("strategy")));
    TRY(connection_options_check(s, options));
    TRY(connection_options_fill(tx, s, options, true));
    struct json *now = json_copy_shallow(tx->arena, body);
    json_remove(now, STR("enabled_clients"));
    json_set(tx->arena, now, STR("options"), options);
    fill_body(tx, s, now);
    TRY(document_create(tx, spec(), STR_NONE, now, &d));
    TRY(replace_clients(tx, d.id, clients));
    connection_from_document(&d, out);
    return OK;
}

struct result connection_patch(struct tx *tx, str id, const struct json *patch, struct connection *out)
{
    struct connection c;
    struct document d;
    TRY(connection_by_id(tx, id, &c));
    struct json *now = json_copy_shallow(tx->arena, patch);
    if (json_get(patch, STR("options"))) {
        struct json *options = options_of(tx->arena, patch);
        connection_configuration_keep(tx, c.options, options);
        TRY(connection_options_check(c.traits, options));
        TRY(connection_options_fill(tx, c.traits, options, false));
        json_set(tx->arena, now, STR("options"), options);
    }
    json_remove(now, STR("enabled_clients"));
    TRY(document_patch(tx, spec(), c.id, now, &d));
    TRY(replace_clients(tx, d.id, json_get(patch, STR("enabled_clients"))));
    connection_from_document(&d, out);
    return OK;
}

struct result connection_delete(struct tx *tx, str id)
{
    struct connection c;
    TRY(connection_by_id(tx, id, &c));
    return document_delete(tx, spec(), c.id);
}
