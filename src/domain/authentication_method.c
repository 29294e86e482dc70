#include "domain/authentication_method.h"

#include "base/clock.h"
#include "crypto/random.h"

enum { ID_LEN = 16, TYPE_MEMBERS_MAX = 12 };

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_AUTHENTICATION_METHOD];
}

/* --- types: what a body needs and may have beside its name -------------------------- */

#define KEY_MEMBERS "aaguid", "user_agent", "user_handle", "transports", "credential_device_type", "credential_backed_up"
static const struct method_type {
    str type;
    const char *needs[4], *takes[TYPE_MEMBERS_MAX];
    const char *identifies; /* no second one of the same user has this value */
} types[] = {
    { STR_INIT("phone"), { "phone_number" }, { "preferred_authentication_method" }, "phone_number" },
    { STR_INIT("email"), { "email" }, { NULL }, "email" },
    { STR_INIT("totp"), { "totp_secret" }, { NULL }, "totp_secret" },
    { STR_INIT("webauthn-roaming"), { "key_id", "public_key", "relying_party_identifier" }, { KEY_MEMBERS }, "key_id" },
    { STR_INIT("passkey"), { "key_id", "public_key", "relying_party_identifier" }, { "identity_user_id", KEY_MEMBERS }, "key_id" },
    { STR_INIT("recovery-code"), { NULL }, { NULL }, NULL },
};

static const struct method_type *type_find(str name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_eq(types[i].type, name))
            return &types[i];
    return NULL;
}

static bool has(const char *const *names, size_t max, str name)
{
    for (size_t i = 0; i < max && names[i]; i++)
        if (str_eq(str_from(names[i]), name))
            return true;
    return false;
}

static bool takes(const struct method_type *t, str member)
{
    static const char *const always[] = { "type", "name" };
    return has(always, 2, member) || has(t->needs, 4, member) || has(t->takes, TYPE_MEMBERS_MAX, member);
}

static struct result check_members(struct tx *tx, const struct method_type *t, const struct json *body)
{
    const struct json_member *m;
    for (size_t i = 0; i < 4 && t->needs[i]; i++)
        if (!json_get(body, str_from(t->needs[i])))
            return fail1(ERR_INVALID_BODY,
                         str_fmt(tx->arena, "Payload validation error: 'Missing required property: %s'.", t->needs[i]));
    JSON_EACH_MEMBER(body, i, m)
        if (!takes(t, m->key))
            return fail1(ERR_INVALID_BODY, str_fmt(tx->arena, "Payload validation error: 'Additional properties not allowed: %.*s'.",
                                                   STR_ARG(m->key)));
    return OK;
}

/* --- of a user ------------------------------------------------------------------------- */

struct result authentication_method_list(struct tx *tx, const struct user *u, struct document_list *l)
{
    return document_list_by(tx, spec(), "user_id", u->uid, l);
}

static struct result check_others(struct tx *tx, const struct user *u, const struct method_type *t, const struct json *body)
{
    struct document_list l = { 0 };
    TRY(authentication_method_list(tx, u, &l));
    if (l.count >= AUTHENTICATION_METHODS_MAX)
        return fail(ERR_TOO_MANY_AUTHENTICATION_METHODS);
    for (size_t i = 0; t->identifies && i < l.count; i++)
        if (str_eq(json_get_text(l.items[i].body, STR("type")), t->type) &&
            str_eq(json_get_text(l.items[i].body, str_from(t->identifies)), json_get_text(body, str_from(t->identifies))))
            return fail(ERR_AUTHENTICATION_METHOD_EXISTS);
    return OK;
}

/* How codes reach a telephone: {type: sms, id: "sms|dev_…"}; the id is the method's with another type in front. */
static void set_channels(struct arena *a, struct json *body, str id)
{
    if (!str_eq(json_get_text(body, STR("type")), STR("phone")))
        return;
    str preferred = json_get_text(body, STR("preferred_authentication_method")), device;
    str_cut(id, '|', &device);
    struct json *one = json_object(a), *all = json_array(a);
    str type = preferred.p ? preferred : STR("sms");
    json_set_text(a, one, STR("type"), type);
    json_set_text(a, one, STR("id"), str_fmt(a, "%.*s|%.*s", STR_ARG(type), STR_ARG(device)));
    json_push(a, all, one);
    json_set_text(a, body, STR("preferred_authentication_method"), type);
    json_set(a, body, STR("authentication_methods"), all);
}

