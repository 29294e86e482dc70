/* What devices hold for a user, as API v1 shows it: public keys by device name,
 * and refresh tokens (V1-REFERENCE 4.7, 5.11 to 5.13). */
#include "api/v1/user_shape.h"
#include "domain/device_credential.h"
#include "domain/refresh_token.h"

static bool is_key(const struct json *credential)
{
    return str_eq(json_get_text(credential, STR("type")), STR("public_key"));
}

static void copy_text(struct arena *a, struct json *to, str to_name, const struct json *from, str from_name)
{
    str value = json_get_text(from, from_name);
    if (value.p)
        json_set_text(a, to, to_name, value);
}

static struct json *present(struct arena *a, const struct json *credential)
{
    struct json *o = json_object(a);
    copy_text(a, o, STR("id"), credential, STR("id"));
    copy_text(a, o, STR("device"), credential, STR("device_name"));
    json_set_text(a, o, STR("type"), is_key(credential) ? STR("public_key") : STR("refresh_token"));
    copy_text(a, o, STR("client_id"), credential, STR("client_id"));
    copy_text(a, o, STR("user_id"), credential, STR("user_id"));
    copy_text(a, o, STR("created_at"), credential, STR("created_at"));
    return o;
}

struct result v1_users_devices(struct call *c)
{
    struct user u;
    const struct json *one;
    struct json *items = json_array(c->arena);
    TRY(v1_user_of_path(c, &u));
    struct device_credential_list l = { .user_id = u.uid };
    TRY(device_credential_list(c->tx, &l));
    JSON_EACH_ITEM(l.items, i, one)
        json_push(c->arena, items, present(c->arena, one));
    return call_reply(c, 200, items);
}

/* --- public keys ---------------------------------------------------------------------- */

struct result v1_users_save_key(struct call *c)
{
    struct user u;
    struct json *key = json_object(c->arena), *made, *o = json_object(c->arena);
    TRY(v1_user_of_path(c, &u));
    copy_text(c->arena, key, STR("device_name"), c->body, STR("device"));
    copy_text(c->arena, key, STR("value"), c->body, STR("public_key"));
    json_set_text(c->arena, key, STR("client_id"), c->caller.client_id);
    TRY(device_credential_create(c->tx, u.uid, key, true, &made));
    copy_text(c->arena, o, STR("id"), made, STR("id"));
    copy_text(c->arena, o, STR("device"), made, STR("device_name"));
    return call_reply(c, 200, o);
}

struct result v1_users_delete_key(struct call *c)
{
    struct user u;
    bool removed;
    TRY(v1_user_of_path(c, &u));
    TRY(device_credential_delete_key(c->tx, u.uid, call_query_text(c, "device"), &removed));
    return removed ? call_reply_text(c, 200, STR("OK")) : fail(ERR_NOT_FOUND);
}

/* --- refresh tokens ---------------------------------------------------------------------- */

/* The path has the token itself, or the id that the list of devices shows. */
static struct result find_token(struct call *c, struct refresh_token *out, bool *out_found)
{
    str token = call_param(c, "refresh_token");
    TRY(refresh_token_find_by_id(c->tx, token, out, out_found));
    return *out_found ? OK : refresh_token_find(c->tx, token, out, out_found);
}

struct result v1_users_delete_refresh_token(struct call *c)
{
    struct user u;
    struct refresh_token t;
    bool found;
    TRY(v1_user_of_path(c, &u));
    TRY(find_token(c, &t, &found));
    if (!found || t.user != u.row)
        return fail(ERR_NOT_FOUND);
    TRY(refresh_token_revoke(c->tx, t.id));
    return call_reply_text(c, 200, STR("OK"));
}
