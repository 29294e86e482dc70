#include "cli/serve.h"

#include "base/clock.h"
#include "base/log.h"
#include "cli/control.h"
#include "cli/localtls.h"
#include "cli/setup.h"
#include "cli/supervise.h"
#include "crypto/random.h"
#include "domain/background.h"
#include "domain/job/runner.h"
#include "domain/signing_key.h"
#include "server/app.h"
#include "server/metrics.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { GRACE_MS = 10000, ADMIN_THREADS = 2, SPARE_KEYS = 4, TEST_SEED = 1 };

/* Everything that runs, in the order in which it was started. */
struct running {
    const struct options *options;
    struct store *store;
    struct app *app;
    struct http_server *http, *admin;
    struct http_listener listeners[2 * LISTENERS_MAX];
    size_t listener_count;
    struct localtls *localtls;
    struct control_server *control;
    struct background *background;
    struct job_runner *jobs;
};

static struct result collect_listeners(const struct options *o, struct http_listener *out, size_t *out_count)
{
    size_t n = 0;
    for (size_t i = 0; i < o->listen.count; i++, n++)
        TRY(options_split_address(o->arena, o->listen.v[i], "listen", &out[n].host, &out[n].port));
    for (size_t i = 0; i < o->tls_listen.count; i++, n++) {
        TRY(options_split_address(o->arena, o->tls_listen.v[i], "tls-listen", &out[n].host, &out[n].port));
        out[n].tls = true;
    }
    *out_count = n;
    return OK;
}

static str url_at(const struct running *run, const struct http_listener *l, size_t at)
{
    return str_fmt(run->options->arena, "%s://%.*s:%u", l->tls ? "https" : "http", STR_ARG(l->host),
                   (unsigned)http_server_port(run->http, at));
}

/* The URLs as they came to be, in credentials.json and on the terminal. Said
 * last: who reads it may use everything, commands included. */
static struct result announce(const struct running *run)
{
    const struct options *o = run->options;
    str plain = STR(""), tls = STR("");
    for (size_t i = run->listener_count; i-- > 0;) {
        str url = url_at(run, &run->listeners[i], i);
        if (run->listeners[i].tls)
            tls = url;
        else
            plain = url;
    }
    TRY(setup_update_urls(o, plain, tls));
    printf("Doorward listens on %.*s and %.*s\n", STR_ARG(plain), STR_ARG(tls));
    printf("credentials: %s/credentials.json   local CA: %s/tls/ca.pem\n", o->data, o->data);
    fflush(stdout);
    supervise_serving();
    return OK;
}

static struct localtls *make_localtls(const struct running *run)
{
    uint16_t ports[2 * LISTENERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < run->listener_count; i++)
        if (run->listeners[i].tls)
            ports[count++] = run->listeners[i].port;
    return localtls_new(run->store, ports, count);
}

static struct result start_http(struct running *run)
{
    const struct options *o = run->options;
    struct arena *a = o->arena;
    TRY(collect_listeners(o, run->listeners, &run->listener_count));
    run->localtls = make_localtls(run);
    struct http_config cfg = { .listeners = run->listeners,
                               .listener_count = run->listener_count,
                               .threads = (unsigned)o->workers,
                               .tls_cert_file = str_cstr(a, str_fmt(a, "%s/tls/server.pem", o->data)),
                               .tls_key_file = str_cstr(a, str_fmt(a, "%s/tls/server.key", o->data)),
                               .spool_dir = str_cstr(a, str_fmt(a, "%s/tmp", o->data)),
                               .tls_named = localtls_issue,
                               .tls_named_ctx = run->localtls,
                               .ctx = run->app,
                               .handle = app_handle,
                               .refuse = app_refuse,
                               .body_limit = app_body_limit };
    return http_server_start(&cfg, &run->http);
}

