#include "crypto/password.h"
#include "domain/authentication_method.h"
#include "domain/transfer/import_inside.h"

enum { BCRYPT_COST = 10 }; /* of the tenants' own hashes */

struct writing {
    struct tx *tx;
    const struct import_target *t;
    const struct json *user;
    str hash;
    enum import_outcome *outcome;
    struct json **error;
};

static struct result refuse(struct writing *w, const char *code, str message, const char *path)
{
    *w->outcome = IMPORT_FAILED;
    *w->error = import_error(w->tx->arena, code, message, str_from(path));
    return OK;
}

/* What a body of the API is refused with, in the words of the schema. */
static struct result refuse_body(struct writing *w, str message)
{
    str missing = STR("Missing required property: ");
    ptrdiff_t at = str_find(message, missing);
    if (at < 0)
        return refuse(w, "NOT_PASSED", message, "");
    str rest, name = str_cut(str_sub(message, (size_t)at + missing.len, message.len), '\'', &rest);
    return refuse(w, "OBJECT_REQUIRED", str_cat(w->tx->arena, missing, name), "");
}

/* --- who is there already --------------------------------------------------------------- */

static struct result find_present(struct writing *w, struct user *out, bool *out_found)
{
    struct user_identifiers ids;
    str connection = w->t->connection.name, native = json_get_text(w->user, STR("user_id"));
    user_identifiers_read(w->tx->arena, &w->t->rules, w->user, &ids);
    *out_found = false;
    if (ids.email.p)
        TRY(user_find_by_email(w->tx, connection, ids.email, out, out_found));
    if (!*out_found && ids.phone.p)
        TRY(user_find_by_phone(w->tx, connection, ids.phone, out, out_found));
    if (!*out_found && ids.username.p)
        TRY(user_find_by_username(w->tx, connection, ids.username, out, out_found));
    if (!*out_found && native.p)
        TRY(user_find_by_identity(w->tx, w->t->connection.strategy, native, out, out_found));
    return OK;
}

/* --- second factors ----------------------------------------------------------------------- */

static struct json *method_body(struct arena *a, const struct json_member *factor)
{
    static const struct {
        str factor, from, to;
    } rows[] = {
        { STR_INIT("totp"), STR_INIT("secret"), STR_INIT("totp_secret") },
        { STR_INIT("phone"), STR_INIT("value"), STR_INIT("phone_number") },
        { STR_INIT("email"), STR_INIT("value"), STR_INIT("email") },
    };
    struct json *body = json_object(a);
    json_set_text(a, body, STR("type"), factor->key);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_eq(rows[i].factor, factor->key))
            json_set(a, body, rows[i].to, json_get(factor->value, rows[i].from));
    return body;
}

/* The user stays: only the factors are reported. */
static struct result add_factors(struct writing *w, const struct user *u)
{
    const struct json *all = json_get(w->user, STR("mfa_factors")), *one;
    JSON_EACH_ITEM(all, i, one) {
        struct document d;
        struct result r = authentication_method_create(w->tx, u, method_body(w->tx->arena, &one->members[0]), &d);
        if (r.kind == ERR_INVALID_BODY || r.kind == ERR_AUTHENTICATION_METHOD_EXISTS || r.kind == ERR_TOO_MANY_AUTHENTICATION_METHODS)
            return refuse(w, "MFA_FACTORS_FAILED", STR("Unable to import factors"), "mfa_factors");
        TRY(r);
    }
    return OK;
}

/* --- a hash from elsewhere ------------------------------------------------------------------- */

/* One that the first login does not replace by the tenant's own is marked: it would not tell that it is no such one. */
static struct result mark_hash(struct writing *w, int64_t row, str identity)
{
    if (!json_get(w->user, STR("custom_password_hash")) || password_needs_rehash(w->hash, BCRYPT_COST))
        return OK;
    return user_password_mark_custom(w->tx, row, identity, w->hash);
}

/* --- a new user ------------------------------------------------------------------------------ */

