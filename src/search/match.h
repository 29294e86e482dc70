/* A query made ready for one kind of document: default fields filled in, terms
 * turned into spans of keys, what can never or must always match folded away. */
#ifndef SEARCH_MATCH_H
#define SEARCH_MATCH_H

#include "search/span.h"

struct plan_leaf;

struct matcher {
    enum node_kind kind;
    struct matcher **kids; /* AND, OR: two or more; NOT: one */
    size_t count;
    /* a leaf's */
    str field;
    bool beneath; /* members of the field count, too (existence) */
    struct span spans[SPANS_MAX];
    size_t span_count;
    /* the plan's own notes (search/finder.h) */
    struct plan_leaf *plan; /* of a leaf */
    bool driving;           /* all candidates are known to match this */
};

/* NULL as query matches all. The matcher lives in a and borrows from q and the
 * fields. */
struct matcher *matcher_new(struct arena *a, const struct search_node *q, const str *default_fields,
                            size_t default_field_count);
/* scratch: two buffers, overwritten. */
bool matcher_test(const struct matcher *m, const struct json *doc, struct buf scratch[2]);

/* For building matchers anew out of simplified parts: folds ALL and NONE away. */
struct matcher *matcher_join(struct arena *a, enum node_kind kind, struct matcher **kids, size_t count);
struct matcher *matcher_not(struct arena *a, struct matcher *kid);
struct matcher *matcher_constant(struct arena *a, bool matches_all);

#endif
