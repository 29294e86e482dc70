#include "base/clock.h"
#include "domain/user/inside.h"

void user_identifiers_read(struct arena *a, const struct user_rules *r, const struct json *profile, struct user_identifiers *out)
{
    *out = (struct user_identifiers){
        .email = r->email_is_identifier ? user_fold(a, json_get_text(profile, STR("email"))) : STR_NONE,
        .username = r->username_is_identifier ? user_fold(a, json_get_text(profile, STR("username"))) : STR_NONE,
        .phone = r->phone_is_identifier ? json_get_text(profile, STR("phone_number")) : STR_NONE,
    };
}

static bool is_other(bool found, const struct user *who, int64_t row)
{
    return found && who->row != row;
}

struct result user_identifiers_check(struct tx *tx, str connection, const struct user_identifiers *ids, int64_t row)
{
    static const struct {
        struct result (*find)(struct tx *, str, str, struct user *, bool *);
        const char *what;
    } finders[] = {
        { user_find_by_email, "email" },
        { user_find_by_username, "username" },
        { user_find_by_phone, "phone number" },
    };
    const str values[] = { ids->email, ids->username, ids->phone };
    for (size_t i = 0; i < sizeof finders / sizeof *finders; i++) {
        struct user who;
        bool found;
        if (!values[i].p)
            continue;
        TRY(finders[i].find(tx, connection, values[i], &who, &found));
        if (is_other(found, &who, row))
            return fail2(ERR_USER_EXISTS, str_from(finders[i].what), connection);
    }
    return OK;
}

/* Two writers of a database with many of them may pass the check at once; the
 * unique index has the last word. */
static struct result taken(struct result r, str connection)
{
    return r.kind == ERR_UNIQUE ? fail2(ERR_USER_EXISTS, STR("email"), connection) : r;
}

/* For the finders of user/find.c. */
static struct result tell_keys(struct tx *tx, const struct json *identity, const struct user_identifiers *ids)
{
    str connection = json_get_text(identity, STR("connection"));
    const struct {
        enum tx_key kind;
        str scope, value;
    } keys[] = {
        { TX_KEY_IDENTITY, json_get_text(identity, STR("provider")), json_get_text(identity, STR("user_id")) },
        { TX_KEY_EMAIL, connection, ids->email },
        { TX_KEY_USERNAME, connection, ids->username },
        { TX_KEY_PHONE, connection, ids->phone },
    };
    for (size_t i = 0; tx->bulk && i < sizeof keys / sizeof *keys; i++)
        if (keys[i].value.p)
            TRY(tx->bulk->key_added(tx->bulk->ctx, keys[i].kind, keys[i].scope, keys[i].value));
    return OK;
}

struct result user_store_identity(struct tx *tx, int64_t row, const struct json *identity, const struct user_identifiers *ids)
{
    str connection = json_get_text(identity, STR("connection"));
    TRY(tell_keys(tx, identity, ids));
    return taken(sql_run(tx->sql,
                         "INSERT INTO identities (provider, native_id, user, connection, email, username, phone) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?)",
                         SQL_ARGS(sql_text(json_get_text(identity, STR("provider"))),
                                  sql_text(json_get_text(identity, STR("user_id"))), sql_int(row), sql_text(connection),
                                  sql_text(ids->email), sql_text(ids->username), sql_text(ids->phone)),
                         NULL),
                 connection);
}

/* As long as one request may be: patches must not let a user grow without end,
 * for every list reads whole users. */
enum { USER_BYTES_MAX = 1 << 20 };

static struct result text_of(struct tx *tx, const struct json *doc, str *out)
{
    *out = json_dump(tx->arena, doc);
    if (out->len <= USER_BYTES_MAX)
        return OK;
    return fail1(ERR_INVALID_BODY, str_fmt(tx->arena, "The user would have %zu bytes; at most %d are kept.", out->len, USER_BYTES_MAX));
}

struct result user_store_insert(struct tx *tx, struct user *u, const struct user_identifiers *ids)
{
    const struct json *identity = user_doc_identity(u->doc, 0);
    str text;
    TRY(text_of(tx, u->doc, &text));
    struct result r = sql_run(tx->sql, "INSERT INTO users (uid, doc) VALUES (?, ?)", SQL_ARGS(sql_text(u->uid), sql_text(text)), NULL);
    if (r.kind == ERR_UNIQUE)
        return fail2(ERR_USER_EXISTS, STR("user_id"), json_get_text(identity, STR("connection")));
    TRY(r);
    u->row = sql_last_id(tx->sql);
    TRY(user_store_identity(tx, u->row, identity, ids));
    return search_index_user(tx, u->row, NULL, u->doc);
}

struct result user_store_update(struct tx *tx, const struct user *u, struct json *now, struct user *out)
{
    json_set_text(tx->arena, now, STR("updated_at"), clock_iso(tx->arena, tx->now_us));
    struct json *doc = user_doc_ordered(tx->arena, now);
    str text;
    TRY(text_of(tx, doc, &text));
    TRY(sql_run(tx->sql, "UPDATE users SET doc = ? WHERE id = ?", SQL_ARGS(sql_text(text), sql_int(u->row)), NULL));
    TRY(search_index_user(tx, u->row, u->doc, doc));
    *out = (struct user){ .row = u->row, .uid = u->uid, .doc = doc };
    return OK;
}

struct result user_store_identifiers(struct tx *tx, const struct json *identity, const struct user_identifiers *ids)
{
    TRY(tell_keys(tx, identity, ids));
    return taken(sql_run(tx->sql, "UPDATE identities SET email = ?, username = ?, phone = ? WHERE provider = ? AND native_id = ?",
                         SQL_ARGS(sql_text(ids->email), sql_text(ids->username), sql_text(ids->phone),
                                  sql_text(json_get_text(identity, STR("provider"))),
                                  sql_text(json_get_text(identity, STR("user_id")))),
                         NULL),
                 json_get_text(identity, STR("connection")));
}
