#include "base/lane.h"

#include "base/log.h"
#include "base/waits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { WAITERS_MAX_DEFAULT = 32 };

/* A thread in lane_enter, first come, first served. It lives on that thread's
 * stack, and `granted` is set by whoever leaves. */
struct waiter {
    struct waiter *next;
    pthread_cond_t wake;
    bool granted;
};

/* A request that holds no thread. */
struct parked {
    struct parked *next;
    void (*notify)(void *ctx);
    void *ctx;
};

struct lane {
    pthread_mutex_t lock;
    unsigned places, taken;
    struct waiter *waiters, **waiters_end;
    struct parked *parked, **parked_end;
};

static atomic_uint waiters_max = WAITERS_MAX_DEFAULT;
static atomic_uint waiters_now; /* in all lanes */

struct lane *lane_new(unsigned places)
{
    struct lane *l = calloc(1, sizeof *l);
    if (!l)
        die("out of memory");
    pthread_mutex_init(&l->lock, NULL);
    l->places = places ? places : 1;
    l->waiters_end = &l->waiters;
    l->parked_end = &l->parked;
    return l;
}

void lane_free(struct lane *l)
{
    if (!l)
        return;
    if (l->taken || l->waiters || l->parked)
        die("a lane was freed while in use");
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static struct lane *hash_lane;

static void make_hash_lane(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    hash_lane = lane_new(cores > 0 ? (unsigned)cores : 1);
}

struct lane *lane_hash(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_hash_lane);
    return hash_lane;
}

void lane_set_waiters_max(unsigned count)
{
    atomic_store(&waiters_max, count);
}

static bool waiting_room_enter(void)
{
    unsigned now = atomic_load(&waiters_now);
    while (now < atomic_load(&waiters_max))
        if (atomic_compare_exchange_weak(&waiters_now, &now, now + 1))
            return true;
    return false;
}

/* Under the lock, which is given up while it sleeps. */
static void wait_for_place(struct lane *l)
{
    struct waiter me = { .wake = PTHREAD_COND_INITIALIZER };
    *l->waiters_end = &me;
    l->waiters_end = &me.next;
    waits_begin();
    while (!me.granted)
        pthread_cond_wait(&me.wake, &l->lock);
    waits_end();
    pthread_cond_destroy(&me.wake);
    atomic_fetch_sub(&waiters_now, 1);
}

struct result lane_enter(struct lane *l)
{
    struct result r = OK;
    pthread_mutex_lock(&l->lock);
    if (l->taken < l->places)
        l->taken++;
    else if (waiting_room_enter())
        wait_for_place(l);
    else
        r = fail(ERR_LANE_FULL);
    pthread_mutex_unlock(&l->lock);
    return r;
}

static struct parked *take_parked(struct lane *l)
{
    struct parked *p = l->parked;
    if (!p)
        return NULL;
    l->parked = p->next;
    if (!l->parked)
        l->parked_end = &l->parked;
    return p;
}

/* Outside the lock: notify may come back into the lane. */
static void call_parked(struct parked *p)
{
    if (!p)
        return;
    p->notify(p->ctx);
    free(p);
}

/* The place goes straight to the thread that waits longest; nobody can slip in
 * between. One parked request follows it: either a place or a waiter's seat
 * has come free. */
void lane_leave(struct lane *l)
{
    pthread_mutex_lock(&l->lock);
    struct waiter *w = l->waiters;
    if (w) {
        l->waiters = w->next;
        if (!l->waiters)
            l->waiters_end = &l->waiters;
        w->granted = true;
        pthread_cond_signal(&w->wake);
    } else {
        l->taken--;
    }
    struct parked *p = take_parked(l);
    pthread_mutex_unlock(&l->lock);
    call_parked(p);
}

void lane_when_free(struct lane *l, void (*notify)(void *ctx), void *ctx)
{
    pthread_mutex_lock(&l->lock);
    bool now = l->taken < l->places;
    if (!now) {
        struct parked *p = malloc(sizeof *p);
        if (!p)
            die("out of memory");
        *p = (struct parked){ .notify = notify, .ctx = ctx };
        *l->parked_end = p;
        l->parked_end = &p->next;
    }
    pthread_mutex_unlock(&l->lock);
    if (now)
        notify(ctx);
}

void lane_pass(struct lane *l)
{
    pthread_mutex_lock(&l->lock);
    struct parked *p = l->taken < l->places ? take_parked(l) : NULL;
    pthread_mutex_unlock(&l->lock);
    call_parked(p);
}
