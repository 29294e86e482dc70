/* The life of a connection: one function a state, each doing what can be done
 * now and saying what comes next. */
#include "server/http/conn.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum step {
    STEP_ON,    /* go on with the state that c is in now */
    STEP_READ,  /* wait until there is something to read */
    STEP_WRITE, /* … room to write; also how a busy connection lets others pass */
    STEP_PARK,
    STEP_CLOSE,
};

static enum step step_of(enum io io)
{
    switch (io) {
    case IO_OK:
        return STEP_ON;
    case IO_WANT_READ:
        return STEP_READ;
    case IO_WANT_WRITE:
        return STEP_WRITE;
    case IO_EOF:
    case IO_ERROR:
        break;
    }
    return STEP_CLOSE;
}

static enum step go(struct conn *c, enum conn_state state)
{
    c->state = state;
    return STEP_ON;
}

static enum step refuse(struct conn *c, struct refusal r)
{
    respond_refuse(c, r);
    return go(c, CONN_WRITE);
}

/* Whether the wait in this state took too long. The end of an earlier one
 * (idle, mostly) came too late to matter. */
static bool has_expired(struct conn *c)
{
    return atomic_load_explicit(&c->expired, memory_order_relaxed)
        && atomic_load_explicit(&c->phase, memory_order_relaxed) == (int)c->state;
}

/* --- reading --------------------------------------------------------------------- */

static enum step on_handshake(struct conn *c)
{
    if (has_expired(c))
        return STEP_CLOSE;
    enum io io = tls_handshake(c->tls);
    return io == IO_OK ? go(c, CONN_IDLE) : step_of(io);
}

static enum step on_idle(struct conn *c)
{
    c->msg = message_take(c->server, c);
    return go(c, CONN_HEAD);
}

static enum step become_idle(struct conn *c)
{
    if (atomic_load_explicit(&c->server->stopping, memory_order_relaxed))
        return STEP_CLOSE;
    message_give(c->server, c->msg);
    c->msg = NULL;
    c->state = CONN_IDLE;
    return STEP_READ;
}

static enum step fill(struct conn *c)
{
    struct message *m = c->msg;
    size_t len = 0;
    enum io io = io_read(c, m->in + m->in_len, m->in_cap - m->in_len, &len);
    if (io == IO_WANT_READ && c->state == CONN_HEAD && m->in_len == 0)
        return become_idle(c);
    if (io != IO_OK)
        return step_of(io);
    m->in_len += len;
    c->turn_bytes += len;
    return c->turn_bytes > TURN_BYTES_MAX ? STEP_WRITE : STEP_ON;
}

static enum parse_stage feed(struct message *m)
{
    size_t used = 0;
    enum parse_stage stage = parse_feed(&m->parse, (str){ m->in + m->in_at, m->in_len - m->in_at }, &used);
    m->in_at += used;
    return stage;
}

/* The head is whole and holds. A body that is too long is refused before the
 * peer is told to send it. */
static enum step begin_body(struct conn *c)
{
    struct message *m = c->msg;
    const struct http_config *cfg = &c->server->cfg;
    if (!m->arena)
        m->arena = arena_new(0);
    m->rq.arena = m->arena;
    m->body.limit = cfg->body_limit ? cfg->body_limit(cfg->ctx, &m->rq) : BODY_LIMIT_DEFAULT;
    if (m->parse.content_length > m->body.limit)
        return refuse(c, (struct refusal){ 413, STR("body_bytes") });
    bool has_body = m->parse.chunked || m->parse.content_length > 0;
    if (!has_body || !m->parse.expect_continue || m->in_at < m->in_len)
        return go(c, CONN_BODY);
    respond_interim(m);
    return go(c, CONN_INTERIM);
}

static enum step on_head(struct conn *c)
{
    struct message *m = c->msg;
    if (has_expired(c))
        return refuse(c, (struct refusal){ 408, STR("header_timeout") });
    switch (feed(m)) {
    case PARSE_HEAD:
        return fill(c);
    case PARSE_REFUSED:
        return refuse(c, m->parse.refusal);
    case PARSE_HEADED:
    case PARSE_BODY:
    case PARSE_DONE:
        break;
    }
    return begin_body(c);
}

static enum step on_interim(struct conn *c)
{
    if (has_expired(c))
        return STEP_CLOSE;
    enum io io = respond_write(c);
    if (io != IO_OK)
        return step_of(io);
    respond_begin(c->msg);
    return go(c, CONN_BODY);
}

static enum step on_body(struct conn *c)
{
    struct message *m = c->msg;
    if (has_expired(c))
        return refuse(c, (struct refusal){ 408, STR("body_timeout") });
    switch (feed(m)) {
    case PARSE_REFUSED:
        return refuse(c, m->spool_failed ? (struct refusal){ 500, STR("spool") } : m->parse.refusal);
    case PARSE_DONE:
        return go(c, CONN_HANDLE);
    case PARSE_HEAD:
    case PARSE_HEADED:
    case PARSE_BODY:
        break;
    }
    m->in_len = m->in_at = m->parse.head_len; /* what was read behind the head is in m->body */
    return fill(c);
}

/* --- answering -------------------------------------------------------------------- */

static enum step park(struct conn *c)
{
    if (atomic_load(&c->server->parked) < PARKED_MAX)
        return STEP_PARK;
    return refuse(c, (struct refusal){ 503, STR("parked") });
}

