/* Users into and out of a file on the server's machine (docs/users-files.md). */
#ifndef CLI_USERS_H
#define CLI_USERS_H

#include "cli/control.h"
#include "cli/options.h"

MUST_USE struct result users_import_run(const struct options *o);
MUST_USE struct result users_export_run(const struct options *o);
MUST_USE struct result users_key_run(const struct options *o);
/* Their halves, as control commands. make: file, tenant and what the command was told → the job; look: job, tenant → the job
 * with how far it came, or with its first errors. */
MUST_USE struct result users_import_make(struct control_context *c, const struct json *args, struct json **out);
MUST_USE struct result users_import_look(struct control_context *c, const struct json *args, struct json **out);
MUST_USE struct result users_export_make(struct control_context *c, const struct json *args, struct json **out);
MUST_USE struct result users_export_look(struct control_context *c, const struct json *args, struct json **out);

#endif
