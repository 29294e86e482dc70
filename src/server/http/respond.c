/* Framing and sending an answer. */
#include "server/http/conn.h"

#include "base/clock.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { GZIP_FROM_BYTES = 1024 };

static bool breaks_header(char c)
{
    return c == '\r' || c == '\n' || c == '\0';
}

/* One pass without branches: hardly any value has such a byte. */
static bool may_break(str value)
{
    unsigned char low = 0;
    for (size_t i = 0; i < value.len; i++)
        low |= (unsigned char)value.p[i] < 0x20;
    return low;
}

/* Without what would end the line and start another: piece by piece between. */
static void add_header_value(struct buf *b, str value)
{
    if (!may_break(value)) {
        buf_add(b, value);
        return;
    }
    for (size_t i = 0, from = 0; i <= value.len; i++) {
        if (i < value.len && !breaks_header(value.p[i]))
            continue;
        buf_add(b, str_sub(value, from, i - from));
        from = i + 1;
    }
}

void http_header_add(struct http_response *rs, str name, str value)
{
    buf_add(&rs->headers, name);
    buf_add(&rs->headers, STR(": "));
    add_header_value(&rs->headers, value);
    buf_add(&rs->headers, STR("\r\n"));
}

static void reset_buf(struct buf *b)
{
    buf_clear(b);
    if (b->cap > KEEP_BYTES)
        buf_free(b);
}

void respond_begin(struct message *m)
{
    m->rs.status = 500;
    m->rs.close = false;
    if (m->rs.file)
        munmap(m->rs.file, m->rs.file_len);
    m->rs.file = NULL;
    reset_buf(&m->rs.headers);
    reset_buf(&m->rs.body);
    reset_buf(&m->packed);
    m->out_count = m->out_at = 0;
    m->out_sent = 0;
    m->close_after = m->linger_after = false;
}

/* --- the framing headers --------------------------------------------------------- */

static const struct {
    int status;
    str line;
} status_lines[] = {
    { 200, STR_INIT("HTTP/1.1 200 OK\r\n") },
    { 201, STR_INIT("HTTP/1.1 201 Created\r\n") },
    { 202, STR_INIT("HTTP/1.1 202 Accepted\r\n") },
    { 204, STR_INIT("HTTP/1.1 204 No Content\r\n") },
    { 301, STR_INIT("HTTP/1.1 301 Moved Permanently\r\n") },
    { 302, STR_INIT("HTTP/1.1 302 Found\r\n") },
    { 303, STR_INIT("HTTP/1.1 303 See Other\r\n") },
    { 304, STR_INIT("HTTP/1.1 304 Not Modified\r\n") },
    { 307, STR_INIT("HTTP/1.1 307 Temporary Redirect\r\n") },
    { 308, STR_INIT("HTTP/1.1 308 Permanent Redirect\r\n") },
    { 400, STR_INIT("HTTP/1.1 400 Bad Request\r\n") },
    { 401, STR_INIT("HTTP/1.1 401 Unauthorized\r\n") },
    { 402, STR_INIT("HTTP/1.1 402 Payment Required\r\n") },
    { 403, STR_INIT("HTTP/1.1 403 Forbidden\r\n") },
    { 404, STR_INIT("HTTP/1.1 404 Not Found\r\n") },
    { 405, STR_INIT("HTTP/1.1 405 Method Not Allowed\r\n") },
    { 406, STR_INIT("HTTP/1.1 406 Not Acceptable\r\n") },
    { 408, STR_INIT("HTTP/1.1 408 Request Timeout\r\n") },
    { 409, STR_INIT("HTTP/1.1 409 Conflict\r\n") },
    { 410, STR_INIT("HTTP/1.1 410 Gone\r\n") },
    { 412, STR_INIT("HTTP/1.1 412 Precondition Failed\r\n") },
    { 413, STR_INIT("HTTP/1.1 413 Content Too Large\r\n") },
    { 414, STR_INIT("HTTP/1.1 414 URI Too Long\r\n") },
    { 415, STR_INIT("HTTP/1.1 415 Unsupported Media Type\r\n") },
    { 417, STR_INIT("HTTP/1.1 417 Expectation Failed\r\n") },
    { 422, STR_INIT("HTTP/1.1 422 Unprocessable Content\r\n") },
    { 429, STR_INIT("HTTP/1.1 429 Too Many Requests\r\n") },
    { 431, STR_INIT("HTTP/1.1 431 Request Header Fields Too Large\r\n") },
    { 500, STR_INIT("HTTP/1.1 500 Internal Server Error\r\n") },
    { 501, STR_INIT("HTTP/1.1 501 Not Implemented\r\n") },
    { 502, STR_INIT("HTTP/1.1 502 Bad Gateway\r\n") },
    { 503, STR_INIT("HTTP/1.1 503 Service Unavailable\r\n") },
    { 504, STR_INIT("HTTP/1.1 504 Gateway Timeout\r\n") },
    { 505, STR_INIT("HTTP/1.1 505 HTTP Version Not Supported\r\n") },
};

