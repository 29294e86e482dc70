/* Credentials: public keys and certificates by which a client proves itself,
 * kept on their own and named by id in the client's client_authentication_methods. */
#ifndef DOMAIN_CLIENT_CREDENTIAL_H
#define DOMAIN_CLIENT_CREDENTIAL_H

#include "domain/client/client.h"

/* body: {credential_type, pem, name?, alg?, kid?, expires_at?, parse_expiry_from_cert?, subject_dn?}.
 * client: client_id or cli_ id. *out, in all of these: the object that v2 answers (no pem).
 * Errors: ERR_INEXISTENT_CLIENT, ERR_INVALID_BODY. */
MUST_USE struct result client_credential_create(struct tx *tx, str client, const struct json *body, struct json **out);
/* Errors: ERR_INEXISTENT_CLIENT, ERR_INEXISTENT_CLIENT_CREDENTIAL. */
MUST_USE struct result client_credential_read(struct tx *tx, str client, str id, struct json **out);
MUST_USE struct result client_credential_list(struct tx *tx, str client, struct json **out); /* array */
/* patch: {expires_at: date or null}. */
MUST_USE struct result client_credential_patch(struct tx *tx, str client, str id, const struct json *patch, struct json **out);
/* Also out of the client's methods. Absent is no error. */
MUST_USE struct result client_credential_delete(struct tx *tx, str client, str id);
MUST_USE struct result client_credential_drop_client(struct tx *tx, str client_id);

/* A body about to be stored: whole credentials become stored ones and are replaced by {id}; an {id} that is not
 * this client's fails. Errors: ERR_INVALID_BODY, ERR_INEXISTENT_CLIENT_CREDENTIAL. */
MUST_USE struct result client_credentials_take_out(struct tx *tx, str client_id, struct json *body);
/* The reverse for an answer: {id} becomes the whole object. */
MUST_USE struct result client_credentials_put_back(struct tx *tx, struct json *body);

/* For client authentication: the stored objects, with "pem", that the client's methods name under method
 * ("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"), expired ones left out. */
MUST_USE struct result client_credential_keys(struct tx *tx, const struct client *c, str method, struct json **out);

#endif
