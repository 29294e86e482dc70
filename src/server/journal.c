#include "server/journal.h"

#include "contract/contract.h"

/* --- what the management APIs did (sapi) ----------------------------------------------- */

/* The scopes of the caller that the operation asks for: what opened it. */
static struct json *log_scopes(struct call *c)
{
    struct json *list = json_array(c->arena);
    for (size_t i = 0; i < c->op->scopes.count; i++)
        for (size_t j = 0; j < c->op->scopes.any_of[i].count; j++)
            if (scopes_has(&c->caller.scopes, c->op->scopes.any_of[i].ids[j]))
                json_push_text(c->arena, list, scope_names[c->op->scopes.any_of[i].ids[j]]);
    return list;
}

static struct json *log_request(struct call *c)
{
    struct arena *a = c->arena;
    struct json *rq = json_object(a), *auth = json_object(a), *credentials = json_object(a), *user = json_object(a);
    json_set_text(a, rq, STR("method"), str_lower(a, c->op->method));
    json_set_text(a, rq, STR("path"), c->path);
    json_set(a, rq, STR("query"), log_mask(a, c->query ? c->query : json_object(a)));
    json_set_text(a, rq, STR("userAgent"), c->actor.user_agent.p ? c->actor.user_agent : STR(""));
    json_set(a, rq, STR("body"), c->body ? log_mask(a, c->body) : json_object(a));
    json_set_text(a, rq, STR("channel"), STR("api"));
    json_set_text(a, rq, STR("ip"), c->actor.ip);
    if (c->caller.user_id.len)
        json_set_text(a, user, STR("user_id"), c->caller.user_id);
    json_set(a, auth, STR("user"), user);
    if (c->op->api == API_V2) /* v1 has opaque tokens */
        json_set_text(a, auth, STR("strategy"), STR("jwt"));
    json_set(a, credentials, STR("scopes"), log_scopes(c));
    json_set(a, auth, STR("credentials"), credentials);
    json_set(a, rq, STR("auth"), auth);
    return rq;
}

struct result journal_append(struct call *c)
{
    if (c->log_entry)
        return log_append(c->tx, c->log_entry);
    if (!c->op->log.len)
        return OK;
    struct arena *a = c->arena;
    struct json *details = json_object(a), *response = json_object(a);
    json_set_int(a, response, STR("statusCode"), c->status);
    json_set(a, response, STR("body"), c->reply ? log_mask(a, c->reply) : json_object(a));
    json_set(a, details, STR("request"), log_request(c));
    json_set(a, details, STR("response"), response);
    struct log_entry e = { .type = c->op->log, .description = c->op->title, .details = details };
    return log_append(c->tx, &e);
}

/* --- what they refused ------------------------------------------------------------------ */

static str first_text(const struct json *body, const char *const *names)
{
    for (; *names; names++)
        if (json_get_text(body, str_from(*names)).len)
            return json_get_text(body, str_from(*names));
    return STR_NONE;
}

static struct result append_refusal(struct tx *tx, void *arg)
{
    return log_append(tx, arg);
}

void journal_refusal(struct call *c, struct result why)
{
    static const char *const who[] = { "email", "username", "phone_number", NULL };
    static const char *const connection[] = { "connection", NULL };
    int status;
    struct json *answer = error_body(c->arena, c->op->api, why, &status);
    if (!c->op->log_failure.len || status >= 500)
        return;
    struct log_entry e = { .type = c->op->log_failure,
                           .description = json_get_text(answer, STR("message")),
                           .connection = first_text(c->body, connection),
                           .user_name = first_text(c->body, who) };
    struct tx_options o = { .arena = c->arena, .now_us = c->now_us, .actor = &c->actor };
    ignore_result(store_write(c->tenant, &o, append_refusal, &e), "the caller is told of the refusal itself");
}
