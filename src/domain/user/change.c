#include "base/clock.h"
#include "domain/user/inside.h"

/* Changes of one thing, as v1 asks for them and as logins and tickets make
 * them. What v2's PATCH can say, too, goes through user_patch, so that each
 * rule stands once. */

struct result user_set_metadata(struct tx *tx, const struct user *u, const struct json *metadata, bool merge, struct user *out)
{
    struct arena *a = tx->arena;
    TRY(user_metadata_check(a, metadata, true));
    if (!json_is(metadata, JSON_OBJECT))
        return fail1(ERR_INVALID_BODY, STR("The metadata must be an object."));
    struct json *doc = json_copy_shallow(a, u->doc);
    const struct json *was = merge ? json_get(doc, STR("app_metadata")) : NULL;
    json_set(a, doc, STR("app_metadata"), user_metadata_merge(a, was, metadata, true));
    return user_store_update(tx, u, doc, out);
}

static struct json *one_member(struct arena *a, const char *name, struct json *value)
{
    struct json *body = json_object(a);
    json_set(a, body, str_from(name), value);
    return body;
}

struct result user_set_email(struct tx *tx, const struct user *u, str email, bool verify, struct user *out)
{
    struct arena *a = tx->arena;
    struct json *body = one_member(a, "email", json_string(a, email));
    json_set_bool(a, body, STR("email_verified"), false);
    json_set_bool(a, body, STR("verify_email"), verify);
    return user_patch(tx, u->uid, &(struct user_change){ .body = body }, out);
}

struct result user_set_password(struct tx *tx, const struct user *u, const struct user_password *password, struct user *out)
{
    if (!password)
        return fail1(ERR_OPERATION_NOT_SUPPORTED, STR("Connection is not supported for this operation."));
    struct json *body = one_member(tx->arena, "password", json_string(tx->arena, password->text));
    return user_patch(tx, u->uid, &(struct user_change){ .body = body, .password = password }, out);
}

struct result user_set_blocked(struct tx *tx, const struct user *u, bool blocked, struct user *out)
{
    struct json *body = one_member(tx->arena, "blocked", json_bool(tx->arena, blocked));
    return user_patch(tx, u->uid, &(struct user_change){ .body = body }, out);
}

struct result user_set_email_verified(struct tx *tx, const struct user *u, bool verified, struct user *out)
{
    struct json *doc = json_copy_shallow(tx->arena, u->doc);
    json_set_bool(tx->arena, doc, STR("email_verified"), verified);
    return user_store_update(tx, u, doc, out);
}

struct result user_record_login(struct tx *tx, const struct user *u, str ip, struct user *out)
{
    struct arena *a = tx->arena;
    struct json *doc = json_copy_shallow(a, u->doc);
    json_set_text(a, doc, STR("last_login"), clock_iso(a, tx->now_us));
    json_set_text(a, doc, STR("last_ip"), ip);
    json_set_int(a, doc, STR("logins_count"), json_get_int(doc, STR("logins_count"), 0) + 1);
    return user_store_update(tx, u, doc, out);
}
