/* `doorward users export FILE` as a job (docs/users-files.md). The lines go into
 * FILE.part, which gets its name when it is whole. How far it came stands beside
 * the job's other files, so that whoever works on it next goes on behind the last
 * line that is surely there: nothing is doubled, nothing lost.
 *
 * The users are read in one transaction, which is one picture of them; beyond
 * VIEW_S seconds it gives way to a newer one, since a transaction that reads
 * keeps the database from tidying its log of writes. */
#ifndef DOMAIN_USER_EXPORT_JOB_H
#define DOMAIN_USER_EXPORT_JOB_H

#include "domain/job/job.h"
#include "domain/transfer/user_export.h"

#include <stdatomic.h>

struct user_export_new {
    const char *file; /* absolute; must not exist */
    str connection;   /* by name; STR_NONE: all */
    enum user_export_format format;
    enum user_file_secrets secrets;
    const struct box_key *key; /* of USER_FILE_SEALED */
};
/* A job for it, or the one that is at work on that file already. Errors: ERR_INEXISTENT_CONNECTION_NAME, ERR_USAGE with one
 * clear line, ERR_CRYPTO. */
MUST_USE struct result user_export_create(struct tx *tx, const struct user_export_new *n, struct json **out);
/* Is that job one of these? */
bool user_export_is_job(const struct job *j);
MUST_USE struct result user_export_run(struct tenant *t, str id, const atomic_bool *stop);
/* Adds to body what a command shows: users, percentage_done, views, hashes_left_out. */
void user_export_tell(struct arena *a, const struct tenant *t, const struct job *j, struct json *body);

#endif
