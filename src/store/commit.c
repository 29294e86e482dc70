/* Group commit. A few writer threads share all tenants; each tenant has a queue
 * and at most one writer at a time. A writer takes what waits, runs it in one
 * transaction with a savepoint around each function, commits, and only then
 * lets the callers go. Functions that arrive while the batch runs join it, so
 * that under load one sync serves everybody; a lone caller waits for nothing.
 *
 * Some errors make the database drop the whole transaction (a statement
 * interrupted at its deadline, a full disk). Then the function that met it gets
 * its error and the others of the batch run again, each in a transaction of its
 * own, where only its own error can hurt it: fn may run more than once. */
#include "base/clock.h"
#include "base/log.h"
#include "base/waits.h"
#include "store/inside.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BATCH_MAX = 256,                 /* functions in one transaction */
    BATCH_RUN_US = 20 * 1000,        /* and how long they may run together */
    QUEUE_MAX = 4096,                /* waiting callers of a tenant, then ERR_BUSY */
    LATER_MAX = 20000,               /* then store_write_later waits like store_write */
    LATER_DELAY_US = 60 * 1000,      /* leaves 40 ms of the promised 100 for the commit */
    WRITER_STACK = 512 * 1024,
    WRITERS_MIN = 2, WRITERS_MAX = 8,
    SCRATCH_BYTES = 16 * 1024,
    CAREFUL_RUNS = 2000,             /* functions with savepoints after one that failed late */
};

struct write {
    struct write *next;
    tx_fn fn;
    void *arg;
    struct tx_options o;
    struct result result;
    bool bump;
    bool again; /* lost what it did to another's error: now runs alone */
    bool later; /* on the heap, nobody waits */
    sem_t done;
};

struct writers {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct tenant *ready, **ready_last;
    struct tenant *later, **later_last; /* by due time: the delay is the same for all */
    bool stopping;
    unsigned count;
    pthread_t threads[WRITERS_MAX];
};

struct batch {
    struct tenant *tenant;
    struct sql *db;
    struct write_list ran; /* whose answers wait for the commit */
    bool open;             /* the transaction */
    struct arena *scratch; /* of functions that brought none; emptied after each */
    bool bump, alone;
    unsigned kept;         /* functions whose changes are in it */
    int64_t until_us;
};

/* --- lists --------------------------------------------------------------------- */

static void list_init(struct write_list *l)
{
    *l = (struct write_list){ .tail = &l->head };
}

static void list_add(struct write_list *l, struct write *w)
{
    w->next = NULL;
    *l->tail = w;
    l->tail = &w->next;
    l->count++;
}

static struct write *list_take(struct write_list *l)
{
    struct write *w = l->head;
    if (!w)
        return NULL;
    l->head = w->next;
    l->count--;
    if (!l->head)
        l->tail = &l->head;
    return w;
}

/* All of `front`, in its order, before what l holds. */
static void list_put_back(struct write_list *l, struct write_list *front)
{
    if (!front->head)
        return;
    *front->tail = l->head;
    l->tail = l->head ? l->tail : front->tail;
    l->head = front->head;
    l->count += front->count;
    list_init(front);
}

void write_queue_init(struct write_queue *q)
{
    *q = (struct write_queue){ 0 };
    list_init(&q->now);
    list_init(&q->later);
    list_init(&q->lowly);
}

/* --- which tenant is next: under the writers' lock --------------------------------- */

static void make_ready(struct writers *ws, struct tenant *t)
{
    t->queue.scheduled = true;
    t->queue.next_ready = NULL;
    *ws->ready_last = t;
    ws->ready_last = &t->queue.next_ready;
}

static void schedule(struct writers *ws, struct tenant *t)
{
    if (t->queue.scheduled)
        return;
    tenant_retain(t);
    make_ready(ws, t);
    pthread_cond_signal(&ws->work);
}

static struct tenant *take_ready(struct writers *ws)
{
    struct tenant *t = ws->ready;
    ws->ready = t->queue.next_ready;
    if (!ws->ready)
        ws->ready_last = &ws->ready;
    return t;
}

static void schedule_later(struct writers *ws, struct tenant *t)
{
    if (t->queue.in_later)
        return;
    tenant_retain(t);
    t->queue.in_later = true;
    t->queue.next_later = NULL;
    *ws->later_last = t;
    ws->later_last = &t->queue.next_later;
    pthread_cond_signal(&ws->work); /* a sleeping writer must set its alarm */
}

/* Moves what is due (all, when stopping) to the ready list. A count of the
 * tenant that is not needed any more goes to *out_release, for outside the lock. */
