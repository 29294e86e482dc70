#include "base/clock.h"
#include "domain/user/belongings.h"
#include "domain/relation.h"
#include "domain/user/inside.h"

/* --- profileData ------------------------------------------------------------------------ */

static const str profile_members[] = {
    STR_INIT("name"),     STR_INIT("email"),    STR_INIT("given_name"), STR_INIT("family_name"),  STR_INIT("username"),
    STR_INIT("nickname"), STR_INIT("picture"),  STR_INIT("email_verified"), STR_INIT("phone_number"), STR_INIT("phone_verified"),
};
enum { PROFILE_MEMBERS = sizeof profile_members / sizeof *profile_members };

/* What the root would hold had nothing been given but the identifiers. */
static struct json *defaults_of(struct arena *a, const struct json *doc)
{
    static const str given[] = { STR_INIT("email"), STR_INIT("username"), STR_INIT("phone_number") };
    struct json *bare = json_object(a);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (json_get(doc, given[i]))
            json_set(a, bare, given[i], json_get(doc, given[i]));
    user_doc_lay_defaults(a, bare);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        json_remove(bare, given[i]);
    return bare;
}

/* Recorded: attributes that were given, not those that the server made up. */
static struct json *profile_data(struct arena *a, const struct json *doc)
{
    struct json *profile = json_object(a), *made_up = defaults_of(a, doc);
    for (size_t i = 0; i < PROFILE_MEMBERS; i++) {
        struct json *value = json_get(doc, profile_members[i]);
        if (value && !json_equal(value, json_get(made_up, profile_members[i])))
            json_set(a, profile, profile_members[i], value);
    }
    return profile;
}

static struct json *with_profile(struct arena *a, const struct json *identity, struct json *profile)
{
    struct json *o = json_object(a);
    json_set(a, o, STR("profileData"), profile);
    json_merge(a, o, identity);
    json_set(a, o, STR("profileData"), profile);
    return o;
}

/* The answer shows profileData for the first identity, too; the document does not. */
static struct json *shown_identities(struct arena *a, const struct json *doc)
{
    const struct json *all = json_get(doc, STR("identities"));
    struct json *shown = json_array(a), *one;
    JSON_EACH_ITEM(all, i, one)
        json_push(a, shown, i ? one : with_profile(a, one, profile_data(a, doc)));
    return shown;
}

/* --- linking -------------------------------------------------------------------------------- */

static struct json *joined_identities(struct arena *a, const struct user *primary, const struct user *secondary)
{
    const struct json *theirs = json_get(secondary->doc, STR("identities"));
    struct json *all = json_copy_shallow(a, json_get(primary->doc, STR("identities"))), *one;
    JSON_EACH_ITEM(theirs, i, one)
        json_push(a, all, i ? one : with_profile(a, one, profile_data(a, secondary->doc)));
    return all;
}

/* Identities and secrets change hands; what belongs to a session of the one who goes ends. */
static struct result move_all(struct tx *tx, const struct user *from, const struct user *to)
{
    TRY(user_belongings_drop(tx, from));
    TRY(relation_drop(tx, THING_USER, from->uid));
    TRY(search_index_user(tx, from->row, from->doc, NULL));
    TRY(sql_run(tx->sql, "UPDATE user_secrets SET user = ? WHERE user = ?",
                SQL_ARGS(sql_int(to->row), sql_int(from->row)), NULL));
    TRY(sql_run(tx->sql, "UPDATE identities SET user = ? WHERE user = ?",
                SQL_ARGS(sql_int(to->row), sql_int(from->row)), NULL));
    return sql_run(tx->sql, "DELETE FROM users WHERE id = ?", SQL_ARGS(sql_int(from->row)), NULL);
}

/* Who has that identity, and may it be taken from there? */
static struct result find_secondary(struct tx *tx, const struct user *primary, str provider, str native_id, struct user *out)
{
    bool found;
    TRY(user_find_by_identity(tx, provider, native_id, out, &found));
    if (!found)
        return fail1(ERR_INVALID_BODY, STR("Linking to an inexistent identity is not allowed."));
    bool is_main = str_eq(out->uid, str_fmt(tx->arena, "%.*s|%.*s", STR_ARG(provider), STR_ARG(native_id)));
    if (!is_main)
        return fail(ERR_IDENTITY_EXISTS);
    return out->row == primary->row ? fail1(ERR_INVALID_BODY, STR("Main identity and the new one are the same.")) : OK;
}

