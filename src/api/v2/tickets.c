/* /api/v2/tickets. */
#include "api/call.h"
#include "domain/ticket.h"

/* new_password is hashed before the transaction, by the policy of the connection where it will stand. */
static struct result find_target(struct tx *tx, void *arg)
{
    struct call *c = arg;
    struct ticket_new n;
    TRY(ticket_new_from_body(tx, TICKET_CHANGE_PASSWORD, c->body, &n));
    struct user *u = ARENA_NEW(c->arena, struct user);
    *u = n.ticket.user;
    c->prepared = u;
    return OK;
}

struct result v2_tickets_hash(struct call *c)
{
    struct tx_options o = { .arena = c->arena, .now_us = c->now_us, .actor = &c->actor };
    struct user_password *ready;
    str text = json_get_text(c->body, STR("new_password"));
    if (!text.p)
        return OK;
    TRY(store_read(c->tenant, &o, find_target, c));
    const struct user *u = c->prepared;
    const struct user_password_request rq = { .text = text, .connection = STR_NONE, .user_id = u->uid };
    TRY(user_password_prepare(c->tenant, c->arena, c->now_us, &rq, &ready));
    c->prepared = ready;
    return OK;
}

static struct result reply_ticket(struct call *c, const struct ticket_new *n)
{
    struct json *o = json_object(c->arena);
    bool is_classic = n->ticket.password_hash.p != NULL; /* the universal page always asks (recorded) */
    str text;
    TRY(ticket_create(c->tx, n, &text));
    json_set_text(c->arena, o, STR("ticket"), ticket_url(c->tx, n->ticket.kind, is_classic, text));
    return call_reply(c, 201, o);
}

struct result v2_tickets_email_verification(struct call *c)
{
    struct ticket_new n;
    TRY(ticket_new_from_body(c->tx, TICKET_VERIFY_EMAIL, c->body, &n));
    return reply_ticket(c, &n);
}

struct result v2_tickets_password_change(struct call *c)
{
    const struct user_password *password = c->prepared;
    struct ticket_new n;
    TRY(ticket_new_from_body(c->tx, TICKET_CHANGE_PASSWORD, c->body, &n));
    if (password)
        n.ticket.password_hash = password->hash;
    else if (json_get(c->body, STR("new_password")))
        return fail(ERR_TICKET_CONNECTION_TYPE);
    return reply_ticket(c, &n);
}
