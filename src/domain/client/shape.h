/* What a client's document must be beyond its schema: the defaults of its kind,
 * objects completed, members that mirror each other, and rules between members.
 * Sources: recorded answers of the real API. */
#ifndef DOMAIN_CLIENT_SHAPE_H
#define DOMAIN_CLIENT_SHAPE_H

#include "json/json.h"
#include "store/store.h"

/* Lay the defaults of body's app_type under a new client. */
MUST_USE struct result client_shape_fill(struct arena *a, struct json *body);
/* A client of another company that is held to the stricter rules (third_party_security_mode). */
bool client_shape_is_strict(const struct json *body);
/* Every time before it is stored. Errors: ERR_INVALID_BODY. */
MUST_USE struct result client_shape_check(struct tx *tx, const struct json *old, struct json *now);

#endif
