/* Signing keys. What signing needs besides the data is prepared once: each
 * signature copies a context that has key, digest and padding set up already,
 * which costs nothing measurable beside the signature itself. */
#include "crypto/key.h"

#include "crypto/inside.h"

#include "base/log.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

struct sign_key {
    EVP_PKEY *pkey;
    enum key_kind kind;
    EVP_MD_CTX *sign, *verify; /* templates; sign is NULL for a public key */
};

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8 * SIGNATURE_LEN_MAX, P256_LEN = 32, ECDSA_DER_MAX = 80 };

EVP_PKEY *sign_key_evp(const struct sign_key *k)
{
    return k->pkey;
}

enum key_kind sign_key_kind(const struct sign_key *k)
{
    return k->kind;
}

static bool find_kind(const EVP_PKEY *pkey, enum key_kind *out)
{
    char group[32];
    int bits = EVP_PKEY_get_bits(pkey);
    *out = KEY_RSA2048;
    if (EVP_PKEY_is_a(pkey, "RSA"))
        return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
    *out = KEY_P256;
    return EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) &&
           strcmp(group, "prime256v1") == 0;
}

struct result sign_key_from_evp(EVP_PKEY *pkey, bool is_private, struct sign_key **out)
{
    enum key_kind kind;
    if (!pkey || !find_kind(pkey, &kind)) {
        EVP_PKEY_free(pkey);
        ignore_result(crypto_failed(), "the reason below says more");
        return fail1(ERR_CRYPTO, STR("neither an RSA key of 2048 to 8192 bits nor a P-256 key"));
    }
    struct sign_key *k = calloc(1, sizeof *k);
    if (!k)
        die("out of memory");
    k->pkey = pkey;
    k->kind = kind;
    k->verify = EVP_MD_CTX_new();
    k->sign = is_private ? EVP_MD_CTX_new() : NULL;
    const EVP_MD *sha256 = digest_md(DIGEST_SHA256);
    if (!k->verify || !EVP_DigestVerifyInit(k->verify, NULL, sha256, NULL, pkey) ||
        (is_private && (!k->sign || !EVP_DigestSignInit(k->sign, NULL, sha256, NULL, pkey)))) {
        sign_key_free(k);
        return crypto_failed();
    }
    *out = k;
    return OK;
}

struct result sign_key_generate(enum key_kind kind, struct sign_key **out)
{
    EVP_PKEY *pkey = kind == KEY_RSA2048 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    return pkey ? sign_key_from_evp(pkey, true, out) : crypto_failed();
}

struct result sign_key_from_der(str private_der, struct sign_key **out)
{
    const unsigned char *at = (const unsigned char *)private_der.p;
    if (private_der.len > INT32_MAX)
        return fail1(ERR_CRYPTO, STR("key too long"));
    EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &at, (long)private_der.len);
    if (pkey && at != (const unsigned char *)private_der.p + private_der.len) {
        EVP_PKEY_free(pkey);
        return fail1(ERR_CRYPTO, STR("bytes after the key"));
    }
    return sign_key_from_evp(pkey, true, out);
}

struct result sign_key_from_private_pem(str text, struct sign_key **out)
{
    static const char *const labels[] = { "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY" };
    struct arena *secret = arena_new_secret(0);
    struct result r = fail1(ERR_CRYPTO, STR("no private key"));
    str der;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (pem_decode(secret, labels[i], text, &der)) {
            r = sign_key_from_der(der, out);
            break;
        }
    arena_free(secret);
    return r;
}

EVP_PKEY *public_key_read(struct arena *a, str pem)
{
    str der;
    EVP_PKEY *pkey = NULL;
    if (pem_decode(a, "PUBLIC KEY", pem, &der)) {
        const unsigned char *at = (const unsigned char *)der.p;
        pkey = d2i_PUBKEY(NULL, &at, (long)der.len);
    } else if (pem_decode(a, "CERTIFICATE", pem, &der)) {
        AUTO(X509) *x = x509_read(der);
        pkey = x ? X509_get_pubkey(x) : NULL;
    }
    if (!pkey)
        crypto_refused();
    return pkey;
}

