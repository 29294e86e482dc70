/* From bytes to a checked request, without sockets: llhttp finds the parts,
 * strict.c refuses what it lets through. The only header with llhttp's types;
 * for src/server and its tests. */
#ifndef SERVER_PARSE_H
#define SERVER_PARSE_H

#include "server/http.h"

/* llhttp calls its methods what http.h calls ours. */
#define HTTP_GET LLHTTP_NAME_GET
#define HTTP_HEAD LLHTTP_NAME_HEAD
#define HTTP_POST LLHTTP_NAME_POST
#define HTTP_PUT LLHTTP_NAME_PUT
#define HTTP_PATCH LLHTTP_NAME_PATCH
#define HTTP_DELETE LLHTTP_NAME_DELETE
#define HTTP_OPTIONS LLHTTP_NAME_OPTIONS
#include <llhttp.h>
#undef HTTP_GET
#undef HTTP_HEAD
#undef HTTP_POST
#undef HTTP_PUT
#undef HTTP_PATCH
#undef HTTP_DELETE
#undef HTTP_OPTIONS

#if !LLHTTP_STRICT_MODE
#error "llhttp must be built strict: fetch it with tools/fetch-llhttp.sh"
#endif

/* Why a request is not taken; status 0: it is. reason is static. */
struct refusal {
    int status;
    str reason;
};

struct parse_limits {
    size_t header_bytes; /* the whole head, request line included */
    size_t header_lines;
};

/* Takes a piece of the body. False: it would be longer than allowed. */
typedef bool (*parse_body_fn)(void *ctx, str piece);

enum parse_stage {
    PARSE_HEAD,    /* the head is not whole: feed more */
    PARSE_HEADED,  /* it just became whole and holds; the body, if any, comes next */
    PARSE_BODY,    /* feed more */
    PARSE_DONE,    /* the request ends before the unused bytes */
    PARSE_REFUSED, /* see refusal; the connection must be closed */
};

struct parse {
    llhttp_t ll;
    enum parse_stage stage;
    const struct parse_limits *limits;
    struct http_request *rq;     /* filled while the head is read */
    struct http_header *headers; /* room for limits->header_lines */
    parse_body_fn take_body;
    void *take_ctx;
    const char *head; /* its first byte */
    size_t head_len;
    bool line_done;   /* the request line is over */
    bool in_value;    /* the last span belonged to a value */
    bool keep_alive, http_1_0, chunked, expect_continue;
    uint64_t content_length;
    uint64_t body_wire, body_len; /* bytes of the body as sent, and without chunk framing */
    struct refusal refusal;
};

/* Make ready for the next request. limits, headers and rq outlive p. rq keeps
 * what p does not set (arena, body, peer). */
void parse_begin(struct parse *p, const struct parse_limits *limits, struct http_request *rq, struct http_header *headers);

/* Feed what has come. Until PARSE_HEADED every call's data must follow the last
 * call's in one piece of memory, which the request then points into; after it
 * the memory of the head must stay and data may be anywhere. At PARSE_HEADED
 * call again with the unused bytes (maybe none). */
enum parse_stage parse_feed(struct parse *p, str data, size_t *out_used);

/* --- strict.c ------------------------------------------------------------------ */

/* The lines of a whole head: CRLF everywhere, no folding, no space before the
 * colon, no control character (RFC 9112 §2.2, §5.1, §5.2). */
struct refusal strict_lines(str head);
/* For a request line whose version cannot be taken: 505 when it is another HTTP,
 * 400 when it is none. */
struct refusal strict_version(str line);
/* The fields that frame a message or pick the tenant: Host, Content-Length,
 * Transfer-Encoding, Expect and the form of the target. Fills path, query and
 * host of rq and shortens an absolute target to path and query. */
struct refusal strict_request(struct http_request *rq, bool http_1_0);

#endif
