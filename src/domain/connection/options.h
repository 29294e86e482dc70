/* The options of a connection: what must hold beyond the schema, and what the
 * server adds to them. Sources: recorded answers of the real API. */
#ifndef DOMAIN_CONNECTION_OPTIONS_H
#define DOMAIN_CONNECTION_OPTIONS_H

#include "domain/connection/strategy.h"
#include "json/json.h"
#include "store/store.h"

/* Errors: ERR_INVALID_BODY. */
MUST_USE struct result connection_options_check(const struct strategy *s, const struct json *options);
/* options: taken over. is_new: a new connection; else they replace older ones
 * and only some of the defaults come back. */
MUST_USE struct result connection_options_fill(struct tx *tx, const struct strategy *s, struct json *options, bool is_new);

#endif
