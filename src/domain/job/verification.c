#include "domain/job/verification.h"

#include "domain/log.h"
#include "domain/outbox.h"
#include "domain/ticket.h"

static const struct json *identity_of(const struct ticket *t)
{
    const struct json *all = json_get(t->user.doc, STR("identities")), *one;
    JSON_EACH_ITEM(all, i, one)
        if (!t->provider.p || (str_eq(json_get_text(one, STR("provider")), t->provider) &&
                               str_eq(json_get_text(one, STR("user_id")), t->native_id)))
            return one;
    return NULL;
}

/* The first identity's profile is the user's own. */
static const struct json *profile_of(const struct ticket *t, const struct json *identity)
{
    bool is_first = identity == json_item(json_get(t->user.doc, STR("identities")), 0);
    return is_first ? t->user.doc : json_get(identity, STR("profileData"));
}

static void set_if(struct arena *a, struct json *o, const char *member, str value)
{
    if (value.p)
        json_set_text(a, o, str_from(member), value);
}

static struct result add_mail(struct tx *tx, const struct ticket *t, const struct json *identity, str email)
{
    struct arena *a = tx->arena;
    struct json *mail = json_object(a);
    json_set_text(a, mail, STR("user_id"), t->user.uid);
    json_set_text(a, mail, STR("email"), email);
    json_set(a, mail, STR("connection"), json_get(identity, STR("connection")));
    if (t->provider.p) {
        json_set_text(a, mail, STR("provider"), t->provider);
        json_set_text(a, mail, STR("native_id"), t->native_id);
    }
    set_if(a, mail, "client_id", t->client_id.p ? t->client_id : tx->actor ? tx->actor->client_id : STR_NONE);
    set_if(a, mail, "organization_id", t->organization_id);
    return outbox_add(tx, STR("verify_email"), mail, 0);
}

/* An address that is verified already makes a failed job (recorded: go-auth0
 * TestJobManager_VerifyEmail). The answer to the request is the pending one. */
struct result job_verification_create(struct tx *tx, const struct json *request, struct json **out)
{
    struct arena *a = tx->arena;
    struct ticket_new n;
    struct job j;
    struct json *body = json_object(a);
    TRY(ticket_new_from_body(tx, TICKET_VERIFY_EMAIL, request, &n));
    const struct json *identity = identity_of(&n.ticket), *profile = profile_of(&n.ticket, identity);
    str email = json_get_text(profile, STR("email")), id = job_id_new(a);
    if (!str_eq(json_get_text(identity, STR("provider")), STR("auth0")))
        return fail1(ERR_JOB_CONNECTION, STR("Connection must be a database connection."));
    if (!email.len)
        return fail1(ERR_JOB_CONNECTION, STR("User does not have an email address."));
    bool is_verified = json_get_true(profile, STR("email_verified"));
    TRY(job_create(tx, JOB_VERIFICATION_EMAIL, id, body, NULL));
    TRY(job_by_id(tx, id, &j));
    if (!is_verified)
        TRY(add_mail(tx, &n.ticket, identity, email));
    TRY(job_end(tx, &j, !is_verified, STR_NONE));
    *out = body;
    return OK;
}
