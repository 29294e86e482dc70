/* What users have consented to: which scopes of an API a client may have in
 * their name. Documents of the contract's resource `grant`, one a user, client,
 * API and organization. */
#ifndef DOMAIN_USER_GRANT_H
#define DOMAIN_USER_GRANT_H

#include "domain/document.h"

struct user_grant {
    str user_id, client_id, audience;
    str organization_id; /* STR_NONE: none */
};
/* scopes: array of texts; they join those of an earlier consent. */
MUST_USE struct result user_grant_add(struct tx *tx, const struct user_grant *g, const struct json *scopes, struct document *out);
MUST_USE struct result user_grant_find(struct tx *tx, const struct user_grant *g, struct document *out, bool *out_found);
MUST_USE struct result user_grant_drop_user(struct tx *tx, str user_id);
MUST_USE struct result user_grant_drop_client(struct tx *tx, str client_id);

#endif
