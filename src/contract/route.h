/* Which operation a method and a path mean: a trie over path segments,
 * generated from the contract (build/gen/routes.c). */
#ifndef CONTRACT_ROUTE_H
#define CONTRACT_ROUTE_H

#include "contract/contract.h"

enum { ROUTE_VALUES_MAX = 6 };

struct route_node {
    str segment;                        /* raw; empty for a parameter */
    const struct route_node *children;  /* with a fixed segment, sorted bytewise */
    uint16_t child_count;
    const struct route_node *param;     /* any segment that is not empty */
    const struct operation *const *ops; /* that end here */
    uint8_t op_count;
    str allow;                          /* their methods: "GET, HEAD, POST" */
};
/* /api/v2 has its own tree, without that prefix; the other one starts at the host's root. */
extern const struct route_node *const route_tree_v2, *const route_tree_rest;

struct route_match {
    const struct operation *op;   /* NULL: none */
    str values[ROUTE_VALUES_MAX]; /* raw segments in the order of the path; the caller decodes each once */
    str allow;                    /* without op: the methods that the path has; empty: unknown path */
};
/* path: raw, without the query. Fixed segments win over parameters, the method
 * decides between paths that both fit. v1 accepts one trailing slash. */
struct route_match route_find(str method, str path);

#endif
