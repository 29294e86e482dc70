#include "domain/row_count.h"

struct result row_count_read(struct tx *tx, str kind, str field, str value, size_t *out)
{
    struct sql_value n;
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT n FROM row_counts WHERE kind = ? AND field = ? AND value = ?",
                SQL_ARGS(sql_text(kind), sql_text(field), sql_text(value)), &n, 1, &found));
    *out = found ? (size_t)n.i : 0;
    return OK;
}
