#include "domain/organization/invitation.h"

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "domain/client/client.h"
#include "domain/organization/connection.h"
#include "domain/organization/organization.h"
#include "domain/outbox.h"
#include "domain/role.h"
#include "domain/tenant_settings.h"

enum { TICKET_LEN = 32 };

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_INVITATION];
}

static str ticket_hash(struct arena *a, str ticket)
{
    unsigned char d[DIGEST_LEN_MAX];
    digest(DIGEST_SHA256, ticket, d);
    return hex_encode(a, (str){ (const char *)d, digest_len(DIGEST_SHA256) });
}

/* --- showing --------------------------------------------------------------------------- */

/* Where the client begins a login: its own URI, else the tenant's, else our login
 * page, which finds the client by the ticket. */
static struct result login_uri(struct tx *tx, str client_id, str *out)
{
    struct client c;
    struct json *settings;
    bool found;
    TRY(client_find(tx, client_id, &c, &found));
    *out = found ? json_get_text(c.body, STR("initiate_login_uri")) : STR_NONE;
    if (out->len)
        return OK;
    TRY(tenant_settings_read(tx, &settings));
    *out = json_get_text(settings, STR("default_redirection_uri"));
    if (!out->len)
        *out = str_cat(tx->arena, tenant_issuer(tx->tenant), STR("login"));
    return OK;
}

static struct result show(struct tx *tx, const struct document *organization, const struct document *d, struct json **out)
{
    struct arena *a = tx->arena;
    struct json *o = json_copy_shallow(a, d->body);
    str uri;
    TRY(login_uri(tx, json_get_text(o, STR("client_id")), &uri));
    json_remove(o, STR("ticket_hash"));
    str url = str_fmt(a, "%.*s%sinvitation=%.*s&organization=%.*s&organization_name=%.*s", STR_ARG(uri),
                      str_find_char(uri, '?') >= 0 ? "&" : "?", STR_ARG(json_get_text(o, STR("ticket_id"))),
                      STR_ARG(organization->id), STR_ARG(json_get_text(organization->body, STR("name"))));
    json_set_text(a, o, STR("invitation_url"), url);
    *out = o;
    return OK;
}

/* --- making ----------------------------------------------------------------------------- */

static struct result check_client(struct tx *tx, str client_id)
{
    struct client c;
    bool found;
    TRY(client_find(tx, client_id, &c, &found));
    if (!found)
        return fail(ERR_INVITATION_CLIENT);
    str usage = json_get_text(c.body, STR("organization_usage"));
    bool may = str_eq(usage, STR("allow")) || str_eq(usage, STR("require"));
    return may ? OK : fail(ERR_INVITATION_CLIENT_USAGE);
}

static struct result check_connection(struct tx *tx, str organization, str connection_id)
{
    struct connection c;
    struct json *there;
    if (!connection_id.len)
        return OK;
    struct result r = connection_by_id(tx, connection_id, &c);
    if (r.kind == ERR_INEXISTENT_CONNECTION)
        return fail(ERR_INVITATION_CONNECTION);
    TRY(r);
    if (c.is_passwordless)
        return fail(ERR_INVITATION_PASSWORDLESS);
    r = organization_connection_read(tx, organization, c.id, &there);
    if (r.kind == ERR_INEXISTENT_ORGANIZATION_CONNECTION || (!failed(r) && !organization_connection_is_enabled(there)))
        return fail1(ERR_INVITATION_CONNECTION_DISABLED, connection_id);
    return r;
}

static struct result check(struct tx *tx, str organization, const struct json *body)
{
    TRY(check_client(tx, json_get_text(body, STR("client_id"))));
    TRY(check_connection(tx, organization, json_get_text(body, STR("connection_id"))));
    return role_check_all(tx, json_get(body, STR("roles")), organization, ERR_INVITATION_ROLES);
}

/* What is kept of a body, with its ticket and times. */
static struct json *kept_of(struct tx *tx, str organization, const struct json *body)
{
    struct arena *a = tx->arena;
    struct json *now = json_copy_shallow(a, body);
    int64_t ttl_s = json_get_int(body, STR("ttl_sec"), 0);
    str ticket = random_text(a, RANDOM_ALNUM, TICKET_LEN);
    json_remove(now, STR("ttl_sec"));
    json_remove(now, STR("send_invitation_email"));
    json_set_text(a, now, STR("organization_id"), organization);
    json_set_text(a, now, STR("ticket_id"), ticket);
    json_set_text(a, now, STR("ticket_hash"), ticket_hash(a, ticket));
    json_set_text(a, now, STR("created_at"), clock_iso(a, tx->now_us));
    json_set_text(a, now, STR("expires_at"), clock_iso(a, tx->now_us + (ttl_s ? ttl_s : INVITATION_TTL_S) * US_PER_S));
    return now;
}

