/* What --admin-listen shows under /metrics, in Prometheus' text format, and
 * nothing else. Counters are process-wide and never reset. */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include "contract/contract.h"
#include "server/http.h"

/* One answered request: which API, its status, how long it took. */
void metrics_count(enum api api, int status, int64_t took_us);

/* The admin listener's handler (http.h); ctx is not used. */
void metrics_handle(void *ctx, struct http_request *rq, struct http_response *rs);

#endif
