/* Inside src/crypto: what its files share. OpenSSL's types stop here. */
#ifndef CRYPTO_INSIDE_H
#define CRYPTO_INSIDE_H

#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/key.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* Fetched once: looking an algorithm up by name at each use costs more in
 * OpenSSL 3 than hashing a short text. */
const EVP_MD *digest_md(enum digest d);

/* From the system even with --test-ids: for nonces, which must never repeat
 * under one key. */
void random_bytes_real(void *out, size_t len);

/* ERR_CRYPTO with OpenSSL's reason. Empties its error queue: what is left there
 * would make the TLS layer misread its next answer. */
MUST_USE struct result crypto_failed(void);
/* The same for functions that answer with a bool. */
bool crypto_refused(void);

size_t base64url_size(size_t len);
void base64url_put(char *out, str bytes); /* base64url_size(bytes.len) characters */
bool base64_decode_bare(struct arena *a, str text, str *out); /* without padding */

str pem_encode(struct arena *a, const char *label, str der);
/* The first block of that label in text. Only plain base64 inside. */
bool pem_decode(struct arena *a, const char *label, str text, str *out_der);

/* NULL when der is not one certificate and nothing more. */
X509 *x509_read(str der);
/* Of a PUBLIC KEY or else a CERTIFICATE block, or NULL. Not by OpenSSL's own PEM
 * reader: that one asks the terminal for a password when a block says that it
 * is encrypted. */
EVP_PKEY *public_key_read(struct arena *a, str pem);

EVP_PKEY *sign_key_evp(const struct sign_key *k);
/* Takes over pkey, also on failure. */
MUST_USE struct result sign_key_from_evp(EVP_PKEY *pkey, bool is_private, struct sign_key **out);

/* Variables of OpenSSL types that free themselves. */
#define CRYPTO_AUTO(type, free_it)                                                                 \
    static inline void type##_auto(type **at)                                                      \
    {                                                                                              \
        free_it(*at);                                                                              \
    }
#define AUTO(type) __attribute__((cleanup(type##_auto))) type
CRYPTO_AUTO(EVP_PKEY, EVP_PKEY_free)
CRYPTO_AUTO(EVP_MD_CTX, EVP_MD_CTX_free)
CRYPTO_AUTO(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)
CRYPTO_AUTO(X509, X509_free)

#endif
