#include "server/http/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HEAD_MAX = 128, LINES_MAX = 4, BODY_MAX = 16 };

static const struct parse_limits limits = { .header_bytes = HEAD_MAX, .header_lines = LINES_MAX };

struct reader {
    struct parse p;
    struct http_request rq;
    struct http_header headers[LINES_MAX];
    char body[BODY_MAX];
    size_t body_len, used;
};

static bool take_body(void *ctx, str piece)
{
    struct reader *r = ctx;
    if (piece.len > sizeof r->body - r->body_len)
        return false;
    memcpy(r->body + r->body_len, piece.p, piece.len);
    r->body_len += piece.len;
    return true;
}

/* The last stage that the bytes lead to, fed in pieces. */
static enum parse_stage read_all(struct reader *r, str text, size_t step)
{
    *r = (struct reader){ .p.take_body = take_body, .p.take_ctx = r };
    parse_begin(&r->p, &limits, &r->rq, r->headers);
    for (;;) {
        size_t used = 0;
        enum parse_stage stage = parse_feed(&r->p, str_sub(text, r->used, step), &used);
        r->used += used;
        if (stage == PARSE_DONE || stage == PARSE_REFUSED || (r->used == text.len && stage != PARSE_HEADED))
            return stage;
    }
}

static void expect_str(const char *name, const char *what, str got, const char *want)
{
    str w = str_from(want);
    if (got.len != w.len || (got.p == NULL) != (w.p == NULL) || (w.len && memcmp(got.p, w.p, w.len) != 0))
        fail_msg("%s: %s is \"%.*s\", not \"%s\"", name, what, STR_ARG(got), want ? want : "(none)");
}

