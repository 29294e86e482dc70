/* Threads for what takes long and may wait for everything else: they run when a
 * core has nothing else to do, and so does their reading and writing of disks.
 * A thread cannot come back from there, hence one of its own. */
#ifndef BASE_LOWLY_H
#define BASE_LOWLY_H

#include <pthread.h>
#include <stdbool.h>

bool lowly_start(pthread_t *out, void *(*fn)(void *), void *arg); /* false: no thread could be made */
/* The same, and waits for its end. */
bool lowly_run(void *(*fn)(void *), void *arg);

#endif
