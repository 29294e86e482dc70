/* rsa_sign SECONDS [THREADS]: the machine's own limit for RS256 tokens: as many
 * RSA 2048 signatures over 700 bytes as fit, by nothing but EVP, with the key
 * loaded and the context set up before (each signature copies it). Prints the
 * thread CPU time of one signature in microseconds and signatures a second. */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CLAIMS_BYTES = 700, SIGNATURE_BYTES = 256, THREADS_MAX = 64 };

static EVP_MD_CTX *ready;
static double seconds;

struct count {
    double signatures, cpu_s;
};

static double now_s(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int done, const char *what)
{
    if (done == 1)
        return;
    fprintf(stderr, "rsa_sign: %s failed\n", what);
    exit(1);
}

static void sign_once(const unsigned char *claims)
{
    unsigned char signature[SIGNATURE_BYTES];
    size_t len = sizeof signature;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    must(ctx && EVP_MD_CTX_copy_ex(ctx, ready), "copying the context");
    must(EVP_DigestSign(ctx, signature, &len, claims, CLAIMS_BYTES), "signing");
    EVP_MD_CTX_free(ctx);
}

static void *thread_main(void *arg)
{
    struct count *c = arg;
    unsigned char claims[CLAIMS_BYTES];
    memset(claims, 'c', sizeof claims);
    double until = now_s(CLOCK_MONOTONIC) + seconds, from = now_s(CLOCK_THREAD_CPUTIME_ID);
    do {
        sign_once(claims);
        c->signatures++;
    } while (now_s(CLOCK_MONOTONIC) < until);
    c->cpu_s = now_s(CLOCK_THREAD_CPUTIME_ID) - from;
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS_MAX];
    struct count counts[THREADS_MAX] = { 0 }, all = { 0 };
    seconds = argc > 1 ? strtod(argv[1], NULL) : 1;
    long thread_count = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
    if (!(seconds > 0) || thread_count < 1 || thread_count > THREADS_MAX) {
        fputs("usage: rsa_sign SECONDS [THREADS]\n", stderr);
        return 2;
    }
    EVP_PKEY *key = EVP_RSA_gen(2048);
    ready = EVP_MD_CTX_new();
    must(key && ready && EVP_DigestSignInit(ready, NULL, EVP_sha256(), NULL, key), "making a key");
    double from = now_s(CLOCK_MONOTONIC);
    for (long i = 0; i < thread_count; i++)
        must(pthread_create(&threads[i], NULL, thread_main, &counts[i]) == 0, "starting a thread");
    for (long i = 0; i < thread_count; i++) {
        pthread_join(threads[i], NULL);
        all.signatures += counts[i].signatures;
        all.cpu_s += counts[i].cpu_s;
    }
    printf("%.2f %.1f\n", all.cpu_s / all.signatures * 1e6, all.signatures / (now_s(CLOCK_MONOTONIC) - from));
    EVP_MD_CTX_free(ready);
    EVP_PKEY_free(key);
    return 0;
}
