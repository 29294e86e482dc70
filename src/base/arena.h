/* An arena hands out memory that is freed all at once. One a request; handlers
 * allocate from it and free nothing. Out of memory aborts (docs/design.md,
 * decision 13), so no caller checks. Not thread-safe: one user at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(size_t first_block); /* bytes; 0 takes the default */
void arena_free(struct arena *a);            /* takes NULL; runs the dispose hooks, newest first */
void arena_clear(struct arena *a);           /* as arena_free, but keeps the first block for reuse */

void *arena_alloc(struct arena *a, size_t size); /* zeroed, aligned for any type */
void *arena_raw(struct arena *a, size_t size);   /* not zeroed, byte-aligned: for text */
void *arena_copy(struct arena *a, const void *from, size_t size);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_array((a), sizeof(type), (n)))
void *arena_array(struct arena *a, size_t size, size_t count); /* aborts on overflow */

/* A foreign handle that must go when the arena goes. */
void arena_on_free(struct arena *a, void (*dispose)(void *), void *handle);

/* An arena whose memory is wiped before it goes back: for keys and passwords. */
struct arena *arena_new_secret(size_t first_block);

size_t arena_used(const struct arena *a);

#endif
