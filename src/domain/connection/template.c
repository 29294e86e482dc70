#include "domain/connection/template.h"

#define KIND STR("connection_template")
#define FIELD STR("options")

static struct sql_value name_of(struct tx *tx, const struct strategy *s)
{
    return sql_text(str_fmt(tx->arena, "connection_template/%.*s", STR_ARG(s->name)));
}

struct result connection_template_read(struct tx *tx, const struct strategy *s, struct json **out)
{
    struct sql_value sealed;
    bool found;
    str text;
    TRY(sql_row(tx->sql, tx->arena, "SELECT body FROM settings WHERE name = ?", SQL_ARGS(name_of(tx, s)), &sealed, 1, &found));
    if (!found) {
        *out = json_object(tx->arena);
        return OK;
    }
    TRY(tx_unseal(tx, KIND, s->name, FIELD, sealed.s, &text));
    return json_parse(tx->arena, text, out);
}

struct result connection_template_set(struct tx *tx, const struct strategy *s, const struct json *options)
{
    str sealed = tx_seal(tx, KIND, s->name, FIELD, json_dump(tx->arena, options));
    return sql_run(tx->sql, "INSERT INTO settings (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
                   SQL_ARGS(name_of(tx, s), sql_text(sealed)), NULL);
}

struct result connection_template_delete(struct tx *tx, const struct strategy *s)
{
    return sql_run(tx->sql, "DELETE FROM settings WHERE name = ?", SQL_ARGS(name_of(tx, s)), NULL);
}
