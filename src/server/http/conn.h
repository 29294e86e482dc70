/* The connection layer's inside: what its files share. README.md in this
 * directory says who owns what and when. */
#ifndef SERVER_CONN_H
#define SERVER_CONN_H

#include "base/lane.h"
#include "server/http/body.h"
#include "server/http/crew.h"
#include "server/http/parse.h"
#include "server/http/tls.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/uio.h>

enum {
    HEAD_BYTES_MAX_DEFAULT = 32 * 1024,
    HEAD_LINES_MAX_DEFAULT = 100,
    READ_ROOM = 16 * 1024,            /* free bytes of the input buffer behind the longest head */
    BODY_LIMIT_DEFAULT = 1 << 20,     /* when nobody is asked */
    REPLY_HEADERS_MAX = 64 * 1024,
    REPLY_BODY_MAX = 1 << 30,
    KEEP_BYTES = 64 * 1024,           /* buffers above this are given back after a request */
    MESSAGES_SPARE_MAX = 32,
    TURN_REQUESTS_MAX = 16,           /* pipelined requests, */
    TURN_BYTES_MAX = 4 * 1024 * 1024, /* bytes in or out before others get their turn */
    BYTES_PER_MS_MIN = 16,            /* a body or reply may take longer than its time-out at this rate */
    LINGER_MS = 2000,
    LINGER_BYTES_MAX = 1 << 20,
    PARKED_MAX = 4096,
    FDS_SPARE = 512,                  /* left to the rest of the process */
    STACK_BYTES = 256 * 1024,
    THREADS_DEFAULT = 64,
    AWAKE_MIN = 4,                    /* threads at work at once, and as many for each core: */
    AWAKE_A_CORE = 2,
    ADDRESSES_MAX = 16,               /* of all listeners together */
};

struct conn;

/* One request and its answer. A connection holds one from the first byte of a
 * request to the last byte of its answer; idle ones hold none. */
struct message {
    struct message *next_spare;
    struct parse parse;
    struct http_request rq;
    struct http_response rs;
    struct arena *arena; /* made at the first request that reaches the handler */
    struct body body;
    bool spool_failed;
    bool interim_sent;   /* 100 Continue */
    char *in;            /* in[0 .. in_len): the head, then bytes not yet taken */
    size_t in_len, in_at, in_cap; /* in_at: first byte that parse has not seen */
    struct lane *lane;   /* where it was parked last, NULL: never */
    bool park;           /* the handler asked for it in this run */
    struct conn *conn;
    char head[256];      /* status line and framing headers */
    struct buf packed;   /* the gzipped body */
    struct iovec out[4];
    unsigned out_count, out_at;
    size_t out_sent;
    bool close_after, linger_after;
    struct http_header headers[]; /* header_lines_max */
};

enum conn_state {
    CONN_HANDSHAKE,
    CONN_IDLE,    /* holds no message */
    CONN_HEAD,
    CONN_INTERIM, /* writing 100 Continue */
    CONN_BODY,
    CONN_HANDLE,  /* or parked */
    CONN_WRITE,
    CONN_LINGER,  /* answered; reads until the peer has seen it */
    CONN_STATE_MAX,
};

struct conn {
    struct http_server *server;
    int fd;
    enum conn_state state;
    struct message *msg; /* NULL while idle */
    struct tls_conn *tls; /* NULL: plain */
    bool drained;         /* the last read of this turn emptied the socket */
    unsigned turn_requests;
    size_t turn_bytes, linger_bytes;
    char peer_ip[INET6_ADDRSTRLEN];

    /* shared with the sweep (timer.c) */
    size_t slot;
    int64_t phase_start_ms;
    atomic_int phase;            /* the state whose deadline runs; CONN_STATE_MAX: none yet */
    _Atomic int64_t deadline_ms; /* NO_DEADLINE while a thread works on it */
    atomic_bool expired;
};

#define NO_DEADLINE INT64_MAX

