/* Relations between two things, kept as rows that are found from both sides
 * (enabled clients of a connection, members of an organization), never as
 * arrays to scan. What happens when one side goes is written once in the table
 * of relation.c. */
#ifndef DOMAIN_RELATION_H
#define DOMAIN_RELATION_H

#include "json/json.h"
#include "store/store.h"

enum relation { RELATION_CONNECTION_CLIENT, RELATION_MAX }; /* (connection id, client id) */

struct relation_row {
    int64_t seq;
    str a, b;
    struct json *body; /* what the relation itself carries */
};

/* Already there: changes the body only; *out_added tells. */
MUST_USE struct result relation_add(struct tx *tx, enum relation r, str a, str b, const struct json *body, bool *out_added);
MUST_USE struct result relation_remove(struct tx *tx, enum relation r, str a, str b, bool *out_removed);
MUST_USE struct result relation_has(struct tx *tx, enum relation r, str a, str b, bool *out_has);
/* Rows of one side in order of creation, after a checkpoint; limit 0: all. */
MUST_USE struct result relation_list_by_a(struct tx *tx, enum relation r, str a, int64_t after_seq, size_t limit,
                                          struct relation_row **out, size_t *out_count);
MUST_USE struct result relation_list_by_b(struct tx *tx, enum relation r, str b, int64_t after_seq, size_t limit,
                                          struct relation_row **out, size_t *out_count);
/* A thing goes: every row with it on that side goes too. */
MUST_USE struct result relation_drop_a(struct tx *tx, enum relation r, str a);
MUST_USE struct result relation_drop_b(struct tx *tx, enum relation r, str b);

#endif
