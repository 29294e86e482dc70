#include "server/http/parse.h"

#include <string.h>

/* What chunk framing may cost beyond the body: a sender of one-byte chunks
 * needs six bytes each, everything above is padding. */
enum { CHUNK_OVERHEAD_FREE = 16 * 1024, CHUNK_OVERHEAD_FACTOR = 8 };

const str http_method_names[HTTP_METHOD_MAX] = {
    [HTTP_GET] = STR_INIT("GET"),       [HTTP_HEAD] = STR_INIT("HEAD"),     [HTTP_POST] = STR_INIT("POST"),
    [HTTP_PUT] = STR_INIT("PUT"),       [HTTP_PATCH] = STR_INIT("PATCH"),   [HTTP_DELETE] = STR_INIT("DELETE"),
    [HTTP_OPTIONS] = STR_INIT("OPTIONS"),
};

static int refuse(struct parse *p, int status, str reason)
{
    p->refusal = (struct refusal){ status, reason };
    return -1;
}

/* --- llhttp's callbacks ---------------------------------------------------------- */

static int on_url(llhttp_t *ll, const char *at, size_t len)
{
    struct parse *p = ll->data;
    if (!p->rq->target.p)
        p->rq->target.p = at;
    p->rq->target.len = (size_t)(at + len - p->rq->target.p);
    return 0;
}

static int on_version_complete(llhttp_t *ll)
{
    struct parse *p = ll->data;
    p->line_done = true;
    return 0;
}

static int on_header_field(llhttp_t *ll, const char *at, size_t len)
{
    struct parse *p = ll->data;
    if (p->stage != PARSE_HEAD)
        return refuse(p, 400, STR("trailer"));
    if (p->in_value || p->rq->header_count == 0) {
        if (p->rq->header_count == p->limits->header_lines)
            return refuse(p, 431, STR("header_lines"));
        p->headers[p->rq->header_count++] = (struct http_header){ { at, 0 }, STR_NONE };
        p->in_value = false;
    }
    struct http_header *h = &p->headers[p->rq->header_count - 1];
    h->name.len = (size_t)(at + len - h->name.p);
    return 0;
}

static int on_header_value(llhttp_t *ll, const char *at, size_t len)
{
    struct parse *p = ll->data;
    if (p->stage != PARSE_HEAD || p->rq->header_count == 0)
        return refuse(p, 400, STR("trailer"));
    struct http_header *h = &p->headers[p->rq->header_count - 1];
    if (!p->in_value)
        h->value.p = at;
    p->in_value = true;
    h->value.len = (size_t)(at + len - h->value.p);
    return 0;
}

/* A field without a value has no value span; the next field must still be new. */
static int on_header_value_complete(llhttp_t *ll)
{
    struct parse *p = ll->data;
    p->in_value = true;
    return 0;
}

static int on_pause(llhttp_t *ll)
{
    (void)ll;
    return HPE_PAUSED;
}

static int on_body(llhttp_t *ll, const char *at, size_t len)
{
    struct parse *p = ll->data;
    p->body_len += len;
    if (!p->take_body(p->take_ctx, (str){ at, len }))
        return refuse(p, 413, STR("body_bytes"));
    return 0;
}

