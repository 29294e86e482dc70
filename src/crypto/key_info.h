/* What can be read out of a public key or a certificate that somebody uploads:
 * the names under which it is known, for whom it was made and until when. */
#ifndef CRYPTO_KEY_INFO_H
#define CRYPTO_KEY_INFO_H

#include "base/arena.h"
#include "base/str.h"

enum { PEM_LEN_MAX = 16384, CERT_NAME_PARTS_MAX = 16 };

struct public_key_info {
    str type;       /* "RSA", "EC" or "OKP" as in a JWK */
    unsigned bits;
    str thumbprint; /* RFC 7638, SHA-256, base64url */
    str pem;        /* the key alone, also when a certificate was given */
};
/* pem: a PUBLIC KEY or CERTIFICATE block. False when it is neither, or a key of another kind. */
bool public_key_info_read(struct arena *a, str pem, struct public_key_info *out);

struct cert_info {
    str der, public_key_pem;
    str sha1_hex;         /* lower case */
    str sha256_base64url; /* "x5t#S256" */
    int64_t not_before_s, not_after_s;
    struct cert_name_part {
        str short_name, long_name, value; /* "CN", "commonName", "example.org" */
    } subject[CERT_NAME_PARTS_MAX]; /* in the certificate's order */
    size_t subject_count;
};
/* The first certificate in pem. */
bool cert_info_read(struct arena *a, str pem, struct cert_info *out);

#endif
