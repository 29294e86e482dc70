/* Reading the tenant's log: pages, searches and the checkpoint walk, for v2's
 * /logs, a user's log and v1. Writing is domain/log.h. */
#ifndef DOMAIN_LOG_LIST_H
#define DOMAIN_LOG_LIST_H

#include "json/json.h"
#include "search/search.h"
#include "store/store.h"

enum { LOG_SCAN_MAX = 20000 }; /* entries that a search or a sort by another field looks at, the newest */

struct log_query {
    const struct search_node *search; /* NULL: all */
    const str *default_fields;        /* where bare terms of the search look */
    size_t default_field_count;
    str user_id;      /* of one user's log; STR_NONE: all */
    str sort_field;   /* STR_NONE or "date": by time; else a member of the entry */
    bool ascending;
    size_t offset, limit;
    /* out */
    struct json *items; /* array of entries */
    size_t total;     /* all that match; with a search, those among the newest LOG_SCAN_MAX */
    bool more;
};
MUST_USE struct result log_query(struct tx *tx, struct log_query *q);

struct log_walk {
    str from;      /* log_id: entries after it; STR_NONE: from the first. Unknown: after the moment encoded in it, else all */
    size_t take;
    /* out */
    struct json *items; /* oldest first */
    str last_id;        /* of the last item; from when there is none */
};
MUST_USE struct result log_walk(struct tx *tx, struct log_walk *w);

/* Errors: ERR_LOG_NOT_FOUND. */
MUST_USE struct result log_read(struct tx *tx, str log_id, struct json **out);

#endif
