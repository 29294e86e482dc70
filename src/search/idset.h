/* Sets of user ids as bits, so that whole queries can be answered by set algebra
 * on the index. A set may be a complement: then the bits tell who is not in it. */
#ifndef SEARCH_IDSET_H
#define SEARCH_IDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idset {
    uint64_t *words;
    size_t word_count;
    bool complement;
    struct idset *next; /* the owner's, for lists */
};

enum { IDSET_ID_MAX = 1 << 29 }; /* 64 MiB a set */

struct idset *idset_new(int64_t id_max); /* empty; ids from 0 to id_max */
void idset_free(struct idset *s);        /* takes NULL */
void idset_clear(struct idset *s);
void idset_add(struct idset *s, int64_t id); /* not to a complement; ids that do not fit are left out */
void idset_remove(struct idset *s, int64_t id);
bool idset_has(const struct idset *s, int64_t id);
size_t idset_bits(const struct idset *s); /* how many bits are set */
/* into |= other and into &= other, complements included. */
void idset_or(struct idset *into, const struct idset *other);
void idset_and(struct idset *into, const struct idset *other);
/* The set bit next to `at` upwards or downwards, at itself included; -1: none. */
int64_t idset_next(const struct idset *s, int64_t at, bool downwards);

#endif
