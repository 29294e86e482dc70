/* Whatever parses is written as text that parses to an equal value, and is then
 * written as the very same text. */
#include "json/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct json *first, *second;
    if (json_parse(a, (str){ (const char *)data, size }, &first).kind == ERR_NONE) {
        str text = json_dump(a, first);
        if (json_parse(a, text, &second).kind != ERR_NONE || !json_equal(first, second))
            abort();
        if (!str_utf8_valid(text) || !str_eq(json_dump(a, json_copy(a, second)), text))
            abort();
        int64_t n;
        json_to_int(first, &n);
        json_to_double(first);
    }
    arena_free(a);
    return 0;
}
