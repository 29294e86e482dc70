/* What the handler left, or an error kind → the wire. */
#include "server/exchange.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdatomic.h>

static void add_number(struct http_response *rs, str name, struct arena *a, int64_t v)
{
    http_header_add(rs, name, str_from_int(a, v));
}

static void add_rate_headers(struct exchange *x)
{
    struct arena *a = x->call.arena;
    if (!x->rate.limited)
        return;
    add_number(x->rs, STR("X-RateLimit-Limit"), a, x->rate.limit);
    add_number(x->rs, STR("X-RateLimit-Remaining"), a, x->rate.remaining);
    add_number(x->rs, STR("X-RateLimit-Reset"), a, x->rate.reset_s);
    if (x->rate.exceeded)
        add_number(x->rs, STR("Retry-After"), a, x->rate.retry_after_s);
}

static const str json_type = STR_INIT("application/json; charset=utf-8");

void answer_json(struct http_response *rs, int status, const struct json *body)
{
    rs->status = status;
    http_header_add(rs, STR("Content-Type"), json_type);
    buf_clear(&rs->body);
    json_write(&rs->body, body);
}

void answer_error(struct http_response *rs, struct arena *a, enum api api, struct result r)
{
    int status;
    struct json *body = error_body(a, api, r, &status);
    if (err_rows[r.kind].log)
        log_error("%.*s: %.*s", STR_ARG(err_rows[r.kind].name), STR_ARG(r.args.v[0]));
    if (r.kind == ERR_MISSING_AUTHENTICATION)
        http_header_add(rs, STR("WWW-Authenticate"), STR("Bearer"));
    answer_json(rs, status, body);
}

static bool has_header(const struct call *c, str name)
{
    for (size_t i = 0; i < c->header_count; i++)
        if (str_eq_nocase(c->headers[i].name, name))
            return true;
    return false;
}

static void answer_text(struct exchange *x)
{
    struct call *c = &x->call;
    x->rs->status = c->status;
    if (!c->text.p)
        return;
    if (!has_header(c, STR("Content-Type")))
        http_header_add(x->rs, STR("Content-Type"), c->text_is_json ? json_type : STR("text/plain; charset=utf-8"));
    buf_add(&x->rs->body, c->text);
}

/* The management APIs forbid caching (VALIDATION.md: recorded headers). */
static void add_common_headers(struct exchange *x)
{
    if (x->api != API_AUTH)
        http_header_add(x->rs, STR("Cache-Control"),
                        STR("private, no-store, no-cache, must-revalidate, post-check=0, pre-check=0, no-transform"));
    http_header_add(x->rs, STR("X-Content-Type-Options"), STR("nosniff"));
    if (x->rq->is_tls)
        http_header_add(x->rs, STR("Strict-Transport-Security"), STR("max-age=31536000"));
}

void exchange_answer(struct exchange *x, struct result r)
{
    struct call *c = &x->call;
    add_common_headers(x);
    add_rate_headers(x);
    if (!has_header(&x->call, STR("Access-Control-Allow-Origin"))) /* a second one voids both */
        cors_add_headers(x);
    if (failed(r)) {
        answer_error(x->rs, c->arena, x->api, r);
        return;
    }
    for (size_t i = 0; i < c->header_count; i++)
        http_header_add(x->rs, c->headers[i].name, c->headers[i].value);
    if (c->reply)
        answer_json(x->rs, c->status, c->reply);
    else
        answer_text(x);
}

/* Anybody can be refused as often as he likes: one line a second at most, which
 * says how many had none. */
static void note_refusal(str reason)
{
    static _Atomic int64_t quiet_until_us;
    static _Atomic unsigned untold;
    int64_t now = clock_monotonic_us(), until = quiet_until_us;
    if (now < until || !atomic_compare_exchange_strong(&quiet_until_us, &until, now + US_PER_S)) {
        untold++;
        return;
    }
    log_info("refused a request: %.*s (%u more since the last line)", STR_ARG(reason), atomic_exchange(&untold, 0));
}

/* What the connection layer refuses is worded like an API answer: whoever sent
 * it speaks one, and it must never be a library's page. */
void app_refuse(void *ctx, int status, str reason, const struct http_request *rq, size_t body_limit, struct http_response *rs)
{
    (void)ctx;
    enum api api = rq ? api_of_path(rq->path) : API_V2;
    struct arena *a = arena_new(0);
    struct json *body = json_object(a);
    note_refusal(reason);
    if (status == 413) {
        answer_error(rs, a, api == API_V1 ? API_V1 : API_V2, fail1(ERR_PAYLOAD_TOO_LARGE, str_fmt(a, "%zu", body_limit)));
        arena_free(a);
        return;
    }
    json_set_int(a, body, STR("statusCode"), status);
    json_set_text(a, body, STR("error"), http_reason(status));
    json_set_text(a, body, STR("message"), http_reason(status));
    if (api == API_V1) /* what its clients show (V1-REFERENCE 1.4) */
        json_set_text(a, body, STR("detail"), http_reason(status));
    answer_json(rs, status, body);
    arena_free(a);
}
