/* Inside src/json: what its files share. */
#ifndef JSON_INSIDE_H
#define JSON_INSIDE_H

#include "json/json.h"

/* Give the empty object o the members from[0..count). With maybe_twice false
 * the caller knows that up to JSON_SMALL_MAX keys all differ. */
void json_object_fill(struct arena *a, struct json *o, const struct json_member *from, uint32_t count,
                      bool maybe_twice);

/* Objects with room for more members than this carry a hash index. */
enum { JSON_SMALL_MAX = 16 };

/* Number lexemes by value. */
bool json_number_equal(str a, str b);
bool json_number_to_int(str lexeme, int64_t *out);

#endif
