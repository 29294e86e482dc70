/* Sorting a set of users by one field of theirs. */
#ifndef SEARCH_SORT_H
#define SEARCH_SORT_H

#include "search/sortkeys.h"

struct sorter;

struct sorter *sorter_new(struct arena *a, str field, bool descending); /* goes with a */
void sorter_add(struct sorter *s, int64_t id, const struct json *doc);
/* The same without the document; kind: any but SORT_KEY_ASK. */
void sorter_add_key(struct sorter *s, int64_t id, enum sort_key_kind kind, str key);

/* For users whose cut keys are alike; *out may be NULL, and lives until the next call. */
typedef struct result (*sorter_read)(void *ctx, int64_t id, struct json **out);
/* The ids of the first `until` of all that were added; in order from `from` on,
 * before it nearly. */
MUST_USE struct result sorter_finish(struct sorter *s, size_t from, size_t until, sorter_read read, void *ctx,
                                     const int64_t **out_ids, size_t *out_count);

#endif
