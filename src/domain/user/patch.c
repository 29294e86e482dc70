#include "base/clock.h"
#include "domain/session.h"
#include "domain/user/inside.h"

/* A v2 PATCH (V1-V2-SEMANTICS 3, the published 400 texts). Every step reads
 * `body`, writes `now`, and leaves to user_store_update what all changes share. */
struct patch {
    struct tx *tx;
    struct arena *a;
    const struct user_change *change;
    const struct json *body;
    const struct user *was;
    struct json *now;      /* the document as it will be */
    struct json *identity; /* in now: the one that the patch is about */
    struct json *target;   /* in now: where e-mail, username and phone number of that identity stand */
    bool is_primary, changes_identifier, changes_email, changes_password;
    struct connection connection; /* of the identity */
    bool has_connection;
    struct user_rules rules;
};

static const struct json *sent(const struct patch *p, const char *member)
{
    return json_get(p->body, str_from(member));
}

static bool is_null(const struct json *v)
{
    return v && v->type == JSON_NULL;
}

/* --- which members go together ---------------------------------------------------------- */

static struct result check_pairs(const struct patch *p)
{
    static const char *const pairs[][2] = {
        { "password", "email" },     { "password", "email_verified" },  { "username", "email" },
        { "username", "email_verified" }, { "username", "password" },   { "phone_number", "email" },
        { "phone_number", "email_verified" }, { "phone_number", "password" }, { "phone_number", "username" },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (sent(p, pairs[i][0]) && sent(p, pairs[i][1]))
            return fail1(ERR_INVALID_BODY, str_fmt(p->a, "Cannot update %s and %s simultaneously", pairs[i][0], pairs[i][1]));
    return OK;
}

/* --- whose identity --------------------------------------------------------------------------- */

static struct json *profile_of(struct patch *p)
{
    if (p->is_primary)
        return p->now;
    struct json *profile = json_get(p->identity, STR("profileData"));
    if (!profile)
        json_set(p->a, p->identity, STR("profileData"), profile = json_object(p->a));
    return profile;
}

static struct result find_identity(struct patch *p)
{
    str name = json_get_text(p->body, STR("connection"));
    if (name.p)
        TRY(user_connection(p->tx, name, &p->connection));
    p->identity = user_doc_identity_of(p->now, name);
    if (!p->identity)
        return fail(ERR_INEXISTENT_CONNECTION_NAME);
    p->is_primary = p->identity == user_doc_identity(p->now, 0);
    p->target = profile_of(p);
    TRY(connection_find_by_name(p->tx, json_get_text(p->identity, STR("connection")), &p->connection, &p->has_connection));
    if (p->has_connection)
        user_rules_read(&p->connection, &p->rules);
    return OK;
}

static bool is_database(const struct patch *p)
{
    return p->has_connection && p->connection.is_database;
}

static struct result check_enabled(const struct patch *p)
{
    struct result r = user_rules_check_enabled(p->tx, &p->connection);
    return r.kind == ERR_CONNECTION_DISABLED
               ? fail1(ERR_OPERATION_NOT_SUPPORTED, STR("Cannot change email or password for users in a disabled connection."))
               : r;
}

static struct result unsupported(void)
{
    return fail1(ERR_OPERATION_NOT_SUPPORTED, STR("Connection is not supported for this operation."));
}

/* --- identifiers ------------------------------------------------------------------------------- */

/* Sets or removes one text; *out_changed tells whether that made a difference. */
static void put_text(struct patch *p, const char *member, str value, bool *out_changed)
{
    str name = str_from(member);
    *out_changed = !str_eq(json_get_text(p->target, name), value);
    if (value.p)
        json_set_text(p->a, p->target, name, value);
    else
        json_remove(p->target, name);
}

static struct result cannot_remove(struct patch *p, const char *member)
{
    return fail1(ERR_INVALID_BODY, str_fmt(p->a, "Payload validation error: 'Expected type string' on property %s.", member));
}

static struct result apply_email(struct patch *p)
{
    const struct json *v = sent(p, "email");
    bool changed;
    if (!v)
        return OK;
    if (!is_database(p))
        return fail1(ERR_OPERATION_NOT_SUPPORTED, STR("Cannot update email for non-database user."));
    TRY(check_enabled(p));
    if (is_null(v) && p->rules.needs_email)
        return cannot_remove(p, "email");
    if (!is_null(v))
        TRY(user_rules_check_email(p->a, json_text(v)));
    put_text(p, "email", user_fold(p->a, json_text(v)), &changed);
    if (changed)
        json_set_bool(p->a, p->target, STR("email_verified"), false);
    if (is_null(v))
        json_remove(p->target, STR("email_verified"));
    p->changes_email = changed && !is_null(v);
    p->changes_identifier |= changed;
    return OK;
}

static struct result apply_username(struct patch *p)
{
    const struct json *v = sent(p, "username");
    bool changed;
    if (!v)
        return OK;
    if (!is_database(p))
        return unsupported();
    if (is_null(v) && p->rules.needs_username)
        return cannot_remove(p, "username");
    if (!is_null(v))
        TRY(user_rules_check_username(p->a, &p->rules, &p->connection, json_text(v)));
    put_text(p, "username", user_fold(p->a, json_text(v)), &changed);
    p->changes_identifier |= changed;
    return OK;
}

static struct result apply_phone(struct patch *p)
{
    const struct json *v = sent(p, "phone_number");
    bool changed;
    if (!v)
        return OK;
    if (!is_database(p) && !p->rules.phone_is_identifier)
        return unsupported();
    if (is_null(v) && p->rules.needs_phone)
        return cannot_remove(p, "phone_number");
    put_text(p, "phone_number", json_text(v), &changed);
    if (changed)
        json_set_bool(p->a, p->target, STR("phone_verified"), false);
    if (is_null(v))
        json_remove(p->target, STR("phone_verified"));
    p->changes_identifier |= changed;
    return OK;
}

static struct result apply_verified(struct patch *p)
{
    const struct json *email = sent(p, "email_verified"), *phone = sent(p, "phone_verified");
    if (email && p->has_connection && p->connection.is_enterprise)
        return fail1(ERR_OPERATION_NOT_SUPPORTED, STR("Email verification is not supported for enterprise users."));
    if (email)
        json_set_bool(p->a, p->target, STR("email_verified"), json_true(email));
    if (phone)
        json_set_bool(p->a, p->target, STR("phone_verified"), json_true(phone));
    return OK;
}

static struct result apply_password(struct patch *p)
{
    const struct json *v = sent(p, "password");
    if (!json_is(v, JSON_STRING))
        return OK;
    if (!is_database(p) || !p->rules.takes_password)
        return unsupported();
    TRY(check_enabled(p));
    if (!p->change->password)
        return fail(ERR_BUSY); /* the connection became a database after the password was prepared */
    p->changes_password = true;
    json_set_text(p->a, p->now, STR("last_password_reset"), clock_iso(p->a, p->tx->now_us));
    return OK;
}

/* --- the rest ------------------------------------------------------------------------------------- */

/* The upstream provider owns the profile unless the connection says otherwise. */
static bool owns_profile(const struct patch *p)
{
    const struct json *primary = user_doc_identity(p->now, 0);
    str provider = json_get_text(primary, STR("provider"));
    const struct strategy *s = strategy_find(provider);
    return !s || s->kind == STRATEGY_DATABASE || s->kind == STRATEGY_PASSWORDLESS;
}

static struct result check_profile_owner(struct patch *p)
{
    static const char *const owned[] = { "family_name", "given_name", "name", "nickname", "picture" };
    struct connection c;
    bool found, any = false;
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        any = any || sent(p, owned[i]);
    if (!any || owns_profile(p))
        return OK;
    TRY(connection_find_by_name(p->tx, json_get_text(user_doc_identity(p->now, 0), STR("connection")), &c, &found));
    str sync = found ? json_get_text(c.options, STR("set_user_root_attributes")) : STR_NONE;
    if (str_eq(sync, STR("on_first_login")) || str_eq(sync, STR("never_on_login")))
        return OK;
    return fail1(ERR_OPERATION_NOT_SUPPORTED, STR("Your account is not allowed to update the following user attributes: "
                                                  "family_name, given_name, name, nickname, picture."));
}

static struct result apply_profile(struct patch *p)
{
    TRY(check_profile_owner(p));
    for (size_t i = 0; i < user_attribute_count; i++) {
        const struct user_attribute *attribute = &user_attributes[i];
        struct json *v = json_get(p->body, attribute->name);
        if (!v || !(attribute->flags & USER_ATTRIBUTE_PROFILE))
            continue;
        if (is_null(v))
            json_remove(p->now, attribute->name);
        else
            json_set(p->a, p->now, attribute->name, v);
    }
    if (json_is(sent(p, "blocked"), JSON_BOOL))
        json_set(p->a, p->now, STR("blocked"), json_get(p->body, STR("blocked")));
    return OK;
}

static struct result apply_metadata(struct patch *p)
{
    static const str members[] = { STR_INIT("user_metadata"), STR_INIT("app_metadata") };
    for (size_t i = 0; i < 2; i++) {
        const struct json *v = json_get(p->body, members[i]);
        TRY(user_metadata_check(p->a, v, i == 1));
        if (is_null(v))
            json_remove(p->now, members[i]);
        else if (v)
            json_set(p->a, p->now, members[i], user_metadata_merge(p->a, json_get(p->now, members[i]), v, false));
    }
    return OK;
}

/* --- writing ------------------------------------------------------------------------------------------ */

static struct result store_identifiers(struct patch *p)
{
    struct user_identifiers ids;
    if (!p->changes_identifier)
        return OK;
    user_identifiers_read(p->a, &p->rules, p->target, &ids);
    if (p->rules.needs_any && !ids.email.p && !ids.username.p && !ids.phone.p)
        return fail1(ERR_INVALID_BODY, STR("The user must keep one of the identifiers of the connection."));
    TRY(user_identifiers_check(p->tx, p->connection.name, &ids, p->was->row));
    return user_store_identifiers(p->tx, p->identity, &ids);
}

static struct result store_password(struct patch *p)
{
    if (!p->changes_password)
        return OK;
    TRY(user_password_check(p->tx, &p->connection, p->was->row, p->now, p->change->password));
    TRY(user_password_store(p->tx, &p->connection, p->was->row, user_identity_uid(p->a, p->identity),
                            p->change->password->hash));
    return session_end_user(p->tx, p->was->row); /* whoever knew the old one is out (AUTH-REFERENCE 18) */
}

static struct result log_changes(struct patch *p, const struct user *u)
{
    static const struct {
        const char *member;
        str type;
    } events[] = {
        { "email", STR_INIT("sce") },
        { "password", STR_INIT("scp") },
        { "username", STR_INIT("scu") },
        { "phone_number", STR_INIT("scpn") },
    };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (json_is(sent(p, events[i].member), JSON_STRING))
            TRY(user_log(p->tx, events[i].type, STR(""), u, &p->connection, p->body));
    return OK;
}

static struct result send_mail(struct patch *p, const struct user *u)
{
    if (!json_get_true(p->body, STR("verify_email")) || !p->is_primary || json_get_true(u->doc, STR("email_verified")))
        return OK;
    str client = json_get_text(p->body, STR("client_id"));
    return user_send_verification(p->tx, u, client.p || !p->tx->actor ? client : p->tx->actor->client_id);
}

static struct result apply(struct patch *p)
{
    static struct result (*const steps[])(struct patch *) = {
        apply_email,   apply_username, apply_phone,       apply_verified, apply_password,
        apply_profile, apply_metadata, store_identifiers, store_password,
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        TRY(steps[i](p));
    return OK;
}

struct result user_patch(struct tx *tx, str id, const struct user_change *change, struct user *out)
{
    struct user was, now;
    TRY(user_by_id(tx, id, &was));
    struct patch p = { .tx = tx, .a = tx->arena, .change = change, .body = change->body, .was = &was };
    p.now = json_copy(tx->arena, was.doc);
    TRY(check_pairs(&p));
    TRY(find_identity(&p));
    TRY(apply(&p));
    TRY(user_store_update(tx, &was, p.now, &now));
    TRY(log_changes(&p, &now));
    TRY(send_mail(&p, &now));
    *out = now;
    return OK;
}
