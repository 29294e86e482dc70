#include "domain/user/inside.h"

/* Provider tokens of identities, sealed in user_secrets. The seal names the
 * identity, not the user, since identities move when users are linked. */
static const str members[USER_TOKEN_MAX] = {
    [USER_TOKEN_ACCESS] = STR_INIT("access_token"),
    [USER_TOKEN_ACCESS_SECRET] = STR_INIT("access_token_secret"),
    [USER_TOKEN_REFRESH] = STR_INIT("refresh_token"),
};
#define KIND STR("idp")

struct result user_token_set(struct tx *tx, const struct user *u, str provider, str native_id, enum user_token kind, str value)
{
    str identity = str_fmt(tx->arena, "%.*s|%.*s", STR_ARG(provider), STR_ARG(native_id));
    str name = user_secret_name(tx->arena, identity, members[kind]);
    return sql_run(tx->sql,
                   "INSERT INTO user_secrets (user, kind, name, value, changed_at) VALUES (?, 'idp', ?, ?, ?) "
                   "ON CONFLICT (user, kind, name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at",
                   SQL_ARGS(sql_int(u->row), sql_text(name), sql_text(tx_seal(tx, KIND, identity, members[kind], value)),
                            sql_int(tx->now_us)),
                   NULL);
}

static struct result add_token(struct tx *tx, const struct user *u, struct json *identity, enum user_token kind)
{
    str uid = user_identity_uid(tx->arena, identity), name = user_secret_name(tx->arena, uid, members[kind]), value;
    struct sql_value sealed;
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT value FROM user_secrets WHERE user = ? AND kind = 'idp' AND name = ?",
                SQL_ARGS(sql_int(u->row), sql_text(name)), &sealed, 1, &found));
    if (!found)
        return OK;
    TRY(tx_unseal(tx, KIND, uid, members[kind], sealed.s, &value));
    json_set_text(tx->arena, identity, members[kind], value);
    return OK;
}

/* A quote inside a text is escaped, so what is found is a member; it may be one
 * of somebody's metadata. */
bool user_text_may_have_tokens(str text)
{
    static const str member = STR_INIT("\"provider\":"), own = STR_INIT("\"auth0\"");
    for (ptrdiff_t at; (at = str_find(text, member)) >= 0;) {
        text = str_sub(text, (size_t)at + member.len, SIZE_MAX);
        if (!str_starts(text, own))
            return true;
    }
    return false;
}

struct result user_with_tokens(struct tx *tx, const struct user *u, struct json **out_doc)
{
    struct json *doc = json_copy(tx->arena, u->doc), *identity;
    const struct json *all = json_get(doc, STR("identities"));
    JSON_EACH_ITEM(all, i, identity)
        for (int kind = 0; kind < USER_TOKEN_MAX; kind++)
            TRY(add_token(tx, u, identity, (enum user_token)kind));
    *out_doc = doc;
    return OK;
}