static void head_add(struct message *m, size_t *len, str s)
{
    memcpy(m->head + *len, s.p, s.len); /* sizeof m->head holds the longest of all parts together */
    *len += s.len;
}

static void add_number(struct message *m, size_t *len, uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + n % 10);
    while (n /= 10);
    head_add(m, len, (str){ digits + at, sizeof digits - at });
}

static void add_status(struct message *m, size_t *len, int status)
{
    for (size_t i = 0; i < sizeof status_lines / sizeof *status_lines; i++)
        if (status_lines[i].status == status) {
            head_add(m, len, status_lines[i].line);
            return;
        }
    head_add(m, len, STR("HTTP/1.1 "));
    add_number(m, len, (uint64_t)(status >= 100 && status <= 999 ? status : 500));
    head_add(m, len, STR(" \r\n")); /* RFC 9112 §4: the phrase may be empty, its space not */
}

static void add_date(struct message *m, size_t *len)
{
    static _Thread_local struct {
        time_t at;
        char line[48];
        size_t len;
    } cached;
    time_t now = (time_t)(clock_now_us() / US_PER_S);
    if (now != cached.at || cached.len == 0) {
        struct tm tm;
        gmtime_r(&now, &tm);
        cached.len = strftime(cached.line, sizeof cached.line, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
        cached.at = now;
    }
    head_add(m, len, (str){ cached.line, cached.len });
}

/* --- gzip ------------------------------------------------------------------------ */

static str reply_header(const struct http_response *rs, str name)
{
    str rest = buf_str(&rs->headers);
    while (rest.p && rest.len) {
        str value, line = str_cut(rest, '\n', &rest);
        if (str_eq_nocase(str_cut(line, ':', &value), name))
            return str_trim(value);
    }
    return STR_NONE;
}

static bool type_compresses(str type)
{
    static const str prefixes[] = {
        STR_INIT("application/json"), STR_INIT("text/"), STR_INIT("application/javascript"), STR_INIT("image/svg+xml"),
        STR_INIT("application/xml"), STR_INIT("application/samlmetadata+xml"), STR_INIT("application/x-ndjson"),
        STR_INIT("application/manifest+json"),
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (str_starts(type, prefixes[i]))
            return true;
    return false;
}

static bool weight_is_zero(str parameters)
{
    ptrdiff_t at = str_find(parameters, STR("q="));
    if (at < 0)
        return false;
    str q = str_trim(str_sub(parameters, (size_t)at + 2, parameters.len));
    for (size_t i = 0; i < q.len; i++)
        if (q.p[i] != '0' && q.p[i] != '.')
            return false;
    return true;
}

/* RFC 9110 §12.5.3; a named gzip wins over "*". */
static bool accepts_gzip(str accept)
{
    bool any = false;
    for (str rest = accept; rest.p;) {
        str parameters, item = str_cut(rest, ',', &rest);
        str name = str_trim(str_cut(item, ';', &parameters));
        if (str_eq_nocase(name, STR("gzip")))
            return !weight_is_zero(parameters);
        if (str_eq(name, STR("*")))
            any = !weight_is_zero(parameters);
    }
    return any;
}

/* The body to send; packs it when that is asked for and worth it. A handler
 * keeps it as it is by naming a Content-Encoding. */
static str choose_body(struct message *m)
{
    struct http_response *rs = &m->rs;
    str body = buf_str(&rs->body);
    if (rs->file)
        return (str){ rs->file, rs->file_len };
    if (body.len < GZIP_FROM_BYTES || !type_compresses(reply_header(rs, STR("content-type")))
        || reply_header(rs, STR("content-encoding")).p)
        return body;
    if (str_find(reply_header(rs, STR("vary")), STR("Accept-Encoding")) < 0)
        http_header_add(rs, STR("Vary"), STR("Accept-Encoding"));
    if (!accepts_gzip(http_header_get(&m->rq, STR("accept-encoding"))) || !gzip_pack(body, &m->packed))
        return body;
    http_header_add(rs, STR("Content-Encoding"), STR("gzip"));
    return buf_str(&m->packed);
}

/* --- the whole -------------------------------------------------------------------- */

static void out_add(struct message *m, str s)
{
    if (s.len)
        m->out[m->out_count++] = (struct iovec){ .iov_base = (char *)s.p, .iov_len = s.len };
}

static void add_connection(struct conn *c, size_t *len)
{
    struct message *m = c->msg;
    if (m->close_after)
        head_add(m, len, STR("Connection: close\r\n"));
    else if (m->parse.http_1_0)
        head_add(m, len, STR("Connection: keep-alive\r\n"));
}

/* RFC 9110 §8.6: neither 1xx nor 204 have a length, and 304 none of its own. */
static bool status_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static void frame(struct conn *c)
{
    struct message *m = c->msg;
    bool has_body = status_has_body(m->rs.status);
    str body = has_body ? choose_body(m) : STR("");
    size_t len = 0;
    add_status(m, &len, m->rs.status);
    add_date(m, &len);
    add_connection(c, &len);
    if (has_body) {
        head_add(m, &len, STR("Content-Length: "));
        add_number(m, &len, body.len);
        head_add(m, &len, STR("\r\n"));
    }
    out_add(m, (str){ m->head, len });
    out_add(m, buf_str(&m->rs.headers));
    out_add(m, STR("\r\n"));
    if (m->rq.method != HTTP_HEAD)
        out_add(m, body);
}

static void decide_end(struct conn *c, bool refused)
{
    struct message *m = c->msg;
    bool peer_stays = refused || m->parse.keep_alive;
    m->close_after = refused || m->rs.close || !m->parse.keep_alive || atomic_load(&c->server->stopping)
        || atomic_load_explicit(&c->expired, memory_order_relaxed);
    m->linger_after = peer_stays || m->in_at < m->in_len;
}

void respond_refuse(struct conn *c, struct refusal r)
{
    const struct http_config *cfg = &c->server->cfg;
    respond_begin(c->msg);
    c->msg->rs.status = r.status;
    if (cfg->refuse)
        cfg->refuse(cfg->ctx, r.status, r.reason, c->msg->body.limit ? &c->msg->rq : NULL, c->msg->body.limit, &c->msg->rs);
    decide_end(c, true);
    frame(c);
}

void respond_finish(struct conn *c)
{
    struct http_response *rs = &c->msg->rs;
    if (rs->headers.full || rs->body.full) {
        respond_refuse(c, (struct refusal){ 500, STR("reply_bytes") });
        return;
    }
    decide_end(c, false);
    frame(c);
}

void respond_interim(struct message *m)
{
    respond_begin(m);
    out_add(m, STR("HTTP/1.1 100 Continue\r\n\r\n"));
}

/* Take what was written off the front. */
static void advance(struct message *m, size_t len)
{
    m->out_sent += len;
    while (m->out_at < m->out_count && len >= m->out[m->out_at].iov_len)
        len -= m->out[m->out_at++].iov_len;
    if (len) {
        m->out[m->out_at].iov_base = (char *)m->out[m->out_at].iov_base + len;
        m->out[m->out_at].iov_len -= len;
    }
}

enum io respond_write(struct conn *c)
{
    struct message *m = c->msg;
    while (m->out_at < m->out_count) {
        size_t len = 0;
        enum io io = io_write(c, m->out + m->out_at, (int)(m->out_count - m->out_at), &len);
        if (io != IO_OK)
            return io;
        advance(m, len);
        c->turn_bytes += len;
        if (c->turn_bytes > TURN_BYTES_MAX && m->out_at < m->out_count)
            return IO_WANT_WRITE;
    }
    return IO_OK;
}
