/* The searchable values of a document. Arrays do not count as levels, a key may
 * itself hold dots, "email.domain" is derived from the e-mail address. */
#ifndef SEARCH_VISIT_H
#define SEARCH_VISIT_H

#include "json/json.h"

/* Called with scalars only; true ends the visit. */
typedef bool (*visit_value)(void *ctx, const struct json *scalar);
/* The values of one field, with `beneath` those of its members, too. Was the
 * visit ended by its visitor? */
bool visit_field(const struct json *doc, str field, bool beneath, visit_value visit, void *ctx);

/* Every value that the index holds, with its field (valid for the call). */
void visit_all(const struct json *doc, void (*visit)(void *ctx, str field, const struct json *scalar), void *ctx);

#endif
