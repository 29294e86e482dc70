#include "base/clock.h"
#include "base/log.h"
#include "base/waits.h"
#include "store/inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { WAIT_DEFAULT_S = 10 };

void pool_init(struct pool *p, const char *path, unsigned max_readers)
{
    *p = (struct pool){ .max = max_readers, .idle = calloc(max_readers, sizeof(struct sql *)) };
    if (!p->idle)
        die("out of memory");
    snprintf(p->path, sizeof p->path, "%s", path);
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

/* The writer goes last: its close is the one that empties the WAL. */
static void close_all(struct pool *p)
{
    while (p->idle_count > 0) {
        sql_disconnect(p->idle[--p->idle_count]);
        p->open--;
    }
    sql_disconnect(p->writer);
    p->writer = NULL;
}

void pool_destroy(struct pool *p)
{
    close_all(p);
    free(p->idle);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
}

static bool wait_until(struct pool *p, int64_t deadline_us)
{
    struct timespec at = { .tv_sec = deadline_us / US_PER_S, .tv_nsec = deadline_us % US_PER_S * 1000 };
    waits_begin();
    bool timely = pthread_cond_timedwait(&p->changed, &p->lock, &at) != ETIMEDOUT;
    waits_end();
    return timely;
}

struct result pool_take(struct pool *p, int64_t deadline_us, struct sql **out)
{
    pthread_mutex_lock(&p->lock);
    bool timely = true;
    while (timely && (p->paused || (p->idle_count == 0 && p->open == p->max))) {
        if (!deadline_us)
            deadline_us = clock_monotonic_us() + WAIT_DEFAULT_S * US_PER_S;
        timely = wait_until(p, deadline_us);
    }
    struct sql *db = NULL;
    if (timely && p->idle_count > 0)
        db = p->idle[--p->idle_count];
    else if (timely)
        p->open++;
    pthread_mutex_unlock(&p->lock);
    if (!timely)
        return fail(ERR_BUSY);
    if (!db) {
        struct result r = sql_connect(p->path, SQL_READER, false, &db);
        if (failed(r)) {
            pthread_mutex_lock(&p->lock);
            p->open--;
            pthread_cond_broadcast(&p->changed);
            pthread_mutex_unlock(&p->lock);
            return r;
        }
    }
    *out = db;
    return OK;
}

void pool_give(struct pool *p, struct sql *db)
{
    pthread_mutex_lock(&p->lock);
    p->idle[p->idle_count++] = db;
    if (p->paused)
        pthread_cond_broadcast(&p->changed);
    else
        pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

struct result pool_take_writer(struct pool *p, struct sql **out)
{
    pthread_mutex_lock(&p->lock);
    while (p->paused || p->held)
        pthread_cond_wait(&p->changed, &p->lock);
    p->writing = true;
    pthread_mutex_unlock(&p->lock);
    if (!p->writer) {
        struct result r = sql_connect(p->path, SQL_WRITER, false, &p->writer);
        if (failed(r)) {
            pool_give_writer(p);
            return r;
        }
    }
    *out = p->writer;
    return OK;
}

void pool_give_writer(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->writing = false;
    if (p->paused || p->held)
        pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

void pool_hold_writer(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->held = true;
    while (p->writing)
        pthread_cond_wait(&p->changed, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

void pool_let_go(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->held = false;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

void pool_pause(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->paused = true;
    while (p->writing || p->idle_count < p->open)
        pthread_cond_wait(&p->changed, &p->lock);
    close_all(p);
    pthread_mutex_unlock(&p->lock);
}

void pool_resume(struct pool *p, const char *path)
{
    pthread_mutex_lock(&p->lock);
    if (path != p->path)
        snprintf(p->path, sizeof p->path, "%s", path);
    p->paused = false;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}
