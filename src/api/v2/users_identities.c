/* /api/v2/users/{id}/identities: linking and unlinking. */
#include "api/call.h"
#include "crypto/jwt.h"
#include "domain/user/user.h"

static struct result refuse(const char *words)
{
    return fail1(ERR_INVALID_BODY, str_from(words));
}

/* What can be told before the signature is checked: it stands in the open. */
static struct result check_claims(struct call *c, const struct jwt *token)
{
    const struct json *aud = json_get(token->claims, STR("aud"));
    str subject = json_get_text(token->claims, STR("sub")), native;
    if (token->alg != JWT_RS256)
        return refuse("JWT (link_with) must have an alg of RS256.");
    if (!str_eq(json_get_text(token->claims, STR("iss")), tenant_issuer(c->tenant)))
        return refuse("JWT (link_with) must have the same issuer as the calling user.");
    if (!json_is(aud, JSON_STRING) && !json_is(aud, JSON_ARRAY))
        return refuse("JWT (link_with) contains an invalid aud claim.");
    if (!subject.len)
        return refuse("JWT (link_with) must contains sub claim.");
    (void)str_cut(subject, '|', &native);
    return native.len ? OK : refuse("JWT (link_with) contains an invalid sub claim.");
}

/* Before the transaction: link_with is an id_token of the user who is to go,
 * made for the client that calls. What is left is its "sub". */
struct result v2_users_link_prepare(struct call *c)
{
    const struct json *token = json_get(c->body, STR("link_with"));
    struct caller who;
    struct jwt parsed;
    if (!token)
        return OK;
    if (failed(jwt_parse(c->arena, json_text(token), &parsed)))
        return refuse("Invalid token (link_with).");
    TRY(check_claims(c, &parsed));
    struct result r = caller_from_jwt(c->tenant, c->arena, json_text(token), c->now_us, &who);
    if (r.kind == ERR_BAD_AUDIENCE)
        return refuse("JWT (link_with) contains an invalid aud claim.");
    if (failed(r) || who.kind != CALLER_ID_TOKEN)
        return refuse("Invalid token (link_with).");
    if (!str_eq(who.client_id, c->caller.client_id))
        return refuse("JWT (link_with) must have an aud claim that matches that of the calling token's azp.");
    str *subject = ARENA_NEW(c->arena, str);
    *subject = who.user_id;
    c->prepared = subject;
    return OK;
}

/* user_id is sent with its provider in front or without it; both are recorded. */
static str native_part(struct arena *a, str provider, str user_id)
{
    str prefix = str_cat(a, provider, STR("|"));
    return str_starts(user_id, prefix) ? str_sub(user_id, prefix.len, user_id.len) : user_id;
}

/* connection_id, where sent, must be the connection of the identity. */
static struct result check_connection(struct call *c, str provider, str native)
{
    str wanted = json_get_text(c->body, STR("connection_id"));
    struct connection connection;
    struct user u;
    bool found;
    if (!wanted.p)
        return OK;
    struct result r = connection_by_id(c->tx, wanted, &connection);
    if (r.kind == ERR_INEXISTENT_CONNECTION || (!failed(r) && !str_eq(connection.strategy, provider)))
        return refuse("The provider/connection is not configured.");
    TRY(r);
    TRY(user_find_by_identity(c->tx, provider, native, &u, &found));
    const struct json *identities = found ? json_get(u.doc, STR("identities")) : NULL, *one;
    JSON_EACH_ITEM(identities, i, one)
        if (str_eq(json_get_text(one, STR("user_id")), native) && !str_eq(json_get_text(one, STR("connection")), connection.name))
            return refuse("The provider/connection is not configured.");
    return OK;
}

static struct result read_identity(struct call *c, str *out_provider, str *out_native)
{
    const str *subject = c->prepared;
    if (subject) {
        *out_provider = str_cut(*subject, '|', out_native);
        return OK;
    }
    *out_provider = json_get_text(c->body, STR("provider"));
    const struct json *id = json_get(c->body, STR("user_id"));
    str user_id = json_is(id, JSON_NUMBER) ? id->text : json_text(id);
    if (!out_provider->p || !user_id.p)
        return refuse("Payload validation error: 'Missing required property: link_with, or provider and user_id'.");
    *out_native = native_part(c->arena, *out_provider, user_id);
    return check_connection(c, *out_provider, *out_native);
}

struct result v2_users_link(struct call *c)
{
    struct user primary;
    struct json *identities;
    str provider, native;
    TRY(user_by_id(c->tx, call_param(c, "id"), &primary));
    TRY(read_identity(c, &provider, &native));
    TRY(user_link(c->tx, &primary, provider, native, &identities));
    return call_reply(c, 201, identities);
}

struct result v2_users_unlink(struct call *c)
{
    struct user u;
    struct json *identities;
    TRY(user_by_id(c->tx, call_param(c, "id"), &u));
    TRY(user_unlink(c->tx, &u, call_param(c, "provider"), call_param(c, "user_id"), &identities));
    return call_reply(c, 200, identities);
}
