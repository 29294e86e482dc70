/* PBKDF2 in PHC text, for imported users (AUTH-REFERENCE 21.1):
 * $pbkdf2-sha256$i=100000,l=64$salt$hash, base64 without padding. */
#include "crypto/password_format.h"

enum { ROUNDS_DEFAULT = 100000, LEN_DEFAULT = 64, LEN_MAX = 512 };
enum { ROUNDS_MAX = 5000000 }; /* for all blocks of the output together: some seconds */

struct pbkdf2 {
    struct named_digest digest;
    int64_t rounds, len;
    str salt, want;
};

static bool parameter(str part, struct pbkdf2 *p)
{
    return phc_number(part, STR("i="), &p->rounds) || phc_number(part, STR("l="), &p->len);
}

static bool read_text(struct arena *a, str rest, struct pbkdf2 *p)
{
    str after, part = str_cut(rest, '$', &after);
    if (str_find_char(part, '=') >= 0) {
        rest = after;
        while (part.p)
            if (!parameter(str_cut(part, ',', &part), p))
                return false;
    }
    return phc_bytes(a, &rest, &p->salt) && phc_bytes(a, &rest, &p->want) && !rest.p && p->want.len == (size_t)p->len;
}

static enum password_form read(struct arena *a, str hash, struct pbkdf2 *out)
{
    str rest = str_sub(hash, STR("$pbkdf2-").len, hash.len), name = str_cut(rest, '$', &rest);
    struct pbkdf2 p = { .rounds = ROUNDS_DEFAULT, .len = LEN_DEFAULT };
    if (!read_text(a, rest, &p) || p.len < PASSWORD_BYTES_MIN)
        return PASSWORD_FORM_MALFORMED;
    if (p.len > LEN_MAX)
        return PASSWORD_FORM_TOO_COSTLY;
    enum password_form form = named_digest_find(name, &p.digest);
    if (form != PASSWORD_FORM_GOOD)
        return form;
    int64_t blocks = (p.len + (int64_t)p.digest.len - 1) / (int64_t)p.digest.len;
    *out = p;
    return p.rounds * blocks <= ROUNDS_MAX ? PASSWORD_FORM_GOOD : PASSWORD_FORM_TOO_COSTLY;
}

enum password_form password_pbkdf2_form(str hash)
{
    struct pbkdf2 p = { 0 };
    struct arena *a = arena_new(0);
    enum password_form form = read(a, hash, &p);
    named_digest_free(&p.digest);
    arena_free(a);
    return form;
}

enum password_answer password_pbkdf2_verify(str password, str hash)
{
    enum password_answer answer = PASSWORD_MALFORMED;
    unsigned char got[LEN_MAX];
    struct pbkdf2 p = { 0 };
    struct arena *a = arena_new(0);
    if (read(a, hash, &p) == PASSWORD_FORM_GOOD &&
        named_digest_pbkdf2(&p.digest, password, p.salt, (uint64_t)p.rounds, got, p.want.len))
        answer = password_compare(got, p.want.len, p.want);
    named_digest_free(&p.digest);
    arena_free(a);
    return answer;
}