static void wake_due(struct writers *ws, struct tenant **out_release)
{
    *out_release = NULL;
    int64_t now_us = ws->later ? clock_monotonic_us() : 0;
    while (ws->later && !*out_release && (ws->stopping || ws->later->queue.later_due_us <= now_us)) {
        struct tenant *t = ws->later;
        ws->later = t->queue.next_later;
        if (!ws->later)
            ws->later_last = &ws->later;
        t->queue.in_later = false;
        if (t->queue.later.count > 0 && !t->queue.scheduled)
            make_ready(ws, t); /* the list's count goes over to it */
        else
            *out_release = t;
    }
}

static void sleep_until_work(struct writers *ws)
{
    if (!ws->later) {
        pthread_cond_wait(&ws->work, &ws->lock);
        return;
    }
    int64_t due_us = ws->later->queue.later_due_us;
    struct timespec at = { .tv_sec = due_us / US_PER_S, .tv_nsec = due_us % US_PER_S * 1000 };
    pthread_cond_timedwait(&ws->work, &ws->lock, &at);
}

/* The next tenant with work; NULL when all is done and the store closes. */
static struct tenant *next_tenant(struct writers *ws)
{
    struct tenant *t = NULL;
    pthread_mutex_lock(&ws->lock);
    for (;;) {
        struct tenant *unneeded;
        wake_due(ws, &unneeded);
        if (unneeded) {
            pthread_mutex_unlock(&ws->lock);
            tenant_release(unneeded);
            pthread_mutex_lock(&ws->lock);
        } else if (ws->ready) {
            t = take_ready(ws);
            break;
        } else if (ws->stopping) {
            break;
        } else {
            sleep_until_work(ws);
        }
    }
    pthread_mutex_unlock(&ws->lock);
    return t;
}

static void tenant_done(struct writers *ws, struct tenant *t)
{
    struct write_queue *q = &t->queue;
    pthread_mutex_lock(&ws->lock);
    q->scheduled = false;
    bool more = q->now.count > 0 || q->lowly.count > 0 || (ws->stopping && q->later.count > 0);
    if (more) {
        make_ready(ws, t);
        pthread_cond_signal(&ws->work);
    } else if (q->later.count > 0) {
        schedule_later(ws, t);
    }
    pthread_mutex_unlock(&ws->lock);
    if (!more)
        tenant_release(t);
}

/* Under the lock. What was put off rides along when nobody waits, and goes
 * first once it is due. */
static struct write *take_next(struct write_queue *q, int64_t now_us)
{
    bool later_first = q->later.count > 0 && now_us >= q->later_due_us;
    struct write *w = later_first ? NULL : list_take(&q->now);
    return w ? w : list_take(&q->later);
}

/* Under the lock, at the beginning of a transaction. */
static struct write *take_lowly(struct write_queue *q)
{
    if (!q->lowly.head)
        return NULL;
    bool others = q->now.count > 0 || q->later.count > 0, turn = q->lowly_turn || !others;
    q->lowly_turn = !turn;
    return turn ? list_take(&q->lowly) : NULL;
}

/* The next function for a batch, or NULL when it is full or none waits. */
static struct write *batch_next(struct writers *ws, struct batch *b)
{
    struct write_queue *q = &b->tenant->queue;
    struct write *w = NULL;
    int64_t now_us = clock_monotonic_us();
    bool some = b->ran.count > 0;
    if (b->alone || b->ran.count >= BATCH_MAX || (some && now_us > b->until_us))
        return NULL;
    pthread_mutex_lock(&ws->lock);
    w = some ? NULL : take_lowly(q);
    b->alone = w || (q->now.head && q->now.head->again);
    if (!b->alone)
        w = take_next(q, now_us);
    else if (!some && !w)
        w = list_take(&q->now);
    pthread_mutex_unlock(&ws->lock);
    return w;
}

/* --- one batch ------------------------------------------------------------------------ */

static void answer(struct write *w)
{
    if (!w->later) {
        sem_post(&w->done); /* w is gone from here on */
        return;
    }
    if (failed(w->result))
        log_error("store: a queued entry was lost (error kind %d)", (int)w->result.kind);
    free(w);
}

static void answer_all(struct write_list *l)
{
    for (struct write *w; (w = list_take(l));)
        answer(w);
}

static struct result run_fn(struct batch *b, struct write *w)
{
    if (!w->o.arena && !b->scratch)
        b->scratch = arena_new(SCRATCH_BYTES);
    struct tx tx = {
        .sql = b->db,
        .tenant = b->tenant,
        .arena = w->o.arena ? w->o.arena : b->scratch,
        .now_us = w->o.now_us,
        .actor = w->o.actor,
        .can_write = true,
    };
    sql_set_deadline(b->db, w->o.deadline_us);
    struct result r = w->fn(&tx, w->arg);
    sql_set_deadline(b->db, 0);
    w->bump = tx.bump_generation;
    if (b->scratch)
        arena_clear(b->scratch);
    return r;
}