struct result user_link(struct tx *tx, const struct user *primary, str provider, str native_id, struct json **out)
{
    struct user secondary, now;
    TRY(find_secondary(tx, primary, provider, native_id, &secondary));
    struct json *doc = json_copy_shallow(tx->arena, primary->doc);
    json_set(tx->arena, doc, STR("identities"), joined_identities(tx->arena, primary, &secondary));
    TRY(move_all(tx, &secondary, primary));
    TRY(user_store_update(tx, primary, doc, &now));
    *out = shown_identities(tx->arena, now.doc);
    return OK;
}

/* --- unlinking --------------------------------------------------------------------------------- */

static struct json *doc_of_identity(struct tx *tx, const struct json *identity, str uid)
{
    struct arena *a = tx->arena;
    struct json *bare = json_object(a), *identities = json_array(a), *doc = json_object(a);
    json_merge(a, bare, identity);
    json_remove(bare, STR("profileData"));
    json_push(a, identities, bare);
    if (json_get(identity, STR("profileData")))
        json_merge(a, doc, json_get(identity, STR("profileData")));
    user_doc_lay_defaults(a, doc);
    json_set(a, doc, STR("identities"), identities);
    json_set_text(a, doc, STR("user_id"), uid);
    json_set_text(a, doc, STR("created_at"), clock_iso(a, tx->now_us));
    json_set_text(a, doc, STR("updated_at"), clock_iso(a, tx->now_us));
    return user_doc_ordered(a, doc);
}

static struct result move_identity(struct tx *tx, const struct user *from, const struct user *to, const struct json *identity)
{
    str prefix = user_secret_name(tx->arena, to->uid, STR(""));
    TRY(sql_run(tx->sql, "UPDATE identities SET user = ? WHERE provider = ? AND native_id = ?",
                SQL_ARGS(sql_int(to->row), sql_text(json_get_text(identity, STR("provider"))),
                         sql_text(json_get_text(identity, STR("user_id")))),
                NULL));
    return sql_run(tx->sql, "UPDATE user_secrets SET user = ? WHERE user = ? AND substr(name, 1, length(?)) = ?",
                   SQL_ARGS(sql_int(to->row), sql_int(from->row), sql_text(prefix), sql_text(prefix)), NULL);
}

static struct result come_back(struct tx *tx, const struct user *from, const struct json *identity)
{
    struct user u = { .uid = user_identity_uid(tx->arena, identity) };
    u.doc = doc_of_identity(tx, identity, u.uid);
    TRY(sql_run(tx->sql, "INSERT INTO users (uid, doc) VALUES (?, ?)",
                SQL_ARGS(sql_text(u.uid), sql_text(json_dump(tx->arena, u.doc))), NULL));
    u.row = sql_last_id(tx->sql);
    TRY(move_identity(tx, from, &u, identity));
    return search_index_user(tx, u.row, NULL, u.doc);
}

static struct json *find_identity(const struct user *u, str provider, str native_id, size_t *out_at)
{
    const struct json *all = json_get(u->doc, STR("identities"));
    struct json *one;
    JSON_EACH_ITEM(all, i, one) {
        *out_at = i;
        if (str_eq(json_get_text(one, STR("provider")), provider) && str_eq(json_get_text(one, STR("user_id")), native_id))
            return one;
    }
    return NULL;
}

static struct json *identities_without(struct arena *a, const struct json *doc, size_t at)
{
    const struct json *all = json_get(doc, STR("identities"));
    struct json *kept = json_array(a), *one;
    JSON_EACH_ITEM(all, i, one)
        if (i != at)
            json_push(a, kept, one);
    return kept;
}

struct result user_unlink(struct tx *tx, const struct user *u, str provider, str native_id, struct json **out)
{
    struct arena *a = tx->arena;
    struct user now = *u;
    size_t at;
    const struct json *identity = find_identity(u, provider, native_id, &at);
    if (identity && at == 0)
        return fail1(ERR_INVALID_BODY, STR("Main identity cannot be removed."));
    if (identity) {
        struct json *doc = json_copy_shallow(a, u->doc);
        json_set(a, doc, STR("identities"), identities_without(a, doc, at));
        TRY(come_back(tx, u, identity));
        TRY(user_store_update(tx, u, doc, &now));
    }
    *out = shown_identities(a, now.doc);
    return OK;
}
