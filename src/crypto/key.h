/* Signing keys and their certificates. struct sign_key owns an OpenSSL key and
 * is safe to share between threads once made. */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include "base/arena.h"
#include "base/result.h"

struct sign_key; /* an RSA (2048 to 8192 bits) or P-256 key, ready to sign or to verify */

enum key_kind { KEY_RSA2048, KEY_P256 };
MUST_USE struct result sign_key_generate(enum key_kind kind, struct sign_key **out); /* RSA: ~180 ms */
/* PKCS#8 or the older forms (PKCS#1, SEC 1). Fails with ERR_CRYPTO also for other
 * kinds and sizes of keys. */
MUST_USE struct result sign_key_from_der(str private_der, struct sign_key **out);
/* "PRIVATE KEY", "RSA PRIVATE KEY" or "EC PRIVATE KEY", not encrypted; text is
 * from outside. Errors as above. */
MUST_USE struct result sign_key_from_private_pem(str text, struct sign_key **out);
/* A key that verifies only: "PUBLIC KEY" or "CERTIFICATE". text is from outside. */
MUST_USE struct result sign_key_from_public_pem(str text, struct sign_key **out);
void sign_key_free(struct sign_key *k); /* takes NULL */
enum key_kind sign_key_kind(const struct sign_key *k); /* KEY_RSA2048 for any RSA key */
str sign_key_to_der(struct arena *secret, const struct sign_key *k); /* the private key, PKCS#8 */
str sign_key_public_pem(struct arena *a, const struct sign_key *k);
/* The private key as PEM: "PRIVATE KEY" (RFC 7468 §10). Read are also the older
 * labels of sign_key_from_der's forms; what stands around the block is passed
 * over. Errors: ERR_CRYPTO. */
str sign_key_to_pem(struct arena *secret, const struct sign_key *k);
MUST_USE struct result sign_key_from_pem(str text, struct sign_key **out);
/* RSA modulus and exponent, big endian, for a JWK. */
void sign_key_rsa_public(struct arena *a, const struct sign_key *k, str *out_n, str *out_e);
/* The point of a P-256 key, 32 bytes each, for a JWK. */
void sign_key_ec_public(struct arena *a, const struct sign_key *k, str *out_x, str *out_y);

enum { SIGNATURE_LEN_MAX = 1024 };
size_t sign_key_signature_len(const struct sign_key *k);
/* How a key signs. P-256 keys know the first only. */
enum sign_scheme {
    SIGN_SHA256,     /* RSA: PKCS#1 v1.5; P-256: r and s, 32 bytes each (RFC 7518 §3.4) */
    SIGN_SHA512,     /* RSA, PKCS#1 v1.5 */
    SIGN_PSS_SHA256, /* RSA-PSS, salt as long as the digest (RFC 7518 §3.5) */
    SIGN_SCHEME_MAX
};
/* out has room for sign_key_signature_len bytes. Errors: ERR_CRYPTO. */
MUST_USE struct result sign_key_sign_into(const struct sign_key *k, enum sign_scheme scheme, str data, unsigned char *out);
bool sign_key_verify(const struct sign_key *k, enum sign_scheme scheme, str data, str signature);
/* SIGN_SHA256, with the signature in a. */
MUST_USE struct result sign_key_sign_sha256(const struct sign_key *k, struct arena *a, str data, str *out_signature);
bool sign_key_verify_sha256(const struct sign_key *k, str data, str signature);

struct cert_request {
    str common_name; /* cut at 64 bytes, what X.520 allows */
    int64_t not_before_s, not_after_s;
    const str *dns_names;
    size_t dns_name_count;
    const str *ip_addresses; /* text form */
    size_t ip_address_count;
    bool is_ca;
    const struct sign_key *issuer_key; /* NULL: self-signed */
    str issuer_cert_der;
};
/* An X.509 v3 certificate over key, SHA-256. out_der lives in a. With names or
 * addresses and not is_ca it is one for TLS servers. */
MUST_USE struct result cert_make(struct arena *a, const struct sign_key *key, const struct cert_request *rq, str *out_der);

/* What takes der answers STR_NONE or false when it is no certificate; only
 * cert_to_pem, cert_to_crlf_pem and cert_sha1_hex take any bytes. */
str cert_to_pem(struct arena *a, str der);
str cert_to_crlf_pem(struct arena *a, str der); /* as the API shows it; so is PKCS#7 */
bool cert_from_pem(struct arena *a, str pem, str *out_der); /* the first certificate in it */
str cert_to_pkcs7_pem(struct arena *a, str der);
bool cert_from_pkcs7_pem(struct arena *a, str pem, str *out_der); /* the first certificate in it */
str cert_sha1_hex(struct arena *a, str der, char separator); /* upper case pairs; 0 = none */
str cert_subject(struct arena *a, str der); /* "/CN=name", as OpenSSL's old one-line form */
bool cert_public_key_pem(struct arena *a, str cert_pem_or_der, str *out_pem);
bool cert_validity(str der, int64_t *out_not_before_s, int64_t *out_not_after_s);

#endif
