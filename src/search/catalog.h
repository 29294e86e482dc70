/* Field names to the numbers that stand in user_terms. Well-known fields have
 * fixed ones (search/field.h); for others the table search_fields is asked,
 * which is cheap enough that nothing is kept in memory: a field made by a
 * transaction that fails leaves nothing behind. */
#ifndef SEARCH_CATALOG_H
#define SEARCH_CATALOG_H

#include "store/store.h"

MUST_USE struct result catalog_find(struct tx *tx, str field, int64_t *out_id); /* 0: never seen */
MUST_USE struct result catalog_make(struct tx *tx, str field, int64_t *out_id);
/* The ids of all fields beneath one ("app_metadata"); in a. */
MUST_USE struct result catalog_beneath(struct tx *tx, struct arena *a, str field, int64_t **out, size_t *out_count);

#endif
