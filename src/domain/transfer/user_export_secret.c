#include "base/clock.h"
#include "crypto/password.h"
#include "domain/transfer/exported_hash.h"
#include "domain/transfer/user_export_inside.h"
#include "domain/user/inside.h"

struct secret_row {
    int64_t user, changed_at;
    str kind, name, value;
};
struct secret_rows {
    struct secret_row *v;
    size_t count, cap;
};

static struct secret_row *secret_slot(struct arena *a, struct secret_rows *all)
{
    if (all->count == all->cap) {
        size_t cap = all->cap ? all->cap * 2 : 1024;
        struct secret_row *more = ARENA_ARRAY(a, struct secret_row, cap);
        for (size_t i = 0; i < all->count; i++)
            more[i] = all->v[i];
        all->v = more;
        all->cap = cap;
    }
    return &all->v[all->count++];
}

static struct result read_rows(struct exported_batch *b, struct secret_rows *all)
{
    struct arena *a = b->tx->arena;
    struct sql_rows rows;
    TRY(sql_open(b->tx->sql, &rows,
                 "SELECT user, kind, name, value, changed_at FROM user_secrets WHERE user > ? AND user <= ? ORDER BY user, kind, name",
                 SQL_ARGS(sql_int(b->from), sql_int(b->to))));
    while (sql_next(&rows))
        *secret_slot(a, all) = (struct secret_row){ .user = sql_col_int(&rows, 0),
                                                    .kind = str_dup(a, sql_col_text(&rows, 1)),
                                                    .name = str_dup(a, sql_col_text(&rows, 2)),
                                                    .value = str_dup(a, sql_col_text(&rows, 3)),
                                                    .changed_at = sql_col_int(&rows, 4) };
    return sql_close(&rows);
}

/* --- one user's ---------------------------------------------------------------------------- */

struct secrets_of {
    struct exported_batch *b;
    struct exported_user *user;
    const struct secret_row *rows;
    size_t count;
};

/* The object of identity_secrets for that identity; of the first one the passwords stand at the root. */
static struct json *place_of(struct secrets_of *s, str identity)
{
    struct arena *a = s->b->tx->arena;
    struct json *all = exported_array(a, exported_user_secrets(s->b, s->user), STR("identity_secrets")), *one;
    JSON_EACH_ITEM(all, i, one)
        if (str_eq(json_get_text(one, STR("identity")), identity))
            return one;
    one = json_object(a);
    json_set_text(a, one, STR("identity"), identity);
    json_push(a, all, one);
    return one;
}

/* A custom hash that no login has used leaves as one, also where its form is the tenant's own (user/password.h). */
static bool is_custom(struct secrets_of *s, const struct secret_row *row)
{
    struct json *doc;
    for (size_t i = 0; i < s->count; i++) {
        const struct secret_row *mark = &s->rows[i];
        if (!str_eq(mark->kind, STR("password_custom")) || !str_eq(mark->name, row->name) || !str_eq(mark->value, row->value))
            continue;
        return !failed(json_parse(s->b->tx->arena, s->user->doc, &doc)) && !user_password_was_used(doc, mark->changed_at);
    }
    return false;
}

static struct result unknown_form(const struct secrets_of *s)
{
    return fail2(ERR_INTERNAL, s->user->uid, STR("its password hash is of a form that no import takes"));
}

static struct result add_password(struct secrets_of *s, const struct secret_row *row, str identity, str detail)
{
    (void)detail;
    bool is_first = str_eq(identity, s->user->uid);
    struct json *to = is_first ? exported_user_secrets(s->b, s->user) : place_of(s, identity);
    return exported_hash_add(s->b->tx->arena, to, row->value, is_custom(s, row)) ? OK : unknown_form(s);
}

static struct result add_history(struct secrets_of *s, const struct secret_row *row, str identity, str detail)
{
    (void)detail;
    struct arena *a = s->b->tx->arena;
    struct json *one = json_object(a);
    if (!str_eq(identity, s->user->uid))
        json_set_text(a, one, STR("identity"), identity);
    json_set_text(a, one, STR("changed_at"), clock_iso(a, row->changed_at));
    json_push(a, exported_array(a, exported_user_secrets(s->b, s->user), STR("password_history")), one);
    return exported_hash_add(a, one, row->value, false) ? OK : unknown_form(s);
}

static struct result add_token(struct secrets_of *s, const struct secret_row *row, str identity, str detail)
{
    str value;
    TRY(tx_unseal(s->b->tx, STR("idp"), identity, detail, row->value, &value));
    json_set_text(s->b->tx->arena, place_of(s, identity), detail, value);
    return OK;
}

static struct result add_recovery_code(struct secrets_of *s, const struct secret_row *row, str identity, str detail)
{
    (void)identity;
    (void)detail;
    json_set_text(s->b->tx->arena, exported_user_secrets(s->b, s->user), STR("recovery_code_hash"), row->value);
    return OK;
}

static const struct {
    str kind;
    struct result (*add)(struct secrets_of *s, const struct secret_row *row, str identity, str detail);
} kinds[] = {
    { STR_INIT("idp"), add_token },
    { STR_INIT("password"), add_password },
    { STR_INIT("password_history"), add_history },
    { STR_INIT("recovery_code"), add_recovery_code },
};

static struct result add_row(struct secrets_of *s, const struct secret_row *row)
{
    str detail, identity = str_cut(row->name, '\t', &detail);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq(row->kind, kinds[i].kind))
            return kinds[i].add(s, row, identity, detail);
    return OK;
}

struct result user_export_secrets(struct exported_batch *b)
{
    struct secret_rows all = { 0 };
    if (b->ex->file.secrets == USER_FILE_NO_SECRETS)
        return OK;
    TRY(read_rows(b, &all));
    for (size_t i = 0, end; i < all.count; i = end) {
        for (end = i; end < all.count && all.v[end].user == all.v[i].user; end++)
            ;
        struct secrets_of s = { .b = b, .user = exported_user_find(b, all.v[i].user), .rows = &all.v[i], .count = end - i };
        for (size_t k = 0; s.user && k < s.count; k++)
            TRY(add_row(&s, &s.rows[k]));
    }
    return OK;
}
