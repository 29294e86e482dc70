/* The product behind the connection layer: every request's way through
 * tenant, route, credential, rate limit, checks, transaction and answer. */
#ifndef SERVER_APP_H
#define SERVER_APP_H

#include "api/call.h"
#include "server/http.h"
#include "server/ratelimit.h"
#include "store/store.h"

struct app_config {
    const char *rate_limits;     /* profile name, file, or "off" */
    const char *trusted_proxies; /* CIDR list, may be empty */
    int64_t import_max_bytes;    /* of a whole upload */
    bool test_clock, test_snapshots;
};

struct app;
/* Errors: ERR_USAGE for a bad rate limit profile or CIDR. */
MUST_USE struct result app_new(struct store *s, const struct app_config *cfg, struct app **out);
void app_free(struct app *a);

/* Whose words an answer on this path has. */
enum api api_of_path(str path);

/* What http.h calls. ctx is the struct app. */
void app_handle(void *ctx, struct http_request *rq, struct http_response *rs);
void app_refuse(void *ctx, int status, str reason, const struct http_request *rq, size_t body_limit, struct http_response *rs);
size_t app_body_limit(void *ctx, const struct http_request *rq);

enum { BODY_BYTES_MAX = 1 << 20 };

#endif
