/* The order of results, and the walks that produce a page of them. */
#ifndef SEARCH_ORDER_H
#define SEARCH_ORDER_H

#include "search/finder.h"

/* One page in the making: leaves out the first `skip`, then takes `want`. */
struct page {
    struct arena *a;
    str sort_field; /* STR_NONE: by id */
    bool descending;
    size_t skip, want;
    size_t skipped, count;
    int64_t *ids;
    size_t cap;
    /* order.c's: the sort field's rows that the walk reads, low inside, high outside */
    str low, high;
    bool narrowed; /* the query has nobody beside them */
};

/* Fills the page with users for whom f->query holds. found: the only users that
 * may match, or NULL when the plan knows no small number of them; exact: all of
 * found match. */
MUST_USE struct result order_page(struct finder *f, struct page *p, struct idset *found, bool exact);

#endif
