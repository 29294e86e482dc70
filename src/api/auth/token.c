/* POST /oauth/token: who asks, for which grant. One row a grant type; the names
 * accepted here are the ones that discovery advertises (grants.h). */
#include "api/auth/grants.h"

#include "crypto/hash.h"
#include "domain/token.h"

#include <string.h>

static str body_text(const struct call *c, const char *name)
{
    return json_get_text(c->body, str_from(name));
}

/* A list or a number in place of a text is not the same as no text: an audience
 * that was not understood must not turn into another kind of token. */
static struct result check_texts(const struct call *c)
{
    static const char *const texts[] = { "grant_type", "client_id", "client_secret", "audience", "scope" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct json *v = json_get(c->body, str_from(texts[i]));
        if (v && v->type != JSON_NULL && v->type != JSON_STRING)
            return fail1(ERR_BAD_REQUEST, str_fmt(c->arena, "%s must be a string", texts[i]));
    }
    return OK;
}

/* RFC 6749 §2.3.1: both halves of Basic are form-encoded. */
static bool basic_credentials(const struct call *c, struct client_auth *out)
{
    str rest, decoded, secret;
    str scheme = str_cut(c->authorization, ' ', &rest);
    if (!str_eq_nocase(scheme, STR("Basic")) || !base64_decode(c->arena, str_trim(rest), &decoded))
        return false;
    str id = str_cut(decoded, ':', &secret);
    if (!secret.p)
        return false;
    *out = (struct client_auth){ .client_id = str_url_decode(c->arena, id, true), .secret = str_url_decode(c->arena, secret, true), .by_basic = true };
    return true;
}

static struct result read_client(const struct call *c, struct client_auth *out)
{
    str id = body_text(c, "client_id"), secret = body_text(c, "client_secret");
    if (!basic_credentials(c, out)) {
        *out = (struct client_auth){ .client_id = id, .secret = secret };
        return id.len ? OK : fail1(ERR_MISSING_PARAMETER, STR("client_id"));
    }
    if (secret.len)
        return fail(ERR_TWO_CLIENT_CREDENTIALS);
    return id.len && !str_eq(id, out->client_id) ? fail(ERR_CLIENT_UNAUTHORIZED) : OK;
}

static struct result client_credentials(struct call *c, const struct client_auth *client, struct token_reply *out)
{
    struct token_request rq = {
        .arena = c->arena,
        .actor = &c->actor,
        .now_us = c->now_us,
        .client = *client,
        .audience = body_text(c, "audience"),
        .scope = body_text(c, "scope"),
    };
    struct result r = token_client_credentials(c->tenant, &rq, out);
    bool is_v1 = rq.audience.len == 0; /* the clients of API v1 read another answer */
    return r.kind == ERR_CLIENT_UNAUTHORIZED && is_v1 ? fail(ERR_V1_CLIENT_UNAUTHORIZED) : r;
}

const struct grant_type grant_types[] = {
    { STR_INIT("client_credentials"), client_credentials },
};
const size_t grant_type_count = sizeof grant_types / sizeof *grant_types;

static const struct grant_type *find_grant(str name)
{
    for (size_t i = 0; i < grant_type_count; i++)
        if (str_eq(grant_types[i].name, name))
            return &grant_types[i];
    return NULL;
}

struct result auth_token(struct call *c)
{
    struct client_auth client;
    struct token_reply t;
    str name = body_text(c, "grant_type");
    const struct grant_type *grant = find_grant(name);
    TRY(check_texts(c));
    if (name.len == 0)
        return fail1(ERR_MISSING_PARAMETER, STR("grant_type"));
    if (!grant)
        return fail1(ERR_UNSUPPORTED_GRANT_TYPE, name);
    TRY(read_client(c, &client));
    TRY(grant->redeem(c, &client, &t));
    struct json *o = json_object(c->arena);
    json_set_text(c->arena, o, STR("access_token"), t.access_token);
    if (t.scope.p)
        json_set_text(c->arena, o, STR("scope"), t.scope);
    json_set_int(c->arena, o, STR("expires_in"), t.expires_in_s);
    json_set_text(c->arena, o, STR("token_type"), t.token_type);
    call_header(c, STR("Cache-Control"), STR("no-store"));
    call_header(c, STR("Pragma"), STR("no-cache"));
    return call_reply(c, 200, o);
}
