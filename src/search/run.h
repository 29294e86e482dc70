/* Sorting more rows than memory holds: pieces ("runs") are sorted in memory and
 * written to a file without a name, one behind the other, then read side by
 * side. A few MiB each way, however many rows. */
#ifndef SEARCH_RUN_H
#define SEARCH_RUN_H

#include "base/arena.h"
#include "base/result.h"

/* Order: field, key as bytes, user. */
struct run_row {
    int64_t field; /* below 2^31 */
    str key;       /* at most RUN_KEY_MAX bytes */
    int64_t user;
};
enum { RUN_KEY_MAX = 4096 };

struct run_file;
/* A new file, unlinked at once. run_bytes: of memory for the rows of one run.
 * Errors: ERR_IO. */
MUST_USE struct result run_file_new(const char *path, size_t run_bytes, struct run_file **out);
MUST_USE struct result run_file_add(struct run_file *f, const struct run_row *row);
void run_file_free(struct run_file *f); /* takes NULL */

/* All rows in order, once; nothing can be added any more. */
struct run_merge;
MUST_USE struct result run_merge_new(struct run_file *f, struct run_merge **out);
/* out->key is valid until the next call. */
MUST_USE struct result run_merge_next(struct run_merge *m, struct run_row *out, bool *out_found);
void run_merge_free(struct run_merge *m);

#endif
