/* What a handler gets: a checked request and an arena. It calls the domain and
 * answers with call_reply, or returns an error kind. Everything around it
 * (tenant, token, scopes, validation, paging parameters, transaction, log
 * entry, reply check, rate limit) is the dispatcher's and already true.
 *
 * Handlers run inside the transaction that the contract names (c->tx; NULL for
 * tx: none). A write handler may run more than once: it must not do anything
 * that a second run would double outside of c->tx. */
#ifndef API_CALL_H
#define API_CALL_H

#include "contract/contract.h"
#include "contract/multipart.h"
#include "domain/caller.h"
#include "domain/log.h"
#include "json/json.h"

enum { CALL_PARAMS_MAX = 6 };

struct call {
    struct arena *arena;
    struct tenant *tenant;
    const struct operation *op;
    struct tx *tx;
    int64_t now_us;
    struct caller caller;
    struct actor actor;
    str path_values[CALL_PARAMS_MAX]; /* decoded, in the order of the path */
    struct json *query; /* typed object; only what was sent, and defaults */
    struct json *body;  /* validated object (NULL when the operation takes none) */
    str raw_body;
    const struct multipart_part *parts; /* of a multipart body; its fields are in `body` too */
    size_t part_count;
    str authorization;  /* the header, for client authentication at the token endpoint */
    str client_cert;    /* DER or STR_NONE */
    str path, raw_query, host; /* for Link headers and log entries */
    bool is_tls;
    bool real_limits;   /* a named rate-limit profile copies the real service, its paging rules too */
    void *prepared;     /* what the operation's prepare function left */

    /* the answer */
    int status;
    struct json *reply; /* NULL: empty, or text */
    str text;           /* a text answer when reply is NULL; p == NULL: empty */
    bool text_is_json;  /* it is the reply, written already */
    struct text_header {
        str name, value;
    } headers[8];
    size_t header_count;
    const struct log_entry *log_entry; /* in place of the default one */
};

typedef struct result (*handler_fn)(struct call *c);

str call_param(const struct call *c, const char *name); /* path parameter */
/* Query values: absent gives STR_NONE, otherwise, false. */
str call_query_text(const struct call *c, const char *name);
int64_t call_query_int(const struct call *c, const char *name, int64_t otherwise);
bool call_query_true(const struct call *c, const char *name);
/* A list of texts (or one text); answers how many. In c->arena. */
size_t call_query_texts(const struct call *c, const char *name, const str **out);

/* Always OK: `return call_reply(c, 201, body);` */
struct result call_reply(struct call *c, int status, struct json *reply);
struct result call_reply_text(struct call *c, int status, str text);
struct result call_reply_empty(struct call *c, int status);
/* The reply as text, for a document that goes out as it is kept. */
struct result call_reply_written(struct call *c, int status, str json);
void call_header(struct call *c, str name, str value); /* both in the arena or static */

/* --- paging --------------------------------------------------------------- */
struct call_page {
    bool checkpoint, totals, all; /* all: nothing was asked and the list is small by contract */
    size_t page, per_page, offset, limit;
    int64_t after_seq; /* of a checkpoint */
};
/* Errors: ERR_INVALID_QUERY for a `from` that we never gave. */
MUST_USE struct result call_get_page(const struct call *c, struct call_page *out);
/* items: JSON array of at most limit. total counts all; last_seq is the
 * checkpoint of the last item, more tells whether something follows. Answers
 * 200 in the form that the query asked for, with Link headers on bare arrays. */
struct result call_reply_page(struct call *c, const struct call_page *p, struct json *items, size_t total, int64_t last_seq,
                              bool more);
/* fields and include_fields of the query, applied to an object. */
struct json *call_pick_fields(const struct call *c, struct json *object);

#endif
