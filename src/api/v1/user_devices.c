/* What devices hold for a user, as API v1 shows it: public keys by device name,
 * and refresh tokens (V1-REFERENCE 4.7, 5.11 to 5.13). */
#include "api/v1/user_shape.h"
#include "crypto/hash.h"
#include "domain/device_credential.h"

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
static str token_id(struct arena *a, str token)
{
    unsigned char hash[DIGEST_LEN_MAX];
    if (str_starts(token, STR("dcr_")))
        return token;
    digest(DIGEST_SHA256, token, hash);
    return device_credential_token_id(a, (str){ (const char *)hash, digest_len(DIGEST_SHA256) });
}

struct result v1_users_delete_refresh_token(struct call *c)
{
    struct user u;
    struct json *credential;
    bool found;
    str id = token_id(c->arena, call_param(c, "refresh_token"));
    TRY(v1_user_of_path(c, &u));
    TRY(device_credential_find(c->tx, id, &credential, &found));
    if (!found || is_key(credential) || !str_eq(json_get_text(credential, STR("user_id")), u.uid))
        return fail(ERR_NOT_FOUND);
    TRY(device_credential_delete(c->tx, id));
    return call_reply_text(c, 200, STR("OK"));
}
