#include "crypto/hash.h"
#include "domain/user/inside.h"

#include <string.h>

/* --- rows ------------------------------------------------------------------------- */

enum { COL_ROW, COL_UID, COL_DOC, COL_COUNT };

static struct result from_row(struct tx *tx, const struct sql_value *row, struct user *out)
{
    *out = (struct user){ .row = row[COL_ROW].i, .uid = row[COL_UID].s };
    return json_parse(tx->arena, row[COL_DOC].s, &out->doc);
}

static struct result find_one(struct tx *tx, const char *sql, const struct sql_value *args, size_t arg_count, struct user *out,
                              bool *out_found)
{
    struct sql_value row[COL_COUNT];
    TRY(sql_row(tx->sql, tx->arena, sql, args, arg_count, row, COL_COUNT, out_found));
    return *out_found ? from_row(tx, row, out) : OK;
}

static struct result find_by_uid(struct tx *tx, str uid, struct user *out, bool *out_found)
{
    return find_one(tx, "SELECT id, uid, doc FROM users WHERE uid = ?", SQL_ARGS(sql_text(uid)), out, out_found);
}

struct result user_find_by_row(struct tx *tx, int64_t row, struct user *out, bool *out_found)
{
    return find_one(tx, "SELECT id, uid, doc FROM users WHERE id = ?", SQL_ARGS(sql_int(row)), out, out_found);
}

/* --- the three ids ------------------------------------------------------------------ */

#define V2_ID_PREFIX STR("usr_")
enum { V1_ID_HALF = 8 };

str user_native_id(str uid)
{
    str rest;
    (void)str_cut(uid, '|', &rest);
    return rest;
}

str user_v2_id(struct arena *a, const struct user *u)
{
    return str_cat(a, V2_ID_PREFIX, user_native_id(u->uid));
}

/* The native id does not tell its provider: every provider is tried, databases first. */
static struct result find_by_v2_id(struct tx *tx, str native, struct user *out, bool *out_found)
{
    size_t count;
    const struct strategy *all = strategy_list(&count);
    TRY(find_by_uid(tx, str_cat(tx->arena, STR("auth0|"), native), out, out_found));
    for (size_t i = 0; i < count && !*out_found; i++)
        TRY(find_by_uid(tx, str_fmt(tx->arena, "%.*s|%.*s", STR_ARG(all[i].name), STR_ARG(native)), out, out_found));
    return OK;
}

/* _id is two halves: a digest over the row and the user_id, and the row number
 * hidden under a digest of the first half. So it needs no column, is found by
 * one read, and a row number that is used again does not answer for the old one. */
static void v1_id_bytes(struct arena *a, int64_t row, str uid, unsigned char out[2 * V1_ID_HALF])
{
    unsigned char d[DIGEST_LEN_MAX];
    digest(DIGEST_SHA256, str_fmt(a, "user %lld %.*s", (long long)row, STR_ARG(uid)), d);
    memcpy(out, d, V1_ID_HALF);
    digest(DIGEST_SHA256, (str){ (const char *)out, V1_ID_HALF }, d);
    for (int i = 0; i < V1_ID_HALF; i++)
        out[V1_ID_HALF + i] = d[i] ^ (unsigned char)((uint64_t)row >> 8 * (V1_ID_HALF - 1 - i));
}

str user_v1_id(struct arena *a, const struct user *u)
{
    unsigned char bytes[2 * V1_ID_HALF];
    v1_id_bytes(a, u->row, u->uid, bytes);
    return hex_encode(a, (str){ (const char *)bytes, sizeof bytes });
}

static int64_t v1_id_row(const unsigned char id[2 * V1_ID_HALF])
{
    unsigned char d[DIGEST_LEN_MAX];
    uint64_t row = 0;
    digest(DIGEST_SHA256, (str){ (const char *)id, V1_ID_HALF }, d);
    for (int i = 0; i < V1_ID_HALF; i++)
        row = row << 8 | (unsigned char)(d[i] ^ id[V1_ID_HALF + i]);
    return (int64_t)row;
}