/* The transaction is gone, and what the functions of `ran` did with it. */
static void run_again(struct writers *ws, struct batch *b, bool alone)
{
    for (struct write *w = b->ran.head; w; w = w->next)
        w->again = alone;
    pthread_mutex_lock(&ws->lock);
    list_put_back(&b->tenant->queue.now, &b->ran);
    pthread_mutex_unlock(&ws->lock);
    b->open = false;
    b->kept = 0;
    b->bump = false;
}

enum ran {
    RAN_WHOLE, /* kept, or failed and left nothing */
    RAN_LATE,  /* failed after it had written: the transaction was undone */
    RAN_LOST,  /* the database dropped the transaction */
};

/* w failed and may have written. */
static enum ran undo(struct batch *b, struct write *w, bool guarded)
{
    if (guarded) {
        struct result r = sql_savepoint_undo(b->db);
        if (!failed(r))
            return RAN_WHOLE;
        w->result = r;
    }
    bool alone = b->kept == 0;
    sql_rollback(b->db);
    b->open = false;
    return guarded ? RAN_LOST : alone ? RAN_WHOLE : RAN_LATE;
}

static enum ran keep(struct batch *b, struct write *w, bool guarded)
{
    struct result r = guarded ? sql_savepoint_keep(b->db) : OK;
    if (failed(r)) {
        w->result = r;
        sql_rollback(b->db);
        return RAN_LOST;
    }
    b->kept++;
    b->bump |= w->bump;
    return RAN_WHOLE;
}

/* Runs w inside the batch's transaction. The first needs no savepoint, since
 * undoing it is undoing the transaction. */
static enum ran run_inside(struct batch *b, struct write *w)
{
    struct write_queue *q = &b->tenant->queue;
    bool guarded = b->kept > 0 && q->careful > 0;
    int64_t changes = sql_changes(b->db);
    q->careful -= q->careful > 0;
    w->result = guarded ? sql_savepoint(b->db) : OK;
    if (!failed(w->result))
        w->result = run_fn(b, w);
    if (!sql_in_transaction(b->db)) {
        if (!failed(w->result))
            w->result = fail(ERR_DATABASE);
        return RAN_LOST;
    }
    if (!failed(w->result))
        return keep(b, w, guarded);
    return guarded || sql_changes(b->db) != changes ? undo(b, w, guarded) : RAN_WHOLE;
}

static void batch_run_one(struct writers *ws, struct batch *b, struct write *w)
{
    struct result r = OK;
    if (atomic_load(&b->tenant->deleted))
        r = fail(ERR_TENANT_UNKNOWN);
    if (!failed(r) && !b->open)
        r = sql_begin_write(b->db);
    if (failed(r)) {
        w->result = r;
        list_add(&b->ran, w);
        return;
    }
    b->open = true;
    enum ran how = run_inside(b, w);
    if (how == RAN_LOST) {
        run_again(ws, b, true);
        answer(w);
        return;
    }
    list_add(&b->ran, w); /* its failure may rest on what others of the batch did */
    if (how == RAN_LATE) {
        b->tenant->queue.careful = CAREFUL_RUNS;
        run_again(ws, b, false);
    }
}

/* A commit that fails, fails all: also those that answered no, since that may
 * rest on what another function of the batch did. */
static void batch_commit(struct batch *b)
{
    struct result r = b->open ? sql_commit(b->db) : OK;
    if (!failed(r)) {
        if (b->bump)
            tenant_generation_next(b->tenant);
        return;
    }
    for (struct write *w = b->ran.head; w; w = w->next)
        w->result = r;
}

/* The file cannot be opened: everybody who waits now hears of it. */
static void batch_refuse(struct writers *ws, struct batch *b, struct result r)
{
    for (struct write *w; (w = batch_next(ws, b));) {
        w->result = r;
        list_add(&b->ran, w);
    }
    answer_all(&b->ran);
}

static void batch_run(struct writers *ws, struct tenant *t)
{
    struct batch b = { .tenant = t, .until_us = clock_monotonic_us() + BATCH_RUN_US };
    list_init(&b.ran);
    struct result r = pool_take_writer(&t->pool, &b.db);
    if (failed(r)) {
        batch_refuse(ws, &b, r);
        return;
    }
    for (struct write *w; (w = batch_next(ws, &b));)
        batch_run_one(ws, &b, w);
    batch_commit(&b);
    answer_all(&b.ran);
    arena_free(b.scratch);
    sql_tidy(b.db);
    pool_give_writer(&t->pool);
}

