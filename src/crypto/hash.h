/* Digests and text codings. */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "base/arena.h"
#include "base/str.h"

enum digest { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DIGEST_MAX };
enum { DIGEST_LEN_MAX = 64 };

size_t digest_len(enum digest d);
void digest(enum digest d, str data, unsigned char *out);
void digest_hmac(enum digest d, str key, str data, unsigned char *out);

str hex_encode(struct arena *a, str bytes); /* lower case */
bool hex_decode(struct arena *a, str text, str *out);
str base64_encode(struct arena *a, str bytes);      /* padded */
str base64url_encode(struct arena *a, str bytes);   /* not padded */
bool base64_decode(struct arena *a, str text, str *out);    /* strict: alphabet, padding, zero tail bits */
bool base64url_decode(struct arena *a, str text, str *out); /* strict, padding refused */

#endif
