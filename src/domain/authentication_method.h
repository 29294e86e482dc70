/* By what a user proves to be there beyond the password: telephone, e-mail
 * address, one-time passwords, keys, recovery code. Documents of the contract's
 * resource `authentication_method`; older clients see some of them as
 * enrollments (AUTH-REFERENCE 28.1). */
#ifndef DOMAIN_AUTHENTICATION_METHOD_H
#define DOMAIN_AUTHENTICATION_METHOD_H

#include "domain/document.h"
#include "domain/user/user.h"

enum { AUTHENTICATION_METHODS_MAX = 100 }; /* of a user */

/* body: {type, …}, validated; takes it over. What the type needs must be there, and nothing that only other types have.
 * Errors: ERR_INVALID_BODY, ERR_AUTHENTICATION_METHOD_EXISTS, ERR_TOO_MANY_AUTHENTICATION_METHODS. */
MUST_USE struct result authentication_method_create(struct tx *tx, const struct user *u, struct json *body, struct document *out);
/* Errors: ERR_INEXISTENT_AUTHENTICATION_METHOD, also for one of somebody else. */
MUST_USE struct result authentication_method_read(struct tx *tx, const struct user *u, str id, struct document *out);
MUST_USE struct result authentication_method_patch(struct tx *tx, const struct user *u, str id, const struct json *patch,
                                                   struct document *out);
MUST_USE struct result authentication_method_delete(struct tx *tx, const struct user *u, str id);
/* In order of creation. Fill offset and limit of *l. */
MUST_USE struct result authentication_method_list(struct tx *tx, const struct user *u, struct document_list *l);

/* All of them, the recovery code too. Errors: ERR_PASSKEY_REGISTERED. */
MUST_USE struct result authentication_method_delete_all(struct tx *tx, const struct user *u);
/* Those of one type; none is no error. */
MUST_USE struct result authentication_method_delete_type(struct tx *tx, const struct user *u, str type);
/* The user goes. */
MUST_USE struct result authentication_method_drop_user(struct tx *tx, str user_id);

/* The recovery code. Only its hash is kept; the one before is worth nothing from now on. out_code: shown once. */
MUST_USE struct result recovery_code_make(struct tx *tx, const struct user *u, str *out_code);
/* Single use: whoever comes second finds nothing. */
MUST_USE struct result recovery_code_use(struct tx *tx, const struct user *u, str code, bool *out_valid);

#endif
