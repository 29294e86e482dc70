#ifndef CLI_SUPERVISE_H
#define CLI_SUPERVISE_H

#include "cli/options.h"

/* Run fn(o) in a child and start it again when a fault of its own ends it (out
 * of memory, a broken promise): one that served (supervise_serving) for ever,
 * after a pause that grows to five seconds while it keeps dying; one that dies
 * five times in a row before it serves, no more. Signals to stop are passed on.
 * Exits with the child's code; answers in the child. */
MUST_USE struct result supervise(struct result (*fn)(const struct options *), const struct options *o);
/* By fn, in the child: it came up. */
void supervise_serving(void);

#endif
