/* Keys of a connection's own (okta, oidc, samlp, adfs …): the pair that signs what we
 * send to the provider, and its predecessor while the provider still knows it. */
#ifndef DOMAIN_CONNECTION_KEYS_H
#define DOMAIN_CONNECTION_KEYS_H

#include "crypto/key.h"
#include "domain/connection.h"

/* A generated key waiting to be stored: made before the transaction (RSA takes ~180 ms). */
struct connection_key_pair {
    str cert_der, private_der; /* private_der in a secret arena */
    str common_name;
};
MUST_USE struct result connection_key_generate(struct arena *a, struct arena *secret, str common_name, int64_t now_us,
                                               struct connection_key_pair *out);

/* Array of the public halves: {kid, cert, pkcs, thumbprint, fingerprint, subject_dn, current, next, …}. */
MUST_USE struct result connection_keys_list(struct tx *tx, const struct connection *c, struct json **out);
/* The pair becomes the next key; made current at once when there is none. *out: its public half. */
MUST_USE struct result connection_keys_add(struct tx *tx, const struct connection *c, const struct connection_key_pair *pair,
                                           struct json **out);
/* The pair becomes the current key at once; the old one is kept as previous. */
MUST_USE struct result connection_keys_rotate(struct tx *tx, const struct connection *c,
                                              const struct connection_key_pair *pair, struct json **out);
MUST_USE struct result connection_keys_drop(struct tx *tx, str connection_id);

#endif
