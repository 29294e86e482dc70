/* A set of 64-bit hashes that lies in a file without a name, mapped: millions of
 * them cost pages that the system may take back, no memory of the process. */
#ifndef BASE_HASHSET_H
#define BASE_HASHSET_H

#include "base/result.h"

struct hashset;

/* path: a free name; the file is unlinked at once. Errors: ERR_IO. */
MUST_USE struct result hashset_new(const char *path, struct hashset **out);
bool hashset_has(const struct hashset *s, uint64_t hash);
/* Errors: ERR_IO, no room on the disk. */
MUST_USE struct result hashset_add(struct hashset *s, uint64_t hash);
void hashset_free(struct hashset *s); /* takes NULL */

#endif
