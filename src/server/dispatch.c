/* The pipeline that every request goes through, in this order: the server's own
 * paths, tenant by host, route, credential, rate limit, scopes, path, query,
 * body, transaction with the handler in it, reply check, log entry, answer. */
#include "server/exchange.h"

#include "base/clock.h"
#include "base/lane.h"
#include "base/log.h"
#include "contract/validate.h"
#include "gen/routes.h"
#include "server/journal.h"
#include "server/metrics.h"

enum { HEADER_ROOM = 4096, REAL_UPLOAD_BYTES_MAX = 512000 };

/* --- route -------------------------------------------------------------------------- */

enum api api_of_path(str path)
{
    if (str_starts(path, STR("/api/v2/")) || str_eq(path, STR("/api/v2")))
        return API_V2;
    return str_starts(path, STR("/api/")) || str_eq(path, STR("/api")) ? API_V1 : API_AUTH;
}

static struct result find_route(struct exchange *x)
{
    str method = x->rq->method == HTTP_HEAD ? http_method_names[HTTP_GET] : http_method_names[x->rq->method];
    struct route_match m = route_find(method, x->rq->path);
    x->api = m.op ? m.op->api : api_of_path(x->rq->path);
    if (!m.op) {
        if (m.allow.len)
            http_header_add(x->rs, STR("Allow"), m.allow);
        return fail(m.allow.len ? ERR_METHOD_NOT_ALLOWED : ERR_NOT_FOUND);
    }
    x->call.op = m.op;
    for (size_t i = 0; i < CALL_PARAMS_MAX; i++)
        x->raw_values[i] = m.values[i];
    return OK;
}

/* --- who acts ------------------------------------------------------------------------- */

static void fill_actor(struct exchange *x)
{
    struct call *c = &x->call;
    c->actor = (struct actor){
        .ip = exchange_client_ip(x),
        .user_agent = http_header_get(x->rq, STR("User-Agent")),
        .client_id = c->caller.client_id,
        .client_name = c->caller.client_name,
        .user_id = c->caller.user_id,
        .auth0_client = http_header_get(x->rq, STR("Auth0-Client")),
    };
}

static struct result charge(struct exchange *x)
{
    struct call *c = &x->call;
    x->rate = rate_limits_charge(x->app->limits, c->tenant, c->op->bucket, clock_now_us());
    return x->rate.exceeded ? fail(ERR_TOO_MANY_REQUESTS) : OK;
}

/* --- the handler in its transaction ------------------------------------------------------ */

static struct result check_reply(struct call *c)
{
#ifndef NDEBUG
    struct json *reply = c->reply;
    if (c->text_is_json)
        TRY(json_parse(c->arena, c->text, &reply));
    TRY(validate_reply(c->arena, c->op, c->status, reply));
#endif
    (void)c;
    return OK;
}

static struct result run_in_tx(struct tx *tx, void *arg)
{
    struct call *c = arg;
    c->tx = tx;
    c->reply = NULL;
    c->text = STR_NONE;
    c->text_is_json = false;
    c->header_count = 0;
    c->log_entry = NULL;
    TRY(handlers[c->op->id](c));
    TRY(check_reply(c));
    return tx->can_write ? journal_append(c) : OK;
}

static struct result run_handler(struct call *c)
{
    struct tx_options o = { .arena = c->arena, .now_us = c->now_us, .actor = &c->actor };
    if (prepare_fns[c->op->id])
        TRY(prepare_fns[c->op->id](c));
    if (c->op->tx == TX_WRITE)
        return store_write(c->tenant, &o, run_in_tx, c);
    if (c->op->tx == TX_READ)
        return store_read(c->tenant, &o, run_in_tx, c);
    TRY(handlers[c->op->id](c));
    return check_reply(c);
}

/* --- the way through ---------------------------------------------------------------------- */

static struct result go(struct exchange *x)
{
    struct call *c = &x->call;
    TRY(store_tenant_by_host(x->app->store, x->rq->host, &c->tenant));
    TRY(find_route(x));
    TRY(exchange_read_query_pairs(x));
    TRY(exchange_authenticate(x));
    fill_actor(x);
    TRY(charge(x));
    TRY(exchange_authorize(x));
    TRY(exchange_read_input(x));
    struct result r = run_handler(c);
    if (failed(r))
        journal_refusal(c, r);
    return r;
}

