#include "server/http/tls.h"

#include "base/log.h"
#include "base/map.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMED_SLOTS = 256, NAME_MAX_LEN = 255 };

/* Certificates made for names, direct mapped. */
struct named {
    char name[NAME_MAX_LEN + 1];
    X509 *cert;
};

struct tls_server {
    pthread_mutex_t lock; /* over named */
    SSL_CTX *ctx;
    tls_named_fn named_fn;
    void *named_ctx;
    struct named named[NAMED_SLOTS];
};

struct tls_conn {
    SSL *ssl;
    int first_verify_error;
    bool broken; /* after a fatal error nothing more may be sent */
    unsigned char *cert;
    size_t cert_len;
    str cert_error;
};

static const unsigned char alpn_http_1_1[] = "\x08http/1.1";

/* --- the shared part --------------------------------------------------------------- */

/* No overlap (h2 alone): no answer, and the connection goes on in HTTP/1.1. */
static int pick_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in, unsigned in_len,
                     void *arg)
{
    (void)ssl;
    (void)arg;
    unsigned char *picked = NULL;
    if (SSL_select_next_proto(&picked, out_len, alpn_http_1_1, sizeof alpn_http_1_1 - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = picked;
    return SSL_TLSEXT_ERR_OK;
}

/* Every certificate is let in; whether it counts is the handler's to say. The
 * first error is kept as the verify result, which session tickets carry on. */
static int note_verify(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_conn *t = SSL_get_app_data(ssl);
    if (!ok && t->first_verify_error == X509_V_OK)
        t->first_verify_error = X509_STORE_CTX_get_error(store);
    if (t->first_verify_error != X509_V_OK)
        X509_STORE_CTX_set_error(store, t->first_verify_error);
    return 1;
}

static struct result openssl_failed(const char *file)
{
    static _Thread_local char reason[256], name[256];
    unsigned long code = ERR_peek_last_error();
    ERR_error_string_n(code, reason, sizeof reason);
    ERR_clear_error();
    snprintf(name, sizeof name, "%s", file);
    return fail2(ERR_LISTEN, str_from(name), str_from(reason));
}

/* --- certificates by name ------------------------------------------------------------ */

static X509 *ask_for_name(struct tls_server *s, str name)
{
    str der;
    struct arena *a = arena_new(0);
    X509 *cert = NULL;
    if (s->named_fn(s->named_ctx, a, name, &der)) {
        const unsigned char *at = (const unsigned char *)der.p;
        cert = d2i_X509(NULL, &at, (long)der.len);
    }
    arena_free(a);
    return cert;
}

/* Counted for the caller; NULL: the ordinary certificate. The name may come
 * from anybody, so only what was issued is kept. */
static X509 *named_cert(struct tls_server *s, str name)
{
    struct named *slot = &s->named[hash_bytes(name) % NAMED_SLOTS];
    pthread_mutex_lock(&s->lock);
    X509 *cert = slot->cert && str_eq(str_from(slot->name), name) ? slot->cert : NULL;
    if (cert)
        X509_up_ref(cert);
    pthread_mutex_unlock(&s->lock);
    if (cert || !(cert = ask_for_name(s, name)))
        return cert;
    X509_up_ref(cert);
    pthread_mutex_lock(&s->lock);
    X509_free(slot->cert);
    slot->cert = cert;
    memcpy(slot->name, name.p, name.len);
    slot->name[name.len] = '\0';
    pthread_mutex_unlock(&s->lock);
    return cert;
}

/* The key stays the server's; only the certificate over it differs. */
static int pick_name(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    str name = str_from(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    if (!name.len || name.len > NAME_MAX_LEN)
        return SSL_TLSEXT_ERR_OK;
    X509 *cert = named_cert(arg, name);
    if (cert && SSL_use_certificate(ssl, cert) != 1)
        ERR_clear_error();
    X509_free(cert);
    return SSL_TLSEXT_ERR_OK;
}

static void set_options(SSL_CTX *ctx)
{
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets need none */
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"doorward", 8);
    SSL_CTX_set_num_tickets(ctx, 1);
    SSL_CTX_set_alpn_select_cb(ctx, pick_alpn, NULL);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, note_verify);
}

static struct result load_files(SSL_CTX *ctx, const struct tls_files *f)
{
    if (SSL_CTX_use_certificate_chain_file(ctx, f->cert) != 1)
        return openssl_failed(f->cert);
    if (SSL_CTX_use_PrivateKey_file(ctx, f->key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1)
        return openssl_failed(f->key);
    if (f->client_ca && SSL_CTX_load_verify_file(ctx, f->client_ca) != 1)
        return openssl_failed(f->client_ca);
    return OK;
}

static struct result make_ctx(struct tls_server *s, const struct tls_files *files, SSL_CTX **out)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx)
        die("out of memory");
    set_options(ctx);
    if (s->named_fn) {
        SSL_CTX_set_tlsext_servername_callback(ctx, pick_name);
        SSL_CTX_set_tlsext_servername_arg(ctx, s);
    }
    struct result r = load_files(ctx, files);
    if (failed(r))
        SSL_CTX_free(ctx);
    else
        *out = ctx;
    return r;
}

