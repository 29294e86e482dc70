#include "base/clock.h"
#include "crypto/random.h"
#include "domain/outbox.h"
#include "domain/user/inside.h"

enum { NATIVE_ID_LEN = 24 };

void user_new_from_body(const struct json *body, struct user_new *out)
{
    const struct json *blocked = json_get(body, STR("blocked")), *verify = json_get(body, STR("verify_email"));
    str wanted = json_get_text(body, STR("user_id"));
    *out = (struct user_new){
        .connection = json_get_text(body, STR("connection")),
        .email = json_get_text(body, STR("email")),
        .username = json_get_text(body, STR("username")),
        .phone_number = json_get_text(body, STR("phone_number")),
        .user_id = wanted.len ? wanted : STR_NONE,
        .email_verified = json_get_true(body, STR("email_verified")),
        .phone_verified = json_get_true(body, STR("phone_verified")),
        .has_blocked = json_is(blocked, JSON_BOOL),
        .blocked = json_true(blocked),
        .send_no_mail = json_is(verify, JSON_BOOL) && !json_true(verify),
        .profile = body,
        .app_metadata = json_get(body, STR("app_metadata")),
        .user_metadata = json_get(body, STR("user_metadata")),
        .log_body = body,
    };
}

/* --- checks -------------------------------------------------------------------------- */

static struct result missing(struct arena *a, const char *member)
{
    return fail1(ERR_INVALID_BODY, str_fmt(a, "Payload validation error: 'Missing required property: %s'.", member));
}

static struct result missing_username(struct arena *a, const struct user_rules *r, const struct connection *c)
{
    if (!r->is_older)
        return missing(a, "username");
    return fail1(ERR_INVALID_BODY,
                 str_fmt(a, "missing username for %.*s connection with requires_username enabled", STR_ARG(c->name)));
}

static struct result refuse(const char *words)
{
    return fail1(ERR_INVALID_BODY, str_from(words));
}

static struct result check_required(struct arena *a, const struct user_new *n, const struct user_rules *r,
                                    const struct connection *c)
{
    if (r->needs_email && !n->email.len)
        return missing(a, "email");
    if (r->needs_phone && !n->phone_number.len)
        return missing(a, "phone_number");
    if (r->needs_username && !n->username.len)
        return missing_username(a, r, c);
    bool any = (r->email_is_identifier && n->email.len) || (r->phone_is_identifier && n->phone_number.len) ||
               (r->username_is_identifier && n->username.len);
    if (r->needs_any && !any)
        return refuse("Payload validation error: 'None of the identifiers of the connection was given'.");
    return OK;
}

static struct result check_password(struct arena *a, const struct user_new *n, const struct user_rules *r)
{
    if (n->is_import)
        return OK;
    if (r->needs_password && !n->password)
        return missing(a, "password");
    if (!r->takes_password && json_get(n->profile, STR("password")))
        return refuse("Payload validation error: 'Users of this connection have no password' on property password.");
    return OK;
}

static struct result check_attributes(struct arena *a, const struct user_new *n, const struct user_rules *r,
                                      const struct connection *c)
{
    TRY(check_required(a, n, r, c));
    TRY(check_password(a, n, r));
    if (n->username.len)
        TRY(user_rules_check_username(a, r, c, n->username));
    if (n->email.len)
        TRY(user_rules_check_email(a, n->email));
    TRY(user_metadata_check(a, n->app_metadata, true));
    return user_metadata_check(a, n->user_metadata, false);
}

/* --- the document ---------------------------------------------------------------------- */

static void set_text(struct arena *a, struct json *doc, const char *member, str value)
{
    if (value.len)
        json_set_text(a, doc, str_from(member), value);
}

static void take_profile(struct arena *a, struct json *doc, const struct json *profile)
{
    for (size_t i = 0; i < user_attribute_count; i++) {
        const struct user_attribute *attribute = &user_attributes[i];
        struct json *value = json_get(profile, attribute->name);
        if (attribute->flags & USER_ATTRIBUTE_PROFILE && value && value->type != JSON_NULL)
            json_set(a, doc, attribute->name, value);
    }
}

static void take_metadata(struct arena *a, struct json *doc, const char *member, const struct json *v, bool keep_nulls)
{
    if (json_is(v, JSON_OBJECT))
        json_set(a, doc, str_from(member), user_metadata_merge(a, NULL, v, keep_nulls));
}

static struct json *make_identities(struct arena *a, const struct connection *c, str native)
{
    struct json *all = json_array(a), *one = json_object(a);
    json_set_text(a, one, STR("connection"), c->name);
    json_set_text(a, one, STR("user_id"), native);
    json_set_text(a, one, STR("provider"), c->strategy);
    json_set_bool(a, one, STR("isSocial"), c->is_social);
    json_push(a, all, one);
    return all;
}

