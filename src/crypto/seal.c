/* Secrets at rest: AES-256-GCM (NIST SP 800-38D) with the place as associated
 * data. The nonce is random: 2^32 secrets under one data key are far away. */
#include "crypto/seal.h"

#include "crypto/inside.h"

#include "base/log.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>

enum { NONCE_LEN = 12, TAG_LEN = 16, HEAD_LEN = NONCE_LEN + TAG_LEN };
#define VERSION STR("v1.")

static EVP_CIPHER *gcm;

static void fetch_gcm(void)
{
    gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (!gcm)
        die("this OpenSSL has no AES-256-GCM");
}

static const EVP_CIPHER *cipher(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fetch_gcm);
    return gcm;
}

/* Every part with its length before it, so that no two places read alike. */
static bool add_place(EVP_CIPHER_CTX *ctx, const struct seal_place *place)
{
    const str parts[] = { place->tenant, place->kind, place->id, place->field };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int done;
        unsigned char len[8];
        for (size_t k = 0; k < sizeof len; k++)
            len[k] = (unsigned char)((uint64_t)parts[i].len >> (56 - 8 * k));
        if (!EVP_CipherUpdate(ctx, NULL, &done, len, sizeof len) ||
            (parts[i].len &&
             !EVP_CipherUpdate(ctx, NULL, &done, (const unsigned char *)parts[i].p, (int)parts[i].len)))
            return false;
    }
    return true;
}

str seal(struct arena *a, const unsigned char key[SEAL_KEY_LEN], const struct seal_place *place, str secret)
{
    if (secret.len > INT_MAX - HEAD_LEN)
        die("a secret of %zu bytes", secret.len);
    size_t size = HEAD_LEN + secret.len;
    unsigned char *bytes = arena_raw(a, size), *nonce = bytes, *tag = bytes + NONCE_LEN, *body = bytes + HEAD_LEN;
    AUTO(EVP_CIPHER_CTX) *ctx = EVP_CIPHER_CTX_new();
    int done;
    random_bytes_real(nonce, NONCE_LEN);
    if (!ctx || !EVP_EncryptInit_ex2(ctx, cipher(), key, nonce, NULL) || !add_place(ctx, place) ||
        (secret.len && !EVP_EncryptUpdate(ctx, body, &done, (const unsigned char *)secret.p, (int)secret.len)) ||
        !EVP_EncryptFinal_ex(ctx, body, &done) || !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag))
        die("AES-256-GCM failed");
    return str_cat(a, VERSION, base64url_encode(a, (str){ (char *)bytes, size }));
}

static bool open_it(struct arena *a, const unsigned char *key, const struct seal_place *place, str sealed, str *out)
{
    str bytes;
    if (!str_starts(sealed, VERSION) ||
        !base64url_decode(a, str_sub(sealed, VERSION.len, sealed.len), &bytes) || bytes.len < HEAD_LEN ||
        bytes.len > INT_MAX)
        return false;
    const unsigned char *nonce = (const unsigned char *)bytes.p, *body = nonce + HEAD_LEN;
    unsigned char tag[TAG_LEN];
    memcpy(tag, nonce + NONCE_LEN, TAG_LEN);
    size_t len = bytes.len - HEAD_LEN;
    unsigned char *secret = arena_raw(a, len + 1);
    AUTO(EVP_CIPHER_CTX) *ctx = EVP_CIPHER_CTX_new();
    int done;
    if (!ctx)
        die("out of memory");
    if (EVP_DecryptInit_ex2(ctx, cipher(), key, nonce, NULL) && add_place(ctx, place) &&
        (!len || EVP_DecryptUpdate(ctx, secret, &done, body, (int)len)) &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) &&
        EVP_DecryptFinal_ex(ctx, secret + len, &done) > 0) {
        *out = (str){ (char *)secret, len };
        return true;
    }
    OPENSSL_cleanse(secret, len); /* bytes that nothing vouches for */
    return crypto_refused();
}

struct result unseal(struct arena *a, const unsigned char key[SEAL_KEY_LEN], const struct seal_place *place, str sealed,
                     str *out)
{
    return open_it(a, key, place, sealed, out) ? OK : fail(ERR_SEAL_BROKEN);
}
