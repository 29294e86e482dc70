/* /api/v2/logs. */
#ifndef API_V2_LOGS_H
#define API_V2_LOGS_H

#include "api/call.h"
#include "domain/log_list.h"

/* An entry as v2 shows it, with the fields that the query asks for. */
struct json *v2_log_show(const struct call *c, const struct json *entry);

struct json *v2_logs_show(const struct call *c, const struct json *entries);
/* sort: "field:1" or "field:-1". */
void v2_logs_read_sort(const struct call *c, struct log_query *q);

#endif
