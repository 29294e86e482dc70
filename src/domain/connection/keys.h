/* Keys of a connection's own (okta, oidc): they sign the assertions by which we
 * authenticate to the provider. One is current, one is next, so that the
 * provider can learn it beforehand; after a rotation the old one stays as previous. */
#ifndef DOMAIN_CONNECTION_KEYS_H
#define DOMAIN_CONNECTION_KEYS_H

#include "crypto/key.h"
#include "domain/connection/connection.h"

/* A pair about to be stored; made before the transaction (RSA takes ~180 ms). */
struct connection_key_pair {
    str kid, algorithm, cert, pkcs, fingerprint, thumbprint, subject_dn;
    str private_der; /* in the secret arena */
};
/* algorithm: one of RS256 … PS384 ES256; STR_NONE takes RS256. Errors: ERR_CRYPTO,
 * ERR_INVALID_BODY for an algorithm that we have no keys for. */
MUST_USE struct result connection_key_generate(struct arena *a, struct arena *secret, str connection_name, str algorithm,
                                               int64_t now_us, struct connection_key_pair *out);

/* Does it authenticate by keys (token_endpoint_auth_method private_key_jwt)? options may be NULL. */
bool connection_uses_keys(const struct json *options);

/* Public halves, current first, then previous, then next. Errors: ERR_CONNECTION_WITHOUT_KEYS. */
MUST_USE struct result connection_keys_list(struct tx *tx, const struct connection *c, struct json **out);
/* pairs: current and next. *out: array of the public halves. Errors: ERR_CONNECTION_KEYS_EXIST,
 * ERR_CONNECTION_WITHOUT_KEYS, ERR_CONNECTION_WITHOUT_JWT_AUTH. */
MUST_USE struct result connection_keys_create(struct tx *tx, const struct connection *c,
                                              const struct connection_key_pair pairs[2], struct json **out);
/* Next becomes current, current previous, pair next; an older previous one goes. *out: the new next key.
 * Errors: ERR_CONNECTION_KEY_ROTATION, ERR_CONNECTION_WITHOUT_JWT_AUTH. */
MUST_USE struct result connection_keys_rotate(struct tx *tx, const struct connection *c,
                                              const struct connection_key_pair *pair, struct json **out);
MUST_USE struct result connection_keys_drop(struct tx *tx, str connection_id);

#endif
