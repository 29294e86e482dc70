/* How many rows the lists of relations and documents have. The database keeps
 * the numbers where the rows change (store/schema-3.sql), so that they are exact
 * after every commit and cost one look-up however long a list is. */
#ifndef DOMAIN_ROW_COUNT_H
#define DOMAIN_ROW_COUNT_H

#include "store/store.h"

/* kind: of the documents or the relation; field and value: as schema-3.sql names them. */
MUST_USE struct result row_count_read(struct tx *tx, str kind, str field, str value, size_t *out);

#endif
