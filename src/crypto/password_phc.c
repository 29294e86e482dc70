/* What the hash texts share: numbers, bytes and digests by name. */
#include "crypto/password_format.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <string.h>

bool phc_number(str part, str name, int64_t *out)
{
    int64_t n;
    str digits = str_sub(part, name.len, part.len);
    if (!str_starts(part, name) || !str_int(digits, &n) || n <= 0 || n > INT32_MAX || digits.p[0] == '0')
        return false;
    *out = n;
    return true;
}

bool phc_bytes(struct arena *a, str *rest, str *out)
{
    return rest->p && base64_decode_bare(a, str_cut(*rest, '$', rest), out);
}

str phc_base64(struct arena *a, str bytes)
{
    str padded = base64_encode(a, bytes);
    while (padded.len && padded.p[padded.len - 1] == '=')
        padded.len--;
    return padded;
}

enum password_answer password_compare(unsigned char *got, size_t got_len, str want)
{
    bool same = str_eq_secret((str){ (char *)got, got_len }, want);
    OPENSSL_cleanse(got, got_len);
    return same ? PASSWORD_RIGHT : PASSWORD_WRONG;
}

/* --- digests by name ------------------------------------------------------------ */

static OSSL_LIB_CTX *legacy; /* NULL: this machine has no legacy provider */
static pthread_once_t legacy_once = PTHREAD_ONCE_INIT;

static void load_legacy(void)
{
    OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();
    if (ctx && OSSL_PROVIDER_load(ctx, "default") && OSSL_PROVIDER_load(ctx, "legacy"))
        legacy = ctx;
    else
        OSSL_LIB_CTX_free(ctx);
}

static EVP_MD *fetch(const char *name, OSSL_LIB_CTX **out_home)
{
    EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
    if (md)
        return md;
    pthread_once(&legacy_once, load_legacy);
    if (legacy)
        md = EVP_MD_fetch(legacy, name, NULL);
    *out_home = legacy;
    crypto_refused();
    return md;
}

enum password_form named_digest_find(str name, struct named_digest *out)
{
    enum { NAME_MAX_LEN = 63 };
    char text[NAME_MAX_LEN + 1] = "";
    struct named_digest d = { 0 };
    if (!name.len || name.len > NAME_MAX_LEN || str_find_char(name, '\0') >= 0)
        return PASSWORD_FORM_MALFORMED;
    memcpy(text, name.p, name.len);
    const EVP_MD *known = EVP_get_digestbyname(text); /* knows the aliases, also of what is not loaded */
    if (!known || EVP_MD_get_flags(known) & EVP_MD_FLAG_XOF) {
        crypto_refused();
        return PASSWORD_FORM_MALFORMED;
    }
    d.md = fetch(EVP_MD_get0_name(known), &d.home);
    if (!d.md)
        return PASSWORD_FORM_NO_PROVIDER;
    int len = EVP_MD_get_size(d.md);
    if (len <= 0) {
        named_digest_free(&d);
        return PASSWORD_FORM_MALFORMED;
    }
    d.len = (size_t)len;
    *out = d;
    return PASSWORD_FORM_GOOD;
}

void named_digest_free(struct named_digest *d)
{
    if (d)
        EVP_MD_free(d->md);
}

bool named_digest_hash(const struct named_digest *d, str one, str two, unsigned char out[EVP_MAX_MD_SIZE])
{
    AUTO(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
    return (ctx && EVP_DigestInit_ex2(ctx, d->md, NULL) && EVP_DigestUpdate(ctx, one.p, one.len) &&
            EVP_DigestUpdate(ctx, two.p, two.len) && EVP_DigestFinal_ex(ctx, out, NULL)) ||
           crypto_refused();
}

bool named_digest_hmac(const struct named_digest *d, str key, str data, unsigned char out[EVP_MAX_MD_SIZE])
{
    size_t len;
    const void *key_bytes = key.len ? key.p : ""; /* NULL would mean "the one set before" */
    return EVP_Q_mac(d->home, "HMAC", NULL, EVP_MD_get0_name(d->md), NULL, key_bytes, key.len,
                     (const unsigned char *)(data.len ? data.p : ""), data.len, out, EVP_MAX_MD_SIZE, &len) != NULL ||
           crypto_refused();
}

bool named_digest_pbkdf2(const struct named_digest *d, str password, str salt, uint64_t rounds, unsigned char *out, size_t len)
{
    int without_lower_bounds = 1; /* RFC 8018 has none; SP 800-132 asks for 1,000 rounds and 16 bytes of salt */
    EVP_KDF *kdf = EVP_KDF_fetch(d->home, "PBKDF2", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    EVP_KDF_free(kdf); /* the context holds it */
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_octet_string(OSSL_KDF_PARAM_PASSWORD, (char *)(uintptr_t)(password.len ? password.p : ""), password.len),
        OSSL_PARAM_octet_string(OSSL_KDF_PARAM_SALT, (char *)(uintptr_t)(salt.len ? salt.p : ""), salt.len),
        OSSL_PARAM_uint64(OSSL_KDF_PARAM_ITER, &rounds),
        OSSL_PARAM_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)EVP_MD_get0_name(d->md), 0),
        OSSL_PARAM_int(OSSL_KDF_PARAM_PKCS5, &without_lower_bounds),
        OSSL_PARAM_END,
    };
    bool done = ctx && EVP_KDF_derive(ctx, out, len, parameters) > 0;
    EVP_KDF_CTX_free(ctx);
    return done || crypto_refused();
}
