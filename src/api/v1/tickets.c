/* Tickets of API v1 (V1-REFERENCE 5.9, 5.10): the classic pages. */
#include "api/v1/user_shape.h"
#include "domain/ticket.h"

static struct result find_user(struct tx *tx, void *arg)
{
    struct call *c = arg;
    struct user u;
    TRY(user_by_id_for(tx, &c->caller, call_param(c, "user_id"), &u));
    return user_check_login_visible(tx, &u, &c->caller);
}

/* A caller learns nothing of a policy or history that stands behind a user whom it may not see. */
struct result v1_users_password_ticket_prepare(struct call *c)
{
    struct tx_options o = { .arena = c->arena, .now_us = c->now_us, .actor = &c->actor };
    struct user_password *ready;
    TRY(store_read(c->tenant, &o, find_user, c));
    const struct user_password_request rq = { .text = json_get_text(c->body, STR("newPassword")),
                                              .connection = STR_NONE,
                                              .user_id = call_param(c, "user_id") };
    TRY(user_password_prepare(c->tenant, c->arena, c->now_us, &rq, &ready));
    c->prepared = ready;
    return OK;
}

static struct result reply_ticket(struct call *c, enum ticket_kind kind, str password_hash)
{
    struct ticket_new n = { .ticket = { .kind = kind,
                                        .provider = STR_NONE,
                                        .client_id = STR_NONE,
                                        .organization_id = STR_NONE,
                                        .result_url = json_get_text(c->body, STR("resultUrl")),
                                        .includes_email = true,
                                        .password_hash = password_hash } };
    struct json *o = json_object(c->arena);
    str text;
    TRY(v1_user_of_path(c, &n.ticket.user));
    TRY(user_check_login_visible(c->tx, &n.ticket.user, &c->caller));
    TRY(ticket_create(c->tx, &n, &text));
    json_set_text(c->arena, o, STR("ticket"), ticket_url(c->tx, kind, true, text));
    return call_reply(c, 200, o);
}

struct result v1_users_password_ticket(struct call *c)
{
    const struct user_password *password = c->prepared;
    return password ? reply_ticket(c, TICKET_CHANGE_PASSWORD, password->hash) : fail(ERR_TICKET_CONNECTION_TYPE);
}

struct result v1_users_verification_ticket(struct call *c)
{
    return reply_ticket(c, TICKET_VERIFY_EMAIL, STR_NONE);
}

struct result v1_users_impersonate(struct call *c)
{
    (void)c;
    return fail1(ERR_OPERATION_NOT_SUPPORTED, STR("Users cannot be impersonated: this server has no login pages yet."));
}
