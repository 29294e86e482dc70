/* Hash texts: what passes the check is within the limits and verifies without
 * complaint; the cheap ones are also verified. */
#include "crypto/password.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Those that cost microseconds whatever they say. */
static bool is_cheap(str hash)
{
    static const str prefixes[] = { STR_INIT("{"), STR_INIT("$doorward$digest-"), STR_INIT("$doorward$hmac-") };
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (str_starts(hash, prefixes[i]))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str hash = { (const char *)data, size };
    enum password_form form = password_hash_form(hash);
    if (form != PASSWORD_FORM_MALFORMED && size > PASSWORD_TEXT_MAX)
        abort();
    if (password_hash_is_known(hash) != (form == PASSWORD_FORM_GOOD))
        abort();
    password_needs_rehash(hash, 10);
    /* Nobody finds the password of a digest by chance. */
    if (form == PASSWORD_FORM_GOOD && is_cheap(hash) && password_verify(STR("not this one"), hash))
        abort();
    return 0;
}
