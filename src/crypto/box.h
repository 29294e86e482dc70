/* Sealing for somebody who is not here: an X25519 key pair (RFC 7748) whose
 * public half closes and whose private half opens. Each file has an ephemeral
 * pair of its own; what both sides derive is a key for seal() (crypto/seal.h):
 *
 *   HKDF-SHA256 (RFC 5869), salt = ephemeral public | receiver's public,
 *   key material = X25519(one's private, the other's public), info = "doorward box v1"
 *
 * Keys are PEM files as `openssl genpkey -algorithm X25519` and `openssl pkey
 * -pubout` write them (RFC 8410). */
#ifndef CRYPTO_BOX_H
#define CRYPTO_BOX_H

#include "base/arena.h"
#include "base/result.h"
#include "crypto/seal.h"

enum { BOX_KEY_LEN = 32 };
struct box_key {
    unsigned char public_half[BOX_KEY_LEN], private_half[BOX_KEY_LEN];
    bool has_private;
};

MUST_USE struct result box_key_make(struct box_key *out);
/* "PRIVATE KEY" or "PUBLIC KEY"; false when it is no X25519 key. */
bool box_key_read(struct arena *a, str pem, struct box_key *out);
bool box_key_from_private(str bytes, struct box_key *out);
str box_key_private_pem(struct arena *secret, const struct box_key *k);
str box_key_public_pem(struct arena *a, const struct box_key *k);
str box_key_name(struct arena *a, const struct box_key *k); /* a fingerprint of the public half */

/* For the writer: a new ephemeral pair. For the reader: the same key again; false when ephemeral is no point. Errors: ERR_CRYPTO. */
MUST_USE struct result box_close(const struct box_key *to, unsigned char out_ephemeral[BOX_KEY_LEN], unsigned char out_key[SEAL_KEY_LEN]);
bool box_open(const struct box_key *own, const unsigned char ephemeral[BOX_KEY_LEN], unsigned char out_key[SEAL_KEY_LEN]);

#endif
