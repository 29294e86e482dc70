#include "server/http/crew.h"

#include "base/waits.h"

#include <signal.h>
#include <time.h>

enum { STUCK_MS = 5, CALLS_MAX = 64 /* at once */, WATCH_STACK = 64 * 1024 };

/* A sleeping thread, on its own stack. */
struct crew_seat {
    struct crew_seat *below;
    pthread_cond_t wake;
    bool called;
};

/* --- coming in: under the lock ------------------------------------------------------- */

/* The called one counts as awake from here on, or two calls would wake two for
 * one place. */
static void call_one(struct crew *c)
{
    struct crew_seat *seat = c->asleep;
    if (atomic_load(&c->stopping))
        return;
    if (!seat) {
        if (c->more(c->ctx))
            atomic_fetch_add(&c->awake, 1);
        return;
    }
    c->asleep = seat->below;
    seat->called = true;
    atomic_fetch_add(&c->awake, 1);
    pthread_cond_signal(&seat->wake);
}

static void sleep_until_called(struct crew *c)
{
    struct crew_seat me = { .below = c->asleep, .wake = PTHREAD_COND_INITIALIZER };
    c->asleep = &me;
    atomic_fetch_sub(&c->awake, 1);
    while (!me.called && !atomic_load(&c->stopping))
        pthread_cond_wait(&me.wake, &c->lock);
    pthread_cond_destroy(&me.wake);
}

/* --- the watch --------------------------------------------------------------------------- */

static struct timespec soon(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += STUCK_MS * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* Rests while somebody polls; an idle server wakes never. The flag goes up
 * before `polling` is read, and crew_polled reads them the other way round, so
 * one of both sees the other. */
static void watch_rest(struct crew *c)
{
    atomic_store(&c->watch_rests, true);
    if (atomic_load(&c->polling) > 0 && !atomic_load(&c->stopping))
        pthread_cond_wait(&c->watch_now, &c->lock);
    atomic_store(&c->watch_rests, false);
}

static void *watch_main(void *crew)
{
    struct crew *c = crew;
    pthread_mutex_lock(&c->lock);
    for (unsigned more = 1; !atomic_load(&c->stopping);) {
        watch_rest(c);
        unsigned before = atomic_load(&c->polls);
        struct timespec until = soon();
        pthread_cond_timedwait(&c->watch_now, &c->lock, &until);
        bool stuck = atomic_load(&c->polling) == 0 && atomic_load(&c->polls) == before;
        for (unsigned i = 0; stuck && i < more; i++)
            call_one(c);
        more = stuck && more < CALLS_MAX ? 2 * more : 1;
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* --- a thread's way ------------------------------------------------------------------------ */

static void wait_begins(void *crew)
{
    struct crew *c = crew;
    pthread_mutex_lock(&c->lock);
    atomic_fetch_sub(&c->awake, 1);
    if (atomic_load(&c->awake) < c->wanted)
        call_one(c);
    pthread_mutex_unlock(&c->lock);
}

static void wait_ends(void *crew)
{
    struct crew *c = crew;
    pthread_mutex_lock(&c->lock);
    atomic_fetch_add(&c->awake, 1);
    pthread_mutex_unlock(&c->lock);
}

void crew_join(struct crew *c)
{
    waits_set(wait_begins, wait_ends, c);
}

/* One that was called polls once at least: the watch may have called it although
 * enough are awake. */
bool crew_turn(struct crew *c)
{
    if (atomic_load(&c->awake) > c->wanted) {
        pthread_mutex_lock(&c->lock);
        if (atomic_load(&c->awake) > c->wanted && !atomic_load(&c->stopping))
            sleep_until_called(c);
        pthread_mutex_unlock(&c->lock);
    }
    atomic_fetch_add(&c->polls, 1);
    atomic_fetch_add(&c->polling, 1);
    return !atomic_load(&c->stopping);
}

void crew_polled(struct crew *c)
{
    bool last = atomic_fetch_sub(&c->polling, 1) == 1;
    if (!last || !atomic_load(&c->watch_rests))
        return;
    pthread_mutex_lock(&c->lock);
    pthread_cond_signal(&c->watch_now);
    pthread_mutex_unlock(&c->lock);
}

/* The first ones. */
static void call_all(struct crew *c)
{
    pthread_mutex_lock(&c->lock);
    for (unsigned i = 0; i < c->wanted; i++)
        call_one(c);
    pthread_mutex_unlock(&c->lock);
}

/* --- start and end ----------------------------------------------------------------------------- */

bool crew_start(struct crew *c, unsigned wanted, bool (*more)(void *ctx), void *ctx)
{
    pthread_condattr_t monotonic;
    pthread_attr_t attr;
    *c = (struct crew){ .more = more, .ctx = ctx, .wanted = wanted };
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&c->watch_now, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, WATCH_STACK);
    bool started = pthread_create(&c->watch, &attr, watch_main, c) == 0;
    pthread_attr_destroy(&attr);
    if (!started)
        crew_end(c);
    else
        call_all(c);
    return started;
}

void crew_stop(struct crew *c)
{
    pthread_mutex_lock(&c->lock);
    atomic_store(&c->stopping, true);
    pthread_cond_signal(&c->watch_now);
    for (struct crew_seat *seat = c->asleep; seat; seat = seat->below)
        pthread_cond_signal(&seat->wake);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->watch, NULL);
}

void crew_end(struct crew *c)
{
    pthread_cond_destroy(&c->watch_now);
    pthread_mutex_destroy(&c->lock);
}
