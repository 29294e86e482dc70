/* A thread that serves many says when it is going to wait for something else
 * (a commit, a place in a lane), so that another can serve in its stead. What
 * that means is set by whoever runs the thread; on any other thread these do
 * nothing. Pairs do not nest. */
#ifndef BASE_WAITS_H
#define BASE_WAITS_H

/* Of this thread, from now on. Both are called with ctx. */
void waits_set(void (*begin)(void *ctx), void (*end)(void *ctx), void *ctx);

void waits_begin(void);
void waits_end(void);

#endif
