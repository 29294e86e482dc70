/* What the store itself asks of a database connection, beyond sql.h: opening,
 * transactions, versions, copies. sqlite.c implements both headers and is the
 * only file that knows SQLite. Errors as in sql.h; the cause is logged there. */
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include "store/sql.h"

enum sql_role {
    SQL_READER,  /* refuses to write */
    SQL_WRITER,  /* commits are durable when sql_commit returns */
    SQL_BUILDER, /* makes a file that nobody else sees yet and its maker syncs: commits are not durable */
    SQL_LOADER,  /* the same for very many rows; nothing can be undone: after a failure the file is worth nothing */
};

/* Opens the database file at path; with `create` it must be there as an empty
 * file and becomes an empty database. */
MUST_USE struct result sql_connect(const char *path, enum sql_role role, bool create, struct sql **out);
void sql_disconnect(struct sql *db); /* takes NULL; rolls back what is open */

MUST_USE struct result sql_begin_read(struct sql *db); /* one view of the data until the end */
MUST_USE struct result sql_begin_write(struct sql *db);
MUST_USE struct result sql_commit(struct sql *db); /* on failure nothing of the transaction stays */
void sql_rollback(struct sql *db);                 /* no transaction is no error */
/* False also after an error that made the database drop the whole transaction. */
bool sql_in_transaction(const struct sql *db);
/* Rows inserted, changed or deleted so far, whatever became of them: what stays
 * the same between two calls shows that nothing was written between. */
int64_t sql_changes(const struct sql *db);
/* One savepoint at a time inside a write transaction. */
MUST_USE struct result sql_savepoint(struct sql *db);
MUST_USE struct result sql_savepoint_keep(struct sql *db);
MUST_USE struct result sql_savepoint_undo(struct sql *db); /* and gone */

/* Several statements without parameters: for migrations. */
MUST_USE struct result sql_script(struct sql *db, const char *text);
MUST_USE struct result sql_version_get(struct sql *db, int64_t *out);
MUST_USE struct result sql_version_set(struct sql *db, int64_t version); /* belongs to the transaction */

/* A consistent copy of the whole database as one file at to_path, which must be
 * there and empty; not synced. Others go on writing meanwhile. */
MUST_USE struct result sql_copy(struct sql *from, const char *to_path);
/* Another database file beside, for statements that name its tables NAME.TABLE.
 * Outside of transactions. */
MUST_USE struct result sql_attach(struct sql *db, const char *path, const char *name);
MUST_USE struct result sql_detach(struct sql *db, const char *name);
/* Where the sorting of a load (SQL_LOADER) keeps its files: for all loads of the
 * process, so not while one runs elsewhere. */
void sql_set_temporary_dir(const char *dir);
/* A file that was loaded (SQL_LOADER) becomes one that readers and a writer may share. */
MUST_USE struct result sql_share(struct sql *db);
/* House-keeping after a commit that nobody waits for any more. */
void sql_tidy(struct sql *db);

/* The fault tests put their file layer in between; NULL: the usual one. */
void sql_set_vfs(const char *name);

#endif