static int on_message_complete(llhttp_t *ll)
{
    struct parse *p = ll->data;
    p->stage = PARSE_DONE;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_version_complete = on_version_complete,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_pause,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* --- the head -------------------------------------------------------------------- */

void parse_begin(struct parse *p, const struct parse_limits *limits, struct http_request *rq, struct http_header *headers)
{
    parse_body_fn take_body = p->take_body;
    void *take_ctx = p->take_ctx;
    *p = (struct parse){ .limits = limits, .rq = rq, .headers = headers, .take_body = take_body, .take_ctx = take_ctx };
    llhttp_init(&p->ll, HTTP_REQUEST, &settings);
    p->ll.data = p;
    rq->target = rq->path = rq->query = rq->host = STR_NONE;
    rq->headers = headers;
    rq->header_count = 0;
}

static enum parse_stage refused(struct parse *p, struct refusal r)
{
    p->refusal = r;
    return p->stage = PARSE_REFUSED;
}

/* The method as sent. Letters before the first space that could be a method
 * are one that we do not know; anything else is no HTTP. */
static struct refusal unknown_method(str head)
{
    size_t len = 0;
    while (len < head.len && ((head.p[len] >= 'A' && head.p[len] <= 'Z') || head.p[len] == '-' || head.p[len] == '_'))
        len++;
    if (len > 0 && (len == head.len || head.p[len] == ' '))
        return (struct refusal){ 501, STR("method") };
    return (struct refusal){ 400, STR("request_line") };
}

static struct refusal of_llhttp(const struct parse *p, llhttp_errno_t err, str seen)
{
    switch ((int)err) {
    case HPE_PAUSED_H2_UPGRADE:
        return (struct refusal){ 505, STR("http2_preface") };
    case HPE_INVALID_VERSION:
        return strict_version(seen);
    case HPE_INVALID_METHOD:
        return p->line_done ? (struct refusal){ 400, STR("request_line") } : unknown_method(seen);
    case HPE_INVALID_CONTENT_LENGTH:
    case HPE_UNEXPECTED_CONTENT_LENGTH:
        return (struct refusal){ 400, STR("content_length") };
    case HPE_INVALID_TRANSFER_ENCODING:
        return (struct refusal){ 400, STR("transfer_encoding") };
    case HPE_INVALID_CHUNK_SIZE:
        return (struct refusal){ 400, STR("chunk") };
    default:
        return (struct refusal){ 400, p->line_done ? STR("header") : STR("request_line") };
    }
}

static bool set_method(struct parse *p)
{
    str head = { p->head, p->head_len }, rest;
    str method = str_cut(str_sub(head, (size_t)strspn(p->head, "\r\n"), head.len), ' ', &rest);
    for (int m = 0; m < HTTP_METHOD_MAX; m++)
        if (str_eq(method, http_method_names[m])) {
            p->rq->method = (enum http_method)m;
            return true;
        }
    return false;
}

static bool header_has(const struct http_request *rq, str name, str value)
{
    return str_eq_nocase(http_header_get(rq, name), value);
}

/* Everything that the head alone decides. */
static struct refusal check_head(struct parse *p)
{
    struct http_request *rq = p->rq;
    struct refusal r = strict_lines((str){ p->head, p->head_len });
    if (r.status)
        return r;
    if (p->ll.http_major != 1 || p->ll.http_minor > 1)
        return (struct refusal){ 505, STR("version") };
    if (!set_method(p))
        return (struct refusal){ 501, STR("method") };
    for (size_t i = 0; i < rq->header_count; i++)
        p->headers[i].value = p->headers[i].value.p ? str_trim(p->headers[i].value) : STR("");
    p->http_1_0 = p->ll.http_minor == 0;
    p->chunked = p->ll.flags & F_CHUNKED;
    p->content_length = p->ll.content_length;
    p->keep_alive = llhttp_should_keep_alive(&p->ll);
    p->expect_continue = !p->http_1_0 && header_has(rq, STR("expect"), STR("100-continue"));
    return strict_request(rq, p->http_1_0);
}

static enum parse_stage head_over_limit(struct parse *p)
{
    if (p->line_done)
        return refused(p, (struct refusal){ 431, STR("header_bytes") });
    return refused(p, (struct refusal){ 414, STR("request_line_bytes") });
}

static enum parse_stage feed_head(struct parse *p, str data, size_t *out_used)
{
    if (!p->head)
        p->head = data.p;
    size_t room = p->limits->header_bytes - p->head_len;
    bool cut = data.len > room;
    llhttp_errno_t err = llhttp_execute(&p->ll, data.p, cut ? room : data.len);
    *out_used = err == HPE_PAUSED ? (size_t)(llhttp_get_error_pos(&p->ll) - data.p) : data.len;
    p->head_len += *out_used;
    if (err == HPE_OK)
        return cut || p->head_len == p->limits->header_bytes ? head_over_limit(p) : PARSE_HEAD;
    if (err != HPE_PAUSED)
        return refused(p, p->refusal.status ? p->refusal : of_llhttp(p, err, (str){ p->head, p->head_len }));
    struct refusal r = check_head(p);
    if (r.status)
        return refused(p, r);
    return p->stage = PARSE_HEADED;
}

/* --- the body -------------------------------------------------------------------- */

static enum parse_stage feed_body(struct parse *p, str data, size_t *out_used)
{
    llhttp_errno_t err = llhttp_execute(&p->ll, data.p, data.len);
    bool done = err == HPE_PAUSED && p->stage == PARSE_DONE;
    *out_used = done ? (size_t)(llhttp_get_error_pos(&p->ll) - data.p) : data.len;
    p->body_wire += *out_used;
    if (!done && err != HPE_OK)
        return refused(p, p->refusal.status ? p->refusal : of_llhttp(p, err, data));
    if (p->body_wire > CHUNK_OVERHEAD_FREE + CHUNK_OVERHEAD_FACTOR * p->body_len)
        return refused(p, (struct refusal){ 400, STR("chunk_overhead") });
    return p->stage;
}

enum parse_stage parse_feed(struct parse *p, str data, size_t *out_used)
{
    *out_used = 0;
    if (p->stage == PARSE_HEAD)
        return data.len ? feed_head(p, data, out_used) : PARSE_HEAD;
    if (p->stage == PARSE_HEADED) {
        if (!p->chunked && p->content_length == 0)
            return p->stage = PARSE_DONE;
        llhttp_resume(&p->ll);
        p->stage = PARSE_BODY;
    }
    if (p->stage == PARSE_BODY && data.len)
        return feed_body(p, data, out_used);
    return p->stage;
}

str http_header_get(const struct http_request *rq, str name)
{
    for (size_t i = 0; i < rq->header_count; i++)
        if (rq->headers[i].name.len == name.len && str_eq_nocase(rq->headers[i].name, name))
            return rq->headers[i].value;
    return STR_NONE;
}
