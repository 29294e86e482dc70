/* A path or a text that should be an address: routes point into the path they
 * were given, and no format reads beyond its text (the copy ends where it ends). */
#include "contract/format.h"
#include "contract/route.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_route(str path)
{
    static const str methods[] = { STR_INIT("GET"), STR_INIT("POST"), STR_INIT("PATCH"), STR_INIT("DELETE"), STR_INIT("X") };
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct route_match m = route_find(methods[i], path);
        for (size_t j = 0; m.op && j < m.op->path_param_count; j++) {
            str v = m.values[j];
            if (v.len == 0 || v.p < path.p || v.p + v.len > path.p + path.len || str_find_char(v, '/') >= 0)
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size ? size : 1);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    str text = { copy, size };
    check_route(text);
    for (unsigned row = 0; format_name(row).p; row++)
        format_ok(row, text);
    free(copy);
    return 0;
}
