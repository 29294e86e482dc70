/* Default options that a tenant keeps for new connections of a strategy, as API
 * v1 has them (V1-REFERENCE 6.8). They may hold secrets, so they are kept sealed. */
#ifndef DOMAIN_CONNECTION_TEMPLATE_H
#define DOMAIN_CONNECTION_TEMPLATE_H

#include "domain/connection/strategy.h"
#include "json/json.h"
#include "store/store.h"

/* {} when there is none. */
MUST_USE struct result connection_template_read(struct tx *tx, const struct strategy *s, struct json **out);
MUST_USE struct result connection_template_set(struct tx *tx, const struct strategy *s, const struct json *options);
MUST_USE struct result connection_template_delete(struct tx *tx, const struct strategy *s); /* absent is no error */

#endif
