#include "domain/user/belongings.h"
#include "domain/relation.h"
#include "domain/user/inside.h"

/* --- one ------------------------------------------------------------------------------ */

static struct result drop_rows(struct tx *tx, const struct user *u)
{
    TRY(relation_drop(tx, THING_USER, u->uid));
    TRY(search_index_user(tx, u->row, u->doc, NULL));
    TRY(sql_run(tx->sql, "DELETE FROM user_secrets WHERE user = ?", SQL_ARGS(sql_int(u->row)), NULL));
    TRY(sql_run(tx->sql, "DELETE FROM identities WHERE user = ?", SQL_ARGS(sql_int(u->row)), NULL));
    return sql_run(tx->sql, "DELETE FROM users WHERE id = ?", SQL_ARGS(sql_int(u->row)), NULL);
}

static struct result log_deletion(struct tx *tx, const struct user *u)
{
    struct connection c;
    bool found;
    str name = json_get_text(user_doc_identity(u->doc, 0), STR("connection"));
    TRY(connection_find_by_name(tx, name, &c, &found));
    if (!found)
        c = (struct connection){ .name = name };
    return user_log(tx, STR("sdu"), str_cat(tx->arena, STR("user_id: "), u->uid), u, &c, NULL);
}

struct result user_delete(struct tx *tx, const struct user *u)
{
    TRY(user_belongings_drop(tx, u));
    TRY(log_deletion(tx, u));
    return drop_rows(tx, u);
}

struct result user_delete_by_id(struct tx *tx, str id, bool *out_found)
{
    struct user u;
    TRY(user_find_by_id(tx, id, &u, out_found));
    return *out_found ? user_delete(tx, &u) : OK;
}

/* --- all -------------------------------------------------------------------------------- */

/* Whole tables at once: a million deletions one by one would hold up every
 * other writer for minutes. */
struct result user_delete_all(struct tx *tx)
{
    static const char *const statements[] = {
        "DELETE FROM user_secrets",
        "DELETE FROM identities",
        "DELETE FROM user_terms",
        "DELETE FROM user_sort_keys",
        "DELETE FROM users",
    };
    const struct log_entry e = { .type = STR("sdu"), .description = STR("all users") };
    TRY(user_belongings_drop_every(tx));
    TRY(relation_drop_every(tx, THING_USER));
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        TRY(sql_run(tx->sql, statements[i], SQL_NO_ARGS, NULL));
    return log_append(tx, &e);
}

/* --- those of a connection ----------------------------------------------------------------- */

static struct result drop_identities(struct tx *tx, const struct user *u, str connection)
{
    struct json *doc = json_copy_shallow(tx->arena, u->doc), *kept = json_array(tx->arena), *one;
    const struct json *all = json_get(u->doc, STR("identities"));
    struct user ignored;
    JSON_EACH_ITEM(all, i, one)
        if (!str_eq(json_get_text(one, STR("connection")), connection))
            json_push(tx->arena, kept, one);
    json_set(tx->arena, doc, STR("identities"), kept);
    TRY(sql_run(tx->sql, "DELETE FROM identities WHERE user = ? AND connection = ?",
                SQL_ARGS(sql_int(u->row), sql_text(connection)), NULL));
    return user_store_update(tx, u, doc, &ignored);
}

static struct result drop_one(struct tx *tx, int64_t row, str connection)
{
    struct user u;
    bool found;
    TRY(user_find_by_row(tx, row, &u, &found));
    if (!found)
        return OK;
    if (!str_eq(json_get_text(user_doc_identity(u.doc, 0), STR("connection")), connection))
        return drop_identities(tx, &u, connection);
    TRY(user_belongings_drop(tx, &u));
    return drop_rows(tx, &u);
}

struct result user_delete_of_connection(struct tx *tx, str connection)
{
    bool found = true;
    while (found) {
        struct sql_value row;
        TRY(sql_row(tx->sql, tx->arena, "SELECT user FROM identities WHERE connection = ? LIMIT 1",
                    SQL_ARGS(sql_text(connection)), &row, 1, &found));
        if (found)
            TRY(drop_one(tx, row.i, connection));
    }
    return OK;
}
