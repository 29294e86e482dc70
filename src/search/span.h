/* What a term means for the keys of one field: the ranges of keys that it
 * takes. Documents and index are asked with the same spans, so that they
 * cannot disagree. */
#ifndef SEARCH_SPAN_H
#define SEARCH_SPAN_H

#include "search/node.h"

enum { SPANS_MAX = 3 };

struct span {
    str low, high; /* whole keys: from low (inside) to high (outside) */
    bool point;    /* low is the only key */
    str pattern;   /* STR_NONE, or what the texts must also match … */
    bool fold;     /* … after they were folded */
};

/* The spans of leaf on this field, none where nothing can match; made in a. */
size_t span_make(struct arena *a, const struct leaf *leaf, str field, struct span out[SPANS_MAX]);
/* scratch: any buffer, overwritten. key: not cut. */
bool span_has(const struct span *s, str key, struct buf *scratch);

#endif
