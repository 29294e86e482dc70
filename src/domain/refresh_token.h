/* Refresh tokens: rows of `refresh_tokens`, by the hash of the secret, which is
 * shown once. v2 lists them by user, v1 and device-credentials as what a device
 * holds; the id is one and the same ("dcr_…"; AUTH-REFERENCE 18). */
#ifndef DOMAIN_REFRESH_TOKEN_H
#define DOMAIN_REFRESH_TOKEN_H

#include "domain/user/user.h"

struct refresh_token {
    int64_t seq;
    str id, client_id;
    str device_name; /* empty when the login named none */
    int64_t user;    /* row */
    struct json *body; /* the v2 object */
};

struct refresh_token_new {
    const struct user *user;
    str client_id, session_id, device_name; /* session_id, device_name: may be STR_NONE */
    bool is_rotating;
    struct json *resource_servers; /* [{audience, scopes}] */
    int64_t ttl_s, idle_ttl_s;     /* 0: no end of that kind */
};
/* out_secret: what the client gets. */
MUST_USE struct result refresh_token_create(struct tx *tx, const struct refresh_token_new *n, struct refresh_token *out,
                                            str *out_secret);
/* One that has expired is not there. */
MUST_USE struct result refresh_token_find(struct tx *tx, str secret, struct refresh_token *out, bool *out_found);
MUST_USE struct result refresh_token_find_by_id(struct tx *tx, str id, struct refresh_token *out, bool *out_found);
/* Errors: ERR_INEXISTENT_REFRESH_TOKEN. */
MUST_USE struct result refresh_token_read(struct tx *tx, str id, struct refresh_token *out);
/* metadata: an object; null or NULL removes it. */
MUST_USE struct result refresh_token_set_metadata(struct tx *tx, str id, struct json *metadata, struct refresh_token *out);

struct refresh_token_list {
    int64_t user;  /* 0: any */
    str client_id; /* STR_NONE: any */
    int64_t after_seq;
    size_t limit;
    bool want_total;
    /* out */
    struct refresh_token *items; /* in order of creation */
    size_t count, total;
    bool more;
};
MUST_USE struct result refresh_token_list(struct tx *tx, struct refresh_token_list *l);

/* Revoking deletes. Absent is no error. */
MUST_USE struct result refresh_token_revoke(struct tx *tx, str id);
MUST_USE struct result refresh_token_revoke_session(struct tx *tx, str session_id);
MUST_USE struct result refresh_token_revoke_user(struct tx *tx, int64_t user);
MUST_USE struct result refresh_token_revoke_client(struct tx *tx, str client_id);
/* All that fit; user 0, client_id and audience STR_NONE: any. */
MUST_USE struct result refresh_token_revoke_matching(struct tx *tx, int64_t user, str client_id, str audience);

#endif
