/* Users as lines of a file that an import takes back (docs/users-files.md).
 * Whole: the stored document as it is, and what hangs on the user by name:
 * roles, permissions, organizations, groups, second factors, blocks, and the
 * secrets as the file keeps them. Bulk: what the bulk import of the real API
 * takes of it. */
#ifndef DOMAIN_USER_EXPORT_H
#define DOMAIN_USER_EXPORT_H

#include "base/map.h"
#include "domain/transfer/user_file.h"
#include "store/store.h"

enum user_export_format { USER_EXPORT_WHOLE, USER_EXPORT_BULK, USER_EXPORT_FORMAT_MAX };

struct user_export {
    enum user_export_format format;
    struct user_file file;
    str connection; /* only users with an identity there, in bulk as their first; STR_NONE: all */
    /* names of roles, organizations, groups and APIs by their id; emptied with each transaction */
    struct arena *names_arena;
    struct map *names;
    /* how far it came */
    int64_t after;    /* the last user's row */
    int64_t users;    /* lines written */
    int64_t left_out; /* bulk: hashes that the real API does not take */
};

/* The next users in order of creation, some hundreds or some MiB of them, as lines at the end of out. *out_more: there may be
 * others. Errors: those of the database; ERR_INTERNAL with what and why for what cannot be written. */
MUST_USE struct result user_export_batch(struct tx *tx, struct user_export *ex, struct buf *out, bool *out_more);

#endif