struct listen_socket {
    int fd;
    bool tls;
    size_t listener; /* index in http_config */
    uint16_t port;
    atomic_bool resting; /* not armed: no descriptors left; the sweep wakes it */
};

struct http_server {
    struct http_config cfg; /* defaults filled in; pointers in it are copies */
    struct parse_limits limits;
    struct tls_server *tls;
    int epoll_fd, quit_fd;
    struct listen_socket sockets[ADDRESSES_MAX];
    size_t socket_count;
    struct crew crew;
    bool crew_runs;
    pthread_t *threads; /* cfg.threads at most; under the crew's lock until it is stopped */
    unsigned thread_count;
    pthread_t sweeper;
    bool sweeper_runs;
    atomic_bool stopping, quit;

    pthread_mutex_t spare_lock;
    struct message *spare;
    unsigned spare_count;

    atomic_uint parked, resting; /* resting: listen sockets */
    pthread_mutex_t table_lock; /* over the table and over shutdown(2) by others than the owner */
    pthread_cond_t table_changed, sweep_now;
    struct conn **table;
    size_t conn_count, table_cap, conn_max;
    char *strings; /* what cfg points to */
};

/* --- listener.c -------------------------------------------------------------------- */
MUST_USE struct result listener_bind_all(struct http_server *s);
void listener_accept(struct http_server *s, struct listen_socket *l);
void listener_arm(struct http_server *s, struct listen_socket *l, int epoll_op);

/* --- conn.c ------------------------------------------------------------------------ */
struct conn *conn_new(struct http_server *s, int fd, bool tls, const struct sockaddr *peer); /* owns fd; NULL: closed */
/* Do all that can be done now, then wait armed, park or end. The caller owns c
 * and must not touch it afterwards. */
void conn_run(struct conn *c);
void conn_arm_first(struct conn *c); /* as conn_run: not touched afterwards */
void conn_close_rest(struct http_server *s); /* when no thread runs any more */

/* --- message.c -------------------------------------------------------------------- */
struct message *message_take(struct http_server *s, struct conn *c);
void message_give(struct http_server *s, struct message *m);
void message_next(struct message *m); /* keeps the bytes behind the request that is over */
void message_drop_spare(struct http_server *s);

/* --- respond.c --------------------------------------------------------------------- */
void respond_begin(struct message *m);  /* an empty answer to fill */
void respond_finish(struct conn *c);      /* frame rs; out is ready */
void respond_refuse(struct conn *c, struct refusal r); /* in place of any other answer; closes */
void respond_interim(struct message *m);
enum io respond_write(struct conn *c);    /* IO_OK: all is written */
/* gzip.c: false when it would not get smaller. */
bool gzip_pack(str from, struct buf *out);
void gzip_drop_spare(void);

/* --- park.c ------------------------------------------------------------------------ */
/* The request of c waits for its lane; c belongs to the lane until it is woken. */
void park_conn(struct conn *c);

/* --- timer.c ----------------------------------------------------------------------- */
bool table_add(struct http_server *s, struct conn *c); /* false: conn_max reached */
void table_remove(struct http_server *s, struct conn *c);
void timer_set(struct conn *c);   /* for the state that c is about to wait in */
void timer_clear(struct conn *c); /* a thread works on it */
void timer_phase_end(struct conn *c); /* the next wait is a new one, even in the same state */
void *timer_sweep_main(void *server);
void timer_sweep_soon(struct http_server *s);
/* Cut the idle ones (all: every one) and wait until none is left, at most
 * until the deadline (NO_DEADLINE: for ever). False: some are left. */
bool table_drain(struct http_server *s, bool all, int64_t deadline_ms);
int64_t timer_now_ms(void);

/* --- io.c -------------------------------------------------------------------------- */
enum io io_read(struct conn *c, void *to, size_t cap, size_t *out_len);
enum io io_write(struct conn *c, const struct iovec *v, int count, size_t *out_len);

#endif
