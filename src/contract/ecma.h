/* The contract's patterns (ECMA-262), by row. Compiled once, at first use; a
 * match is bounded, so that no pattern can hold a thread (PCRE2's match limit).
 * Nothing of PCRE2 crosses this header. */
#ifndef CONTRACT_ECMA_H
#define CONTRACT_ECMA_H

#include "contract/contract.h"

extern const str ecma_patterns[PATTERN_MAX]; /* row 0 is none */

/* Is there a match anywhere in s (valid UTF-8)? A match that meets the limit
 * counts as none. */
bool ecma_matches(unsigned row, str s);
/* The same for a pattern of the moment, kept in a tenant's settings. False also
 * when it cannot be read as a pattern. */
bool ecma_matches_text(str pattern, str s);

#endif
