/* A server on the connection layer alone: a constant answer (the baseline of
 * bench/) and an echo that shows what the layer understood. Used by
 * tests/api/http.
 *
 *   http_echo [name=value ...]   port, tls_port (0: any; tls_port only with cert), cert, key,
 *                                client_ca, threads, header_ms, body_ms, idle_ms, write_ms, body_limit
 *
 * Prints "PORT TLS_PORT" and serves until SIGTERM. */
#include "base/clock.h"
#include "base/lane.h"
#include "base/log.h"
#include "server/http.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char constant[] =
    "{\"issuer\":\"https://localhost:8443/\",\"authorization_endpoint\":\"https://localhost:8443/authorize\","
    "\"token_endpoint\":\"https://localhost:8443/oauth/token\"}  ";

static struct {
    size_t body_limit;
    struct lane *lane;
    atomic_uint handled, smuggled, park_runs;
} app = { .body_limit = 1 << 16 };

static void reply_text(struct http_response *rs, str text)
{
    rs->status = 200;
    http_header_add(rs, STR("Content-Type"), STR("application/json"));
    buf_add(&rs->body, text);
}

static void on_constant(struct http_request *rq, struct http_response *rs)
{
    (void)rq;
    reply_text(rs, STR(constant));
}

static void show(struct http_response *rs, const char *name, str value)
{
    if (value.p)
        http_header_add(rs, str_from(name), value);
}

static void on_echo(struct http_request *rq, struct http_response *rs)
{
    rs->status = 200;
    show(rs, "X-Method", http_method_names[rq->method]);
    show(rs, "X-Target", rq->target);
    show(rs, "X-Path", rq->path);
    show(rs, "X-Query", rq->query);
    show(rs, "X-Host", rq->host);
    show(rs, "X-Peer", rq->peer_ip);
    show(rs, "X-Tls", rq->is_tls ? STR("yes") : STR("no"));
    show(rs, "X-Test", http_header_get(rq, STR("x-test")));
    show(rs, "X-Cert-Error", rq->client_cert_error);
    char number[32];
    snprintf(number, sizeof number, "%zu", rq->client_cert.len);
    show(rs, "X-Cert-Bytes", str_from(number));
    buf_add(&rs->body, rq->body);
}

static size_t number_of(str s, size_t otherwise)
{
    int64_t n;
    return str_int(s, &n) && n >= 0 ? (size_t)n : otherwise;
}

/* /big?BYTES */
static void on_big(struct http_request *rq, struct http_response *rs)
{
    reply_text(rs, STR(""));
    static const str wheel = STR_INIT("zyxwvutsrqponmlkjihgfedcbazyxwvutsrqponmlkjihgfedcba");
    for (size_t left = number_of(rq->query, 1000), part; left > 0; left -= part) {
        part = left % 26 ? left % 26 : 26;
        buf_add(&rs->body, str_sub(wheel, 25 - left % 26, part));
    }
}

/* /sleep?MS */
static void on_sleep(struct http_request *rq, struct http_response *rs)
{
    usleep((useconds_t)number_of(rq->query, 100) * 1000);
    reply_text(rs, STR("{}"));
}

/* One place, no waiting room to speak of: most of many callers are parked.
 * ?leave: one in two goes without entering when it is handled again. */
static void on_park(struct http_request *rq, struct http_response *rs)
{
    unsigned run = atomic_fetch_add(&app.park_runs, 1);
    if (str_eq(rq->query, STR("leave")) && run > 50 && run % 2) {
        reply_text(rs, STR("\"left\""));
        return;
    }
    if (failed(lane_enter(app.lane))) {
        buf_add(&rs->body, STR("this answer must never be seen"));
        http_park(rq, app.lane);
        return;
    }
    usleep(2000);
    lane_leave(app.lane);
    reply_text(rs, STR("\"entered\""));
}

static void on_counts(struct http_request *rq, struct http_response *rs)
{
    (void)rq;
    rs->status = 200;
    buf_fmt(&rs->body, "{\"handled\":%u,\"smuggled\":%u,\"park_runs\":%u}", atomic_load(&app.handled),
            atomic_load(&app.smuggled), atomic_load(&app.park_runs));
}

