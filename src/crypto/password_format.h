/* Inside src/crypto: one file and one row in password.c a hash format. */
#ifndef CRYPTO_PASSWORD_FORMAT_H
#define CRYPTO_PASSWORD_FORMAT_H

#include "base/str.h"

enum password_answer { PASSWORD_RIGHT, PASSWORD_WRONG, PASSWORD_MALFORMED };

struct password_format {
    str prefix; /* of the hash text */
    /* PASSWORD_MALFORMED comes at once; password.c then spends the time. A hash
     * may come from outside (import), so each format limits its own cost. */
    enum password_answer (*verify)(str password, str hash);
};

enum password_answer password_bcrypt_verify(str password, str hash);
enum password_answer password_argon2_verify(str password, str hash);
enum password_answer password_pbkdf2_verify(str password, str hash);

enum { BCRYPT_COST_MIN = 4, BCRYPT_COST_MAX = 16, BCRYPT_LEN = 60, BCRYPT_INPUT_MAX = 72 };
/* setting: "$2b$10$" and a salt, or a whole hash. False when it is none. The
 * password must hold no NUL within its first 72 bytes. */
bool password_bcrypt(str password, str setting, char out[BCRYPT_LEN + 1]);

#endif
