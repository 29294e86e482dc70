#include "api/v1/client_shape.h"

#include <string.h>

struct twin {
    str v1, v2;
};
static const struct twin members[] = {
    { STR_INIT("name"), STR_INIT("name") },
    { STR_INIT("clientAliases"), STR_INIT("client_aliases") },
    { STR_INIT("allowedOrigins"), STR_INIT("allowed_origins") },
    { STR_INIT("allowedLogoutUrls"), STR_INIT("allowed_logout_urls") },
    { STR_INIT("sso"), STR_INIT("sso") },
};
static const struct twin jwt_members[] = {
    { STR_INIT("lifetimeInSeconds"), STR_INIT("lifetime_in_seconds") },
    { STR_INIT("scopes"), STR_INIT("scopes") },
    { STR_INIT("alg"), STR_INIT("alg") },
};
enum { MEMBER_COUNT = sizeof members / sizeof *members, JWT_MEMBER_COUNT = sizeof jwt_members / sizeof *jwt_members };

static void take(struct arena *a, struct json *to, str to_name, const struct json *from, str from_name)
{
    struct json *value = json_get(from, from_name);
    if (value && value->type != JSON_NULL)
        json_set(a, to, to_name, value);
}

static void take_to_v1(struct arena *a, struct json *to, const struct json *from, const struct twin *twins, size_t count)
{
    for (size_t i = 0; i < count; i++)
        take(a, to, twins[i].v1, from, twins[i].v2);
}

static void take_to_v2(struct arena *a, struct json *to, const struct json *from, const struct twin *twins, size_t count)
{
    for (size_t i = 0; i < count; i++)
        take(a, to, twins[i].v2, from, twins[i].v1);
}

/* --- showing ---------------------------------------------------------------------- */

static void add_callbacks(struct arena *a, struct json *o, const struct json *v2)
{
    struct json *all = json_get(v2, STR("callbacks"));
    bool has = json_is(all, JSON_ARRAY);
    json_set(a, o, STR("callbacks"), has ? all : json_array(a));
    if (json_count(all))
        json_set(a, o, STR("callback"), json_item(all, 0));
}

static void add_signing_key(struct arena *a, struct json *o, const struct json *v2)
{
    static const char *const shown[] = { "cert", "pkcs7", "subject" };
    const struct json *key = json_item(json_get(v2, STR("signing_keys")), 0);
    struct json *out = json_object(a);
    if (!key)
        return;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        take(a, out, str_from(shown[i]), key, str_from(shown[i]));
    json_set(a, o, STR("signingKey"), out);
}

static void add_jwt(struct arena *a, struct json *o, const struct json *v2)
{
    const struct json *from = json_get(v2, STR("jwt_configuration"));
    struct json *jwt = json_object(a);
    if (!json_is(from, JSON_OBJECT))
        return;
    take_to_v1(a, jwt, from, jwt_members, JWT_MEMBER_COUNT);
    json_set(a, o, STR("jwtConfiguration"), jwt);
}

struct result v1_client_present(struct call *c, const struct client *client, struct json **out)
{
    struct arena *a = c->arena;
    struct json *v2, *o = json_object(a);
    TRY(client_present(c->tx, client, CLIENT_SEES_SETTINGS | CLIENT_SEES_KEYS, &v2));
    json_set_text(a, o, STR("clientID"), client->client_id);
    json_set_text(a, o, STR("v2_id"), client_v2_id(a, client->client_id));
    if (client->secret.len)
        json_set_text(a, o, STR("clientSecret"), client->secret);
    json_set_text(a, o, STR("name"), client->name);
    add_callbacks(a, o, v2);
    json_set_bool(a, o, STR("global"), client->is_global);
    take(a, o, STR("tenant"), v2, STR("tenant"));
    add_signing_key(a, o, v2);
    take_to_v1(a, o, v2, members, MEMBER_COUNT);
    add_jwt(a, o, v2);
    *out = o;
    return OK;
}

/* --- understanding ------------------------------------------------------------------ */

static void push_address(struct arena *a, struct json *list, str address)
{
    address = str_trim(address);
    if (address.len && !json_array_has(list, address))
        json_push_text(a, list, address);
}

/* A text with commas, or a list. */
static void push_addresses(struct arena *a, struct json *list, const struct json *from)
{
    const struct json *item;
    str rest = json_text(from);
    while (rest.p)
        push_address(a, list, str_cut(rest, ',', &rest));
    if (json_is(from, JSON_ARRAY))
        JSON_EACH_ITEM(from, i, item)
            push_address(a, list, json_text(item));
}

static bool is_sent(const struct json *v)
{
    return v && v->type != JSON_NULL;
}

/* `callback` stands in front of `callbacks`, or of those that there were. */
static void translate_callbacks(struct arena *a, struct json *v2, const struct json *body, const struct client *was)
{
    const struct json *all = json_get(body, STR("callbacks")), *first = json_get(body, STR("callback"));
    if (!is_sent(all) && !is_sent(first))
        return;
    struct json *list = json_array(a);
    push_address(a, list, json_text(first));
    push_addresses(a, list, is_sent(all) || !was ? all : json_get(was->body, STR("callbacks")));
    json_set(a, v2, STR("callbacks"), list);
}

struct json *v1_client_translate(struct arena *a, const struct json *body, const struct client *was)
{
    struct json *v2 = json_object(a), *jwt = json_object(a);
    take_to_v2(a, v2, body, members, MEMBER_COUNT);
    translate_callbacks(a, v2, body, was);
    take_to_v2(a, jwt, json_get(body, STR("jwtConfiguration")), jwt_members, JWT_MEMBER_COUNT);
    if (json_count(jwt))
        json_set(a, v2, STR("jwt_configuration"), jwt);
    return v2;
}
