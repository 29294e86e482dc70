/* Requests out of bytes, without sockets. However the bytes are cut, the same
 * requests come out; and what is accepted keeps the promises of server/http.h. */
#include "server/http/parse.h"

#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 16 * 1024, LINES_MAX = 20, HEAD_MAX = 1024, BODY_MAX = 2048, REQUESTS_MAX = 64 };

struct body {
    char p[BODY_MAX];
    size_t len;
};

struct outcome {
    uint64_t hash; /* over everything of the accepted requests */
    size_t requests, used;
    bool refused;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take_body(void *ctx, str piece)
{
    struct body *b = ctx;
    if (piece.len > sizeof b->p - b->len)
        return false;
    memcpy(b->p + b->len, piece.p, piece.len);
    b->len += piece.len;
    return true;
}

static void mix(uint64_t *hash, str s)
{
    for (size_t i = 0; i < s.len; i++)
        *hash = (*hash ^ (unsigned char)s.p[i]) * 0x100000001b3u;
    *hash = (*hash ^ (s.len + 0x100)) * 0x100000001b3u;
}

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool clean(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
            return false;
    return true;
}

static void check_request(const struct parse *p, const struct http_request *rq, const struct body *b)
{
    check(rq->method < HTTP_METHOD_MAX && rq->target.len > 0 && clean(rq->target) && !memchr(rq->target.p, ' ', rq->target.len));
    check(rq->path.p[0] == '/' || (str_eq(rq->path, STR("*")) && rq->method == HTTP_OPTIONS));
    check(p->http_1_0 || rq->host.len > 0);
    check(rq->header_count <= LINES_MAX && p->head_len <= HEAD_MAX);
    check(!(p->chunked && p->content_length));
    check(p->chunked || b->len == p->content_length);
    size_t hosts = 0, codings = 0, lengths = 0;
    for (size_t i = 0; i < rq->header_count; i++) {
        check(rq->headers[i].name.len > 0 && clean(rq->headers[i].name) && clean(rq->headers[i].value));
        hosts += str_eq_nocase(rq->headers[i].name, STR("Host"));
        codings += str_eq_nocase(rq->headers[i].name, STR("Transfer-Encoding"));
        lengths += str_eq_nocase(rq->headers[i].name, STR("Content-Length"));
    }
    check(hosts <= 1 && codings + lengths <= 1 && codings == p->chunked);
}

static void mix_request(struct outcome *o, const struct http_request *rq, const struct body *b)
{
    mix(&o->hash, http_method_names[rq->method]);
    mix(&o->hash, rq->target);
    mix(&o->hash, rq->host);
    mix(&o->hash, (str){ b->p, b->len });
    for (size_t i = 0; i < rq->header_count; i++) {
        mix(&o->hash, rq->headers[i].name);
        mix(&o->hash, rq->headers[i].value);
    }
}

/* One request from in on; step: the size of the pieces. False: refused, or in
 * is used up. */
static bool one_request(str *in, size_t step, struct outcome *o)
{
    static const struct parse_limits limits = { .header_bytes = HEAD_MAX, .header_lines = LINES_MAX };
    struct http_header headers[LINES_MAX];
    struct http_request rq = { 0 };
    struct body body = { .len = 0 };
    struct parse p = { .take_body = take_body, .take_ctx = &body };
    parse_begin(&p, &limits, &rq, headers);
    for (;;) {
        size_t used = 0;
        enum parse_stage stage = parse_feed(&p, str_sub(*in, 0, step), &used);
        check(used <= in->len);
        *in = str_sub(*in, used, in->len);
        if (stage == PARSE_REFUSED) {
            check(p.refusal.status >= 400 && p.refusal.status <= 599 && p.refusal.reason.len > 0);
            o->refused = true;
            return false;
        }
        if (stage == PARSE_DONE) {
            check_request(&p, &rq, &body);
            mix_request(o, &rq, &body);
            o->requests++;
            return in->len > 0;
        }
        if (in->len == 0 && stage != PARSE_HEADED)
            return false;
    }
}

static struct outcome run(const uint8_t *data, size_t size, size_t step)
{
    struct outcome o = { .hash = 0xcbf29ce484222325u };
    str in = { (const char *)data, size };
    while (o.requests < REQUESTS_MAX && one_request(&in, step, &o))
        ;
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > INPUT_MAX)
        return 0;
    size_t step = (size_t)data[0] % 40 + 1;
    uint8_t *copy = malloc(size); /* exact, so that a byte too far is seen */
    if (!copy)
        return 0;
    memcpy(copy, data + 1, size - 1);
    struct outcome whole = run(copy, size - 1, size), cut = run(copy, size - 1, step), bytes = run(copy, size - 1, 1);
    check(whole.hash == cut.hash && whole.requests == cut.requests && whole.refused == cut.refused);
    check(whole.hash == bytes.hash && whole.requests == bytes.requests && whole.refused == bytes.refused);
    free(copy);
    return 0;
}
