/* Sorts users by the keys of one field of their documents, just as the rows of
 * the index stand. */
#ifndef SEARCH_SORT_H
#define SEARCH_SORT_H

#include "json/json.h"

struct sorter;
struct sorter *sorter_new(struct arena *a, str field, bool descending);
void sorter_add(struct sorter *s, int64_t id, const struct json *doc);
/* The ids in order; once. */
const int64_t *sorter_finish(struct sorter *s);
size_t sorter_count(const struct sorter *s);

#endif
