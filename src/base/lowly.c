#include "base/lowly.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/ioprio.h; the C library has no name for them. */
enum { IOPRIO_PROCESS = 1, IOPRIO_IDLE = 3, IOPRIO_CLASS_SHIFT = 13 };

struct work {
    void *(*fn)(void *);
    void *arg;
};

static void *run(void *arg)
{
    struct work w = *(struct work *)arg;
    struct sched_param idle = { 0 };
    free(arg);
    pthread_setschedparam(pthread_self(), SCHED_IDLE, &idle);
    syscall(SYS_ioprio_set, IOPRIO_PROCESS, 0, IOPRIO_IDLE << IOPRIO_CLASS_SHIFT);
    return w.fn(w.arg);
}

bool lowly_start(pthread_t *out, void *(*fn)(void *), void *arg)
{
    struct work *w = malloc(sizeof *w);
    if (!w)
        return false;
    *w = (struct work){ fn, arg };
    if (pthread_create(out, NULL, run, w) == 0)
        return true;
    free(w);
    return false;
}

bool lowly_run(void *(*fn)(void *), void *arg)
{
    pthread_t thread;
    if (!lowly_start(&thread, fn, arg))
        return false;
    pthread_join(thread, NULL);
    return true;
}
