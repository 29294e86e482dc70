/* Digests and HMAC. */
#include "crypto/inside.h"

#include "base/log.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <pthread.h>

static const struct { const char *name; size_t len; } digests[DIGEST_MAX] = {
    [DIGEST_MD5] = { "MD5", 16 },
    [DIGEST_SHA1] = { "SHA1", 20 },
    [DIGEST_SHA256] = { "SHA256", 32 },
    [DIGEST_SHA384] = { "SHA384", 48 },
    [DIGEST_SHA512] = { "SHA512", 64 },
};

static EVP_MD *fetched[DIGEST_MAX];
static EVP_MAC_CTX *hmacs[DIGEST_MAX]; /* templates: digest chosen, no key yet */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch_all(void)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    for (size_t d = 0; d < DIGEST_MAX; d++) {
        OSSL_PARAM name[] = {
            OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)digests[d].name, 0),
            OSSL_PARAM_END,
        };
        fetched[d] = EVP_MD_fetch(NULL, digests[d].name, NULL);
        hmacs[d] = EVP_MAC_CTX_new(hmac);
        if (!fetched[d] || !hmacs[d] || !EVP_MAC_CTX_set_params(hmacs[d], name))
            die("this OpenSSL has no %s", digests[d].name);
    }
    EVP_MAC_free(hmac); /* the contexts hold it */
}

const EVP_MD *digest_md(enum digest d)
{
    pthread_once(&once, fetch_all);
    return fetched[d];
}

size_t digest_len(enum digest d)
{
    return digests[d].len;
}

void digest(enum digest d, str data, unsigned char *out)
{
    if (!EVP_Digest(data.p, data.len, out, NULL, digest_md(d), NULL))
        die("%s failed", digests[d].name);
}

void digest_hmac(enum digest d, str key, str data, unsigned char *out)
{
    pthread_once(&once, fetch_all);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(hmacs[d]);
    size_t len;
    /* A NULL key would mean "the one set before". */
    const void *key_bytes = key.len ? key.p : "";
    if (!ctx || !EVP_MAC_init(ctx, key_bytes, key.len, NULL) ||
        !EVP_MAC_update(ctx, (const unsigned char *)data.p, data.len) ||
        !EVP_MAC_final(ctx, out, &len, digests[d].len))
        die("HMAC with %s failed", digests[d].name);
    EVP_MAC_CTX_free(ctx);
}

struct result crypto_failed(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return fail1(ERR_CRYPTO, str_from(reason ? reason : "unknown"));
}

bool crypto_refused(void)
{
    ERR_clear_error();
    return false;
}
