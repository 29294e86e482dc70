/* Argon2 in PHC text, for imported users: $argon2id$v=19$m=65536,t=3,p=4$salt$hash */
#include "crypto/password_format.h"

#include <argon2.h>
#include <string.h>

enum { TEXT_MAX = 512, MEMORY_KIB_MAX = 256 * 1024, PASSES_MAX = 32, LANES_MAX = 16 };

/* "m=65536": the number when it is at most max. */
static bool parameter(str part, str name, int64_t max)
{
    int64_t n;
    return str_starts(part, name) && str_int(str_sub(part, name.len, part.len), &n) && n > 0 && n <= max;
}

/* libargon2 checks the text's form; here only what it would cost. */
static bool affordable(str hash)
{
    str rest = str_sub(hash, 1, hash.len), part;
    str_cut(rest, '$', &rest);
    part = str_cut(rest, '$', &rest);
    if (str_starts(part, STR("v=")))
        part = str_cut(rest, '$', &rest);
    str m = str_cut(part, ',', &part), t = str_cut(part, ',', &part);
    return parameter(m, STR("m="), MEMORY_KIB_MAX) && parameter(t, STR("t="), PASSES_MAX) &&
           parameter(part, STR("p="), LANES_MAX);
}

static argon2_type type_of(str hash)
{
    if (str_starts(hash, STR("$argon2id$")))
        return Argon2_id;
    return str_starts(hash, STR("$argon2i$")) ? Argon2_i : Argon2_d;
}

enum password_answer password_argon2_verify(str password, str hash)
{
    char text[TEXT_MAX + 1];
    if (hash.len > TEXT_MAX || str_find_char(hash, '\0') >= 0 || !affordable(hash))
        return PASSWORD_MALFORMED;
    memcpy(text, hash.p, hash.len);
    text[hash.len] = '\0';
    int answer = argon2_verify(text, password.len ? password.p : "", password.len, type_of(hash));
    if (answer == ARGON2_OK)
        return PASSWORD_RIGHT;
    return answer == ARGON2_VERIFY_MISMATCH ? PASSWORD_WRONG : PASSWORD_MALFORMED;
}
