#include "domain/device_credential.h"

#include "base/clock.h"
#include "crypto/random.h"
#include "domain/refresh_token.h"

/* Keys are documents of their own kind; the contract's types only show them. */
static const struct filter_rule filters[] = { { STR_INIT("user_id"), STR_INIT("user_id") },
                                              { STR_INIT("client_id"), STR_INIT("client_id") } };
static const struct resource_spec spec = {
    .kind = STR_INIT("device_credential"),
    .id = { STR_INIT("dcr_"), ID_ALNUM, 16 },
    .key = STR_INIT("id"),
    .filters = filters,
    .filter_count = 2,
    .missing = ERR_NOT_FOUND,
    .delete_missing_ok = true,
};

/* --- refresh tokens ---------------------------------------------------------------- */

static struct json *show_token(struct arena *a, const struct refresh_token *t)
{
    struct json *o = json_object(a);
    bool rotates = json_get_true(t->body, STR("rotating"));
    json_set_text(a, o, STR("id"), t->id);
    json_set_text(a, o, STR("device_name"), t->device_name);
    json_set_text(a, o, STR("type"), rotates ? STR("rotating_refresh_token") : STR("refresh_token"));
    json_set_text(a, o, STR("user_id"), json_get_text(t->body, STR("user_id")));
    json_set_text(a, o, STR("client_id"), t->client_id);
    json_set(a, o, STR("created_at"), json_get(t->body, STR("created_at")));
    return o;
}

static bool fits(const struct device_credential_list *l, const struct json *o)
{
    return (!l->user_id.p || str_eq(l->user_id, json_get_text(o, STR("user_id")))) &&
           (!l->client_id.p || str_eq(l->client_id, json_get_text(o, STR("client_id")))) &&
           (!l->type.p || str_eq(l->type, json_get_text(o, STR("type"))));
}

static struct result add_tokens(struct tx *tx, const struct device_credential_list *l, struct json *all)
{
    struct refresh_token_list tokens = { .client_id = l->client_id, .limit = DEVICE_CREDENTIALS_MAX };
    struct user u;
    bool found = true;
    if (l->user_id.p)
        TRY(user_find_by_id(tx, l->user_id, &u, &found));
    if (!found)
        return OK;
    tokens.user = l->user_id.p ? u.row : 0;
    TRY(refresh_token_list(tx, &tokens));
    for (size_t i = 0; i < tokens.count; i++) {
        struct json *o = show_token(tx->arena, &tokens.items[i]);
        if (fits(l, o))
            json_push(tx->arena, all, o);
    }
    return OK;
}

/* --- public keys ----------------------------------------------------------------------- */

static struct json *show_key(struct arena *a, const struct document *d)
{
    struct json *o = json_copy_shallow(a, d->body);
    json_remove(o, STR("value"));
    json_set_text(a, o, STR("created_at"), clock_iso(a, d->created_at_us));
    return o;
}

/* user_id: STR_NONE for everybody's. */
static struct result keys_of(struct tx *tx, str user_id, struct document_list *out)
{
    *out = (struct document_list){ 0 };
    return user_id.p ? document_list_by(tx, &spec, "user_id", user_id, out) : document_list(tx, &spec, out);
}

static struct result add_keys(struct tx *tx, const struct device_credential_list *l, struct json *all)
{
    struct document_list keys;
    TRY(keys_of(tx, l->user_id, &keys));
    for (size_t i = 0; i < keys.count; i++) {
        struct json *o = show_key(tx->arena, &keys.items[i]);
        if (fits(l, o))
            json_push(tx->arena, all, o);
    }
    return OK;
}

struct result device_credential_list(struct tx *tx, struct device_credential_list *list)
{
    struct json *all = json_array(tx->arena);
    TRY(add_keys(tx, list, all));
    TRY(add_tokens(tx, list, all));
    list->total = json_count(all);
    list->items = json_array(tx->arena);
    for (size_t i = list->offset; i < list->total && (!list->limit || i - list->offset < list->limit); i++)
        json_push(tx->arena, list->items, json_item(all, i));
    return OK;
}

static struct json *key_body(struct tx *tx, str user_id, const struct json *body)
{
    static const char *const texts[] = { "device_name", "device_id", "client_id", "value" };
    struct json *o = json_object(tx->arena);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (json_get_text(body, str_from(texts[i])).p)
            json_set_text(tx->arena, o, str_from(texts[i]), json_get_text(body, str_from(texts[i])));
    if (!json_get(o, STR("device_id")))
        json_set_text(tx->arena, o, STR("device_id"), random_uuid(tx->arena));
    json_set_text(tx->arena, o, STR("type"), STR("public_key"));
    json_set_text(tx->arena, o, STR("user_id"), user_id);
    return o;
}

static bool is_same_device(const struct json *x, const struct json *y)
{
    return str_eq(json_get_text(x, STR("device_id")), json_get_text(y, STR("device_id"))) &&
           str_eq(json_get_text(x, STR("client_id")), json_get_text(y, STR("client_id")));
}

struct result device_credential_create(struct tx *tx, str user_id, const struct json *body, bool replaces, struct json **out)
{
    struct document_list keys;
    struct document d;
    bool removed;
    struct json *now = key_body(tx, user_id, body);
    if (replaces)
        TRY(device_credential_delete_key(tx, user_id, json_get_text(now, STR("device_name")), &removed));
    TRY(keys_of(tx, user_id, &keys));
    for (size_t i = 0; i < keys.count; i++)
        if (is_same_device(keys.items[i].body, now))
            return fail(ERR_DEVICE_KEY_EXISTS);
    TRY(document_create(tx, &spec, STR_NONE, now, &d));
    *out = show_key(tx->arena, &d);
    return OK;
}

struct result device_credential_find(struct tx *tx, str id, struct json **out, bool *out_found)
{
    struct refresh_token t;
    struct document d;
    TRY(refresh_token_find_by_id(tx, id, &t, out_found));
    if (*out_found) {
        *out = show_token(tx->arena, &t);
        return OK;
    }
    struct result r = document_read(tx, &spec, id, &d);
    *out_found = !failed(r);
    if (*out_found)
        *out = show_key(tx->arena, &d);
    return r.kind == spec.missing ? OK : r;
}

/* --- going --------------------------------------------------------------------------------- */

struct result device_credential_delete(struct tx *tx, str id)
{
    TRY(refresh_token_revoke(tx, id));
    return document_delete(tx, &spec, id);
}

struct result device_credential_delete_key(struct tx *tx, str user_id, str device_name, bool *out_removed)
{
    struct document_list keys;
    *out_removed = false;
    TRY(keys_of(tx, user_id, &keys));
    for (size_t i = 0; i < keys.count; i++) {
        if (!str_eq(json_get_text(keys.items[i].body, STR("device_name")), device_name))
            continue;
        TRY(document_delete(tx, &spec, keys.items[i].id));
        *out_removed = true;
    }
    return OK;
}

static struct result drop(struct tx *tx, const char *member, str value)
{
    return value.len ? document_delete_by(tx, &spec, member, value) : OK;
}

struct result device_credential_drop_user(struct tx *tx, str user_id)
{
    return drop(tx, "user_id", user_id);
}

struct result device_credential_drop_client(struct tx *tx, str client_id)
{
    return drop(tx, "client_id", client_id);
}