static bool park_if_full(struct exchange *x, struct result r)
{
    if (r.kind != ERR_LANE_FULL)
        return false;
    http_park(x->rq, lane_hash());
    return true;
}

/* By its template: paths and queries hold ids and secrets. */
static void tell(const struct exchange *x)
{
    const struct operation *op = x->call.op;
    if (op)
        log_debug("%.*s %.*s: %d", STR_ARG(op->method), STR_ARG(op->path), x->rs->status);
}

static void handle(void *ctx, struct http_request *rq, struct http_response *rs)
{
    struct exchange x = { .app = ctx, .rq = rq, .rs = rs, .api = api_of_path(rq->path) };
    x.call = (struct call){ .arena = rq->arena,
                            .now_us = clock_now_us(),
                            .path = rq->path,
                            .raw_query = rq->query,
                            .host = rq->host,
                            .client_cert = rq->client_cert,
                            .is_tls = rq->is_tls,
                            .real_limits = rate_limits_are_real(x.app->limits) };
    if (plain_answer(&x) || cors_preflight(&x) || download_answer(&x))
        return;
    struct result r = go(&x);
    if (!park_if_full(&x, r)) {
        exchange_answer(&x, r);
        tell(&x);
    }
    tenant_release(x.call.tenant);
}

void app_handle(void *ctx, struct http_request *rq, struct http_response *rs)
{
    int64_t began_us = clock_monotonic_us();
    handle(ctx, rq, rs);
    metrics_count(api_of_path(rq->path), rs->status, clock_monotonic_us() - began_us);
}

/* Does this request come from somebody who may upload? A big body is not taken
 * from anybody else: it would lie on the disk before it is refused. */
static bool may_upload(struct app *app, const struct http_request *rq)
{
    struct http_request copy = *rq;
    struct exchange x = { .app = app, .rq = &copy, .api = API_V2 };
    struct http_response rs = { 0 };
    buf_init(&rs.headers, HEADER_ROOM);
    copy.arena = arena_new(0);
    x.rs = &rs;
    x.call = (struct call){ .arena = copy.arena, .now_us = clock_now_us(), .path = rq->path, .host = rq->host, .is_tls = rq->is_tls };
    bool may = !failed(store_tenant_by_host(app->store, rq->host, &x.call.tenant)) && !failed(find_route(&x))
               && x.call.op->body_kinds == BODY_MULTIPART && !failed(exchange_read_query_pairs(&x))
               && !failed(exchange_authenticate(&x)) && !failed(exchange_authorize(&x));
    tenant_release(x.call.tenant);
    arena_free(copy.arena);
    buf_free(&rs.headers);
    return may;
}

static bool is_upload(const struct http_request *rq)
{
    struct route_match m = route_find(http_method_names[rq->method], rq->path);
    return m.op && m.op->body_kinds == BODY_MULTIPART;
}

/* The real limit is one of the whole body (recorded words of 413). */
size_t app_body_limit(void *ctx, const struct http_request *rq)
{
    struct app *app = ctx;
    if (!is_upload(rq))
        return BODY_BYTES_MAX;
    if (rate_limits_are_real(app->limits))
        return REAL_UPLOAD_BYTES_MAX;
    size_t limit = (size_t)app->cfg.import_max_bytes;
    return limit <= BODY_BYTES_MAX || may_upload(app, rq) ? limit : BODY_BYTES_MAX;
}

struct result app_new(struct store *s, const struct app_config *cfg, struct app **out)
{
    struct arena *a = arena_new(0);
    struct app *app = ARENA_NEW(a, struct app);
    app->store = s;
    app->cfg = *cfg;
    app->proxies = cidr_list_parse(a, cfg->trusted_proxies);
    struct result r = app->proxies ? rate_limits_new(cfg->rate_limits, &app->limits)
                                   : fail1(ERR_USAGE, STR("--trusted-proxies takes addresses or CIDR ranges, separated by commas"));
    app->arena = a;
    if (failed(r))
        arena_free(a);
    else
        *out = app;
    return r;
}

void app_free(struct app *a)
{
    if (!a)
        return;
    rate_limits_free(a->limits);
    arena_free(a->arena);
}
