#include "contract/contract.h"
#include "domain/transfer/user_export_inside.h"

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_AUTHENTICATION_METHOD];
}

/* What proves nothing without its secret stays away with it. */
static bool needs_secret(const struct json *body)
{
    str type = json_get_text(body, STR("type"));
    return str_eq(type, STR("totp")) || str_eq(type, STR("recovery-code"));
}

static struct result add_factor(struct exported_batch *b, struct exported_user *u, str text, str id, str sealed)
{
    struct arena *a = b->tx->arena;
    bool keeps_secrets = b->ex->file.secrets != USER_FILE_NO_SECRETS;
    struct json *body, *secret;
    str opened;
    TRY(json_parse(a, text, &body));
    if (!keeps_secrets && needs_secret(body))
        return OK;
    json_remove(body, STR("user_id"));
    if (sealed.p) {
        TRY(tx_unseal(b->tx, spec()->kind, id, STR("totp_secret"), sealed, &opened));
        TRY(json_parse(a, opened, &secret));
        json_set(a, body, STR("totp_secret"), secret);
    }
    struct json *to = keeps_secrets ? exported_user_secrets(b, u) : exported_user_members(b, u);
    json_push(a, exported_array(a, to, STR("authentication_methods")), body);
    return OK;
}

static struct result has_any(struct exported_batch *b, bool *out)
{
    struct sql_value row;
    return sql_row(b->tx->sql, b->tx->arena, "SELECT seq FROM documents WHERE kind = ? LIMIT 1", SQL_ARGS(sql_text(spec()->kind)), &row, 1, out);
}

struct result user_export_factors(struct exported_batch *b)
{
    struct arena *a = b->tx->arena;
    struct sql_rows rows;
    struct result r = OK;
    bool any;
    TRY(has_any(b, &any));
    if (!any)
        return OK;
    TRY(sql_open(b->tx->sql, &rows,
                 "SELECT u.id, d.body, d.id, s.sealed FROM users u CROSS JOIN document_filter f CROSS JOIN documents d "
                 "LEFT JOIN document_secrets s ON s.seq = d.seq AND s.field = 'totp_secret' "
                 "WHERE u.id > ? AND u.id <= ? AND f.kind = ? AND f.field = 'user_id' AND f.value = u.uid AND d.seq = f.seq "
                 "ORDER BY u.id, d.seq",
                 SQL_ARGS(sql_int(b->from), sql_int(b->to), sql_text(spec()->kind))));
    while (!failed(r) && sql_next(&rows)) {
        struct exported_user *u = exported_user_find(b, sql_col_int(&rows, 0));
        if (u)
            r = add_factor(b, u, str_dup(a, sql_col_text(&rows, 1)), str_dup(a, sql_col_text(&rows, 2)), str_dup(a, sql_col_text(&rows, 3)));
    }
    struct result closed = sql_close(&rows);
    return failed(r) ? r : closed;
}
