/* Patterns with wildcards. The marks are bytes that UTF-8 never holds, so that
 * a star the user escaped is an ordinary byte. */
#ifndef SEARCH_PATTERN_H
#define SEARCH_PATTERN_H

#include "base/buf.h"

#define PATTERN_MANY '\xff' /* any text, also none */
#define PATTERN_ONE '\xfe'  /* one character */

bool pattern_matches(str pattern, str text);
bool pattern_has_marks(str pattern);
/* The text before the first mark. */
str pattern_head(str pattern);
/* Folds what stands between the marks. */
void pattern_fold(struct buf *out, str pattern);

#endif
