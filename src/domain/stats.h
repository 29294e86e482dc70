/* Statistics. Days are counted where their log entries are written, so that
 * they stay when the log's retention takes the entries. */
#ifndef DOMAIN_STATS_H
#define DOMAIN_STATS_H

#include "json/json.h"
#include "store/store.h"

/* A log entry of that type is written: does a day count it? */
MUST_USE struct result stats_count(struct tx *tx, str log_type);
/* from, to: YYYYMMDD, both ends included; STR_NONE: 30 days ago, today. *out: array of {date, logins, signups,
 * leaked_passwords, created_at, updated_at}, days without any event left out. Errors: ERR_INVALID_QUERY. */
MUST_USE struct result stats_daily(struct tx *tx, str from, str to, struct json **out);
/* Users who logged in within 30 days. */
MUST_USE struct result stats_active_users(struct tx *tx, size_t *out);

#endif