static enum step on_handle(struct conn *c)
{
    struct message *m = c->msg;
    const struct http_config *cfg = &c->server->cfg;
    if (!body_whole(&m->body, &m->rq.body))
        return refuse(c, (struct refusal){ 500, STR("spool") });
    struct lane *waited_for = m->lane;
    if (waited_for) {
        arena_clear(m->arena);
        respond_begin(m);
    }
    m->lane = NULL;
    m->park = false;
    cfg->handle(cfg->ctx, &m->rq, &m->rs);
    if (waited_for)
        lane_pass(waited_for);
    if (m->park)
        return park(c);
    respond_finish(c);
    return go(c, CONN_WRITE);
}

static enum step end_of_answer(struct conn *c)
{
    bool linger = c->msg->linger_after;
    if (!linger)
        return STEP_CLOSE;
    message_give(c->server, c->msg);
    c->msg = NULL;
    if (c->tls)
        tls_close_notify(c->tls);
    shutdown(c->fd, SHUT_WR);
    return go(c, CONN_LINGER);
}

static enum step on_write(struct conn *c)
{
    if (has_expired(c))
        return STEP_CLOSE;
    enum io io = respond_write(c);
    if (io != IO_OK)
        return step_of(io);
    timer_phase_end(c);
    if (c->msg->close_after)
        return end_of_answer(c);
    message_next(c->msg);
    c->state = CONN_HEAD;
    return ++c->turn_requests >= TURN_REQUESTS_MAX && c->msg->in_len ? STEP_WRITE : STEP_ON;
}

/* Closing a socket with unread bytes resets it, and the reset may overtake the
 * answer. */
static enum step on_linger(struct conn *c)
{
    char scrap[4096];
    ssize_t n;
    if (has_expired(c))
        return STEP_CLOSE;
    while ((n = recv(c->fd, scrap, sizeof scrap, MSG_DONTWAIT)) > 0) {
        c->linger_bytes += (size_t)n;
        if (c->linger_bytes > LINGER_BYTES_MAX)
            return STEP_CLOSE;
    }
    return n < 0 ? STEP_READ : STEP_CLOSE;
}

/* --- the whole -------------------------------------------------------------------- */

static enum step (*const steps[CONN_STATE_MAX])(struct conn *c) = {
    [CONN_HANDSHAKE] = on_handshake, [CONN_IDLE] = on_idle,     [CONN_HEAD] = on_head,   [CONN_INTERIM] = on_interim,
    [CONN_BODY] = on_body,           [CONN_HANDLE] = on_handle, [CONN_WRITE] = on_write, [CONN_LINGER] = on_linger,
};

struct conn *conn_new(struct http_server *s, int fd, bool tls, const struct sockaddr *peer)
{
    struct conn *c = calloc(1, sizeof *c);
    if (!c)
        die("out of memory");
    c->server = s;
    c->fd = fd;
    c->state = tls ? CONN_HANDSHAKE : CONN_IDLE;
    c->tls = tls ? tls_conn_new(s->tls, fd) : NULL;
    atomic_init(&c->phase, CONN_STATE_MAX);
    atomic_init(&c->deadline_ms, NO_DEADLINE);
    const void *address = &((const struct sockaddr_in *)(const void *)peer)->sin_addr;
    int family = peer->sa_family;
    if (family == AF_INET6) {
        const struct in6_addr *a6 = &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
        bool mapped = IN6_IS_ADDR_V4MAPPED(a6);
        address = mapped ? (const void *)&a6->s6_addr[12] : a6;
        family = mapped ? AF_INET : AF_INET6;
    }
    inet_ntop(family, address, c->peer_ip, sizeof c->peer_ip);
    if ((tls && !c->tls) || !table_add(s, c)) {
        tls_conn_free(c->tls);
        close(fd);
        free(c);
        return NULL;
    }
    return c;
}

static void conn_close(struct conn *c)
{
    struct http_server *s = c->server;
    if (c->tls && c->state != CONN_LINGER)
        tls_close_notify(c->tls);
    message_give(s, c->msg);
    table_remove(s, c);
    close(c->fd);
    tls_conn_free(c->tls);
    free(c);
}

void conn_close_rest(struct http_server *s)
{
    while (s->conn_count > 0)
        conn_close(s->table[0]);
}

/* The last touch: the moment it is armed, another thread may own it. */
static void arm(struct conn *c, uint32_t events, int epoll_op)
{
    struct epoll_event ev = { .events = events | EPOLLONESHOT, .data.ptr = c };
    int epoll_fd = c->server->epoll_fd, fd = c->fd;
    timer_set(c);
    if (epoll_ctl(epoll_fd, epoll_op, fd, &ev) != 0)
        conn_close(c); /* ENOMEM, ENOSPC: never armed, so still ours */
}

void conn_arm_first(struct conn *c)
{
    arm(c, EPOLLIN, EPOLL_CTL_ADD);
}

void conn_run(struct conn *c)
{
    timer_clear(c);
    c->drained = false;
    c->turn_requests = 0;
    c->turn_bytes = 0;
    enum step step;
    do
        step = steps[c->state](c);
    while (step == STEP_ON);
    if (step == STEP_CLOSE)
        conn_close(c);
    else if (step == STEP_PARK)
        park_conn(c);
    else
        arm(c, step == STEP_WRITE ? EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
}