static struct result find_by_v1_id(struct tx *tx, str id, struct user *out, bool *out_found)
{
    str bytes;
    *out_found = false;
    if (id.len != 4 * V1_ID_HALF || !hex_decode(tx->arena, id, &bytes))
        return OK;
    TRY(user_find_by_row(tx, v1_id_row((const unsigned char *)bytes.p), out, out_found));
    *out_found = *out_found && str_eq(user_v1_id(tx->arena, out), str_lower(tx->arena, id));
    return OK;
}

struct result user_find_by_id(struct tx *tx, str id, struct user *out, bool *out_found)
{
    if (str_find_char(id, '|') >= 0)
        return find_by_uid(tx, id, out, out_found);
    if (str_starts(id, V2_ID_PREFIX))
        return find_by_v2_id(tx, str_sub(id, V2_ID_PREFIX.len, id.len), out, out_found);
    return find_by_v1_id(tx, id, out, out_found);
}

struct result user_by_id(struct tx *tx, str id, struct user *out)
{
    bool found;
    TRY(user_find_by_id(tx, id, out, &found));
    return found ? OK : fail(ERR_INEXISTENT_USER);
}

struct result user_text_by_id(struct tx *tx, str id, str *out_text)
{
    struct sql_value doc;
    struct user u;
    bool found;
    if (str_find_char(id, '|') < 0) {
        TRY(user_by_id(tx, id, &u));
        *out_text = json_dump(tx->arena, u.doc);
        return OK;
    }
    TRY(sql_row(tx->sql, tx->arena, "SELECT doc FROM users WHERE uid = ?", SQL_ARGS(sql_text(id)), &doc, 1, &found));
    if (!found)
        return fail(ERR_INEXISTENT_USER);
    *out_text = doc.s;
    return OK;
}

struct result user_check_all(struct tx *tx, const struct json *user_ids)
{
    const struct json *id;
    struct sql_value row;
    bool found;
    JSON_EACH_ITEM(user_ids, i, id) {
        TRY(sql_row(tx->sql, tx->arena, "SELECT id FROM users WHERE uid = ?", SQL_ARGS(sql_text(json_text(id))), &row, 1, &found));
        if (!found)
            return fail(ERR_INEXISTENT_USERS);
    }
    return OK;
}

/* --- identities ---------------------------------------------------------------------- */

/* The conditions on the provider are those of the partial indexes (schema-3.sql). */
#define BY_IDENTITY "SELECT u.id, u.uid, u.doc FROM identities i JOIN users u ON u.id = i.user WHERE "

/* Tells a bulk load's many new keys from each other without asking the tables. */
static struct result find_by_key(struct tx *tx, enum tx_key kind, const char *sql, str scope, str value, struct user *out, bool *out_found)
{
    bool perhaps = true;
    if (tx->bulk)
        TRY(tx->bulk->key_asked(tx->bulk->ctx, kind, scope, value, &perhaps));
    *out_found = false;
    return perhaps ? find_one(tx, sql, SQL_ARGS(sql_text(scope), sql_text(value)), out, out_found) : OK;
}

struct result user_find_by_email(struct tx *tx, str connection, str email, struct user *out, bool *out_found)
{
    return find_by_key(tx, TX_KEY_EMAIL,
                       BY_IDENTITY "i.connection = ? AND i.email = ? AND i.email IS NOT NULL AND i.provider || '' IN ('auth0', 'email')",
                       connection, user_fold(tx->arena, email), out, out_found);
}

struct result user_find_by_username(struct tx *tx, str connection, str username, struct user *out, bool *out_found)
{
    return find_by_key(tx, TX_KEY_USERNAME, BY_IDENTITY "i.connection = ? AND i.username = ? AND i.username IS NOT NULL", connection,
                       user_fold(tx->arena, username), out, out_found);
}

struct result user_find_by_phone(struct tx *tx, str connection, str phone, struct user *out, bool *out_found)
{
    return find_by_key(tx, TX_KEY_PHONE,
                       BY_IDENTITY "i.connection = ? AND i.phone = ? AND i.phone IS NOT NULL AND i.provider || '' IN ('auth0', 'sms')",
                       connection, phone, out, out_found);
}

