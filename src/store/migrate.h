/* Schema versions. A database carries its version in its header; each version
 * is one SQL file in this folder (tools/embed.py), run in one transaction with
 * the change of the number. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/driver.h"

struct schema {
    const char *const *sql; /* sql[v - 1] leads from version v - 1 to v; 0 is an empty database */
    int64_t version;        /* the newest */
};

extern const struct schema tenant_schema, system_schema; /* generated */

/* Brings db up to the newest version. Errors: ERR_STORE_NEWER (path is its
 * argument) when db is ahead of this program. */
MUST_USE struct result migrate(struct sql *db, const struct schema *schema, const char *path);

#endif