static void *writer_main(void *arg)
{
    struct writers *ws = arg;
    for (struct tenant *t; (t = next_tenant(ws));) {
        batch_run(ws, t);
        tenant_done(ws, t);
    }
    return NULL;
}

struct writers *writers_start(unsigned threads)
{
    struct writers *ws = calloc(1, sizeof *ws);
    if (!ws)
        die("out of memory");
    ws->ready_last = &ws->ready;
    ws->later_last = &ws->later;
    pthread_mutex_init(&ws->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&ws->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned wanted = threads ? threads : (unsigned)(cores < WRITERS_MIN ? WRITERS_MIN : cores);
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, WRITER_STACK);
    for (; ws->count < wanted && ws->count < WRITERS_MAX; ws->count++)
        if (pthread_create(&ws->threads[ws->count], &attr, writer_main, ws) != 0)
            die("cannot start a writer thread");
    pthread_attr_destroy(&attr);
    return ws;
}

void writers_stop(struct writers *ws)
{
    if (!ws)
        return;
    pthread_mutex_lock(&ws->lock);
    ws->stopping = true;
    pthread_cond_broadcast(&ws->work);
    pthread_mutex_unlock(&ws->lock);
    for (unsigned i = 0; i < ws->count; i++)
        pthread_join(ws->threads[i], NULL);
    pthread_cond_destroy(&ws->work);
    pthread_mutex_destroy(&ws->lock);
    free(ws);
}

/* --- the callers ------------------------------------------------------------------------ */

struct result store_write(struct tenant *t, const struct tx_options *o, tx_fn fn, void *arg)
{
    struct writers *ws = t->store->writers;
    struct write w = { .fn = fn, .arg = arg, .o = *o };
    pthread_mutex_lock(&ws->lock);
    if (ws->stopping || t->queue.now.count >= QUEUE_MAX) {
        pthread_mutex_unlock(&ws->lock);
        return fail(ERR_BUSY);
    }
    sem_init(&w.done, 0, 0);
    list_add(o->lowly ? &t->queue.lowly : &t->queue.now, &w);
    schedule(ws, t);
    pthread_mutex_unlock(&ws->lock);
    waits_begin();
    while (sem_wait(&w.done) != 0) {
        /* a signal handler ran */
    }
    waits_end();
    sem_destroy(&w.done);
    return w.result;
}

static bool queue_later(struct tenant *t, struct write *w)
{
    struct writers *ws = t->store->writers;
    pthread_mutex_lock(&ws->lock);
    bool room = !ws->stopping && t->queue.later.count < LATER_MAX;
    if (room) {
        if (t->queue.later.count == 0)
            t->queue.later_due_us = clock_monotonic_us() + LATER_DELAY_US;
        list_add(&t->queue.later, w);
        if (!t->queue.scheduled)
            schedule_later(ws, t);
    }
    pthread_mutex_unlock(&ws->lock);
    return room;
}

void store_write_later(struct tenant *t, tx_fn fn, const void *arg, size_t size)
{
    struct write *w = malloc(sizeof *w + size + _Alignof(max_align_t));
    if (!w)
        die("out of memory");
    size_t at = (sizeof *w + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
    *w = (struct write){ .fn = fn, .arg = (char *)w + at, .o = { .now_us = clock_now_us() }, .later = true };
    if (size)
        memcpy(w->arg, arg, size);
    if (queue_later(t, w))
        return;
    struct arena *a = arena_new(SCRATCH_BYTES);
    struct tx_options o = { .arena = a, .now_us = w->o.now_us };
    struct result r = store_write(t, &o, fn, w->arg);
    if (failed(r))
        log_error("store: a queued entry was lost (error kind %d)", (int)r.kind);
    arena_free(a);
    free(w);
}

struct result store_read(struct tenant *t, const struct tx_options *o, tx_fn fn, void *arg)
{
    struct sql *db;
    TRY(pool_take(&t->pool, o->deadline_us, &db));
    struct tx tx = {
        .sql = db, .tenant = t, .arena = o->arena, .now_us = o->now_us, .actor = o->actor,
    };
    sql_set_deadline(db, o->deadline_us);
    struct result r = sql_begin_read(db);
    if (!failed(r))
        r = fn(&tx, arg);
    sql_set_deadline(db, 0);
    sql_rollback(db); /* nothing was written: this ends the view */
    pool_give(&t->pool, db);
    return r;
}