struct result user_find_by_login(struct tx *tx, str connection, str login, struct user *out, bool *out_found)
{
    TRY(user_find_by_email(tx, connection, login, out, out_found));
    if (!*out_found)
        TRY(user_find_by_username(tx, connection, login, out, out_found));
    if (!*out_found)
        TRY(user_find_by_phone(tx, connection, login, out, out_found));
    return OK;
}

struct result user_find_by_identity(struct tx *tx, str provider, str native_id, struct user *out, bool *out_found)
{
    return find_by_key(tx, TX_KEY_IDENTITY, BY_IDENTITY "i.provider = ? AND i.native_id = ?", provider, native_id, out, out_found);
}

struct result users_by_email(struct tx *tx, str email, struct user **out, size_t *out_count)
{
    const struct search_request rq = { .query = search_equals(tx->arena, STR("email"), user_fold(tx->arena, email)),
                                       .limit = USERS_BY_EMAIL_MAX };
    struct search_page page;
    TRY(search_users(tx, &rq, &page));
    struct user *users = ARENA_ARRAY(tx->arena, struct user, page.count);
    for (size_t i = 0; i < page.count; i++)
        users[i] = (struct user){ .row = page.hits[i].user,
                                  .uid = json_get_text(page.hits[i].doc, STR("user_id")),
                                  .doc = page.hits[i].doc };
    *out = users;
    *out_count = page.count;
    return OK;
}

/* --- who may see whom ------------------------------------------------------------------ */

static struct result is_enabled(struct tx *tx, str connection, str client, bool *out)
{
    struct connection c;
    TRY(connection_find_by_name(tx, connection, &c, out));
    return *out ? connection_is_enabled(tx, c.id, client, out) : OK;
}

struct result user_is_visible(struct tx *tx, const struct user *u, const struct caller *c, bool *out_visible)
{
    const struct json *identities = json_get(u->doc, STR("identities")), *identity;
    *out_visible = c->kind != CALLER_V1_CLIENT;
    JSON_EACH_ITEM(identities, i, identity)
        if (!*out_visible)
            TRY(is_enabled(tx, json_get_text(identity, STR("connection")), c->client_id, out_visible));
    return OK;
}

struct result user_check_login_visible(struct tx *tx, const struct user *u, const struct caller *c)
{
    const struct json *primary = json_item(json_get(u->doc, STR("identities")), 0);
    bool enabled = true;
    if (c->kind == CALLER_V1_CLIENT)
        TRY(is_enabled(tx, json_get_text(primary, STR("connection")), c->client_id, &enabled));
    return enabled ? OK : fail(ERR_INEXISTENT_USER);
}

struct result user_by_id_for(struct tx *tx, const struct caller *c, str id, struct user *out)
{
    bool visible;
    TRY(user_by_id(tx, id, out));
    TRY(user_is_visible(tx, out, c, &visible));
    return visible ? OK : fail(ERR_INEXISTENT_USER);
}

struct result user_search_visible(struct tx *tx, const struct caller *c, struct search_node **out)
{
    struct arena *a = tx->arena;
    *out = NULL;
    if (c->kind != CALLER_V1_CLIENT)
        return OK;
    struct connection_list list = { .client_id = c->client_id };
    TRY(connection_list(tx, &list));
    struct search_node **each = ARENA_ARRAY(a, struct search_node *, list.count + 1);
    for (size_t i = 0; i < list.count; i++)
        each[i] = search_equals(a, STR("identities.connection"), list.items[i].name);
    if (!list.count) /* nobody has a connection without a name */
        each[list.count++] = search_equals(a, STR("identities.connection"), STR(""));
    *out = search_any(a, each, list.count);
    return OK;
}

/* --- small things ------------------------------------------------------------------------- */

str user_display_name(const struct user *u)
{
    static const str members[] = { STR_INIT("username"), STR_INIT("email"), STR_INIT("phone_number"), STR_INIT("name") };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        str value = json_get_text(u->doc, members[i]);
        if (value.len)
            return value;
    }
    return u->uid;
}

bool user_is_blocked(const struct user *u)
{
    return json_get_true(u->doc, STR("blocked"));
}
