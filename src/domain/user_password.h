/* A password on its way into the store. Hashing takes tens of milliseconds, so
 * it happens before the transaction, in the hash lane: prepare checks the
 * connection's policy and history and hashes; the transaction checks the policy
 * again (the profile may have changed) and that no hash has joined the history
 * that was not looked at (AUTH-REFERENCE 19). */
#ifndef DOMAIN_USER_PASSWORD_H
#define DOMAIN_USER_PASSWORD_H

#include "json/json.h"
#include "store/store.h"

struct user;
struct connection;

struct user_password {
    str text; /* as typed; wiped when the arena goes */
    str hash;
    const str *compared; /* the hashes of the history that text is not */
    size_t compared_count;
};

struct user_password_request {
    str text;
    str connection;  /* by name; STR_NONE: the user's first database identity */
    str user_id;     /* any of the ids; STR_NONE: a user to be made */
    const struct json *body; /* attributes that the user is about to get, laid over what is there; may be NULL */
};
/* Opens its own read transaction; waits in the hash lane. Where the connection or user cannot be found, or has no
 * passwords, *out is NULL and the transaction says what is wrong. Errors: those of the policy (ERR_PASSWORD_…),
 * ERR_LANE_FULL. */
MUST_USE struct result user_password_prepare(struct tenant *t, struct arena *a, int64_t now_us,
                                             const struct user_password_request *rq, struct user_password **out);

/* Inside the transaction. doc: the profile as it will be. user_row 0: new. */
MUST_USE struct result user_password_check(struct tx *tx, const struct connection *c, int64_t user_row, const struct json *doc,
                                           const struct user_password *p);
MUST_USE struct result user_password_store(struct tx *tx, const struct connection *c, int64_t user_row, str hash);
/* STR_NONE for a user without a password. */
MUST_USE struct result user_password_hash(struct tx *tx, int64_t user_row, str *out_hash);

#endif
