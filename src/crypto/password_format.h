/* Inside src/crypto: one file and one row in password.c a hash format. */
#ifndef CRYPTO_PASSWORD_FORMAT_H
#define CRYPTO_PASSWORD_FORMAT_H

#include "crypto/inside.h"
#include "crypto/password.h"
#include "crypto/password_text.h"

enum password_answer { PASSWORD_RIGHT, PASSWORD_WRONG, PASSWORD_MALFORMED };

struct password_format {
    str prefix; /* of the hash text */
    bool is_bcrypt;
    /* Texts are at most PASSWORD_TEXT_MAX bytes. */
    enum password_form (*form)(str hash);
    /* PASSWORD_MALFORMED, for whatever is not PASSWORD_FORM_GOOD, comes at once; password.c then spends the time. */
    enum password_answer (*verify)(str password, str hash);
};
const struct password_format *password_format_of(str hash); /* or NULL */

#define PASSWORD_FORMAT(name)                                                                      \
    enum password_form password_##name##_form(str hash);                                           \
    enum password_answer password_##name##_verify(str password, str hash)
PASSWORD_FORMAT(argon2);
PASSWORD_FORMAT(bcrypt);
PASSWORD_FORMAT(digest);
PASSWORD_FORMAT(firebase);
PASSWORD_FORMAT(hmac);
PASSWORD_FORMAT(input);
PASSWORD_FORMAT(ldap);
PASSWORD_FORMAT(pbkdf2);
PASSWORD_FORMAT(scrypt);

enum { BCRYPT_COST_MIN = 4, BCRYPT_COST_MAX = 16, BCRYPT_LEN = 60, BCRYPT_INPUT_MAX = 72, BCRYPT_PREFIX_MAX = 64 };
/* setting: "$2b$10$" and a salt, or a whole hash. False when it is none. The
 * password must hold no NUL within its first 72 bytes. */
bool password_bcrypt(str password, str setting, char out[BCRYPT_LEN + 1]);

/* Where the hash's length is free: a shorter one, cut perhaps, opens to what is merely guessed. */
enum { PASSWORD_BYTES_MIN = 8 };

enum { SCRYPT_LEN_MAX = 512 };
enum password_form scrypt_cost_form(const struct scrypt_cost *c);
bool scrypt_derive(str password, str salt, const struct scrypt_cost *c, unsigned char *out, size_t len);

/* --- what the texts share (password_phc.c) ------------------------------------ */

/* "m=65536" for the name "m=": a positive decimal below 2^31 without leading zeros. */
bool phc_number(str part, str name, int64_t *out);
/* The next of the segments that '$' parts: bytes in base64 without padding. */
bool phc_bytes(struct arena *a, str *rest, str *out);
str phc_base64(struct arena *a, str bytes);
/* Same time for any content; wipes got. */
enum password_answer password_compare(unsigned char *got, size_t got_len, str want);

/* A digest by any name that OpenSSL has for it. What only the legacy provider
 * has (MD4, Whirlpool) lives in a library context of its own, made at first use:
 * loaded into the common one, it would offer such digests to TLS and JWT too. */
struct named_digest {
    EVP_MD *md;
    OSSL_LIB_CTX *home; /* NULL: the common one */
    size_t len;
};
enum password_form named_digest_find(str name, struct named_digest *out);
void named_digest_free(struct named_digest *d);
bool named_digest_hash(const struct named_digest *d, str one, str two, unsigned char out[EVP_MAX_MD_SIZE]);
bool named_digest_hmac(const struct named_digest *d, str key, str data, unsigned char out[EVP_MAX_MD_SIZE]);
bool named_digest_pbkdf2(const struct named_digest *d, str password, str salt, uint64_t rounds, unsigned char *out, size_t len);
#define NAMED_DIGEST __attribute__((cleanup(named_digest_free))) struct named_digest

#endif
