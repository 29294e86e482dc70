/* PBKDF2 in PHC text, for imported users (AUTH-REFERENCE 21.1):
 * $pbkdf2-sha256$i=100000,l=64$salt$hash, base64 without padding. */
#include "crypto/inside.h"
#include "crypto/password_format.h"

#include <openssl/crypto.h>
#include <string.h>

enum { ROUNDS_DEFAULT = 100000, ROUNDS_MAX = 5000000, LEN_DEFAULT = 64, LEN_MAX = 512, TEXT_MAX = 2048 };

struct pbkdf2 {
    const EVP_MD *md;
    int64_t rounds, len;
    str salt, want;
};

static bool parameter(str part, struct pbkdf2 *p)
{
    str value, name = str_cut(part, '=', &value);
    if (str_eq(name, STR("i")))
        return str_int(value, &p->rounds) && p->rounds > 0 && p->rounds <= ROUNDS_MAX;
    if (str_eq(name, STR("l")))
        return str_int(value, &p->len) && p->len > 0 && p->len <= LEN_MAX;
    return false;
}

static bool read(struct arena *a, str hash, struct pbkdf2 *out)
{
    str rest = str_sub(hash, 1, hash.len), name = str_cut(rest, '$', &rest), part = str_cut(rest, '$', &rest);
    struct pbkdf2 p = { .rounds = ROUNDS_DEFAULT, .len = LEN_DEFAULT };
    p.md = EVP_get_digestbyname(str_cstr(a, str_sub(name, STR("pbkdf2-").len, name.len)));
    if (!p.md || !rest.p)
        return crypto_refused();
    bool has_parameters = str_find_char(part, '=') >= 0;
    str salt = has_parameters ? str_cut(rest, '$', &rest) : part;
    while (has_parameters && part.p)
        if (!parameter(str_cut(part, ',', &part), &p))
            return false;
    if (!base64_decode_bare(a, salt, &p.salt) || !base64_decode_bare(a, rest, &p.want))
        return false;
    *out = p;
    return p.want.len == (size_t)p.len;
}

enum password_answer password_pbkdf2_verify(str password, str hash)
{
    enum password_answer answer = PASSWORD_MALFORMED;
    unsigned char got[LEN_MAX];
    struct pbkdf2 p = { 0 };
    if (hash.len > TEXT_MAX || password.len > INT32_MAX)
        return PASSWORD_MALFORMED;
    struct arena *a = arena_new(0);
    if (!read(a, hash, &p))
        goto out;
    if (!PKCS5_PBKDF2_HMAC(password.len ? password.p : "", (int)password.len, (const unsigned char *)p.salt.p,
                           (int)p.salt.len, (int)p.rounds, p.md, (int)p.len, got)) {
        crypto_refused();
        goto out;
    }
    answer = str_eq_secret((str){ (char *)got, p.want.len }, p.want) ? PASSWORD_RIGHT : PASSWORD_WRONG;
    OPENSSL_cleanse(got, sizeof got);
out:
    arena_free(a);
    return answer;
}
