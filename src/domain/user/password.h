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
    str text; /* borrowed from the request */
    str hash; /* wiped when the arena goes */
    const str *compared; /* the hashes of the history that text does not fit */
    size_t compared_count;
};

struct user_password_request {
    str text;
    str connection;  /* by name; STR_NONE: of the user's first identity */
    str user_id;     /* any of the ids; STR_NONE: a user to be made */
    const struct json *body; /* attributes that the user is about to get, laid over what is there; may be NULL */
};
/* Opens its own read transaction; waits in the hash lane. Where the connection or the user is not found or has no
 * passwords, *out is NULL: the transaction will say what is wrong. Errors: those of the policy
 * (password_policy.h, ERR_PASSWORD_USED_BEFORE), ERR_LANE_FULL. */
MUST_USE struct result user_password_prepare(struct tenant *t, struct arena *a, int64_t now_us,
                                             const struct user_password_request *rq, struct user_password **out);

/* Of a user to be made before there is a tenant to ask (a first start): the hash alone; the transaction checks the
 * policy. Does not wait for a place in the lane. Errors: those of password_hash. */
MUST_USE struct result user_password_new(struct arena *a, str text, struct user_password *out);

/* Inside the transaction. doc: the profile as it will be. identity: "auth0|…". user_row 0: a new user. Errors: of the
 * policy, ERR_BUSY when the history has grown since. */
MUST_USE struct result user_password_check(struct tx *tx, const struct connection *c, int64_t user_row, const struct json *doc,
                                           const struct user_password *p);
/* The hash in place of the identity's old one, which joins the history where the connection keeps one. */
MUST_USE struct result user_password_store(struct tx *tx, const struct connection *c, int64_t user_row, str identity, str hash);
/* That hash came as a custom_password_hash, and no login has seen it yet: an upsert may replace it. For those that a
 * login does not replace by the tenant's own (password_needs_rehash), which therefore do not tell it themselves. */
MUST_USE struct result user_password_mark_custom(struct tx *tx, int64_t user_row, str identity, str hash);
/* Is it what is marked so, and no login of the user with this document has used it? */
MUST_USE struct result user_password_is_unused(struct tx *tx, int64_t user_row, const struct json *doc, str identity, str hash,
                                               bool *out_unused);
/* Has a login come since that moment? */
bool user_password_was_used(const struct json *doc, int64_t marked_at_us);
/* STR_NONE for an identity without a password. */
MUST_USE struct result user_password_hash(struct tx *tx, int64_t user_row, str identity, str *out_hash);

#endif
