/* The tenant's signing keys (AUTH-REFERENCE 7.3): current, next and previous,
 * RSA 2048 with a self-signed certificate. Making one takes ~180 ms, so new
 * tenants take them from the store's sealed spare pool, which a background
 * thread fills; who needs a key before it exists waits here. */
#ifndef DOMAIN_SIGNING_KEY_H
#define DOMAIN_SIGNING_KEY_H

#include "crypto/key.h"
#include "store/store.h"

enum { KEY_SET_MAX = 8 };

struct signing_key {
    str kid, state, cert_der;
    struct sign_key *key;
};

/* The keys as of one generation of the tenant; shared, counted, never changed. */
struct key_set {
    struct signing_key keys[KEY_SET_MAX];
    size_t count;
    const struct signing_key *current;
    str jwks; /* the published document */
};

/* Waits for the keys to exist. Give back with key_set_release. Errors:
 * ERR_DATABASE, ERR_CRYPTO, ERR_SEAL_BROKEN. */
MUST_USE struct result key_set_get(struct tenant *t, struct key_set **out);
void key_set_release(struct key_set *s);
/* NULL when no key of that name may verify (unknown or revoked). */
const struct signing_key *key_set_find(const struct key_set *s, str kid);

/* Inside a transaction, for tenants whose keys must exist at once (snapshots of
 * seeds, tests): puts current and next from the given keys. */
MUST_USE struct result signing_keys_insert(struct tx *tx, struct sign_key *current, struct sign_key *next);
/* What somebody wants the tenant to sign with, in PEM; STR_NONE: not given. A
 * certificate alone takes the place of the current key's and must be over it. */
struct signing_key_new {
    str private_key, cert, pkcs7;
};
/* The key becomes the current one; what the last one signed stays valid. With no
 * certificate it gets a self-signed one. Errors: ERR_INVALID_BODY in API v1's
 * words (property signingKey). */
MUST_USE struct result signing_key_replace(struct tx *tx, const struct signing_key_new *n);
/* For signing_key_replace: one row, with this certificate (PEM) or, STR_NONE, one made for it. */
MUST_USE struct result signing_key_insert(struct tx *tx, struct sign_key *key, str state, str cert_pem);
/* The current certificate in PEM and PKCS#7 for client objects; STR_NONE while
 * no key exists yet. */
MUST_USE struct result signing_key_current_cert(struct tx *tx, str *out_pem, str *out_pkcs7);

#endif
