#ifndef CLI_SUPERVISE_H
#define CLI_SUPERVISE_H

#include "cli/options.h"

/* Run fn(o) in a child and start it again when a fault of its own ends it (out
 * of memory, a broken promise), at most a few times a minute. Signals to stop
 * are passed on. Exits with the child's code; answers in the child. */
MUST_USE struct result supervise(struct result (*fn)(const struct options *), const struct options *o);

#endif
