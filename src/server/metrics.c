#include "server/metrics.h"

#include "base/clock.h"

#include <stdatomic.h>

enum { STATUS_CLASSES = 6 /* 1xx to 5xx; 0 is anything else */ };

static _Atomic uint64_t requests[API_MAX][STATUS_CLASSES];
static _Atomic uint64_t took_us_sum[API_MAX];

/* Upper bounds of the histogram's buckets, microseconds. */
static const int64_t bounds_us[] = { 100, 500, 1000, 5000, 10000, 50000, 100000, 500000, 1000000, 5000000 };
enum { BOUNDS = sizeof bounds_us / sizeof *bounds_us };
static _Atomic uint64_t within[API_MAX][BOUNDS];

static const char *const api_names[API_MAX] = { [API_V1] = "v1", [API_V2] = "v2", [API_AUTH] = "auth" };

static void add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_count(enum api api, int status, int64_t took_us)
{
    int class = status / 100;
    add(&requests[api][class > 0 && class < STATUS_CLASSES ? class : 0], 1);
    add(&took_us_sum[api], took_us > 0 ? (uint64_t)took_us : 0);
    for (size_t i = 0; i < BOUNDS; i++)
        if (took_us <= bounds_us[i]) {
            add(&within[api][i], 1);
            return;
        }
}

static uint64_t write_requests(struct buf *b, enum api api)
{
    uint64_t all = 0;
    for (int class = 0; class < STATUS_CLASSES; class++) {
        uint64_t n = get(&requests[api][class]);
        all += n;
        if (n)
            buf_fmt(b, "doorward_requests_total{api=\"%s\",status=\"%dxx\"} %llu\n", api_names[api], class, (unsigned long long)n);
    }
    return all;
}

static void write_seconds(struct buf *b, enum api api, uint64_t all)
{
    uint64_t so_far = 0;
    for (size_t i = 0; i < BOUNDS; i++) {
        so_far += get(&within[api][i]);
        buf_fmt(b, "doorward_request_seconds_bucket{api=\"%s\",le=\"%g\"} %llu\n", api_names[api], (double)bounds_us[i] / US_PER_S,
                (unsigned long long)so_far);
    }
    buf_fmt(b, "doorward_request_seconds_bucket{api=\"%s\",le=\"+Inf\"} %llu\n", api_names[api], (unsigned long long)all);
    buf_fmt(b, "doorward_request_seconds_sum{api=\"%s\"} %.6f\n", api_names[api], (double)get(&took_us_sum[api]) / US_PER_S);
    buf_fmt(b, "doorward_request_seconds_count{api=\"%s\"} %llu\n", api_names[api], (unsigned long long)all);
}

void metrics_handle(void *ctx, struct http_request *rq, struct http_response *rs)
{
    (void)ctx;
    rs->status = 404;
    if ((rq->method != HTTP_GET && rq->method != HTTP_HEAD) || !str_eq(rq->path, STR("/metrics")))
        return;
    uint64_t all[API_MAX];
    rs->status = 200;
    http_header_add(rs, STR("Content-Type"), STR("text/plain; version=0.0.4; charset=utf-8"));
    buf_add(&rs->body, STR("# TYPE doorward_requests_total counter\n"));
    for (int api = 0; api < API_MAX; api++)
        all[api] = write_requests(&rs->body, (enum api)api);
    buf_add(&rs->body, STR("# TYPE doorward_request_seconds histogram\n"));
    for (int api = 0; api < API_MAX; api++)
        write_seconds(&rs->body, (enum api)api, all[api]);
}
