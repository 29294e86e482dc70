/* Password hashes. One file a format behind a table of formats; the tenant's
 * own format is bcrypt `$2b$` (AUTH-REFERENCE 19.3: input cut at 72 bytes).
 * These take tens of milliseconds: callers hold a place in the hash lane.
 *
 * A hash is one text that says all that its verification needs:
 *
 *   $2a$ $2b$ $2y$          bcrypt
 *   $argon2{d,i,id}$…       PHC
 *   $pbkdf2-DIGEST$i=,l=$…  PHC; any digest that OpenSSL has
 *   $scrypt$ln=,r=,p=$…     PHC
 *   {SSHA}… {MD5}…          RFC 2307 (never {CRYPT})
 *   $doorward$…             ours, where there is no such text: password_text.h
 *
 * A hash may come from outside (import), so each format limits what one
 * verification costs; beyond it a text is PASSWORD_FORM_TOO_COSTLY:
 *
 *   bcrypt    cost 4..16
 *   argon2    256 MiB, 32 passes, 16 lanes, MiB × passes at most 2048
 *   pbkdf2    5,000,000 rounds × blocks of output, 512 bytes
 *   scrypt    256 MiB and 16 MiB for p, N × r × p at most 2^22, 512 bytes
 *   firebase  mem_cost 1..14, rounds 1..8 (as Firebase itself)
 */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include "base/result.h"

struct arena;

enum { PASSWORD_TEXT_MAX = 4096 };

/* A new hash in crypt(3) text. bcrypt_cost is kept within 4..16. Fails with
 * ERR_BAD_REQUEST for a password that holds a NUL (bcrypt would stop there), else
 * with ERR_CRYPTO only. */
MUST_USE struct result password_hash(struct arena *a, str password, unsigned bcrypt_cost, str *out);
/* A wrong password and a malformed hash cost a bcrypt hash of cost 10 at least,
 * so that a cheap format does not tell that the user exists. */
bool password_verify(str password, str hash);
/* Spends the time of one verification on a stand-in, for unknown users. */
void password_verify_nobody(str password, unsigned bcrypt_cost);
/* Should a login that verified this hash store a new one? True but for bcrypt of
 * that cost or more. */
bool password_needs_rehash(str hash, unsigned bcrypt_cost);

/* For hashes that come from outside: could password_verify answer true? Does not
 * hash. */
enum password_form {
    PASSWORD_FORM_GOOD,
    PASSWORD_FORM_MALFORMED,
    PASSWORD_FORM_TOO_COSTLY,
    PASSWORD_FORM_NO_PROVIDER, /* MD4 or Whirlpool without OpenSSL's legacy provider */
};
enum password_form password_hash_form(str hash);
bool password_hash_is_known(str hash); /* PASSWORD_FORM_GOOD */

#endif
