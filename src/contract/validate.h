/* Checks values against the contract's schemas and words what is wrong as the
 * real API does (VALIDATION rules in docs/design.md): every fault is reported, joined by
 * " (also) ". */
#ifndef CONTRACT_VALIDATE_H
#define CONTRACT_VALIDATE_H

#include "contract/contract.h"
#include "json/json.h"

enum validate_place { IN_BODY, IN_PATH, IN_QUERY };

/* Fails with ERR_INVALID_BODY, ERR_INVALID_URI or ERR_INVALID_QUERY; the
 * argument is the whole message. The value is not changed but for loose
 * schemas (v1), where text forms become what they mean. */
MUST_USE struct result validate(struct arena *a, const struct schema *s, struct json *value, enum validate_place place);

/* Query and form texts → typed JSON by their schemas. values: raw, decoded
 * once. Repeated names make lists where the schema says list ("a,b" too). */
struct text_pair {
    str name, value;
};
MUST_USE struct result validate_query(struct arena *a, const struct operation *op, const struct text_pair *pairs, size_t count,
                                      struct json **out);
MUST_USE struct result validate_path(struct arena *a, const struct operation *op, const str *values);
/* A form body (bracket nesting too) as JSON, typed by the schema. */
struct json *form_to_json(struct arena *a, const struct schema *s, const struct text_pair *pairs, size_t count);

/* Lay the schema's defaults under an object; nested objects only where sent. */
void validate_fill_defaults(struct arena *a, const struct schema *s, struct json *object);

/* Debug and test builds: is the reply inside its closed schema? Also refuses
 * any member whose name is on the list of secret names (hash, sealed_key …) at
 * any depth. Fails with ERR_REPLY_OUTSIDE_CONTRACT (argument: where). */
MUST_USE struct result validate_reply(struct arena *a, const struct operation *op, int status, const struct json *reply);

#endif
