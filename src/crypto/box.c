#include "crypto/box.h"

#include "crypto/inside.h"

#include <openssl/crypto.h>
#include <string.h>

#define INFO "doorward box v1"

/* RFC 8410: what stands before the 32 bytes. */
static const unsigned char private_head[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20 };
static const unsigned char public_head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00 };

/* --- keys --------------------------------------------------------------------------- */

static bool public_of(const unsigned char private_half[BOX_KEY_LEN], unsigned char out[BOX_KEY_LEN])
{
    size_t len = BOX_KEY_LEN;
    AUTO(EVP_PKEY) *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_half, BOX_KEY_LEN);
    return (own && EVP_PKEY_get_raw_public_key(own, out, &len) && len == BOX_KEY_LEN) || crypto_refused();
}

bool box_key_from_private(str bytes, struct box_key *out)
{
    struct box_key k = { .has_private = true };
    if (bytes.len != BOX_KEY_LEN)
        return false;
    memcpy(k.private_half, bytes.p, BOX_KEY_LEN);
    if (!public_of(k.private_half, k.public_half))
        return false;
    *out = k;
    OPENSSL_cleanse(&k, sizeof k);
    return true;
}

struct result box_key_make(struct box_key *out)
{
    unsigned char bytes[BOX_KEY_LEN];
    random_bytes_real(bytes, sizeof bytes);
    bool made = box_key_from_private((str){ (char *)bytes, sizeof bytes }, out);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return made ? OK : fail1(ERR_CRYPTO, STR("X25519 failed"));
}

static bool bytes_behind(str der, const unsigned char *head, size_t head_len, str *out)
{
    if (der.len != head_len + BOX_KEY_LEN || memcmp(der.p, head, head_len) != 0)
        return false;
    *out = str_sub(der, head_len, BOX_KEY_LEN);
    return true;
}

bool box_key_read(struct arena *a, str pem, struct box_key *out)
{
    str der, bytes;
    if (pem_decode(a, "PRIVATE KEY", pem, &der))
        return bytes_behind(der, private_head, sizeof private_head, &bytes) && box_key_from_private(bytes, out);
    if (!pem_decode(a, "PUBLIC KEY", pem, &der) || !bytes_behind(der, public_head, sizeof public_head, &bytes))
        return false;
    *out = (struct box_key){ .has_private = false };
    memcpy(out->public_half, bytes.p, BOX_KEY_LEN);
    return true;
}

static str pem_of(struct arena *a, const char *label, const unsigned char *head, size_t head_len, const unsigned char *half)
{
    char *der = arena_raw(a, head_len + BOX_KEY_LEN);
    memcpy(der, head, head_len);
    memcpy(der + head_len, half, BOX_KEY_LEN);
    return pem_encode(a, label, (str){ der, head_len + BOX_KEY_LEN });
}

str box_key_private_pem(struct arena *secret, const struct box_key *k)
{
    return pem_of(secret, "PRIVATE KEY", private_head, sizeof private_head, k->private_half);
}

str box_key_public_pem(struct arena *a, const struct box_key *k)
{
    return pem_of(a, "PUBLIC KEY", public_head, sizeof public_head, k->public_half);
}

str box_key_name(struct arena *a, const struct box_key *k)
{
    enum { NAME_BYTES = 16 };
    unsigned char sum[DIGEST_LEN_MAX];
    digest(DIGEST_SHA256, (str){ (const char *)k->public_half, BOX_KEY_LEN }, sum);
    return base64url_encode(a, (str){ (const char *)sum, NAME_BYTES });
}

/* --- what both sides derive ------------------------------------------------------------- */

static bool agree(const unsigned char *private_half, const unsigned char *public_half, unsigned char out[BOX_KEY_LEN])
{
    size_t len = BOX_KEY_LEN;
    AUTO(EVP_PKEY) *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_half, BOX_KEY_LEN);
    AUTO(EVP_PKEY) *other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, public_half, BOX_KEY_LEN);
    EVP_PKEY_CTX *ctx = own && other ? EVP_PKEY_CTX_new(own, NULL) : NULL;
    /* OpenSSL refuses points of small order, whose answer is all zero (RFC 7748 §6.1). */
    bool done = ctx && EVP_PKEY_derive_init(ctx) > 0 && EVP_PKEY_derive_set_peer(ctx, other) > 0 && EVP_PKEY_derive(ctx, out, &len) > 0 &&
                len == BOX_KEY_LEN;
    EVP_PKEY_CTX_free(ctx);
    return done || crypto_refused();
}

/* One block of HKDF is all that a key of 32 bytes needs. */
static void expand(const unsigned char *ephemeral, const unsigned char *receiver, const unsigned char *shared, unsigned char *out)
{
    static const char info[] = INFO "\x01";
    unsigned char salt[2 * BOX_KEY_LEN], prk[DIGEST_LEN_MAX];
    memcpy(salt, ephemeral, BOX_KEY_LEN);
    memcpy(salt + BOX_KEY_LEN, receiver, BOX_KEY_LEN);
    digest_hmac(DIGEST_SHA256, (str){ (char *)salt, sizeof salt }, (str){ (const char *)shared, BOX_KEY_LEN }, prk);
    digest_hmac(DIGEST_SHA256, (str){ (char *)prk, digest_len(DIGEST_SHA256) }, (str){ info, sizeof info - 1 }, out);
    OPENSSL_cleanse(prk, sizeof prk);
}

struct result box_close(const struct box_key *to, unsigned char out_ephemeral[BOX_KEY_LEN], unsigned char out_key[SEAL_KEY_LEN])
{
    struct box_key mine;
    unsigned char shared[BOX_KEY_LEN], key[DIGEST_LEN_MAX];
    TRY(box_key_make(&mine));
    bool done = agree(mine.private_half, to->public_half, shared);
    if (done) {
        expand(mine.public_half, to->public_half, shared, key);
        memcpy(out_ephemeral, mine.public_half, BOX_KEY_LEN);
        memcpy(out_key, key, SEAL_KEY_LEN);
    }
    OPENSSL_cleanse(&mine, sizeof mine);
    OPENSSL_cleanse(shared, sizeof shared);
    OPENSSL_cleanse(key, sizeof key);
    return done ? OK : fail1(ERR_CRYPTO, STR("the key is no point of X25519"));
}

bool box_open(const struct box_key *own, const unsigned char ephemeral[BOX_KEY_LEN], unsigned char out_key[SEAL_KEY_LEN])
{
    unsigned char shared[BOX_KEY_LEN], key[DIGEST_LEN_MAX];
    if (!own->has_private || !agree(own->private_half, ephemeral, shared))
        return false;
    expand(ephemeral, own->public_half, shared, key);
    memcpy(out_key, key, SEAL_KEY_LEN);
    OPENSSL_cleanse(shared, sizeof shared);
    OPENSSL_cleanse(key, sizeof key);
    return true;
}
