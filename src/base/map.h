/* A hash map from text to pointers, in an arena that also holds copies of the
 * keys. Hashing is keyed per process with a random seed, so that outsiders
 * cannot pick colliding keys. A NULL value is as good as none. Not thread-safe. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

struct map;

struct map *map_new(struct arena *a); /* freed with a */
void *map_get(const struct map *m, str key); /* NULL when absent */
void map_set(struct map *m, str key, void *value);
void *map_remove(struct map *m, str key); /* what was there, or NULL */
size_t map_count(const struct map *m);
/* Walk in no order: start with *at = 0, ends with false. */
bool map_next(const struct map *m, size_t *at, str *out_key, void **out_value);

uint64_t hash_bytes(str s); /* the same keyed hash, for other tables */

#endif
