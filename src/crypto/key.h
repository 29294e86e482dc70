/* Signing keys and their certificates. struct sign_key owns an OpenSSL key and
 * is safe to share between threads once made. */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include "base/arena.h"
#include "base/result.h"

struct sign_key; /* RSA 2048 or P-256 private key, ready to sign */

enum key_kind { KEY_RSA2048, KEY_P256 };
MUST_USE struct result sign_key_generate(enum key_kind kind, struct sign_key **out); /* RSA: ~180 ms */
MUST_USE struct result sign_key_from_der(str private_der, struct sign_key **out);
void sign_key_free(struct sign_key *k);
str sign_key_to_der(struct arena *secret, const struct sign_key *k); /* the private key */
str sign_key_public_pem(struct arena *a, const struct sign_key *k);
/* RSA modulus and exponent, big endian, for a JWK. */
void sign_key_rsa_public(struct arena *a, const struct sign_key *k, str *out_n, str *out_e);
MUST_USE struct result sign_key_sign_sha256(const struct sign_key *k, struct arena *a, str data, str *out_signature);

struct cert_request {
    str common_name;
    int64_t not_before_s, not_after_s;
    const str *dns_names;
    size_t dns_name_count;
    const str *ip_addresses; /* text form */
    size_t ip_address_count;
    bool is_ca;
    const struct sign_key *issuer_key; /* NULL: self-signed */
    str issuer_cert_der;
};
/* An X.509 v3 certificate over key, SHA-256. out_der lives in a. */
MUST_USE struct result cert_make(struct arena *a, const struct sign_key *key, const struct cert_request *rq, str *out_der);
str cert_to_pem(struct arena *a, str der);
bool cert_from_pem(struct arena *a, str pem, str *out_der); /* the first certificate in it */
str cert_to_pkcs7_pem(struct arena *a, str der);
str cert_sha1_hex(struct arena *a, str der, char separator); /* upper case pairs; 0 = none */
str cert_subject(struct arena *a, str der); /* "/CN=name", as OpenSSL's old one-line form */
bool cert_public_key_pem(struct arena *a, str cert_pem_or_der, str *out_pem);

#endif
