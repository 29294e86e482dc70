#ifndef CLI_SERVE_H
#define CLI_SERVE_H

#include "cli/options.h"

/* The server: returns when it was told to stop. A small parent restarts it when
 * it dies of its own fault (docs/design.md, decision 13). */
MUST_USE struct result serve_run(const struct options *o);

#endif
