#include "domain/outbox.h"

struct result outbox_add(struct tx *tx, str kind, const struct json *body, int64_t due_at_us)
{
    return sql_run(tx->sql, "INSERT INTO outbox (kind, body, due_at) VALUES (?, ?, ?)",
                   SQL_ARGS(sql_text(kind), sql_text(json_dump(tx->arena, body)), sql_int(due_at_us ? due_at_us : tx->now_us)), NULL);
}
