#include "domain/picture.h"

#include "crypto/hash.h"

enum { LETTERS = 2, MD5_LEN = 16 };

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* "jane roe" → jr, "jane" → ja, "+49 17" → 49: the first letters of two words, or two of one. */
static str letters_of(struct arena *a, str name)
{
    char out[LETTERS];
    size_t n = 0;
    str lower = str_trim(str_lower(a, name)), second, first = str_cut(lower, ' ', &second);
    if (second.len && first.len && is_alnum(first.p[0]) && is_alnum(second.p[0])) {
        out[n++] = first.p[0];
        out[n++] = second.p[0];
    }
    for (size_t i = 0; i < lower.len && n < LETTERS; i++)
        if (is_alnum(lower.p[i]))
            out[n++] = lower.p[i];
    return str_dup(a, (str){ out, n });
}

str picture_default(struct arena *a, str hashed, str name)
{
    unsigned char md5[DIGEST_LEN_MAX];
    digest(DIGEST_MD5, str_lower(a, hashed), md5);
    str hex = hex_encode(a, (str){ (const char *)md5, MD5_LEN }), letters = letters_of(a, name);
    return str_fmt(a, "https://s.gravatar.com/avatar/%.*s?s=480&r=pg&d=https%%3A%%2F%%2Fcdn.auth0.com%%2Favatars%%2F%.*s.png",
                   STR_ARG(hex), STR_ARG(letters));
}
