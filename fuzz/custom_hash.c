/* Users of a bulk import: either faults, or a hash text that is good. */
#include "crypto/password.h"
#include "domain/imported_hash.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct json *user = NULL, *faults = json_array(a);
    str text = STR_NONE;
    if (json_parse(a, (str){ (const char *)data, size }, &user).kind == ERR_NONE) {
        bool good = imported_hash_read(a, user, faults, &text);
        if (good != (json_count(faults) == 0) || (!good && text.p))
            abort();
        if (good && text.p && password_hash_form(text) != PASSWORD_FORM_GOOD)
            abort();
        json_dump(a, faults);
    }
    arena_free(a);
    return 0;
}
