/* How many threads work at once. All of a server share one epoll set, but only a
 * few of them poll: the kernel spreads events over all that wait there, and the
 * stacks, heaps and generators of sixty-four threads in turn are cold ones (a
 * token cost 4 % more CPU). The others sleep, the one that went to sleep last on
 * top, or are not even started, and come in
 * - when one that works says that it is going to wait (base/waits.h), and
 * - when nobody has come back to poll for a while: for waits that do not say so
 *   and for handlers that compute long.
 * So a handler that waits still holds up its own connection only. */
#ifndef SERVER_CREW_H
#define SERVER_CREW_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct crew_seat;

struct crew {
    bool (*more)(void *ctx); /* starts one more thread that joins; false: no more can be had */
    void *ctx;
    pthread_mutex_t lock;
    struct crew_seat *asleep; /* the last one to sleep first */
    unsigned wanted;
    atomic_uint awake;        /* threads that poll or work and do not wait; changed under the lock */
    atomic_uint polling;      /* of those, in epoll_wait */
    atomic_uint polls;        /* goes up whenever one comes back to poll */
    atomic_bool stopping;
    pthread_t watch;
    pthread_cond_t watch_now;
    atomic_bool watch_rests;  /* until nobody polls */
};

/* Starts the first `wanted` threads, as many as are awake at once. The threads are
 * the caller's, who counts and joins them. False: the system gives no thread to
 * watch with, and c is as if never started. */
bool crew_start(struct crew *c, unsigned wanted, bool (*more)(void *ctx), void *ctx);
/* Lets all turns answer false and ends the watch. Threads that poll must be woken
 * by other means. Ended once all threads are joined. */
void crew_stop(struct crew *c);
void crew_end(struct crew *c);

/* A new thread, first of all: its waits are this crew's from now on. */
void crew_join(struct crew *c);
/* Before each poll: sleeps while enough others are awake. False: stop. */
bool crew_turn(struct crew *c);
/* After each poll. */
void crew_polled(struct crew *c);

#endif
