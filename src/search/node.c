#include "search/node.h"

#include <string.h>

struct search_node *node_new(struct arena *a, enum node_kind kind)
{
    struct search_node *n = ARENA_NEW(a, struct search_node);
    n->kind = kind;
    return n;
}

struct search_node *node_leaf(struct arena *a, struct leaf leaf)
{
    struct search_node *n = node_new(a, NODE_LEAF);
    n->leaf = leaf;
    return n;
}

/* n's alternatives when it is a list of that kind, else n itself. */
static struct search_node *const *parts(enum node_kind kind, struct search_node *const *n, size_t *out_count)
{
    bool same = (*n)->kind == kind;
    *out_count = same ? (*n)->count : 1;
    return same ? (*n)->kids : n;
}

struct search_node *node_join(struct arena *a, enum node_kind kind, struct search_node *x, struct search_node *y)
{
    if (!x || !y)
        return x ? x : y;
    size_t left, right;
    struct search_node *const *from_left = parts(kind, &x, &left);
    struct search_node *const *from_right = parts(kind, &y, &right);
    struct search_node *n = node_new(a, kind);
    n->count = left + right;
    n->kids = ARENA_ARRAY(a, struct search_node *, n->count);
    memcpy(n->kids, from_left, left * sizeof *n->kids);
    memcpy(n->kids + left, from_right, right * sizeof *n->kids);
    return n;
}

/* --- building blocks ------------------------------------------------------------- */

struct search_node *search_equals(struct arena *a, str field, str value)
{
    return node_leaf(a, (struct leaf){ .op = LEAF_EQUALS, .field = str_dup(a, field), .text = str_dup(a, value) });
}

struct search_node *search_any(struct arena *a, struct search_node *const *alternatives, size_t count)
{
    if (count == 0)
        return node_new(a, NODE_NONE);
    if (count == 1)
        return alternatives[0];
    struct search_node *n = node_new(a, NODE_OR);
    n->count = count;
    n->kids = arena_copy(a, alternatives, count * sizeof(struct search_node *));
    return n;
}

struct search_node *search_and(struct arena *a, struct search_node *x, struct search_node *y)
{
    return node_join(a, NODE_AND, x, y);
}

struct search_node *search_not(struct arena *a, struct search_node *x)
{
    struct search_node *n = node_new(a, NODE_NOT);
    n->kids = ARENA_ARRAY(a, struct search_node *, 1);
    n->kids[0] = x ? x : node_new(a, NODE_ALL);
    n->count = 1;
    return n;
}