static struct json *make_doc(struct tx *tx, const struct user_new *n, const struct connection *c, str native, str uid)
{
    struct arena *a = tx->arena;
    struct json *doc = json_object(a);
    str now = clock_iso(a, tx->now_us);
    if (n->has_blocked)
        json_set_bool(a, doc, STR("blocked"), n->blocked);
    set_text(a, doc, "email", user_fold(a, n->email));
    set_text(a, doc, "username", user_fold(a, n->username));
    set_text(a, doc, "phone_number", n->phone_number);
    if (n->email.len)
        json_set_bool(a, doc, STR("email_verified"), n->email_verified);
    if (n->phone_number.len)
        json_set_bool(a, doc, STR("phone_verified"), n->phone_verified);
    take_profile(a, doc, n->profile);
    user_doc_lay_defaults(a, doc);
    json_set(a, doc, STR("identities"), make_identities(a, c, native));
    take_metadata(a, doc, "user_metadata", n->user_metadata, n->keep_nulls);
    take_metadata(a, doc, "app_metadata", n->app_metadata, n->keep_nulls);
    json_set_text(a, doc, STR("created_at"), now);
    json_set_text(a, doc, STR("updated_at"), now);
    json_set_text(a, doc, STR("user_id"), uid);
    return user_doc_ordered(a, doc);
}

/* --- what a new user causes -------------------------------------------------------------- */

static struct result after_create(struct tx *tx, const struct user_new *n, const struct connection *c, const struct user *u)
{
    if (n->password && !n->is_import)
        TRY(user_password_check(tx, c, 0, u->doc, n->password));
    if (n->password)
        TRY(user_password_store(tx, c, u->row, u->uid, n->password->hash));
    if (n->is_import)
        return OK;
    TRY(user_log(tx, STR("ss"), STR(""), u, c, n->log_body));
    bool mail = n->email.len && !n->email_verified && !n->send_no_mail && c->is_database;
    return mail ? user_send_verification(tx, u, tx->actor ? tx->actor->client_id : STR_NONE) : OK;
}

static struct result insert_user(struct tx *tx, const struct user_new *n, const struct connection *c, const struct user_rules *r,
                                 struct user *out)
{
    struct arena *a = tx->arena;
    struct user_identifiers ids;
    str native = n->user_id.p ? n->user_id : random_text(a, RANDOM_HEX, NATIVE_ID_LEN);
    str uid = str_fmt(a, "%.*s|%.*s", STR_ARG(c->strategy), STR_ARG(native));
    struct user u = { .uid = uid, .doc = make_doc(tx, n, c, native, uid) };
    user_identifiers_read(a, r, u.doc, &ids);
    TRY(user_identifiers_check(tx, c->name, &ids, 0));
    TRY(user_store_insert(tx, &u, &ids));
    *out = u;
    return OK;
}

struct result user_create_in(struct tx *tx, const struct user_new *n, const struct connection *c, const struct user_rules *r,
                             struct user *out)
{
    struct user u;
    TRY(check_attributes(tx->arena, n, r, c));
    TRY(insert_user(tx, n, c, r, &u));
    TRY(after_create(tx, n, c, &u));
    *out = u;
    return OK;
}

struct result user_create(struct tx *tx, const struct user_new *n, struct user *out)
{
    struct connection c;
    struct user_rules rules;
    TRY(user_connection(tx, n->connection, &c));
    if (!c.is_database && !c.is_passwordless)
        return fail(ERR_USER_CREATION_NOT_SUPPORTED);
    if (!n->is_import)
        TRY(user_rules_check_enabled(tx, &c));
    user_rules_read(&c, &rules);
    return user_create_in(tx, n, &c, &rules, out);
}

struct result user_send_verification(struct tx *tx, const struct user *u, str client_id)
{
    struct arena *a = tx->arena;
    const struct json *identity = user_doc_identity(u->doc, 0);
    str email = json_get_text(u->doc, STR("email"));
    if (!email.len)
        return fail1(ERR_OPERATION_NOT_SUPPORTED, STR("The user does not have an email address."));
    if (!str_eq(json_get_text(identity, STR("provider")), STR("auth0")))
        return fail1(ERR_OPERATION_NOT_SUPPORTED, STR("Email verification is not supported for this user's connection."));
    struct json *body = json_object(a);
    json_set_text(a, body, STR("user_id"), u->uid);
    json_set_text(a, body, STR("email"), email);
    json_set(a, body, STR("connection"), json_get(identity, STR("connection")));
    set_text(a, body, "client_id", client_id);
    return outbox_add(tx, STR("verify_email"), body, 0);
}
