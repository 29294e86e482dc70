/* Random bytes from OpenSSL's generator, or with --test-ids from a ChaCha20
 * keystream over the seed. */
#include "crypto/random.h"

#include "crypto/inside.h"

#include "base/log.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { CHUNK_MAX = 1 << 30 }; /* OpenSSL counts in int */

static struct {
    pthread_mutex_t lock;
    _Atomic(EVP_CIPHER_CTX *) stream; /* NULL: not repeatable */
} repeatable = { .lock = PTHREAD_MUTEX_INITIALIZER };

void random_bytes_real(void *out, size_t len)
{
    unsigned char *at = out;
    while (len) {
        size_t part = len < CHUNK_MAX ? len : CHUNK_MAX;
        if (RAND_bytes(at, (int)part) != 1)
            die("the system has no random bytes");
        at += part;
        len -= part;
    }
}

/* Both call this with the lock held. */
static void stream_read(EVP_CIPHER_CTX *stream, unsigned char *at, size_t len)
{
    while (len) {
        size_t part = len < CHUNK_MAX ? len : CHUNK_MAX;
        int done;
        memset(at, 0, part);
        if (!EVP_EncryptUpdate(stream, at, &done, at, (int)part))
            die("ChaCha20 failed");
        at += part;
        len -= part;
    }
}

void random_bytes(void *out, size_t len)
{
    EVP_CIPHER_CTX *stream = atomic_load_explicit(&repeatable.stream, memory_order_acquire);
    if (!stream) {
        random_bytes_real(out, len);
        return;
    }
    pthread_mutex_lock(&repeatable.lock);
    stream_read(stream, out, len);
    pthread_mutex_unlock(&repeatable.lock);
}

void random_make_repeatable(uint64_t seed)
{
    unsigned char text[8], key[DIGEST_LEN_MAX];
    static const unsigned char counter_and_nonce[16];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)(seed >> (8 * i));
    digest(DIGEST_SHA256, (str){ (char *)text, sizeof text }, key);

    pthread_mutex_lock(&repeatable.lock);
    EVP_CIPHER_CTX *stream = atomic_load(&repeatable.stream);
    if (!stream)
        stream = EVP_CIPHER_CTX_new();
    if (!stream || !EVP_EncryptInit_ex2(stream, EVP_chacha20(), key, counter_and_nonce, NULL))
        die("this OpenSSL has no ChaCha20");
    atomic_store_explicit(&repeatable.stream, stream, memory_order_release);
    pthread_mutex_unlock(&repeatable.lock);
}

static const str alphabets[] = {
    [RANDOM_ALNUM] = STR_INIT("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
    [RANDOM_HEX] = STR_INIT("0123456789abcdef"),
    [RANDOM_DIGITS] = STR_INIT("0123456789"),
    [RANDOM_BASE64URL] = STR_INIT("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
};

/* Bytes drawn ahead for this thread's texts: a short draw costs OpenSSL as much
 * as a long one. Each is wiped as it is taken; those ahead tell no more than the
 * generator's own state beside them would. */
static _Thread_local struct {
    unsigned char bytes[256];
    size_t left;
    unsigned forks; /* when they were drawn */
} ahead;

static atomic_uint forks;

static void count_fork(void)
{
    atomic_fetch_add(&forks, 1);
}

static void watch_forks(void)
{
    if (pthread_atfork(NULL, NULL, count_fork) != 0)
        die("out of memory");
}

/* A child must not take what its parent takes too. */
static void draw_ahead(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    random_bytes_real(ahead.bytes, sizeof ahead.bytes);
    ahead.left = sizeof ahead.bytes;
    ahead.forks = atomic_load_explicit(&forks, memory_order_relaxed);
}

static void take_ahead(unsigned char *out, size_t len)
{
    if (ahead.left < len || ahead.forks != atomic_load_explicit(&forks, memory_order_relaxed))
        draw_ahead();
    ahead.left -= len;
    memcpy(out, ahead.bytes + ahead.left, len);
    OPENSSL_cleanse(ahead.bytes + ahead.left, len);
}

static void bytes_for_text(unsigned char *out, size_t len)
{
    if (atomic_load_explicit(&repeatable.stream, memory_order_acquire))
        random_bytes(out, len);
    else
        take_ahead(out, len);
}

str random_text(struct arena *a, enum random_alphabet alphabet, size_t len)
{
    str letters = alphabets[alphabet];
    /* Bytes from limit on would favour the first letters. */
    unsigned count = (unsigned)letters.len, limit = 256 / count * count;
    unsigned char pool[64];
    char *out = arena_raw(a, len);
    size_t done = 0;
    while (done < len) {
        /* About what is missing: a repeatable stream should not run far ahead. */
        size_t want = len - done < sizeof pool ? len - done : sizeof pool;
        bytes_for_text(pool, want);
        for (size_t i = 0; i < want; i++)
            if (pool[i] < limit)
                out[done++] = letters.p[pool[i] % count];
    }
    OPENSSL_cleanse(pool, sizeof pool);
    return (str){ out, len };
}

str random_uuid(struct arena *a)
{
    unsigned char b[16];
    random_bytes(b, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40); /* version 4, RFC 9562 §5.4 */
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    str hex = hex_encode(a, (str){ (char *)b, sizeof b });
    return str_fmt(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex.p, hex.p + 8, hex.p + 12, hex.p + 16, hex.p + 20);
}
