/* Start, threads, stop. */
#include "server/http/conn.h"

#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

/* --- configuration ----------------------------------------------------------------- */

static size_t string_bytes(const struct http_config *cfg)
{
    const char *all[] = { cfg->tls_cert_file, cfg->tls_key_file, cfg->tls_client_ca_file, cfg->spool_dir };
    size_t total = 1 + cfg->listener_count * sizeof *cfg->listeners;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        total += all[i] ? strlen(all[i]) + 1 : 0;
    for (size_t i = 0; i < cfg->listener_count; i++)
        total += cfg->listeners[i].host.len;
    return total;
}

static void copy_text(const char **at, char **to)
{
    if (!*at)
        return;
    size_t len = strlen(*at) + 1;
    *at = memcpy(*to, *at, len);
    *to += len;
}

/* The caller's memory is not needed after the start. */
static void copy_config(struct http_server *s, const struct http_config *cfg)
{
    s->cfg = *cfg;
    s->strings = malloc(string_bytes(cfg));
    if (!s->strings)
        die("out of memory");
    size_t bytes = cfg->listener_count * sizeof *cfg->listeners;
    struct http_listener *listeners = memcpy(s->strings, cfg->listeners, bytes);
    char *to = s->strings + bytes;
    for (size_t i = 0; i < cfg->listener_count; i++) {
        str host = cfg->listeners[i].host;
        listeners[i].host = (str){ memcpy(to, host.p, host.len), host.len };
        to += host.len;
    }
    s->cfg.listeners = listeners;
    copy_text(&s->cfg.tls_cert_file, &to);
    copy_text(&s->cfg.tls_key_file, &to);
    copy_text(&s->cfg.tls_client_ca_file, &to);
    copy_text(&s->cfg.spool_dir, &to);
}

static void set_defaults(struct http_server *s)
{
    struct http_config *c = &s->cfg;
    c->threads = c->threads ? c->threads : THREADS_DEFAULT;
    c->header_timeout_ms = c->header_timeout_ms ? c->header_timeout_ms : 10 * 1000;
    c->body_timeout_ms = c->body_timeout_ms ? c->body_timeout_ms : 30 * 1000;
    c->idle_timeout_ms = c->idle_timeout_ms ? c->idle_timeout_ms : 75 * 1000;
    c->write_timeout_ms = c->write_timeout_ms ? c->write_timeout_ms : 30 * 1000;
    s->limits.header_bytes = c->header_bytes_max ? c->header_bytes_max : HEAD_BYTES_MAX_DEFAULT;
    s->limits.header_lines = c->header_lines_max ? c->header_lines_max : HEAD_LINES_MAX_DEFAULT;
}

/* As many descriptors as the system lets us have; connections may use all but
 * a few, which the store and the agent need. */
static size_t raise_descriptor_limit(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return FDS_SPARE;
    r.rlim_cur = r.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &r) != 0)
        getrlimit(RLIMIT_NOFILE, &r);
    return r.rlim_cur > 2 * FDS_SPARE ? (size_t)r.rlim_cur - FDS_SPARE : (size_t)r.rlim_cur / 2;
}

/* --- threads ------------------------------------------------------------------------ */

static void dispatch(struct http_server *s, void *ptr)
{
    struct listen_socket *l = ptr;
    if (l >= s->sockets && l < s->sockets + s->socket_count)
        listener_accept(s, l);
    else
        conn_run(ptr);
}

/* One event at a time, so that a handler that waits keeps nobody else's. */
static void *thread_main(void *server)
{
    struct http_server *s = server;
    crew_join(&s->crew);
    while (crew_turn(&s->crew)) {
        struct epoll_event ev;
        int n = epoll_wait(s->epoll_fd, &ev, 1, -1);
        crew_polled(&s->crew);
        if (n < 0 && errno != EINTR)
            die("epoll_wait: errno %d", errno);
        if (n == 1 && ev.data.ptr != NULL) /* NULL: quit_fd */
            dispatch(s, ev.data.ptr);
    }
    return NULL;
}

/* One more for the crew; called under its lock. */
static bool start_thread(void *server)
{
    struct http_server *s = server;
    pthread_attr_t attr;
    if (s->thread_count == s->cfg.threads)
        return false;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    bool started = pthread_create(&s->threads[s->thread_count], &attr, thread_main, s) == 0;
    pthread_attr_destroy(&attr);
    s->thread_count += started;
    return started;
}

static unsigned awake_wanted(const struct http_server *s)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned wanted = cores > 0 ? AWAKE_A_CORE * (unsigned)cores : 0;
    wanted = wanted < AWAKE_MIN ? AWAKE_MIN : wanted;
    return wanted < s->cfg.threads ? wanted : s->cfg.threads;
}

/* Signals are the main thread's, and threads started later inherit the mask of
 * those that are started here; SIGPIPE, which OpenSSL's writes may raise,
 * stays blocked for ever. */
