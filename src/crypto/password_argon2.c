/* Argon2 in PHC text, for imported users: $argon2id$v=19$m=65536,t=3,p=4$salt$hash */
#include "crypto/password_format.h"

#include <argon2.h>
#include <string.h>

enum { MEMORY_KIB_MAX = 256 * 1024, PASSES_MAX = 32, LANES_MAX = 16 };
enum { KIB_PASSES_MAX = 2048 * 1024 }; /* memory × passes: about two seconds */
enum { BYTES_MAX = 512 };              /* of salt and of hash */

static enum password_form cost_form(str part)
{
    int64_t m, t, p;
    if (!phc_number(str_cut(part, ',', &part), STR("m="), &m) || !phc_number(str_cut(part, ',', &part), STR("t="), &t) ||
        !phc_number(part, STR("p="), &p) || m < 8 * p)
        return PASSWORD_FORM_MALFORMED;
    bool affordable = m <= MEMORY_KIB_MAX && t <= PASSES_MAX && p <= LANES_MAX && m * t <= KIB_PASSES_MAX;
    return affordable ? PASSWORD_FORM_GOOD : PASSWORD_FORM_TOO_COSTLY;
}

static bool bytes_form(str rest)
{
    str salt, want;
    struct arena *a = arena_new(0);
    bool good = phc_bytes(a, &rest, &salt) && phc_bytes(a, &rest, &want) && !rest.p && salt.len >= ARGON2_MIN_SALT_LENGTH &&
                want.len >= PASSWORD_BYTES_MIN && salt.len <= BYTES_MAX && want.len <= BYTES_MAX;
    arena_free(a);
    return good;
}

enum password_form password_argon2_form(str hash)
{
    str rest = str_sub(hash, 1, hash.len);
    str_cut(rest, '$', &rest);
    str part = str_cut(rest, '$', &rest);
    if (str_eq(part, STR("v=16")) || str_eq(part, STR("v=19"))) /* absent in texts of the first version */
        part = str_cut(rest, '$', &rest);
    enum password_form form = cost_form(part);
    return form == PASSWORD_FORM_GOOD && !bytes_form(rest) ? PASSWORD_FORM_MALFORMED : form;
}

static argon2_type type_of(str hash)
{
    if (str_starts(hash, STR("$argon2id$")))
        return Argon2_id;
    return str_starts(hash, STR("$argon2i$")) ? Argon2_i : Argon2_d;
}

enum password_answer password_argon2_verify(str password, str hash)
{
    char text[PASSWORD_TEXT_MAX + 1];
    if (password_argon2_form(hash) != PASSWORD_FORM_GOOD)
        return PASSWORD_MALFORMED;
    memcpy(text, hash.p, hash.len);
    text[hash.len] = '\0';
    int answer = argon2_verify(text, password.len ? password.p : "", password.len, type_of(hash));
    if (answer == ARGON2_OK)
        return PASSWORD_RIGHT;
    return answer == ARGON2_VERIFY_MISMATCH ? PASSWORD_WRONG : PASSWORD_MALFORMED;
}
