/* Reading text as what a schema means: query strings, forms, and v1's lenient
 * types. Inside src/contract. */
#ifndef CONTRACT_LOOSE_H
#define CONTRACT_LOOSE_H

#include "contract/contract.h"
#include "json/json.h"

/* Text as the schema's type where it reads as that, else as a string. */
struct json *text_to_value(struct arena *a, const struct schema *s, str text);
/* SCHEMA_LOOSE and SCHEMA_CLAMP: changes the value in place. */
void loosen(struct arena *a, const struct schema *s, struct json *v);
/* SCHEMA_EMPTY_ABSENT and the value is an empty text. */
bool counts_as_absent(const struct schema *s, const struct json *v);

#endif