struct result authentication_method_create(struct tx *tx, const struct user *u, struct json *body, struct document *out)
{
    struct arena *a = tx->arena;
    const struct method_type *t = type_find(json_get_text(body, STR("type")));
    if (!t)
        return fail1(ERR_INVALID_BODY, STR("Payload validation error: 'Unknown type' on property type."));
    TRY(check_members(tx, t, body));
    TRY(check_others(tx, u, t, body));
    str id = str_fmt(a, "%.*s|dev_%.*s", STR_ARG(t->type), STR_ARG(random_text(a, RANDOM_ALNUM, ID_LEN)));
    set_channels(a, body, id);
    json_set_bool(a, body, STR("confirmed"), true);
    json_set_text(a, body, STR("created_at"), clock_iso(a, tx->now_us));
    json_set_text(a, body, STR("user_id"), u->uid);
    return document_create(tx, spec(), id, body, out);
}

struct result authentication_method_read(struct tx *tx, const struct user *u, str id, struct document *out)
{
    TRY(document_read(tx, spec(), id, out));
    return str_eq(json_get_text(out->body, STR("user_id")), u->uid) ? OK : fail(ERR_INEXISTENT_AUTHENTICATION_METHOD);
}

struct result authentication_method_patch(struct tx *tx, const struct user *u, str id, const struct json *patch, struct document *out)
{
    struct document d;
    TRY(authentication_method_read(tx, u, id, &d));
    struct json *now = json_copy(tx->arena, d.body);
    bool is_phone = str_eq(json_get_text(now, STR("type")), STR("phone"));
    if (json_get(patch, STR("preferred_authentication_method")) && !is_phone)
        return fail1(ERR_INVALID_BODY,
                     STR("Payload validation error: 'Additional properties not allowed: preferred_authentication_method'."));
    json_merge(tx->arena, now, patch);
    set_channels(tx->arena, now, id);
    return document_replace(tx, spec(), id, now, out);
}

/* --- going -------------------------------------------------------------------------------- */

static struct result drop_code(struct tx *tx, const struct user *u)
{
    return sql_run(tx->sql, "DELETE FROM user_secrets WHERE user = ? AND kind = 'recovery_code'", SQL_ARGS(sql_int(u->row)), NULL);
}

static bool is_type(const struct document *d, str type)
{
    return str_eq(json_get_text(d->body, STR("type")), type);
}

static struct result remove_one(struct tx *tx, const struct user *u, const struct document *d)
{
    if (is_type(d, STR("recovery-code")))
        TRY(drop_code(tx, u));
    return document_delete(tx, spec(), d->id);
}

struct result authentication_method_delete(struct tx *tx, const struct user *u, str id)
{
    struct document d;
    TRY(authentication_method_read(tx, u, id, &d));
    return remove_one(tx, u, &d);
}

struct result authentication_method_delete_all(struct tx *tx, const struct user *u)
{
    struct document_list l = { 0 };
    TRY(authentication_method_list(tx, u, &l));
    for (size_t i = 0; i < l.count; i++)
        if (is_type(&l.items[i], STR("passkey")))
            return fail(ERR_PASSKEY_REGISTERED);
    for (size_t i = 0; i < l.count; i++)
        TRY(remove_one(tx, u, &l.items[i]));
    return OK;
}

struct result authentication_method_delete_type(struct tx *tx, const struct user *u, str type)
{
    struct document_list l = { 0 };
    TRY(authentication_method_list(tx, u, &l));
    for (size_t i = 0; i < l.count; i++)
        if (is_type(&l.items[i], type))
            TRY(remove_one(tx, u, &l.items[i]));
    return OK;
}

struct result authentication_method_drop_user(struct tx *tx, str user_id)
{
    return document_delete_by(tx, spec(), "user_id", user_id);
}
