/* Hash texts of what other systems keep in several columns. Bytes stand in
 * base64 without padding; DIGEST is OpenSSL's name of one.
 *
 *   $doorward$digest-DIGEST$hash                            one digest of the password
 *   $doorward$hmac-DIGEST$key$hash                          one HMAC of it
 *   $doorward$firebase-scrypt$r=8,m=14$signer$separator$salt$hash
 *   $doorward$input$pw=utf16le,prefix=salt,suffix=salt TEXT (without the blank)
 *
 * The last says what TEXT, any other hash text, was made of: the salt and the
 * password in another encoding. At least one of the three is there; pw is
 * latin1 or utf16le.
 *
 * These write; password_hash_form() then says whether the text is any good. */
#ifndef CRYPTO_PASSWORD_TEXT_H
#define CRYPTO_PASSWORD_TEXT_H

#include "base/str.h"

struct arena;

enum password_encoding { PASSWORD_UTF8, PASSWORD_LATIN1, PASSWORD_UTF16LE, PASSWORD_ENCODING_MAX };

str password_digest_text(struct arena *a, str digest, str hash);
str password_hmac_text(struct arena *a, str digest, str key, str hash);

struct scrypt_cost {
    int64_t log2_n, r, p;
};
str password_scrypt_text(struct arena *a, const struct scrypt_cost *cost, str salt, str hash);

struct firebase_scrypt {
    int64_t rounds, mem_cost;
    str signer_key, separator; /* the project's */
    str salt, hash;            /* the user's */
};
str password_firebase_text(struct arena *a, const struct firebase_scrypt *f);

struct password_input {
    enum password_encoding encoding;
    str prefix, suffix; /* raw salt bytes */
};
/* hash itself when the input is the plain password. */
str password_input_text(struct arena *a, const struct password_input *in, str hash);

#endif
