/* A parsed query, the same for all languages. Nodes are never changed once
 * made, and share their parts. */
#ifndef SEARCH_NODE_H
#define SEARCH_NODE_H

#include "search/search.h"

enum node_kind { NODE_ALL, NODE_NONE, NODE_AND, NODE_OR, NODE_NOT, NODE_LEAF };

enum leaf_op {
    LEAF_EQUALS,  /* text is the whole value, as a text, number, boolean or date period */
    LEAF_STARTS,  /* text starts the value; numbers and booleans are equal to it (API v1) */
    LEAF_PATTERN, /* text is a pattern (search/pattern.h) for the whole value */
    LEAF_RANGE,
    LEAF_EXISTS,
};

struct leaf_bound {
    str text; /* STR_NONE: open */
    bool inclusive;
};

struct leaf {
    enum leaf_op op;
    str field;   /* dotted path; STR_NONE: the default fields */
    bool nocase; /* fold the value whatever the field says (API v1) */
    str text;
    struct leaf_bound low, high;
};

struct search_node {
    enum node_kind kind;
    struct search_node **kids; /* AND, OR: two or more; NOT: one */
    size_t count;
    struct leaf leaf;
};

struct search_node *node_new(struct arena *a, enum node_kind kind);
struct search_node *node_leaf(struct arena *a, struct leaf leaf);
/* x or y may be NULL: then the answer is the other. Neighbours of one kind
 * become one list. kind: NODE_AND or NODE_OR. */
struct search_node *node_join(struct arena *a, enum node_kind kind, struct search_node *x, struct search_node *y);

#endif
