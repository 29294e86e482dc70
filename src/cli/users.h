/* Users out of a file on the server's machine (docs/users-files.md). */
#ifndef CLI_USERS_H
#define CLI_USERS_H

#include "cli/control.h"
#include "cli/options.h"

MUST_USE struct result users_import_run(const struct options *o);
/* Its two halves, as control commands. args: file, connection, tenant, upsert → the job; job, tenant → the job with its
 * first errors. */
MUST_USE struct result users_import_make(struct control_context *c, const struct json *args, struct json **out);
MUST_USE struct result users_import_look(struct control_context *c, const struct json *args, struct json **out);

#endif
