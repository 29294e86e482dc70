/* Users of a tenant, or of one connection, into a gzipped file: JSON lines or
 * CSV (AUTH-REFERENCE 21.2). The file is reached by a link of ours that whoever
 * holds it may use for a minute; each look at the job gives a new one. */
#ifndef DOMAIN_EXPORT_H
#define DOMAIN_EXPORT_H

#include "domain/job/job.h"

#include <stdatomic.h>

enum { EXPORT_LINK_S = 60, EXPORT_CSV_FIELDS_MAX = 30 };

/* body: of the request, validated; NULL: all by default. *out: the v2 object.
 * Errors: ERR_INEXISTENT_CONNECTION_NAME, ERR_INVALID_BODY. */
MUST_USE struct result export_create(struct tx *tx, const struct json *body, struct json **out);
MUST_USE struct result export_run(struct tenant *t, str id, const atomic_bool *stop);

/* A completed one's link: tenant's address, path, expiry and signature. STR_NONE for one of the command. */
str export_link(struct tx *tx, const struct job *j);
/* file: the last part of the link's path; expires and signature: from its query.
 * *out_path: the file on disk. Errors: ERR_NOT_FOUND for
 * whatever is not a link of ours that is still good. */
MUST_USE struct result export_open_link(struct tx *tx, str file, str expires, str signature, const char **out_path);
extern const char export_path_prefix[]; /* "/exports/" */

#endif
