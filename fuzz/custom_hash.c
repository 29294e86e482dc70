/* Users of a bulk import: either faults, or a hash text that is good and finds the way back. */
#include "crypto/password.h"
#include "domain/transfer/exported_hash.h"
#include "domain/transfer/imported_hash.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What came in goes out as a form that is read as the same text. */
static void check_way_back(struct arena *a, str text)
{
    struct json *user = json_object(a);
    str again = STR_NONE;
    if (!exported_hash_add(a, user, text, true) || !imported_hash_read(a, user, json_array(a), &again) || !str_eq(text, again))
        abort();
}

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
        if (good && text.p)
            check_way_back(a, text);
        json_dump(a, faults);
    }
    arena_free(a);
    return 0;
}