/* The sender reads the rest, and the ticket, from the invitation. */
static struct result send_mail(struct tx *tx, const struct document *d)
{
    struct json *mail = json_object(tx->arena);
    json_set_text(tx->arena, mail, STR("invitation_id"), d->id);
    json_set(tx->arena, mail, STR("organization_id"), json_get(d->body, STR("organization_id")));
    json_set(tx->arena, mail, STR("client_id"), json_get(d->body, STR("client_id")));
    return outbox_add(tx, STR("user_invitation"), mail, 0);
}

struct result invitation_create(struct tx *tx, const struct document *organization, const struct json *body, struct json **out)
{
    struct document d;
    const struct json *send = json_get(body, STR("send_invitation_email"));
    TRY(check(tx, organization->id, body));
    TRY(document_create(tx, spec(), STR_NONE, kept_of(tx, organization->id, body), &d));
    if (!send || json_true(send))
        TRY(send_mail(tx, &d));
    return show(tx, organization, &d, out);
}

/* --- reading ------------------------------------------------------------------------------ */

static struct result find(struct tx *tx, str organization, str id, struct document *out)
{
    TRY(document_read(tx, spec(), id, out));
    return str_eq(json_get_text(out->body, STR("organization_id")), organization) ? OK : fail(ERR_INEXISTENT_INVITATION);
}

struct result invitation_read(struct tx *tx, const struct document *organization, str id, struct json **out)
{
    struct document d;
    TRY(find(tx, organization->id, id, &d));
    return show(tx, organization, &d, out);
}

struct result invitation_delete(struct tx *tx, str organization, str id)
{
    struct document d;
    struct result r = find(tx, organization, id, &d);
    if (r.kind == ERR_INEXISTENT_INVITATION)
        return OK;
    TRY(r);
    return document_delete(tx, spec(), id);
}

struct result invitation_list(struct tx *tx, const struct document *organization, struct document_list *list, struct json **out)
{
    struct json *one;
    *out = json_array(tx->arena);
    TRY(document_list_by(tx, spec(), "organization_id", organization->id, list));
    for (size_t i = 0; i < list->count; i++) {
        TRY(show(tx, organization, &list->items[i], &one));
        json_push(tx->arena, *out, one);
    }
    return OK;
}

struct result invitation_drop_organization(struct tx *tx, str organization)
{
    return document_delete_by(tx, spec(), "organization_id", organization);
}

/* --- taking ---------------------------------------------------------------------------------- */

struct result invitation_by_ticket(struct tx *tx, str organization, str ticket, struct document *out)
{
    int64_t expires_at_us;
    bool found;
    TRY(document_find(tx, spec(), STR("ticket_hash"), ticket_hash(tx->arena, ticket), out, &found));
    if (!found || !str_eq(json_get_text(out->body, STR("organization_id")), organization))
        return fail(ERR_INEXISTENT_INVITATION);
    bool lives = clock_parse_iso(json_get_text(out->body, STR("expires_at")), &expires_at_us) && tx->now_us < expires_at_us;
    return lives ? OK : fail(ERR_INEXISTENT_INVITATION);
}

/* Roles that went since the invitation was made are left out. */
static struct result give_roles(struct tx *tx, const struct json *roles, str organization, str user_id)
{
    struct json *id;
    JSON_EACH_ITEM(roles, i, id) {
        struct json *one = json_array(tx->arena);
        json_push(tx->arena, one, id);
        struct result r = role_give_in(tx, RELATION_ORGANIZATION_MEMBER_ROLE, organization, user_id, one);
        if (failed(r) && r.kind != ERR_INEXISTENT_ROLES)
            return r;
    }
    return OK;
}

/* Who came by the mail to that address has it. */
static struct result verify_email(struct tx *tx, const struct json *invitation, const struct user *u)
{
    struct user now;
    bool same = str_eq_nocase(json_get_text(json_get(invitation, STR("invitee")), STR("email")), json_get_text(u->doc, STR("email")));
    return same && !json_get_true(u->doc, STR("email_verified")) ? user_set_email_verified(tx, u, true, &now) : OK;
}

static struct result set_metadata(struct tx *tx, const struct json *invitation, const struct user *u)
{
    static const str members[] = { STR_INIT("app_metadata"), STR_INIT("user_metadata") };
    struct json *body = json_object(tx->arena);
    struct user now;
    for (size_t i = 0; i < 2; i++)
        if (json_get(invitation, members[i]))
            json_set(tx->arena, body, members[i], json_get(invitation, members[i]));
    const struct user_change change = { .body = body };
    return json_count(body) ? user_patch(tx, u->uid, &change, &now) : OK;
}

struct result invitation_accept(struct tx *tx, const struct document *invitation, const struct document *organization,
                                const struct user *u)
{
    TRY(organization_admit(tx, organization, u, ADMISSION_INVITATION));
    TRY(verify_email(tx, invitation->body, u));
    TRY(set_metadata(tx, invitation->body, u));
    TRY(give_roles(tx, json_get(invitation->body, STR("roles")), organization->id, u->uid));
    return document_delete(tx, spec(), invitation->id);
}
