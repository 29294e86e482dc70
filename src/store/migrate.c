#include "store/migrate.h"

static struct result step(struct sql *db, const struct schema *schema, int64_t to)
{
    TRY(sql_begin_write(db));
    struct result r = sql_script(db, schema->sql[to - 1]);
    if (!failed(r))
        r = sql_version_set(db, to);
    if (failed(r)) {
        sql_rollback(db);
        return r;
    }
    return sql_commit(db);
}

struct result migrate(struct sql *db, const struct schema *schema, const char *path)
{
    int64_t version;
    TRY(sql_version_get(db, &version));
    if (version > schema->version)
        return fail1(ERR_STORE_NEWER, str_from(path));
    while (version < schema->version)
        TRY(step(db, schema, ++version));
    return OK;
}