struct result tls_server_new(const struct tls_files *files, tls_named_fn named, void *named_ctx, struct tls_server **out)
{
    struct tls_server *s = calloc(1, sizeof *s);
    if (!s)
        die("out of memory");
    s->named_fn = named;
    s->named_ctx = named_ctx;
    struct result r = make_ctx(s, files, &s->ctx);
    if (failed(r)) {
        free(s);
        return r;
    }
    pthread_mutex_init(&s->lock, NULL);
    *out = s;
    return OK;
}

void tls_server_free(struct tls_server *s)
{
    if (!s)
        return;
    SSL_CTX_free(s->ctx);
    for (size_t i = 0; i < NAMED_SLOTS; i++)
        X509_free(s->named[i].cert);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* --- one connection ---------------------------------------------------------------- */

struct tls_conn *tls_conn_new(struct tls_server *s, int fd)
{
    struct tls_conn *t = calloc(1, sizeof *t);
    if (!t)
        die("out of memory");
    t->ssl = SSL_new(s->ctx);
    if (!t->ssl || SSL_set_fd(t->ssl, fd) != 1) {
        ERR_clear_error();
        tls_conn_free(t);
        return NULL;
    }
    SSL_set_app_data(t->ssl, t);
    SSL_set_accept_state(t->ssl);
    return t;
}

void tls_conn_free(struct tls_conn *t)
{
    if (!t)
        return;
    SSL_free(t->ssl);
    OPENSSL_free(t->cert);
    free(t);
}

/* The error queue belongs to the thread: it must be empty before a call whose
 * SSL_get_error is asked, and left empty for the next connection. */
static enum io io_of(struct tls_conn *t, int ret)
{
    switch (SSL_get_error(t->ssl, ret)) {
    case SSL_ERROR_NONE:
        return IO_OK;
    case SSL_ERROR_WANT_READ:
        return IO_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return IO_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return IO_EOF;
    default:
        t->broken = true;
        ERR_clear_error();
        return IO_ERROR;
    }
}

static void keep_client_cert(struct tls_conn *t)
{
    X509 *cert = SSL_get0_peer_certificate(t->ssl);
    if (!cert)
        return;
    int len = i2d_X509(cert, &t->cert);
    t->cert_len = len > 0 ? (size_t)len : 0;
    long error = SSL_get_verify_result(t->ssl);
    if (error != X509_V_OK)
        t->cert_error = str_from(X509_verify_cert_error_string(error));
}

enum io tls_handshake(struct tls_conn *t)
{
    ERR_clear_error();
    enum io io = io_of(t, SSL_do_handshake(t->ssl));
    if (io == IO_OK)
        keep_client_cert(t);
    return io;
}

enum io tls_read(struct tls_conn *t, void *to, size_t cap, size_t *out_len)
{
    ERR_clear_error();
    int n = SSL_read(t->ssl, to, cap > INT_MAX ? INT_MAX : (int)cap);
    if (n <= 0)
        return io_of(t, n);
    *out_len = (size_t)n;
    return IO_OK;
}

enum io tls_write(struct tls_conn *t, const void *from, size_t len, size_t *out_len)
{
    if (t->broken)
        return IO_ERROR;
    ERR_clear_error();
    int n = SSL_write(t->ssl, from, len > INT_MAX ? INT_MAX : (int)len);
    if (n <= 0)
        return io_of(t, n);
    *out_len = (size_t)n;
    return IO_OK;
}

bool tls_has_pending(const struct tls_conn *t)
{
    return SSL_has_pending(t->ssl) == 1;
}

void tls_close_notify(struct tls_conn *t)
{
    if (t->broken || !SSL_is_init_finished(t->ssl))
        return;
    ERR_clear_error();
    SSL_shutdown(t->ssl); /* one way: nobody waits for the answer */
    ERR_clear_error();
}

str tls_client_cert(const struct tls_conn *t)
{
    return t->cert_len ? (str){ (const char *)t->cert, t->cert_len } : STR_NONE;
}

str tls_client_cert_error(const struct tls_conn *t)
{
    return t->cert_error;
}
