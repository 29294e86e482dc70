/* scrypt (RFC 7914) in PHC text: $scrypt$ln=14,r=8,p=1$salt$hash, where ln is
 * the binary logarithm of N. */
#include "crypto/password_format.h"

enum { LOG2_N_MAX = 30, MEMORY_MAX = 256 << 20, WORK_MAX = 1 << 22 }; /* WORK: N × r × p, about two seconds */
enum { LANES_MEMORY_MAX = 16 << 20 };                                 /* 128 × r × p, which comes on top */

str password_scrypt_text(struct arena *a, const struct scrypt_cost *cost, str salt, str hash)
{
    return str_fmt(a, "$scrypt$ln=%lld,r=%lld,p=%lld$%.*s$%.*s", (long long)cost->log2_n, (long long)cost->r,
                   (long long)cost->p, STR_ARG(phc_base64(a, salt)), STR_ARG(phc_base64(a, hash)));
}

enum password_form scrypt_cost_form(const struct scrypt_cost *c)
{
    /* p × r within 2^22 also keeps RFC 7914 §6's p ≤ (2^32-1) * 32 / (128 * r). */
    if (c->log2_n > LOG2_N_MAX || c->r > WORK_MAX || c->p > WORK_MAX)
        return PASSWORD_FORM_TOO_COSTLY;
    int64_t n = 1ll << c->log2_n;
    bool affordable = n * c->r <= MEMORY_MAX / 128 && c->p * c->r <= LANES_MEMORY_MAX / 128 && n * c->r <= WORK_MAX / c->p;
    return affordable ? PASSWORD_FORM_GOOD : PASSWORD_FORM_TOO_COSTLY;
}

bool scrypt_derive(str password, str salt, const struct scrypt_cost *c, unsigned char *out, size_t len)
{
    const char *word = password.len ? password.p : "", *grain = salt.len ? salt.p : "";
    return EVP_PBE_scrypt(word, password.len, (const unsigned char *)grain, salt.len, 1ull << c->log2_n, (uint64_t)c->r,
                          (uint64_t)c->p, MEMORY_MAX + 2 * LANES_MEMORY_MAX, out, len) == 1 ||
           crypto_refused();
}

static enum password_form read(struct arena *a, str hash, struct scrypt_cost *c, str *salt, str *want)
{
    str rest = str_sub(hash, STR("$scrypt$").len, hash.len), part = str_cut(rest, '$', &rest);
    if (!phc_number(str_cut(part, ',', &part), STR("ln="), &c->log2_n) ||
        !phc_number(str_cut(part, ',', &part), STR("r="), &c->r) || !phc_number(part, STR("p="), &c->p) ||
        !phc_bytes(a, &rest, salt) || !phc_bytes(a, &rest, want) || rest.p || want->len < PASSWORD_BYTES_MIN)
        return PASSWORD_FORM_MALFORMED;
    return want->len <= SCRYPT_LEN_MAX ? scrypt_cost_form(c) : PASSWORD_FORM_TOO_COSTLY;
}

enum password_form password_scrypt_form(str hash)
{
    struct scrypt_cost c;
    str salt, want;
    struct arena *a = arena_new(0);
    enum password_form form = read(a, hash, &c, &salt, &want);
    arena_free(a);
    return form;
}

enum password_answer password_scrypt_verify(str password, str hash)
{
    enum password_answer answer = PASSWORD_MALFORMED;
    unsigned char got[SCRYPT_LEN_MAX];
    struct scrypt_cost c;
    str salt, want;
    struct arena *a = arena_new(0);
    if (read(a, hash, &c, &salt, &want) == PASSWORD_FORM_GOOD && scrypt_derive(password, salt, &c, got, want.len))
        answer = password_compare(got, want.len, want);
    arena_free(a);
    return answer;
}
