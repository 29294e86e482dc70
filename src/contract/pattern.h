/* The contract's patterns (ECMA-262), by row. Compiled once, at first use; a
 * match is bounded, so that no pattern can hold a thread (PCRE2's match limit).
 * Nothing of PCRE2 crosses this header. */
#ifndef CONTRACT_PATTERN_H
#define CONTRACT_PATTERN_H

#include "contract/contract.h"

extern const str pattern_texts[PATTERN_MAX]; /* row 0 is none */

/* Is there a match anywhere in s (valid UTF-8)? A match that hits the limit
 * counts as none. */
bool pattern_matches(unsigned row, str s);
/* The same for a text of the moment: a pattern kept in a tenant's settings.
 * False also when the pattern itself cannot be read. */
bool pattern_matches_text(str pattern, str s);

#endif
