#include "api/v1/user_shape.h"

#include "api/v1/page.h"

static const struct user_attribute *attribute_by_v1_name(str name)
{
    for (size_t i = 0; i < user_attribute_count; i++)
        if (user_attributes[i].v1_name.len && str_eq(user_attributes[i].v1_name, name))
            return &user_attributes[i];
    return NULL;
}

/* Metadata lies over the profile, but not over what says who the user is. */
static bool is_protected(str name)
{
    const struct user_attribute *attribute = attribute_by_v1_name(name);
    return str_eq(name, STR("_id")) || str_eq(name, STR("v2_id")) || (attribute && attribute->flags & USER_ATTRIBUTE_PROTECTED);
}

str v1_user_stored_name(struct arena *a, str name)
{
    const struct user_attribute *attribute = attribute_by_v1_name(name);
    return attribute ? attribute->name : str_cat(a, STR("app_metadata."), name);
}

bool v1_user_is_attribute(str name)
{
    const struct user_attribute *attribute = attribute_by_v1_name(name);
    return attribute && attribute->flags & USER_ATTRIBUTE_V1;
}

static void add_profile(struct arena *a, struct json *o, const struct json *doc)
{
    const struct json_member *m;
    JSON_EACH_MEMBER(doc, i, m) {
        const struct user_attribute *attribute = user_attribute_find(m->key);
        str name = attribute ? attribute->v1_name : m->key;
        if (name.len)
            json_set(a, o, name, m->value);
    }
}

static void add_metadata(struct arena *a, struct json *o, const struct json *metadata)
{
    const struct json_member *m;
    JSON_EACH_MEMBER(metadata, i, m)
        if (!is_protected(m->key))
            json_set(a, o, m->key, m->value);
}

/* Only social identities carry provider tokens, and few users have one. */
static bool has_tokens(const struct json *doc)
{
    const struct json *identity;
    JSON_EACH_ITEM(json_get(doc, STR("identities")), i, identity)
        if (json_get_true(identity, STR("isSocial")))
            return true;
    return false;
}

struct result v1_user_present(struct call *c, const struct user *u, struct json **out)
{
    struct arena *a = c->arena;
    struct json *doc = u->doc, *o = json_object(a);
    if (has_tokens(doc))
        TRY(user_with_tokens(c->tx, u, &doc));
    json_set_text(a, o, STR("_id"), user_v1_id(a, u));
    add_profile(a, o, doc);
    json_set_text(a, o, STR("v2_id"), user_v2_id(a, u));
    json_set_bool(a, o, STR("blocked"), user_is_blocked(u)); /* an old client reads a plain boolean, never null */
    add_metadata(a, o, json_get(doc, STR("app_metadata")));
    *out = v1_pick_fields(c, o, NULL);
    return OK;
}

struct result v1_user_reply(struct call *c, const struct user *u)
{
    struct json *o;
    TRY(v1_user_present(c, u, &o));
    return call_reply(c, 200, o);
}

struct result v1_user_of_path(struct call *c, struct user *out)
{
    return user_by_id_for(c->tx, &c->caller, call_param(c, "user_id"), out);
}
