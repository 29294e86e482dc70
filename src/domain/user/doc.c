#include "domain/picture.h"
#include "domain/user/inside.h"

#define PROFILE (USER_ATTRIBUTE_PROFILE | USER_ATTRIBUTE_V1)
#define PROTECTED USER_ATTRIBUTE_PROTECTED

/* In the order of recorded answers. */
const struct user_attribute user_attributes[] = {
    { STR_INIT("blocked"), STR_INIT("blocked"), PROTECTED, 0 },
    { STR_INIT("created_at"), STR_INIT("created_at"), PROTECTED, 0 },
    { STR_INIT("email"), STR_INIT("email"), PROTECTED | USER_ATTRIBUTE_V1, 254 },
    { STR_INIT("email_verified"), STR_INIT("email_verified"), PROTECTED | USER_ATTRIBUTE_V1, 0 },
    { STR_INIT("family_name"), STR_INIT("family_name"), PROFILE, 150 },
    { STR_INIT("gender"), STR_INIT("gender"), PROFILE, 0 },
    { STR_INIT("given_name"), STR_INIT("given_name"), PROFILE, 150 },
    { STR_INIT("identities"), STR_INIT("identities"), PROTECTED, 0 },
    { STR_INIT("issuer"), STR_INIT("issuer"), 0, 0 },
    { STR_INIT("locale"), STR_INIT("locale"), PROFILE, 0 },
    { STR_INIT("name"), STR_INIT("name"), PROFILE, 300 },
    { STR_INIT("nickname"), STR_INIT("nickname"), PROFILE, 350 },
    { STR_INIT("phone_number"), STR_INIT("phone_number"), USER_ATTRIBUTE_V1, 16 },
    { STR_INIT("phone_verified"), STR_INIT("phone_verified"), USER_ATTRIBUTE_V1, 0 },
    { STR_INIT("picture"), STR_INIT("picture"), PROFILE, 0 },
    { STR_INIT("updated_at"), STR_INIT("updated_at"), 0, 0 },
    { STR_INIT("user_id"), STR_INIT("user_id"), PROTECTED, 0 },
    { STR_INIT("user_metadata"), STR_INIT(""), 0, 0 },
    { STR_INIT("username"), STR_INIT("username"), USER_ATTRIBUTE_V1, 128 },
    { STR_INIT("multifactor"), STR_INIT("multifactor"), 0, 0 },
    { STR_INIT("multifactor_last_modified"), STR_INIT(""), 0, 0 },
    { STR_INIT("last_password_reset"), STR_INIT("last_password_reset"), 0, 0 },
    { STR_INIT("last_login"), STR_INIT("lastLogin"), PROTECTED, 0 },
    { STR_INIT("last_ip"), STR_INIT("lastIP"), 0, 0 },
    { STR_INIT("logins_count"), STR_INIT("loginsCount"), PROTECTED, 0 },
    { STR_INIT("app_metadata"), STR_INIT(""), 0, 0 },
};
const size_t user_attribute_count = sizeof user_attributes / sizeof *user_attributes;

const struct user_attribute *user_attribute_find(str name)
{
    for (size_t i = 0; i < user_attribute_count; i++)
        if (str_eq(user_attributes[i].name, name))
            return &user_attributes[i];
    return NULL;
}

struct json *user_doc_ordered(struct arena *a, const struct json *doc)
{
    struct json *ordered = json_object(a);
    struct json_member *m;
    for (size_t i = 0; i < user_attribute_count; i++) {
        struct json *value = json_get(doc, user_attributes[i].name);
        if (value)
            json_set(a, ordered, user_attributes[i].name, value);
    }
    JSON_EACH_MEMBER(doc, i, m)
        if (!user_attribute_find(m->key))
            json_set(a, ordered, m->key, m->value);
    return ordered;
}

static str first_of(const struct json *doc, const char *const *names)
{
    str value = STR_NONE;
    for (size_t i = 0; names[i] && !value.len; i++)
        value = json_get_text(doc, str_from(names[i]));
    return value;
}

void user_doc_lay_defaults(struct arena *a, struct json *doc)
{
    str id = first_of(doc, (const char *const[]){ "email", "username", "phone_number", NULL });
    str rest;
    if (!json_get(doc, STR("name")))
        json_set_text(a, doc, STR("name"), id.p ? id : STR(""));
    if (!json_get(doc, STR("nickname")))
        json_set_text(a, doc, STR("nickname"), id.p ? str_cut(id, '@', &rest) : STR(""));
    if (!json_get(doc, STR("picture")))
        json_set_text(a, doc, STR("picture"), picture_default(a, id, json_get_text(doc, STR("name"))));
}

struct json *user_doc_identity(const struct json *doc, size_t i)
{
    return json_item(json_get(doc, STR("identities")), i);
}

struct json *user_doc_identity_of(const struct json *doc, str connection)
{
    const struct json *all = json_get(doc, STR("identities"));
    struct json *one;
    JSON_EACH_ITEM(all, i, one)
        if (!connection.p || str_eq(json_get_text(one, STR("connection")), connection))
            return one;
    return NULL;
}

str user_identity_uid(struct arena *a, const struct json *identity)
{
    str provider = json_get_text(identity, STR("provider")), native = json_get_text(identity, STR("user_id"));
    return str_fmt(a, "%.*s|%.*s", STR_ARG(provider), STR_ARG(native));
}

str user_secret_name(struct arena *a, str identity, str detail)
{
    return str_fmt(a, "%.*s\t%.*s", STR_ARG(identity), STR_ARG(detail));
}
