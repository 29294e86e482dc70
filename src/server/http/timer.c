/* All connections, and the one thread that ends waits which take too long. It
 * never owns a connection: it shuts the socket down, and the event that this
 * raises makes one of the layer's threads close it. The table's lock keeps the
 * descriptor from being closed and reused under its hands. */
#include "server/http/conn.h"

#include "base/log.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { TICK_MIN_MS = 20, TICK_MAX_MS = 1000, TABLE_FIRST = 64 };

int64_t timer_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t); /* exact to 4 ms, and nearly free */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- the table ----------------------------------------------------------------- */

bool table_add(struct http_server *s, struct conn *c)
{
    pthread_mutex_lock(&s->table_lock);
    bool room = s->conn_count < s->conn_max;
    if (room && s->conn_count == s->table_cap) {
        size_t cap = s->table_cap ? s->table_cap * 2 : TABLE_FIRST;
        struct conn **table = realloc(s->table, cap * sizeof *table);
        if (!table)
            die("out of memory");
        s->table = table;
        s->table_cap = cap;
    }
    if (room) {
        c->slot = s->conn_count;
        s->table[s->conn_count++] = c;
        if (s->conn_count == 1)
            pthread_cond_signal(&s->sweep_now);
    }
    pthread_mutex_unlock(&s->table_lock);
    return room;
}

void table_remove(struct http_server *s, struct conn *c)
{
    pthread_mutex_lock(&s->table_lock);
    struct conn *last = s->table[--s->conn_count];
    s->table[c->slot] = last;
    last->slot = c->slot;
    if (s->conn_count == 0)
        pthread_cond_signal(&s->table_changed);
    pthread_mutex_unlock(&s->table_lock);
}

/* --- deadlines ------------------------------------------------------------------- */

struct patience {
    int64_t wait_ms; /* for this wait alone */
    uint64_t moved;  /* bytes that the phase has moved so far */
};

static struct patience patience_of(const struct conn *c)
{
    const struct http_config *cfg = &c->server->cfg;
    switch (c->state) {
    case CONN_HANDSHAKE:
    case CONN_HEAD:
        return (struct patience){ cfg->header_timeout_ms, 0 };
    case CONN_IDLE:
        return (struct patience){ cfg->idle_timeout_ms, 0 };
    case CONN_BODY:
        return (struct patience){ cfg->body_timeout_ms, c->msg->parse.body_wire };
    case CONN_INTERIM:
    case CONN_HANDLE:
    case CONN_WRITE:
        return (struct patience){ cfg->write_timeout_ms, c->msg->out_sent };
    case CONN_LINGER:
    case CONN_STATE_MAX:
        break;
    }
    return (struct patience){ LINGER_MS, 0 };
}

/* A wait may last its time-out. The phase as a whole may last that long too,
 * and longer only as bytes move: neither a standstill nor a trickle holds a
 * connection. */
void timer_set(struct conn *c)
{
    int64_t now = timer_now_ms();
    if (atomic_load_explicit(&c->phase, memory_order_relaxed) != (int)c->state || c->state == CONN_IDLE) {
        c->phase_start_ms = now;
        atomic_store_explicit(&c->phase, (int)c->state, memory_order_relaxed);
    }
    struct patience p = patience_of(c);
    int64_t whole = c->phase_start_ms + p.wait_ms + (int64_t)(p.moved / BYTES_PER_MS_MIN);
    int64_t single = now + p.wait_ms;
    atomic_store_explicit(&c->deadline_ms, single < whole ? single : whole, memory_order_release);
}

void timer_clear(struct conn *c)
{
    /* takes over what the last owner did before its timer_set; epoll orders it
     * in fact, this says so to the language */
    atomic_exchange_explicit(&c->deadline_ms, NO_DEADLINE, memory_order_acq_rel);
}

void timer_phase_end(struct conn *c)
{
    atomic_store_explicit(&c->phase, CONN_STATE_MAX, memory_order_relaxed);
}

/* Reading states keep the write side, for a last answer; what has come already
 * can still be read. */
