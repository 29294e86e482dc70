/* The vault: tokens that other services gave for a user. A token set comes of a
 * login through a federated connection, a connected account of a flow of its
 * own; both keep the provider's tokens sealed and show none of them. */
#ifndef DOMAIN_TOKENSET_H
#define DOMAIN_TOKENSET_H

#include "domain/document.h"
#include "domain/user/user.h"

struct tokenset_new {
    const struct user *user;
    const struct connection *connection;
    str access_token, refresh_token; /* either may be STR_NONE */
    str scope;                       /* space separated */
    int64_t expires_at_us;           /* of the access token; 0: unknown */
    str organization_id;             /* connected accounts only; STR_NONE: none */
};
/* One a user and connection: a newer one takes the place of the older. */
MUST_USE struct result tokenset_store(struct tx *tx, const struct tokenset_new *n, struct document *out);
/* *out: array as v2 shows it. */
MUST_USE struct result tokenset_list(struct tx *tx, const struct user *u, struct json **out);
/* Absent, or somebody else's, is no error. */
MUST_USE struct result tokenset_delete(struct tx *tx, const struct user *u, str id);

MUST_USE struct result connected_account_store(struct tx *tx, const struct tokenset_new *n, struct document *out);
/* Fill after_seq and limit. The items' bodies hold tokens: connected_account_show. */
MUST_USE struct result connected_account_list(struct tx *tx, const struct user *u, struct document_list *l);
struct json *connected_account_show(struct arena *a, const struct document *d);

/* The user or the connection goes. */
MUST_USE struct result tokenset_drop_user(struct tx *tx, str user_id);
MUST_USE struct result tokenset_drop_connection(struct tx *tx, str connection_id);

#endif
