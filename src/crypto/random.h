/* Random bytes and ids. With --test-ids all of them come from a seeded stream
 * (never in production: the flag prints a warning at start). */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include "base/str.h"

void random_bytes(void *out, size_t len); /* aborts when the system has none */
void random_make_repeatable(uint64_t seed); /* --test-ids */

enum random_alphabet { RANDOM_ALNUM, RANDOM_HEX, RANDOM_DIGITS, RANDOM_BASE64URL };
str random_text(struct arena *a, enum random_alphabet alphabet, size_t len); /* unbiased */
str random_uuid(struct arena *a); /* version 4 */

#endif
