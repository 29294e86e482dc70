/* What the users' commands share: a job that the running server works on, or
 * this process where none runs, and its progress on a terminal. */
#ifndef CLI_USERS_WORK_H
#define CLI_USERS_WORK_H

#include "cli/control.h"
#include "cli/options.h"
#include "crypto/box.h"

#include <stdatomic.h>

struct users_work {
    const char *make, *look; /* control commands */
    struct result (*run)(struct tenant *t, str id, const atomic_bool *stop);
    const char *goes_on; /* what is said when the server stops meanwhile */
};
/* args: of make, without the command. *out: the job at its end. */
MUST_USE struct result users_work(const struct options *o, const struct users_work *w, struct json *args, struct json **out);

/* The tenant that args name. */
MUST_USE struct result users_tenant(struct control_context *c, const struct json *args, struct tenant **out);
/* --with-secrets, read and checked here, where its path means what the operator meant. */
MUST_USE struct result users_read_key(const struct options *o, struct box_key *out, bool *out_given);

#endif
