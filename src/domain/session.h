/* Browser sessions: what a login leaves with the browser. Rows of `sessions`;
 * the body is the v2 object (AUTH-REFERENCE 18). A session that has ended by
 * itself is not there, even while its row waits for the sweeper. */
#ifndef DOMAIN_SESSION_H
#define DOMAIN_SESSION_H

#include "domain/user/user.h"

struct session {
    int64_t seq;
    str id;
    int64_t user; /* row */
    struct json *body;
};

struct session_new {
    const struct user *user;
    str client_id; /* STR_NONE: none yet */
    str method;    /* "pwd", "federated", "mfa" … */
};
/* Lifetimes and the cookie's mode are the tenant's settings; the device is the transaction's actor. */
MUST_USE struct result session_start(struct tx *tx, const struct session_new *n, struct session *out);
/* The browser came back, for that client (STR_NONE: for none): the idle lifetime begins again. */
MUST_USE struct result session_touch(struct tx *tx, const struct session *s, str client_id, struct session *out);
/* Errors: ERR_INEXISTENT_SESSION. */
MUST_USE struct result session_read(struct tx *tx, str id, struct session *out);
/* metadata: an object; null or NULL removes it. */
MUST_USE struct result session_set_metadata(struct tx *tx, str id, struct json *metadata, struct session *out);

struct session_list {
    int64_t user;
    int64_t after_seq;
    size_t limit;
    bool want_total;
    /* out */
    struct json *items; /* bodies, in order of creation */
    size_t total;
    int64_t last_seq;
    bool more;
};
MUST_USE struct result session_list(struct tx *tx, struct session_list *l);

/* The session goes, its refresh tokens stay. Absent is no error. */
MUST_USE struct result session_end(struct tx *tx, str id);
MUST_USE struct result session_end_user(struct tx *tx, int64_t user);
/* With its refresh tokens. Errors: ERR_INEXISTENT_SESSION. */
MUST_USE struct result session_revoke(struct tx *tx, str id);
/* All access of a user, or of one of the user's sessions (session_id; STR_NONE: of all). A session of somebody else
 * is none. */
MUST_USE struct result session_revoke_access(struct tx *tx, const struct user *u, str session_id, bool keep_refresh_tokens);

#endif
