/* The index of very many new users, written at their end and in the tables' own
 * order: rows are sorted in pieces of a few MiB, which lie in a file without a
 * name, and merged into user_terms; user_sort_keys are in order as they come.
 * Memory is bounded whatever the number of users. */
#ifndef SEARCH_LOAD_H
#define SEARCH_LOAD_H

#include "search/search.h"

struct index_load;

/* terms_path, keys_path: names that are free; the files are unlinked at once.
 * Errors: ERR_IO. */
MUST_USE struct result index_load_new(const char *terms_path, const char *keys_path, struct index_load **out);
/* The numbers of the fields that the database knows already. */
MUST_USE struct result index_load_fields(struct index_load *l, struct tx *tx);
/* A new user: ids ascending, each once. Any thread, one at a time. Errors:
 * ERR_IO, ERR_BUSY (more fields than a load takes). */
MUST_USE struct result index_load_user(struct index_load *l, int64_t user, const struct json *doc);
/* Writes all. goes_on is asked every few thousand rows; false: it ends early,
 * with ERR_BUSY. */
struct index_load_watch {
    bool (*goes_on)(void *ctx);
    void *ctx;
};
MUST_USE struct result index_load_write(struct index_load *l, struct tx *tx, const struct index_load_watch *watch);
void index_load_free(struct index_load *l); /* takes NULL */

#endif
