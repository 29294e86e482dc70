/* Everything that search keeps about a user, as calls: search_index_user writes
 * it row by row, a bulk load may collect it and write it in the tables' order.
 * Tables: user_terms (f, v, id), user_sort_keys (id, keys), search_fields. */
#ifndef SEARCH_INDEX_H
#define SEARCH_INDEX_H

#include "search/search.h"

struct index_sink {
    /* The number of a field, made where there is none: search/catalog.h, or a
     * cache of it. Asked once a user and field. */
    struct result (*field)(void *ctx, str name, int64_t *out_id);
    /* A row of user_terms comes, or goes. key is valid for the call only. */
    struct result (*term)(void *ctx, int64_t field, str key, int64_t user, bool add);
    /* The user's row of user_sort_keys; STR_NONE: it goes. Valid for the call only. */
    struct result (*sort_keys)(void *ctx, int64_t user, str keys);
    void *ctx;
};

/* The difference between two versions of a document; before and after as in
 * search_index_user. */
MUST_USE struct result index_write(const struct index_sink *sink, int64_t user, const struct json *before, const struct json *after);

#endif
