/* What v2 asks for when it wants a ticket: for whom, for which identity, and
 * where the holder is led afterwards. */
#include "domain/client/client.h"
#include "domain/ticket.h"

static struct result user_of_address(struct tx *tx, const struct json *body, struct user *out)
{
    str connection_id = json_get_text(body, STR("connection_id")), email = json_get_text(body, STR("email"));
    struct connection c;
    bool found;
    if (!connection_id.p || !email.p)
        return fail1(ERR_INVALID_BODY, STR("Payload validation error: 'Missing required property: user_id, or connection_id and email'."));
    struct result r = connection_by_id(tx, connection_id, &c);
    if (r.kind == ERR_INEXISTENT_CONNECTION)
        return fail1(ERR_TICKET_CONNECTION, connection_id);
    TRY(r);
    TRY(user_find_by_email(tx, c.name, email, out, &found));
    return found ? OK : fail(ERR_USER_NOT_FOUND);
}

static struct result find_user(struct tx *tx, const struct json *body, struct user *out)
{
    str id = json_get_text(body, STR("user_id"));
    bool found;
    if (!id.p)
        return user_of_address(tx, body, out);
    if (json_get(body, STR("connection_id")) || json_get(body, STR("email")))
        return fail1(ERR_INVALID_BODY, STR("Payload validation error: 'Cannot be sent with user_id' on property connection_id."));
    TRY(user_find_by_id(tx, id, out, &found));
    return found ? OK : fail(ERR_USER_NOT_FOUND);
}

static struct result check_identity_connection(struct tx *tx, const struct json *identity, const struct user *u)
{
    str id = json_get_text(identity, STR("connection_id"));
    const struct json *all = json_get(u->doc, STR("identities")), *one;
    struct connection c;
    if (!id.p)
        return OK;
    struct result r = connection_by_id(tx, id, &c);
    if (r.kind == ERR_INEXISTENT_CONNECTION)
        return fail(ERR_TICKET_IDENTITY_CONNECTION);
    TRY(r);
    JSON_EACH_ITEM(all, i, one)
        if (str_eq(json_get_text(one, STR("connection")), c.name) &&
            str_eq(json_get_text(one, STR("user_id")), json_get_text(identity, STR("user_id"))))
            return OK;
    return fail(ERR_TICKET_IDENTITY);
}

static struct result read_identity(struct tx *tx, const struct json *body, struct ticket *t)
{
    const struct json *identity = json_get(body, STR("identity")), *all = json_get(t->user.doc, STR("identities")), *one;
    if (!identity)
        return OK;
    TRY(check_identity_connection(tx, identity, &t->user));
    t->provider = json_get_text(identity, STR("provider"));
    t->native_id = json_get_text(identity, STR("user_id"));
    JSON_EACH_ITEM(all, i, one)
        if (str_eq(json_get_text(one, STR("provider")), t->provider) && str_eq(json_get_text(one, STR("user_id")), t->native_id))
            return OK;
    return fail(ERR_TICKET_IDENTITY);
}

static struct result check_client(struct tx *tx, str id)
{
    struct client c;
    bool found = true;
    if (id.p)
        TRY(client_find(tx, id, &c, &found));
    return found ? OK : fail(ERR_TICKET_CLIENT);
}

static struct result check_organization(struct tx *tx, str id, const struct user *u)
{
    struct document d;
    bool is_member;
    if (!id.p)
        return OK;
    struct result r = document_read(tx, &resource_specs[RESOURCE_ORGANIZATION], id, &d);
    if (r.kind == resource_specs[RESOURCE_ORGANIZATION].missing)
        return fail(ERR_TICKET_ORGANIZATION);
    TRY(r);
    TRY(relation_has(tx, RELATION_ORGANIZATION_MEMBER, d.id, u->uid, &is_member));
    return is_member ? OK : fail2(ERR_TICKET_MEMBER, u->uid, d.id);
}

struct result ticket_new_from_body(struct tx *tx, enum ticket_kind kind, const struct json *body, struct ticket_new *out)
{
    const struct json *includes = json_get(body, STR("includeEmailInRedirect"));
    struct ticket_new n = { .ticket = { .kind = kind, .provider = STR_NONE, .password_hash = STR_NONE } };
    struct ticket *t = &n.ticket;
    TRY(find_user(tx, body, &t->user));
    TRY(read_identity(tx, body, t));
    t->client_id = json_get_text(body, STR("client_id"));
    t->organization_id = json_get_text(body, STR("organization_id"));
    t->result_url = json_get_text(body, STR("result_url"));
    t->includes_email = !includes || json_true(includes); /* on unless told otherwise (AUTH-REFERENCE 14) */
    t->marks_verified = json_get_true(body, STR("mark_email_as_verified"));
    n.ttl_s = json_get_int(body, STR("ttl_sec"), INT64_MAX);
    if (!json_get(body, STR("ttl_sec")))
        n.ttl_s = 0;
    TRY(check_client(tx, t->client_id));
    TRY(check_organization(tx, t->organization_id, &t->user));
    *out = n;
    return OK;
}
