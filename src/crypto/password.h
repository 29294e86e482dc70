/* Password hashes. One file a format behind a table of formats; the tenant's
 * own format is bcrypt `$2b$` (AUTH-REFERENCE 19.3: input cut at 72 bytes).
 * These take tens of milliseconds: callers hold a place in the hash lane. */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include "base/result.h"

struct arena;

/* A new hash in crypt(3) text. bcrypt_cost is kept within 4..16. Fails with
 * ERR_BAD_REQUEST for a password that holds a NUL (bcrypt would stop there), else
 * with ERR_CRYPTO only. */
MUST_USE struct result password_hash(struct arena *a, str password, unsigned bcrypt_cost, str *out);
/* Formats: bcrypt $2a$ $2b$ $2y$, argon2, pbkdf2 (PHC text). False too for a
 * malformed hash, at the price of a bcrypt one. */
bool password_verify(str password, str hash);
/* Does it begin as one of these formats do? For hashes that come from outside. */
bool password_hash_is_known(str hash);
/* Spends the time of one verification on a stand-in, for unknown users. */
void password_verify_nobody(str password, unsigned bcrypt_cost);

#endif