static void on_close(struct http_request *rq, struct http_response *rs)
{
    (void)rq;
    reply_text(rs, STR("{}"));
    rs->close = true;
}

static void on_empty(struct http_request *rq, struct http_response *rs)
{
    (void)rq;
    rs->status = 204;
}

static void on_smuggled(struct http_request *rq, struct http_response *rs)
{
    atomic_fetch_add(&app.smuggled, 1);
    on_constant(rq, rs);
}

static const struct {
    str path;
    void (*run)(struct http_request *rq, struct http_response *rs);
} routes[] = {
    { STR_INIT("/"), on_constant },     { STR_INIT("/echo"), on_echo },   { STR_INIT("*"), on_echo },
    { STR_INIT("/big"), on_big },       { STR_INIT("/sleep"), on_sleep }, { STR_INIT("/park"), on_park },
    { STR_INIT("/counts"), on_counts }, { STR_INIT("/close"), on_close }, { STR_INIT("/empty"), on_empty },
    { STR_INIT("/smuggled"), on_smuggled },
};

static void handle(void *ctx, struct http_request *rq, struct http_response *rs)
{
    (void)ctx;
    atomic_fetch_add_explicit(&app.handled, 1, memory_order_relaxed);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (str_eq(rq->path, routes[i].path)) {
            routes[i].run(rq, rs);
            return;
        }
    rs->status = 404;
}

static void refuse(void *ctx, int status, str reason, const struct http_request *rq, size_t limit, struct http_response *rs)
{
    (void)ctx;
    (void)rq;
    (void)status;
    (void)limit;
    http_header_add(rs, STR("X-Reason"), reason);
    buf_fmt(&rs->body, "{\"statusCode\":%d}", status);
}

static size_t body_limit(void *ctx, const struct http_request *rq)
{
    (void)ctx;
    return str_starts(rq->query, STR("limit=")) ? number_of(str_sub(rq->query, 6, 20), 0) : app.body_limit;
}

/* --- the command line ---------------------------------------------------------------- */

static const char *option(int argc, char **argv, const char *name)
{
    size_t len = strlen(name);
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
            return argv[i] + len + 1;
    return NULL;
}

static unsigned option_number(int argc, char **argv, const char *name)
{
    return (unsigned)number_of(str_from(option(argc, argv, name)), 0);
}

static struct http_config config(int argc, char **argv, struct http_listener *listeners)
{
    listeners[0] = (struct http_listener){ STR("localhost"), (uint16_t)option_number(argc, argv, "port"), false };
    listeners[1] = (struct http_listener){ STR("localhost"), (uint16_t)option_number(argc, argv, "tls_port"), true };
    if (option(argc, argv, "body_limit"))
        app.body_limit = option_number(argc, argv, "body_limit");
    return (struct http_config){
        .listeners = listeners,
        .listener_count = option(argc, argv, "cert") ? 2 : 1,
        .threads = option_number(argc, argv, "threads"),
        .header_timeout_ms = option_number(argc, argv, "header_ms"),
        .body_timeout_ms = option_number(argc, argv, "body_ms"),
        .idle_timeout_ms = option_number(argc, argv, "idle_ms"),
        .write_timeout_ms = option_number(argc, argv, "write_ms"),
        .tls_cert_file = option(argc, argv, "cert"),
        .tls_key_file = option(argc, argv, "key"),
        .tls_client_ca_file = option(argc, argv, "client_ca"),
        .handle = handle,
        .refuse = refuse,
        .body_limit = body_limit,
    };
}

int main(int argc, char **argv)
{
    sigset_t signals;
    int got;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    app.lane = lane_new(1);
    struct http_listener listeners[2];
    struct http_config cfg = config(argc, argv, listeners);
    struct http_server *s = NULL;
    struct result r = http_server_start(&cfg, &s);
    if (failed(r)) {
        log_error("cannot listen on %.*s: %.*s", STR_ARG(r.args.v[0]), STR_ARG(r.args.v[1]));
        return 1;
    }
    printf("%u %u\n", http_server_port(s, 0), cfg.listener_count > 1 ? http_server_port(s, 1) : 0);
    fflush(stdout);
    sigwait(&signals, &got);
    http_server_stop(s, 2000);
    lane_free(app.lane);
    return 0;
}
