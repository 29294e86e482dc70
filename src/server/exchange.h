/* One request on its way through the pipeline (dispatch.c): the wire's side and
 * the handler's side of it. Internal to src/server. */
#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include "server/app.h"

struct app {
    struct store *store;
    struct app_config cfg;
    struct rate_limits *limits;
    struct cidr_list *proxies;
    struct arena *arena; /* holds this */
};

struct exchange {
    struct app *app;
    struct http_request *rq;
    struct http_response *rs;
    struct call call;
    str raw_values[CALL_PARAMS_MAX]; /* path parameters, still encoded */
    struct text_pair *query_pairs;
    size_t query_count;
    enum api api; /* by the path, also where no operation was found */
    struct rate_verdict rate;
};

/* authenticate.c: the credential that the operation asks for → call.caller.
 * Errors: every kind of "who asks" in contract/errors.yaml. */
MUST_USE struct result exchange_authenticate(struct exchange *x);
MUST_USE struct result exchange_authorize(struct exchange *x);
/* Members of the body that the caller's scopes do not open (struct scope_guard). */
MUST_USE struct result exchange_check_guards(struct exchange *x);

/* input.c: bytes → checked values, in the order path, query, body. */
MUST_USE struct result exchange_read_query_pairs(struct exchange *x);
str exchange_query(const struct exchange *x, str name); /* STR_NONE when absent */
MUST_USE struct result exchange_read_input(struct exchange *x);

/* output.c */
void exchange_answer(struct exchange *x, struct result r);
void answer_error(struct http_response *rs, struct arena *a, enum api api, struct result r);
void answer_json(struct http_response *rs, int status, const struct json *body);

/* cors.c */
void cors_add_headers(struct exchange *x);
bool cors_preflight(struct exchange *x); /* true: answered */

/* plain.c: paths that belong to the server itself. True: answered. */
bool plain_answer(struct exchange *x);

/* download.c: exported files. True: answered. */
bool download_answer(struct exchange *x);

/* peers.c */
struct cidr_list *cidr_list_parse(struct arena *a, const char *text); /* NULL: malformed */
/* The end user's address: the peer's, or what a trusted proxy says. */
str exchange_client_ip(const struct exchange *x);

#endif
