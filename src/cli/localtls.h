/* The local certificate authority in DIR/tls and the server certificate that it
 * gives: P-256, for localhost, 127.0.0.1, ::1 and every tenant's domain. */
#ifndef CLI_LOCALTLS_H
#define CLI_LOCALTLS_H

#include "store/store.h"

/* Makes DIR/tls with ca.pem, ca.key, server.pem and server.key. domains: host
 * names, ports are cut off. Errors: ERR_IO, ERR_CRYPTO. */
MUST_USE struct result localtls_create(const char *dir, const str *domains, size_t domain_count);
/* A new server certificate from the CA that is there. */
MUST_USE struct result localtls_renew(const char *dir, const str *domains, size_t domain_count);
MUST_USE struct result localtls_renew_for_store(struct store *s);

#endif
