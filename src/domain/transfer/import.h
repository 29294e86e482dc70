/* Users out of a file into a connection (AUTH-REFERENCE 21.1). The file is a
 * JSON array; it is read piece by piece, users are written in transactions of
 * some tens of milliseconds, and the position in the file is part of each. */
#ifndef DOMAIN_IMPORT_H
#define DOMAIN_IMPORT_H

#include "domain/job/job.h"
#include "domain/transfer/user_file.h"

#include <stdatomic.h>

struct import_new {
    str connection_id;
    bool upsert, sends_mail;
    bool from_command; /* the file may be JSON lines, and hold whole users (docs/users-files.md) */
    const struct box_key *key; /* opens its sealed secrets; NULL: none */
    const struct json *source; /* of a command: where the file came from; NULL: none */
    str external_id; /* STR_NONE: none */
    str id;          /* of the job; its file is there already (import_file_keep) */
};
/* Before the transaction: the file durably into DIR/jobs. */
MUST_USE struct result import_file_keep(struct arena *a, const struct tenant *t, str id, str content);
void import_file_drop(struct arena *a, const struct tenant *t, str id);
/* *out: the v2 object. Errors: ERR_INEXISTENT_CONNECTION_NAME, ERR_JOB_CONNECTION, ERR_INVALID_BODY. */
MUST_USE struct result import_create(struct tx *tx, const struct import_new *n, struct json **out);
/* Works on the job until it is done or *stop. */
MUST_USE struct result import_run(struct tenant *t, str id, const atomic_bool *stop);

#endif
