/* Firebase's scrypt: the project's signer key, encrypted with what scrypt makes
 * of the password: $doorward$firebase-scrypt$r=8,m=14$signer$separator$salt$hash.
 * rounds are scrypt's r and mem_cost its log2(N), which is not what RFC 7914
 * calls them; p is 1. AES-256-CTR from a zero block. */
#include "crypto/password_format.h"

#include <openssl/crypto.h>

enum { ROUNDS_MAX = 8, MEM_COST_MAX = 14, SIGNER_MAX = 512, AES_KEY_LEN = 32, DERIVED_LEN = 64 };

str password_firebase_text(struct arena *a, const struct firebase_scrypt *f)
{
    return str_fmt(a, "$doorward$firebase-scrypt$r=%lld,m=%lld$%.*s$%.*s$%.*s$%.*s", (long long)f->rounds,
                   (long long)f->mem_cost, STR_ARG(phc_base64(a, f->signer_key)), STR_ARG(phc_base64(a, f->separator)),
                   STR_ARG(phc_base64(a, f->salt)), STR_ARG(phc_base64(a, f->hash)));
}

static enum password_form read(struct arena *a, str hash, struct firebase_scrypt *f)
{
    str rest = str_sub(hash, STR("$doorward$firebase-scrypt$").len, hash.len), part = str_cut(rest, '$', &rest);
    if (!phc_number(str_cut(part, ',', &part), STR("r="), &f->rounds) || !phc_number(part, STR("m="), &f->mem_cost) ||
        !phc_bytes(a, &rest, &f->signer_key) || !phc_bytes(a, &rest, &f->separator) || !phc_bytes(a, &rest, &f->salt) ||
        !phc_bytes(a, &rest, &f->hash) || rest.p || !f->signer_key.len || f->hash.len != f->signer_key.len)
        return PASSWORD_FORM_MALFORMED;
    bool affordable = f->rounds <= ROUNDS_MAX && f->mem_cost <= MEM_COST_MAX && f->signer_key.len <= SIGNER_MAX;
    return affordable ? PASSWORD_FORM_GOOD : PASSWORD_FORM_TOO_COSTLY;
}

static bool encrypt(const unsigned char key[AES_KEY_LEN], str plain, unsigned char *out)
{
    static const unsigned char zero[16];
    int len;
    AUTO(EVP_CIPHER_CTX) *ctx = EVP_CIPHER_CTX_new();
    return (ctx && EVP_EncryptInit_ex(ctx, EVP_aes_256_ctr(), NULL, key, zero) &&
            EVP_EncryptUpdate(ctx, out, &len, (const unsigned char *)plain.p, (int)plain.len)) ||
           crypto_refused();
}

static enum password_answer verify(struct arena *a, str password, const struct firebase_scrypt *f)
{
    unsigned char derived[DERIVED_LEN], got[SIGNER_MAX];
    const struct scrypt_cost cost = { .log2_n = f->mem_cost, .r = f->rounds, .p = 1 };
    if (!scrypt_derive(password, str_cat(a, f->salt, f->separator), &cost, derived, sizeof derived))
        return PASSWORD_MALFORMED;
    bool done = encrypt(derived, f->signer_key, got);
    OPENSSL_cleanse(derived, sizeof derived);
    return done ? password_compare(got, f->hash.len, f->hash) : PASSWORD_MALFORMED;
}

enum password_form password_firebase_form(str hash)
{
    struct firebase_scrypt f;
    struct arena *a = arena_new_secret(0);
    enum password_form form = read(a, hash, &f);
    arena_free(a);
    return form;
}

enum password_answer password_firebase_verify(str password, str hash)
{
    enum password_answer answer = PASSWORD_MALFORMED;
    struct firebase_scrypt f;
    struct arena *a = arena_new_secret(0);
    if (read(a, hash, &f) == PASSWORD_FORM_GOOD)
        answer = verify(a, password, &f);
    arena_free(a);
    return answer;
}