static bool start_threads(struct http_server *s)
{
    pthread_attr_t attr;
    sigset_t all, before;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->sweeper_runs = pthread_create(&s->sweeper, &attr, timer_sweep_main, s) == 0;
    s->crew_runs = crew_start(&s->crew, awake_wanted(s), start_thread, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return s->sweeper_runs && s->crew_runs && s->thread_count > 0;
}

static void join_threads(struct http_server *s)
{
    atomic_store(&s->quit, true);
    uint64_t one = 1;
    if (write(s->quit_fd, &one, sizeof one) < 0)
        die("eventfd: errno %d", errno);
    timer_sweep_soon(s);
    if (s->crew_runs)
        crew_stop(&s->crew);
    for (unsigned i = 0; i < s->thread_count; i++)
        pthread_join(s->threads[i], NULL);
    if (s->crew_runs)
        crew_end(&s->crew);
    if (s->sweeper_runs)
        pthread_join(s->sweeper, NULL);
}

/* --- start and stop ------------------------------------------------------------------ */

static void make_locks(struct http_server *s)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->table_changed, &monotonic);
    pthread_cond_init(&s->sweep_now, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&s->table_lock, NULL);
    pthread_mutex_init(&s->spare_lock, NULL);
}

static void make_epoll(struct http_server *s)
{
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    s->quit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };
    if (s->epoll_fd < 0 || s->quit_fd < 0 || epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->quit_fd, &ev) != 0)
        die("epoll: errno %d", errno);
}

static void free_server(struct http_server *s)
{
    for (size_t i = 0; i < s->socket_count; i++)
        close(s->sockets[i].fd);
    if (s->epoll_fd >= 0)
        close(s->epoll_fd);
    if (s->quit_fd >= 0)
        close(s->quit_fd);
    message_drop_spare(s);
    gzip_drop_spare();
    tls_server_free(s->tls);
    pthread_mutex_destroy(&s->table_lock);
    pthread_mutex_destroy(&s->spare_lock);
    pthread_cond_destroy(&s->table_changed);
    pthread_cond_destroy(&s->sweep_now);
    free(s->table);
    free(s->threads);
    free(s->strings);
    free(s);
}

void http_server_stop(struct http_server *s, unsigned grace_ms)
{
    if (!s)
        return;
    atomic_store(&s->stopping, true);
    for (size_t i = 0; i < s->socket_count; i++)
        epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, s->sockets[i].fd, NULL);
    if (!table_drain(s, false, timer_now_ms() + grace_ms))
        table_drain(s, true, NO_DEADLINE);
    join_threads(s);
    conn_close_rest(s); /* accepted while the listeners were closing */
    free_server(s);
}

static bool wants_tls(const struct http_server *s)
{
    bool tls = false;
    for (size_t i = 0; i < s->cfg.listener_count; i++)
        tls = tls || s->cfg.listeners[i].tls;
    return tls;
}

static void arm_listeners(struct http_server *s, bool tls)
{
    for (size_t i = 0; i < s->socket_count; i++)
        if (s->sockets[i].tls == tls)
            listener_arm(s, &s->sockets[i], EPOLL_CTL_ADD);
}

/* Who speaks TLS waits in the listener's queue until there is a certificate. */
static struct result start_tls(struct http_server *s)
{
    struct tls_files files = { s->cfg.tls_cert_file, s->cfg.tls_key_file, s->cfg.tls_client_ca_file };
    if (!wants_tls(s))
        return OK;
    if (!files.cert || !files.key)
        return fail2(ERR_LISTEN, STR("TLS"), STR("no certificate is configured"));
    TRY(tls_server_new(&files, s->cfg.tls_named, s->cfg.tls_named_ctx, &s->tls));
    arm_listeners(s, true);
    return OK;
}

static struct result start_all(struct http_server *s)
{
    make_epoll(s);
    lane_set_waiters_max(s->cfg.threads / 2);
    if (!start_threads(s))
        return fail2(ERR_LISTEN, STR("threads"), STR("the system lets us start no more"));
    arm_listeners(s, false);
    return start_tls(s);
}

struct result http_server_start(const struct http_config *cfg, struct http_server **out)
{
    struct http_server *s = calloc(1, sizeof *s);
    if (!s)
        die("out of memory");
    s->epoll_fd = s->quit_fd = -1;
    copy_config(s, cfg);
    set_defaults(s);
    make_locks(s);
    s->conn_max = raise_descriptor_limit();
    s->threads = calloc(s->cfg.threads, sizeof *s->threads);
    if (!s->threads)
        die("out of memory");
    struct result r = listener_bind_all(s);
    if (failed(r)) {
        free_server(s);
        return r;
    }
    r = start_all(s);
    if (failed(r))
        http_server_stop(s, 0);
    else
        *out = s;
    return r;
}

uint16_t http_server_port(const struct http_server *s, size_t listener)
{
    for (size_t i = 0; i < s->socket_count; i++)
        if (s->sockets[i].listener == listener)
            return s->sockets[i].port;
    return 0;
}
