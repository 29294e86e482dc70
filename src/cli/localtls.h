/* The local certificate authority in DIR/tls and the certificates that it gives:
 * P-256, all over one server key. The file server.pem is for localhost,
 * 127.0.0.1, ::1 and the first tenant's domain; a client that names another
 * tenant's domain (SNI) gets one made for it, then and there, so that a new
 * tenant costs nothing here and no certificate grows with their number. */
#ifndef CLI_LOCALTLS_H
#define CLI_LOCALTLS_H

#include "store/store.h"

/* Makes DIR/tls with ca.pem, ca.key, server.pem and server.key. domain: a port
 * is cut off. Nothing is synced: dir is made durable as a whole. Errors: ERR_IO, ERR_CRYPTO. */
MUST_USE struct result localtls_create(const char *dir, str domain);

/* Gives certificates for names. The keys are read at the first one. */
struct localtls;
struct localtls *localtls_new(struct store *s, const uint16_t *ports, size_t port_count); /* ports: of the TLS listeners */
void localtls_free(struct localtls *l);
/* http_config.tls_named; ctx: struct localtls. False for a name that is no
 * tenant's domain, with or without one of the ports, 443 or 8443. */
bool localtls_issue(void *ctx, struct arena *a, str name, str *out_der);

#endif
