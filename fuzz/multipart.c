/* The first line is a Content-Type, the rest a body. Whatever is read lies inside
 * the body, in order. */
#include "contract/multipart.h"

#include "base/arena.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct multipart_part parts[MULTIPART_PARTS_MAX];
    size_t count;
    str body, type = str_cut((str){ (const char *)data, size }, '\n', &body);
    if (!body.p)
        return 0;
    struct arena *a = arena_new(0);
    const char *at = body.p;
    if (multipart_read(a, type, body, parts, &count))
        for (size_t i = 0; i < count; i++) {
            if (parts[i].content.p < at || parts[i].content.p + parts[i].content.len > body.p + body.len || !parts[i].name.p)
                abort();
            at = parts[i].content.p + parts[i].content.len;
        }
    arena_free(a);
    return 0;
}
