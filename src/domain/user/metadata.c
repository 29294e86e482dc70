#include "domain/user/inside.h"

/* Each is found by search, so that each costs a row or two. */
enum { METADATA_VALUES_MAX = 10000 };

/* V1-V2-SEMANTICS 3.1. */
static const str reserved[] = {
    STR_INIT("__tenant"),         STR_INIT("_id"),
    STR_INIT("blocked"),          STR_INIT("clientID"),
    STR_INIT("created_at"),       STR_INIT("email"),
    STR_INIT("email_verified"),   STR_INIT("globalClientID"),
    STR_INIT("global_client_id"), STR_INIT("identities"),
    STR_INIT("lastIP"),           STR_INIT("lastLogin"),
    STR_INIT("loginsCount"),      STR_INIT("metadata"),
    STR_INIT("multifactor"),      STR_INIT("multifactor_last_modified"),
    STR_INIT("updated_at"),       STR_INIT("user_id"),
};

static bool is_reserved(str name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (str_eq(reserved[i], name))
            return true;
    return false;
}

/* The first key with a dot or a dollar sign at any depth; STR_NONE: none. The
 * depth is bounded by the parser. */
static str bad_key(const struct json *v)
{
    const struct json *item;
    const struct json_member *m;
    str bad = STR_NONE;
    if (json_is(v, JSON_ARRAY)) {
        JSON_EACH_ITEM(v, i, item)
            if ((bad = bad_key(item)).p)
                return bad;
        return STR_NONE;
    }
    if (!json_is(v, JSON_OBJECT))
        return STR_NONE;
    JSON_EACH_MEMBER(v, i, m) {
        if (str_find_char(m->key, '.') >= 0 || str_find_char(m->key, '$') >= 0)
            return m->key;
        if ((bad = bad_key(m->value)).p)
            return bad;
    }
    return STR_NONE;
}

/* Values at any depth; more than max of them are not counted to the end. */
static size_t count_values(const struct json *v, size_t max)
{
    const struct json *item;
    const struct json_member *m;
    size_t n = 1;
    if (json_is(v, JSON_ARRAY))
        JSON_EACH_ITEM(v, i, item)
            if ((n += count_values(item, max)) > max)
                return n;
    if (json_is(v, JSON_OBJECT))
        JSON_EACH_MEMBER(v, i, m)
            if ((n += count_values(m->value, max)) > max)
                return n;
    return n;
}

struct result user_metadata_check(struct arena *a, const struct json *v, bool is_app)
{
    const char *member = is_app ? "app_metadata" : "user_metadata";
    const struct json_member *m;
    if (!v || v->type == JSON_NULL)
        return OK;
    if (v->type != JSON_OBJECT)
        return fail1(ERR_INVALID_BODY, str_fmt(a, "Payload validation error: 'Expected type object' on property %s.", member));
    JSON_EACH_MEMBER(v, i, m)
        if (is_app && is_reserved(m->key))
            return fail1(ERR_INVALID_BODY,
                         str_fmt(a, "Payload validation error: 'The name %.*s is reserved' on property %s.", STR_ARG(m->key),
                                 member));
    if (count_values(v, METADATA_VALUES_MAX) > METADATA_VALUES_MAX)
        return fail1(ERR_INVALID_BODY, str_fmt(a, "Payload validation error: 'More than %d values' on property %s.",
                                               METADATA_VALUES_MAX, member));
    str bad = bad_key(v);
    if (bad.p)
        return fail1(ERR_INVALID_BODY,
                     str_fmt(a, "Payload validation error: 'A key must not contain . or $: %.*s' on property %s.", STR_ARG(bad),
                             member));
    return OK;
}

struct json *user_metadata_merge(struct arena *a, const struct json *was, const struct json *patch, bool keep_nulls)
{
    struct json *now = json_is(was, JSON_OBJECT) ? json_copy_shallow(a, was) : json_object(a);
    const struct json_member *m;
    JSON_EACH_MEMBER(patch, i, m)
        if (m->value->type == JSON_NULL && !keep_nulls)
            json_remove(now, m->key);
        else
            json_set(a, now, m->key, m->value);
    return now;
}
