/* Tokens that are refused although they are signed, by their `jti` and their
 * audience: the client of an id_token, what an access token is for, or who got
 * it (its azp). */
#ifndef DOMAIN_BLACKLIST_H
#define DOMAIN_BLACKLIST_H

#include "json/json.h"
#include "store/store.h"

/* Adding twice is adding once. Bumps the tenant's generation. */
MUST_USE struct result blacklist_add(struct tx *tx, str jti, str aud);
/* claims: of a verified token. */
MUST_USE struct result blacklist_has(struct tx *tx, const struct json *claims, bool *out_listed);
/* *out: array of {aud, jti}. aud STR_NONE: all. */
MUST_USE struct result blacklist_list(struct tx *tx, str aud, struct json **out);

#endif
