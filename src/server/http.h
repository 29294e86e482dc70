/* HTTP/1.1 over TCP and TLS: the connection layer's whole face. No type of
 * llhttp or OpenSSL crosses it. Threads share one epoll set with one-shot
 * events; the handler runs where the event arrived and may wait (decision 3).
 * Framing is strict: whatever two parsers could read in two ways is refused
 * and the connection closed (docs/design.md; RFC 9112). */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS, HTTP_METHOD_MAX };
extern const str http_method_names[HTTP_METHOD_MAX];

struct http_header {
    str name, value; /* value trimmed */
};

struct http_request {
    struct arena *arena;
    enum http_method method;
    str target; /* as sent: path, maybe "?" and query; nothing decoded */
    str path, query; /* its two parts; query STR_NONE when there is no "?" */
    str host; /* exactly one Host header, or the target's authority */
    const struct http_header *headers;
    size_t header_count;
    str body;
    str peer_ip;     /* text */
    bool is_tls;
    str client_cert; /* DER, STR_NONE without one */
    str client_cert_error; /* why OpenSSL did not trust it; STR_NONE when trusted */
};
/* The first header of that name, any case; STR_NONE when absent. */
str http_header_get(const struct http_request *rq, str name);

struct http_response {
    int status;          /* preset to 500 */
    struct buf headers;  /* complete lines, CRLF-ended; framing headers are added by the layer */
    struct buf body;     /* gzip, HEAD and Content-Length are the layer's work */
    void *file;          /* mapped; sent in place of body, as it is, and unmapped by the layer. NULL: none */
    size_t file_len;
    bool close;
};
void http_header_add(struct http_response *rs, str name, str value); /* CR, LF and NUL in value are dropped */

struct http_listener {
    str host; /* a name binds every address that it resolves to */
    uint16_t port;
    bool tls;
};

/* What the layer itself must answer (bad framing, a limit): the handler's owner
 * words it. status is the HTTP status, reason a short code for the log, rq the
 * request when its head was read whole (else NULL), body_limit what
 * http_body_limit_fn answered for it. */
typedef void (*http_refuse_fn)(void *ctx, int status, str reason, const struct http_request *rq, size_t body_limit,
                               struct http_response *rs);
/* One whole request. Runs on one of the layer's threads. */
typedef void (*http_handle_fn)(void *ctx, struct http_request *rq, struct http_response *rs);
/* Asked when the header is complete, before the body: how many bytes may it have? */
typedef size_t (*http_body_limit_fn)(void *ctx, const struct http_request *rq);

struct http_config {
    const struct http_listener *listeners;
    size_t listener_count;
    unsigned threads;             /* 0: 64 */
    size_t header_bytes_max;      /* 0: 32 KiB, request line included; 431 (414 for the line alone) */
    size_t header_lines_max;      /* 0: 100 */
    unsigned header_timeout_ms, body_timeout_ms, idle_timeout_ms, write_timeout_ms; /* 0: 10 s, 30 s, 75 s, 30 s */
    const char *tls_cert_file, *tls_key_file; /* PEM */
    /* A certificate for a server name (SNI), DER in a, over the same key; NULL or false: tls_cert_file. Any thread. */
    bool (*tls_named)(void *ctx, struct arena *a, str name, str *out_der);
    void *tls_named_ctx;
    const char *tls_client_ca_file; /* PEM; whom client certificates are trusted from. NULL: nobody */
    const char *spool_dir;          /* bodies above 1 MiB lie here, unlinked. NULL: TMPDIR or /tmp */
    void *ctx;
    http_handle_fn handle;
    http_refuse_fn refuse;
    http_body_limit_fn body_limit;
};

struct http_server;
/* Binds, listens and starts the threads; plain connections are answered while
 * the certificate is still being read. Errors: ERR_LISTEN (address and reason). */
MUST_USE struct result http_server_start(const struct http_config *cfg, struct http_server **out);
uint16_t http_server_port(const struct http_server *s, size_t listener); /* the real one when 0 was asked */
/* Stop accepting, let running requests end, then free all. After grace_ms the
 * sockets are cut; a handler that still runs is waited for all the same. */
void http_server_stop(struct http_server *s, unsigned grace_ms);

/* Called by a handler whose lane had no place to wait (ERR_LANE_FULL,
 * base/lane.h): its answer is thrown away, the thread goes on, and the same
 * request is handled again, from the start, once the lane has room. */
struct lane;
void http_park(struct http_request *rq, struct lane *l);

#endif
