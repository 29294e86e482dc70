/* What decodes encodes to the very same text: no two texts mean the same bytes. */
#include "crypto/hash.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    str text = { (const char *)data, size }, bytes;
    if (base64_decode(a, text, &bytes) && !str_eq(base64_encode(a, bytes), text))
        abort();
    if (base64url_decode(a, text, &bytes) && !str_eq(base64url_encode(a, bytes), text))
        abort();
    if (!base64_decode(a, base64_encode(a, text), &bytes) || !str_eq(bytes, text))
        abort();
    if (!base64url_decode(a, base64url_encode(a, text), &bytes) || !str_eq(bytes, text))
        abort();
    if (!hex_decode(a, hex_encode(a, text), &bytes) || !str_eq(bytes, text))
        abort();
    hex_decode(a, text, &bytes);
    arena_free(a);
    return 0;
}