struct result sign_key_from_public_pem(str text, struct sign_key **out)
{
    struct arena *a = arena_new(0);
    EVP_PKEY *pkey = public_key_read(a, text);
    arena_free(a);
    return sign_key_from_evp(pkey, false, out);
}

void sign_key_free(struct sign_key *k)
{
    if (!k)
        return;
    EVP_MD_CTX_free(k->sign);
    EVP_MD_CTX_free(k->verify);
    EVP_PKEY_free(k->pkey);
    free(k);
}

/* --- as bytes ------------------------------------------------------------------ */

str sign_key_to_der(struct arena *secret, const struct sign_key *k)
{
    unsigned char *der = NULL;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(k->pkey);
    int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    if (!info || len <= 0)
        die("a private key has no DER form");
    str out = { arena_copy(secret, der, (size_t)len), (size_t)len };
    OPENSSL_clear_free(der, (size_t)len);
    PKCS8_PRIV_KEY_INFO_free(info);
    return out;
}

str sign_key_public_pem(struct arena *a, const struct sign_key *k)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(k->pkey, &der);
    if (len <= 0)
        die("a public key has no DER form");
    str pem = pem_encode(a, "PUBLIC KEY", (str){ (char *)der, (size_t)len });
    OPENSSL_free(der);
    return pem;
}

str sign_key_to_pem(struct arena *secret, const struct sign_key *k)
{
    return pem_encode(secret, "PRIVATE KEY", sign_key_to_der(secret, k));
}

struct result sign_key_from_pem(str text, struct sign_key **out)
{
    static const char *const labels[] = { "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY" };
    struct arena *secret = arena_new_secret(0);
    struct result r = fail1(ERR_CRYPTO, STR("no private key in the PEM text"));
    str der = STR_NONE;
    for (size_t i = 0; i < sizeof labels / sizeof *labels && !der.p; i++)
        if (pem_decode(secret, labels[i], text, &der))
            r = sign_key_from_der(der, out);
    arena_free(secret);
    return r;
}

/* A number of the key, big endian, in at least min_len bytes. */
static str key_number(struct arena *a, const struct sign_key *k, const char *name, int min_len)
{
    BIGNUM *n = NULL;
    if (!EVP_PKEY_get_bn_param(k->pkey, name, &n))
        die("a key has no %s", name);
    int len = BN_num_bytes(n) > min_len ? BN_num_bytes(n) : min_len;
    unsigned char *bytes = arena_alloc(a, (size_t)len);
    BN_bn2binpad(n, bytes, len);
    BN_free(n);
    return (str){ (char *)bytes, (size_t)len };
}

void sign_key_rsa_public(struct arena *a, const struct sign_key *k, str *out_n, str *out_e)
{
    *out_n = key_number(a, k, OSSL_PKEY_PARAM_RSA_N, 0);
    *out_e = key_number(a, k, OSSL_PKEY_PARAM_RSA_E, 0);
}

void sign_key_ec_public(struct arena *a, const struct sign_key *k, str *out_x, str *out_y)
{
    *out_x = key_number(a, k, OSSL_PKEY_PARAM_EC_PUB_X, P256_LEN);
    *out_y = key_number(a, k, OSSL_PKEY_PARAM_EC_PUB_Y, P256_LEN);
}

/* --- signatures ------------------------------------------------------------------ */

size_t sign_key_signature_len(const struct sign_key *k)
{
    return k->kind == KEY_P256 ? 2 * P256_LEN : (size_t)EVP_PKEY_get_size(k->pkey);
}

/* OpenSSL's DER form of an ECDSA signature to r and s side by side. */
static bool ecdsa_to_raw(const unsigned char *der, size_t len, unsigned char *out)
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool done = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, P256_LEN) == P256_LEN &&
                BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + P256_LEN, P256_LEN) == P256_LEN;
    ECDSA_SIG_free(sig);
    return done;
}

