#include "contract/route.h"

struct search {
    str method;
    struct route_match found;
    unsigned depth;      /* parameters taken so far */
    bool trailing_slash; /* was cut off: only v1 operations may answer */
};

static const struct route_node *child_of(const struct route_node *n, str segment)
{
    size_t low = 0, high = n->child_count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = str_cmp(segment, n->children[mid].segment);
        if (order == 0)
            return &n->children[mid];
        if (order < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

static bool ends_here(struct search *s, const struct route_node *n)
{
    for (size_t i = 0; i < n->op_count; i++) {
        if (s->trailing_slash && n->ops[i]->api != API_V1)
            continue;
        if (s->found.allow.len == 0)
            s->found.allow = n->allow;
        if (str_eq(n->ops[i]->method, s->method)) {
            s->found.op = n->ops[i];
            return true;
        }
    }
    return false;
}

/* rest.p == NULL: the path ends at n. Depth is that of the trie. */
static bool walk(struct search *s, const struct route_node *n, str rest)
{
    if (!rest.p)
        return ends_here(s, n);
    str after, segment = str_cut(rest, '/', &after);
    const struct route_node *fixed = child_of(n, segment);
    if (fixed && walk(s, fixed, after))
        return true;
    if (!n->param || segment.len == 0 || s->depth == ROUTE_VALUES_MAX)
        return false;
    s->found.values[s->depth++] = segment;
    if (walk(s, n->param, after))
        return true;
    s->depth--;
    return false;
}

struct route_match route_find(str method, str path)
{
    static const str v2 = STR_INIT("/api/v2/");
    struct search s = { .method = method };
    if (path.len == 0 || path.p[0] != '/')
        return s.found;
    if (str_starts(path, v2)) {
        walk(&s, route_tree_v2, str_sub(path, v2.len, path.len));
        return s.found;
    }
    if (path.len > 1 && str_ends(path, STR("/"))) {
        s.trailing_slash = true;
        path.len--;
    }
    walk(&s, route_tree_rest, str_sub(path, 1, path.len));
    return s.found;
}