static struct result insert(struct writing *w)
{
    struct user_new n;
    struct user u;
    bool first;
    struct user_password password = { .hash = w->hash };
    user_new_from_body(w->user, &n);
    n.connection = w->t->connection.name;
    n.is_import = true;
    n.password = w->hash.p ? &password : NULL;
    struct result r = user_create_in(w->tx, &n, &w->t->connection, &w->t->rules, &u);
    if (r.kind == ERR_INVALID_BODY) /* refused before anything was written */
        return refuse_body(w, r.args.v[0]);
    TRY(r);
    TRY(mark_hash(w, u.row, u.uid));
    *w->outcome = IMPORT_INSERTED;
    if (w->t->upsert)
        TRY(job_user_note(w->tx, w->t->job, u.row, &first));
    return add_factors(w, &u);
}

/* --- one who is there --------------------------------------------------------------------------- */

/* AUTH-REFERENCE 21.1: metadata is replaced, not merged. */
static void lay_over(struct arena *a, struct json *doc, const struct json *user)
{
    static const str members[] = { STR_INIT("email_verified"), STR_INIT("given_name"), STR_INIT("family_name"), STR_INIT("name"),
                                   STR_INIT("nickname"),       STR_INIT("picture"),    STR_INIT("user_metadata"), STR_INIT("app_metadata") };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        struct json *v = json_get(user, members[i]);
        if (json_is(v, JSON_OBJECT))
            v = user_metadata_merge(a, NULL, v, false);
        if (v)
            json_set(a, doc, members[i], v);
    }
}

/* A hash from elsewhere gives way to another one only until its first login,
 * which puts the tenant's own in its place. */
static struct result replace_hash(struct writing *w, const struct user *u, bool *out_used)
{
    str uid = user_identity_uid(w->tx->arena, user_doc_identity(u->doc, 0)), was;
    *out_used = false;
    if (!w->hash.p || !json_get(w->user, STR("custom_password_hash")))
        return OK;
    bool is_unused = true;
    TRY(user_password_hash(w->tx, u->row, uid, &was));
    if (was.p && !password_needs_rehash(was, BCRYPT_COST))
        TRY(user_password_is_unused(w->tx, u->row, u->doc, uid, was, &is_unused));
    *out_used = !is_unused && !str_eq(was, w->hash);
    if (*out_used || !is_unused)
        return OK;
    TRY(user_password_store(w->tx, &w->t->connection, u->row, uid, w->hash));
    return mark_hash(w, u->row, uid);
}

static struct result update(struct writing *w, const struct user *u)
{
    struct user now;
    bool first, used;
    const struct json *identity = user_doc_identity(u->doc, 0);
    if (!str_eq(json_get_text(identity, STR("connection")), w->t->connection.name))
        return refuse(w, "CONFLICT", STR("The user is linked to one of another connection"), "");
    TRY(job_user_note(w->tx, w->t->job, u->row, &first));
    if (!first)
        return refuse(w, "DUPLICATED_USER", STR("The user stands in the file more than once"), "");
    TRY(replace_hash(w, u, &used));
    if (used)
        return refuse(w, "CONFLICT", STR("The user's password is in use"), "custom_password_hash");
    struct json *doc = json_copy_shallow(w->tx->arena, u->doc);
    lay_over(w->tx->arena, doc, w->user);
    TRY(user_store_update(w->tx, u, doc, &now));
    *w->outcome = IMPORT_UPDATED;
    return add_factors(w, &now);
}

struct result import_user_update(struct tx *tx, const struct import_target *t, const struct json *user, str hash,
                                 const struct user *present, enum import_outcome *out, struct json **out_error)
{
    struct writing w = { tx, t, user, hash, out, out_error };
    return update(&w, present);
}

struct result import_user(struct tx *tx, const struct import_target *t, const struct json *user, str hash,
                          enum import_outcome *out, struct json **out_error)
{
    struct writing w = { tx, t, user, hash, out, out_error };
    struct user present;
    bool found;
    *out_error = NULL;
    if (import_is_whole(user))
        return import_whole_user(tx, t, user, hash, out, out_error);
    TRY(find_present(&w, &present, &found));
    if (!found)
        return insert(&w);
    if (!t->upsert)
        return refuse(&w, "DUPLICATED_USER", STR("The user already exist and upsert parameter is false"), "");
    return update(&w, &present);
}
