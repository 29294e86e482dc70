#include "domain/device_credential.h"

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/random.h"

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

/* --- refresh tokens ----------------------------------------------------------------
 * Their id is the beginning of the hash, so that it is found again by range. */

static const str token_prefix = STR_INIT("dcr_t");
enum { TOKEN_ID_BYTES = 12 };

str device_credential_token_id(struct arena *a, str hash)
{
    return str_cat(a, token_prefix, hex_encode(a, str_sub(hash, 0, TOKEN_ID_BYTES)));
}

static bool token_range(struct arena *a, str id, str *out_from, str *out_to)
{
    str bytes;
    bool is_token = str_starts(id, token_prefix) && id.len == token_prefix.len + 2 * TOKEN_ID_BYTES &&
                    hex_decode(a, str_sub(id, token_prefix.len, id.len), &bytes);
    if (!is_token)
        return false;
    *out_from = bytes;
    *out_to = str_cat(a, bytes, STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
    return true;
}

static struct result show_token(struct arena *a, const struct sql_rows *rows, struct json **out)
{
    struct json *body, *o = json_object(a);
    str device;
    TRY(json_parse(a, str_dup(a, sql_col_text(rows, 3)), &body));
    device = json_get_text(body, STR("device"));
    json_set_text(a, o, STR("id"), device_credential_token_id(a, sql_col_blob(rows, 0)));
    json_set_text(a, o, STR("device_name"), device.p ? device : STR(""));
    json_set_text(a, o, STR("type"), json_get_true(body, STR("rotating")) ? STR("rotating_refresh_token") : STR("refresh_token"));
    json_set_text(a, o, STR("user_id"), str_dup(a, sql_col_text(rows, 2)));
    json_set_text(a, o, STR("client_id"), str_dup(a, sql_col_text(rows, 1)));
    json_set_text(a, o, STR("created_at"), clock_iso(a, sql_col_int(rows, 4)));
    *out = o;
    return OK;
}

#define TOKEN_COLUMNS "SELECT t.hash, t.client_id, u.uid, t.body, t.created_at FROM tokens t JOIN users u ON u.id = t.user "

static bool fits(const struct device_credential_list *l, const struct json *o)
{
    return (!l->user_id.p || str_eq(l->user_id, json_get_text(o, STR("user_id")))) &&
           (!l->client_id.p || str_eq(l->client_id, json_get_text(o, STR("client_id")))) &&
           (!l->type.p || str_eq(l->type, json_get_text(o, STR("type"))));
}

static struct result add_tokens(struct tx *tx, const struct device_credential_list *l, struct json *all)
{
    struct sql_rows rows;
    struct result r = OK;
    if (l->user_id.p)
        TRY(sql_open(tx->sql, &rows, TOKEN_COLUMNS "WHERE u.uid = ? AND t.kind = 'refresh' ORDER BY t.created_at DESC LIMIT ?",
                     SQL_ARGS(sql_text(l->user_id), sql_int(DEVICE_CREDENTIALS_MAX))));
    else
        TRY(sql_open(tx->sql, &rows, TOKEN_COLUMNS "WHERE t.kind = 'refresh' LIMIT ?", SQL_ARGS(sql_int(DEVICE_CREDENTIALS_MAX))));
    while (!failed(r) && sql_next(&rows)) {
        struct json *o;
        r = show_token(tx->arena, &rows, &o);
        if (!failed(r) && fits(l, o))
            json_push(tx->arena, all, o);
    }
    struct result closed = sql_close(&rows);
    return failed(r) ? r : closed;
}

/* --- public keys ----------------------------------------------------------------------- */

static struct json *show_key(struct arena *a, const struct document *d)
{
    struct json *o = json_copy_shallow(a, d->body);
    json_remove(o, STR("value"));
    json_set_text(a, o, STR("created_at"), clock_iso(a, d->created_at_us));
    return o;
}

static struct result keys_by(struct tx *tx, const char *member, const str *value, struct document_list *out)
{
    struct document_filter *f = ARENA_NEW(tx->arena, struct document_filter);
    *f = (struct document_filter){ .member = str_from(member), .values = value, .value_count = 1 };
    *out = (struct document_list){ .filters = f, .filter_count = value->p ? 1 : 0 };
    return document_list(tx, &spec, out);
}

static struct result add_keys(struct tx *tx, const struct device_credential_list *l, struct json *all)
{
    struct document_list keys;
    TRY(keys_by(tx, "user_id", &l->user_id, &keys));
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
    TRY(keys_by(tx, "user_id", &user_id, &keys));
    for (size_t i = 0; i < keys.count; i++)
        if (is_same_device(keys.items[i].body, now))
            return fail(ERR_DEVICE_KEY_EXISTS);
    TRY(document_create(tx, &spec, STR_NONE, now, &d));
    *out = show_key(tx->arena, &d);
    return OK;
}

static struct result find_token(struct tx *tx, str from, str to, struct json **out, bool *out_found)
{
    struct sql_rows rows;
    struct result r = OK;
    TRY(sql_open(tx->sql, &rows, TOKEN_COLUMNS "WHERE t.hash >= ? AND t.hash < ? AND t.kind = 'refresh' LIMIT 1",
                 SQL_ARGS(sql_blob(from), sql_blob(to))));
    *out_found = sql_next(&rows);
    if (*out_found)
        r = show_token(tx->arena, &rows, out);
    struct result closed = sql_close(&rows);
    return failed(r) ? r : closed;
}

struct result device_credential_find(struct tx *tx, str id, struct json **out, bool *out_found)
{
    str from, to;
    struct document d;
    if (token_range(tx->arena, id, &from, &to))
        return find_token(tx, from, to, out, out_found);
    struct result r = document_read(tx, &spec, id, &d);
    *out_found = !failed(r);
    if (*out_found)
        *out = show_key(tx->arena, &d);
    return r.kind == spec.missing ? OK : r;
}

/* --- going --------------------------------------------------------------------------------- */

struct result device_credential_delete(struct tx *tx, str id)
{
    str from, to;
    if (token_range(tx->arena, id, &from, &to))
        return sql_run(tx->sql, "DELETE FROM tokens WHERE hash >= ? AND hash < ? AND kind = 'refresh'",
                       SQL_ARGS(sql_blob(from), sql_blob(to)), NULL);
    return document_delete(tx, &spec, id);
}

struct result device_credential_delete_key(struct tx *tx, str user_id, str device_name, bool *out_removed)
{
    struct document_list keys;
    *out_removed = false;
    TRY(keys_by(tx, "user_id", &user_id, &keys));
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
    struct document_list keys;
    if (!value.len)
        return OK;
    TRY(keys_by(tx, member, &value, &keys));
    for (size_t i = 0; i < keys.count; i++)
        TRY(document_delete(tx, &spec, keys.items[i].id));
    return OK;
}

struct result device_credential_drop_user(struct tx *tx, str user_id)
{
    TRY(sql_run(tx->sql, "DELETE FROM tokens WHERE kind = 'refresh' AND user = (SELECT id FROM users WHERE uid = ?)",
                SQL_ARGS(sql_text(user_id)), NULL));
    return drop(tx, "user_id", user_id);
}

struct result device_credential_drop_client(struct tx *tx, str client_id)
{
    TRY(sql_run(tx->sql, "DELETE FROM tokens WHERE kind = 'refresh' AND client_id = ?", SQL_ARGS(sql_text(client_id)), NULL));
    return drop(tx, "client_id", client_id);
}