static const struct good_row {
    const char *name, *text;
    enum http_method method;
    const char *target, *path, *query, *host, *body;
    bool keep_alive;
    size_t left; /* bytes of text behind the request */
} good[] = {
    { "plain", "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET, "/a", "/a", NULL, "h", "", true, 0 },
    { "query", "DELETE /a?b=c?d HTTP/1.1\r\nHost: h:1\r\n\r\n", HTTP_DELETE, "/a?b=c?d", "/a", "b=c?d", "h:1", "", true, 0 },
    { "empty query", "HEAD /? HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_HEAD, "/?", "/", "", "h", "", true, 0 },
    { "nothing is decoded", "GET /a%2Fb|c HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET, "/a%2Fb|c", "/a%2Fb|c", NULL, "h", "", true, 0 },
    { "length", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET", HTTP_PUT, "/", "/", NULL, "h", "abc", true, 3 },
    { "chunks", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x\r\nbc\r\n0\r\n\r\nXY", HTTP_POST,
      "/", "/", NULL, "h", "abc", true, 2 },
    { "absolute", "GET http://H/a?b HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET, "/a?b", "/a", "b", "H", "", true, 0 },
    { "absolute without a path", "GET https://h HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET, "/", "/", NULL, "h", "", true, 0 },
    { "asterisk", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_OPTIONS, "*", "*", NULL, "h", "", true, 0 },
    { "1.0", "GET / HTTP/1.0\r\n\r\n", HTTP_GET, "/", "/", NULL, NULL, "", false, 0 },
    { "1.0 that stays", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", HTTP_GET, "/", "/", NULL, NULL, "", true, 0 },
    { "1.1 that goes", "GET / HTTP/1.1\r\nHost: h\r\nConnection: x, close\r\n\r\n", HTTP_GET, "/", "/", NULL, "h", "", false, 0 },
    { "empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET, "/", "/", NULL, "h", "", true, 0 },
    { "upgrade is not followed", "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nGET", HTTP_GET, "/", "/", NULL,
      "h", "", true, 3 },
    { "body at the limit", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 16\r\n\r\n0123456789abcdef", HTTP_POST, "/", "/", NULL, "h",
      "0123456789abcdef", true, 0 },
    { "lines at the limit", "GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", HTTP_GET, "/", "/", NULL, "h", "", true, 0 },
};

static void good_requests(void **state)
{
    (void)state;
    static const size_t steps[] = { 1000, 7, 1 };
    struct reader r;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
            const struct good_row *w = &good[i];
            str text = str_from(w->text);
            if (read_all(&r, text, steps[s]) != PARSE_DONE)
                fail_msg("%s: not taken (%.*s)", w->name, STR_ARG(r.p.refusal.reason));
            if (r.rq.method != w->method || r.p.keep_alive != w->keep_alive || text.len - r.used != w->left)
                fail_msg("%s: method, keep-alive or end", w->name);
            expect_str(w->name, "target", r.rq.target, w->target);
            expect_str(w->name, "path", r.rq.path, w->path);
            expect_str(w->name, "query", r.rq.query, w->query);
            expect_str(w->name, "host", r.rq.host, w->host);
            expect_str(w->name, "body", (str){ r.body, r.body_len }, w->body);
        }
}

#define X40 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
    const char *name, *text;
    int status;
    const char *reason;
} bad[] = {
    { "no host", "GET / HTTP/1.1\r\n\r\n", 400, "host" },
    { "two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "host" },
    { "host with a comma", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400, "host" },
    { "another authority", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "host" },
    { "asterisk", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target" },
    { "two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request_line" },
    { "fold", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400, "header" },
    { "space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "header" },
    { "gzip, chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400, "transfer_encoding" },
    { "1.0 chunked", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "transfer_encoding" },
    { "trailer", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\n\r\n", 400, "trailer" },
    { "h2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http2_preface" },
    { "version", "GET / HTTP/1.7\r\nHost: a\r\n\r\n", 505, "version" },
    { "method", "FROB / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "method" },
    { "known method of no use", "PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "method" },
    { "expectation", "GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n", 417, "expect" },
    { "line too long", "GET /" X40 X40 X40 X40 " HTTP/1.1\r\nHost: a\r\n\r\n", 414, "request_line_bytes" },
    { "head too long", "GET / HTTP/1.1\r\nHost: a\r\nX: " X40 X40 X40 "\r\n\r\n", 431, "header_bytes" },
    { "one line too many", "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n", 431, "header_lines" },
    { "chunks too long", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n0123456789abcdefg\r\n", 413, "body_bytes" },
};

static void bad_requests(void **state)
{
    (void)state;
    static const size_t steps[] = { 1000, 1 };
    struct reader r;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
            if (read_all(&r, str_from(bad[i].text), steps[s]) != PARSE_REFUSED)
                fail_msg("%s: taken", bad[i].name);
            if (r.p.refusal.status != bad[i].status)
                fail_msg("%s: status %d", bad[i].name, r.p.refusal.status);
            expect_str(bad[i].name, "reason", r.p.refusal.reason, bad[i].reason);
        }
}

/* Chunks of nothing but framing cost more than they bring. */
static void chunk_padding_has_a_limit(void **state)
{
    (void)state;
    enum { PAD = 40 * 1024 };
    static char text[PAD + 200];
    int at = snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;");
    memset(text + at, 'p', PAD);
    snprintf(text + at + PAD, sizeof text - (size_t)at - PAD, "\r\na\r\n0\r\n\r\n");
    struct reader r;
    assert_int_equal(read_all(&r, str_from(text), 1000), PARSE_REFUSED);
    assert_int_equal(r.p.refusal.status, 400);
    assert_true(str_eq(r.p.refusal.reason, STR("chunk_overhead")));
}

static void headers_are_found(void **state)
{
    (void)state;
    struct reader r;
    str text = STR("GET / HTTP/1.1\r\nhOsT: h\r\nX-A:\r\nX-B: \t one two \t\r\nX-b: 3\r\n\r\n");
    assert_int_equal(read_all(&r, text, 3), PARSE_DONE);
    expect_str("get", "empty", http_header_get(&r.rq, STR("x-a")), "");
    expect_str("get", "first, trimmed", http_header_get(&r.rq, STR("X-B")), "one two");
    expect_str("get", "absent", http_header_get(&r.rq, STR("X-C")), NULL);
    assert_int_equal(r.rq.header_count, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_requests),
        cmocka_unit_test(bad_requests),
        cmocka_unit_test(chunk_padding_has_a_limit),
        cmocka_unit_test(headers_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