static bool ecdsa_from_raw(str raw, unsigned char der[ECDSA_DER_MAX], size_t *out_len)
{
    if (raw.len != 2 * P256_LEN)
        return false;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn((const unsigned char *)raw.p, P256_LEN, NULL);
    BIGNUM *s = BN_bin2bn((const unsigned char *)raw.p + P256_LEN, P256_LEN, NULL);
    if (!sig || !r || !s || !ECDSA_SIG_set0(sig, r, s))
        die("out of memory");
    *out_len = (size_t)i2d_ECDSA_SIG(sig, &der);
    ECDSA_SIG_free(sig);
    return true;
}

typedef int (*digest_init_fn)(EVP_MD_CTX *, EVP_PKEY_CTX **, const EVP_MD *, ENGINE *, EVP_PKEY *);

/* A context for one operation: a copy of the prepared one, or, for the schemes
 * that few APIs ask for, one made on the spot. */
static EVP_MD_CTX *context_of(const struct sign_key *k, enum sign_scheme scheme, const EVP_MD_CTX *prepared, digest_init_fn init)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *settings;
    bool done;
    if (!ctx)
        die("out of memory");
    if (scheme == SIGN_SHA256) {
        done = EVP_MD_CTX_copy_ex(ctx, prepared);
    } else {
        const EVP_MD *md = digest_md(scheme == SIGN_SHA512 ? DIGEST_SHA512 : DIGEST_SHA256);
        done = k->kind == KEY_RSA2048 && init(ctx, &settings, md, NULL, k->pkey) == 1;
        if (done && scheme == SIGN_PSS_SHA256)
            done = EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1 &&
                   EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) == 1;
    }
    if (done)
        return ctx;
    EVP_MD_CTX_free(ctx);
    return NULL;
}

struct result sign_key_sign_into(const struct sign_key *k, enum sign_scheme scheme, str data, unsigned char *out)
{
    unsigned char der[ECDSA_DER_MAX];
    bool ec = k->kind == KEY_P256;
    size_t len = ec ? sizeof der : sign_key_signature_len(k);
    if (!k->sign)
        return fail1(ERR_CRYPTO, STR("a public key cannot sign"));
    AUTO(EVP_MD_CTX) *ctx = context_of(k, scheme, k->sign, EVP_DigestSignInit);
    if (!ctx || EVP_DigestSign(ctx, ec ? der : out, &len, (const unsigned char *)data.p, data.len) != 1)
        return crypto_failed();
    if (ec && !ecdsa_to_raw(der, len, out))
        return crypto_failed();
    return OK;
}

struct result sign_key_sign_sha256(const struct sign_key *k, struct arena *a, str data, str *out_signature)
{
    size_t len = sign_key_signature_len(k);
    unsigned char *bytes = arena_raw(a, len);
    TRY(sign_key_sign_into(k, SIGN_SHA256, data, bytes));
    *out_signature = (str){ (char *)bytes, len };
    return OK;
}

bool sign_key_verify(const struct sign_key *k, enum sign_scheme scheme, str data, str signature)
{
    unsigned char der[ECDSA_DER_MAX];
    size_t der_len;
    if (signature.len != sign_key_signature_len(k))
        return false;
    if (k->kind == KEY_P256) {
        if (!ecdsa_from_raw(signature, der, &der_len))
            return false;
        signature = (str){ (char *)der, der_len };
    }
    AUTO(EVP_MD_CTX) *ctx = context_of(k, scheme, k->verify, EVP_DigestVerifyInit);
    if (ctx && EVP_DigestVerify(ctx, (const unsigned char *)signature.p, signature.len, (const unsigned char *)data.p,
                                data.len) == 1)
        return true;
    return crypto_refused();
}

bool sign_key_verify_sha256(const struct sign_key *k, str data, str signature)
{
    return sign_key_verify(k, SIGN_SHA256, data, signature);
}