static void cut(struct conn *c)
{
    int phase = atomic_load_explicit(&c->phase, memory_order_relaxed);
    bool reads = phase == CONN_IDLE || phase == CONN_HEAD || phase == CONN_BODY;
    atomic_store(&c->expired, true);
    shutdown(c->fd, reads ? SHUT_RD : SHUT_RDWR);
}

/* --- the sweep ------------------------------------------------------------------- */

static void sweep_table(struct http_server *s)
{
    int64_t now = timer_now_ms();
    for (size_t i = 0; i < s->conn_count; i++) {
        struct conn *c = s->table[i];
        int64_t deadline = atomic_load_explicit(&c->deadline_ms, memory_order_acquire);
        /* a thread that took it up meanwhile has changed the deadline: hands off */
        if (deadline <= now && atomic_compare_exchange_strong(&c->deadline_ms, &deadline, NO_DEADLINE))
            cut(c);
    }
}

static void wake_listeners(struct http_server *s)
{
    for (size_t i = 0; i < s->socket_count; i++)
        if (atomic_exchange(&s->sockets[i].resting, false)) {
            atomic_fetch_sub(&s->resting, 1);
            listener_arm(s, &s->sockets[i], EPOLL_CTL_MOD);
        }
}

static struct timespec in_ms(int64_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t ns = t.tv_nsec + ms % 1000 * 1000000;
    return (struct timespec){ .tv_sec = t.tv_sec + ms / 1000 + ns / 1000000000, .tv_nsec = ns % 1000000000 };
}

static int64_t tick_ms(const struct http_config *cfg)
{
    int64_t least = TICK_MAX_MS * 4;
    const unsigned all[] = { cfg->header_timeout_ms, cfg->body_timeout_ms, cfg->idle_timeout_ms, cfg->write_timeout_ms };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        least = all[i] < least ? all[i] : least;
    return least / 4 < TICK_MIN_MS ? TICK_MIN_MS : least / 4;
}

/* Sleeps for good while there is nothing to watch: an idle server wakes never. */
void *timer_sweep_main(void *server)
{
    struct http_server *s = server;
    int64_t tick = tick_ms(&s->cfg);
    pthread_mutex_lock(&s->table_lock);
    while (!atomic_load(&s->quit)) {
        if (s->conn_count == 0 && atomic_load(&s->resting) == 0) {
            pthread_cond_wait(&s->sweep_now, &s->table_lock);
            continue;
        }
        struct timespec until = in_ms(tick);
        pthread_cond_timedwait(&s->sweep_now, &s->table_lock, &until);
        sweep_table(s);
        wake_listeners(s);
    }
    pthread_mutex_unlock(&s->table_lock);
    return NULL;
}

void timer_sweep_soon(struct http_server *s)
{
    pthread_mutex_lock(&s->table_lock);
    pthread_cond_signal(&s->sweep_now);
    pthread_mutex_unlock(&s->table_lock);
}

/* --- the end --------------------------------------------------------------------- */

static void cut_for_stop(struct http_server *s, bool all)
{
    for (size_t i = 0; i < s->conn_count; i++) {
        struct conn *c = s->table[i];
        if (all)
            shutdown(c->fd, SHUT_RDWR);
        else if (atomic_load(&c->phase) == CONN_IDLE && atomic_load(&c->deadline_ms) != NO_DEADLINE)
            shutdown(c->fd, SHUT_RD);
    }
}

bool table_drain(struct http_server *s, bool all, int64_t deadline_ms)
{
    pthread_mutex_lock(&s->table_lock);
    while (s->conn_count > 0) {
        int64_t left = deadline_ms - timer_now_ms();
        if (left <= 0)
            break;
        cut_for_stop(s, all); /* again and again: one may have become idle just now */
        struct timespec until = in_ms(left < TICK_MIN_MS ? left : TICK_MIN_MS);
        pthread_cond_timedwait(&s->table_changed, &s->table_lock, &until);
    }
    bool empty = s->conn_count == 0;
    pthread_mutex_unlock(&s->table_lock);
    return empty;
}
