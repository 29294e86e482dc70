/* TLS on a socket, without OpenSSL's types. Non-blocking: what cannot go on
 * says what it waits for. */
#ifndef SERVER_TLS_H
#define SERVER_TLS_H

#include "base/arena.h"
#include "base/result.h"

enum io {
    IO_OK,         /* something was done */
    IO_WANT_READ,  /* wait until the socket is readable */
    IO_WANT_WRITE, /* … writable */
    IO_EOF,        /* the peer has ended its side */
    IO_ERROR,
};

struct tls_server; /* certificate, key and settings */
struct tls_conn;

struct tls_files {
    const char *cert, *key, *client_ca; /* PEM; client_ca may be NULL */
};

/* A certificate for the server's own key with that name in it (SNI, RFC 6066
 * §3), as DER in a; false: the ordinary one serves. */
typedef bool (*tls_named_fn)(void *ctx, struct arena *a, str name, str *out_der);

/* Errors: ERR_LISTEN (file, reason). */
MUST_USE struct result tls_server_new(const struct tls_files *files, tls_named_fn named, void *ctx, struct tls_server **out);
void tls_server_free(struct tls_server *s);

struct tls_conn *tls_conn_new(struct tls_server *s, int fd); /* NULL: out of resources */
void tls_conn_free(struct tls_conn *t);                      /* takes NULL */

enum io tls_handshake(struct tls_conn *t); /* IO_OK: done */
enum io tls_read(struct tls_conn *t, void *to, size_t cap, size_t *out_len);
/* May write less than len; call again with the same bytes first. */
enum io tls_write(struct tls_conn *t, const void *from, size_t len, size_t *out_len);
/* Bytes that are no longer in the socket and not yet read. */
bool tls_has_pending(const struct tls_conn *t);
void tls_close_notify(struct tls_conn *t); /* after a finished handshake only */

/* After the handshake; as long as t. */
str tls_client_cert(const struct tls_conn *t);       /* DER, STR_NONE without one */
str tls_client_cert_error(const struct tls_conn *t); /* STR_NONE: trusted, or none */

#endif