static struct result start_admin(struct running *run)
{
    const struct options *o = run->options;
    struct http_listener listener = { 0 };
    if (!*o->admin_listen)
        return OK;
    TRY(options_split_address(o->arena, o->admin_listen, "admin-listen", &listener.host, &listener.port));
    struct http_config cfg = { .listeners = &listener,
                               .listener_count = 1,
                               .threads = ADMIN_THREADS,
                               .handle = metrics_handle,
                               .refuse = app_refuse,
                               .body_limit = app_body_limit };
    TRY(http_server_start(&cfg, &run->admin));
    printf("metrics: http://%.*s:%u/metrics\n", STR_ARG(listener.host), (unsigned)http_server_port(run->admin, 0));
    return OK;
}

/* With --test-ids the stream of random bytes must be drawn from in one order:
 * keys are made here and now, and none ahead of need. */
static struct result make_keys_first(struct store *store)
{
    struct tenant *t;
    struct key_set *keys;
    TRY(store_tenant_by_name(store, STR("default"), &t));
    struct result r = key_set_get(t, &keys);
    if (!failed(r))
        key_set_release(keys);
    tenant_release(t);
    return r;
}

static struct result start(struct running *run)
{
    const struct options *o = run->options;
    bool made;
    TRY(setup_ensure(o, &made));
    TRY(setup_open(o, &run->store));
    if (o->test_ids)
        TRY(make_keys_first(run->store));
    struct app_config app = { .rate_limits = o->rate_limits,
                              .trusted_proxies = o->trusted_proxies,
                              .import_max_bytes = o->import_max_bytes,
                              .test_clock = o->test_clock,
                              .test_snapshots = o->test_ids || o->test_clock };
    TRY(app_new(run->store, &app, &run->app));
    TRY(start_admin(run)); /* before the product's own: each start sets how many threads may wait in lanes */
    TRY(start_http(run));
    struct control_context control = { .store = run->store, .data_dir = o->data };
    TRY(control_server_start(&control, &run->control));
    struct background_config background = { .log_retention_days = o->log_retention_days,
                                            .log_max_rows = o->log_max_rows,
                                            .spare_keys = o->test_ids ? 0 : SPARE_KEYS };
    run->background = background_start(run->store, &background);
    run->jobs = job_runner_start(run->store);
    return announce(run);
}

static void stop(struct running *run)
{
    control_server_stop(run->control);
    if (run->http)
        http_server_stop(run->http, GRACE_MS);
    if (run->admin)
        http_server_stop(run->admin, GRACE_MS);
    job_runner_stop(run->jobs);
    background_stop(run->background);
    app_free(run->app);
    localtls_free(run->localtls);
    if (run->store)
        store_close(run->store);
}

static struct result set_log_level(const struct options *o)
{
    static const char *const names[] = { "error", "warn", "info", "debug" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(o->log_level, names[i]) != 0)
            continue;
        log_set_level((enum log_level)i);
        return OK;
    }
    return fail1(ERR_USAGE, STR("--log-level takes error, warn, info or debug"));
}

static void prepare_test_comforts(const struct options *o)
{
    if (o->test_ids) {
        random_make_repeatable(TEST_SEED);
        log_warn("--test-ids: every id, secret and key is predictable; never use this outside of tests");
    }
    if (o->test_clock)
        log_warn("--test-clock: anybody who reaches this server can move its clock");
}

/* Signals are waited for, not handled: threads started later inherit the mask. */
static struct result serve_here(const struct options *o)
{
    struct running run = { .options = o };
    sigset_t signals;
    int got;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    prepare_test_comforts(o);
    struct result r = start(&run);
    if (!failed(r))
        sigwait(&signals, &got);
    stop(&run);
    return r;
}

/* Memory holds the master key and every secret that is in use. */
static void keep_memory_off_disks(void)
{
    const struct rlimit none = { 0, 0 };
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        log_warn("core dumps cannot be switched off");
}

struct result serve_run(const struct options *o)
{
    TRY(set_log_level(o));
    keep_memory_off_disks();
    if (strcmp(o->database, "sqlite:") != 0)
        return fail1(ERR_USAGE, STR("--database takes sqlite: (PostgreSQL comes later)"));
    if (o->workers < 1 || o->workers > 1024)
        return fail1(ERR_USAGE, STR("--workers takes 1 to 1024"));
    return o->no_supervisor ? serve_here(o) : supervise(serve_here, o);
}
