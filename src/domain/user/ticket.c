/* What a ticket lets its holder do to the user. */
#include "base/clock.h"
#include "domain/session.h"
#include "domain/ticket.h"
#include "domain/user/block.h"
#include "domain/user/inside.h"

static struct json *identity_of(const struct json *doc, const struct ticket *t)
{
    struct json *all = json_get(doc, STR("identities")), *one;
    JSON_EACH_ITEM(all, i, one)
        if (str_eq(json_get_text(one, STR("provider")), t->provider) && str_eq(json_get_text(one, STR("user_id")), t->native_id))
            return one;
    return NULL;
}

static struct result log_it(struct tx *tx, const char *type, const struct ticket *t)
{
    struct connection c;
    bool found;
    str name = json_get_text(identity_of(t->user.doc, t), STR("connection"));
    TRY(connection_find_by_name(tx, name, &c, &found));
    if (!found)
        c = (struct connection){ .name = name };
    return user_log(tx, str_from(type), STR(""), &t->user, &c, NULL);
}

/* The first identity's profile is the user's own; that of the others is theirs. */
static struct result mark_verified(struct tx *tx, const struct ticket *t, struct user *out)
{
    struct json *doc = json_copy(tx->arena, t->user.doc), *identity = identity_of(doc, t);
    bool is_first = identity == json_item(json_get(doc, STR("identities")), 0);
    struct json *profile = is_first ? doc : json_get(identity, STR("profileData"));
    json_set_bool(tx->arena, profile, STR("email_verified"), true);
    return user_store_update(tx, &t->user, doc, out);
}

struct result ticket_verify_email(struct tx *tx, str text, struct ticket *out)
{
    struct ticket t;
    struct user now;
    TRY(ticket_consume(tx, TICKET_VERIFY_EMAIL, text, &t));
    TRY(mark_verified(tx, &t, &now));
    t.user = now;
    TRY(log_it(tx, "sv", &t));
    *out = t;
    return OK;
}

/* --- passwords ---------------------------------------------------------------------- */

static struct result set_chosen(struct tx *tx, const struct ticket *t, const struct user_password *password, struct user *out)
{
    struct json *body = json_object(tx->arena);
    if (!password)
        return fail(ERR_TICKET_CONNECTION_TYPE);
    json_set_text(tx->arena, body, STR("password"), password->text);
    json_set(tx->arena, body, STR("connection"), json_get(identity_of(t->user.doc, t), STR("connection")));
    return user_patch(tx, t->user.uid, &(struct user_change){ .body = body, .password = password }, out);
}

/* The policy was checked when the ticket was made. */
static struct result set_brought(struct tx *tx, const struct ticket *t, struct user *out)
{
    const struct json *identity = identity_of(t->user.doc, t);
    struct json *doc = json_copy_shallow(tx->arena, t->user.doc);
    struct connection c;
    TRY(user_connection(tx, json_get_text(identity, STR("connection")), &c));
    TRY(user_password_store(tx, &c, t->user.row, user_identity_uid(tx->arena, identity), t->password_hash));
    json_set_text(tx->arena, doc, STR("last_password_reset"), clock_iso(tx->arena, tx->now_us));
    TRY(user_store_update(tx, &t->user, doc, out));
    return log_it(tx, "scp", t);
}

struct result ticket_change_password(struct tx *tx, str text, const struct user_password *password, struct ticket *out)
{
    struct ticket t;
    struct user now;
    TRY(ticket_consume(tx, TICKET_CHANGE_PASSWORD, text, &t));
    TRY(t.password_hash.p ? set_brought(tx, &t, &now) : set_chosen(tx, &t, password, &now));
    t.user = now;
    if (t.marks_verified) {
        TRY(mark_verified(tx, &t, &now));
        t.user = now;
    }
    TRY(ticket_spend_all(tx, TICKET_CHANGE_PASSWORD, now.row));
    TRY(session_end_user(tx, now.row));
    TRY(user_block_clear_user(tx, &now));
    *out = t;
    return OK;
}
