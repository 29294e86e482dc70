/* Who asks: the meaning of a presented credential (docs/design.md, decision 8). */
#ifndef DOMAIN_CALLER_H
#define DOMAIN_CALLER_H

#include "contract/contract.h"
#include "store/store.h"

enum caller_kind {
    CALLER_NOBODY,
    CALLER_V2_TOKEN, /* JWT access token for the Management API */
    CALLER_ID_TOKEN, /* id_token: the seven current-user scopes, own user only */
    CALLER_V1_GLOBAL,
    CALLER_V1_CLIENT, /* sees users and connections enabled for its client; a bewit stands for one of these two */
};

struct caller {
    enum caller_kind kind;
    str client_id, user_id; /* user_id: "sub" of a user's token, else empty */
    bool user_is_gone; /* deleted, or part of another now: the token is a true one, but opens nothing */
    str client_name; /* of a v1 token, for the log; else empty */
    struct scopes scopes;
    str scope_text;
};

/* A v2 credential: verified with the tenant's keys, or found in a bounded cache
 * whose entries end with the tenant's generation. Errors: ERR_INVALID_TOKEN,
 * ERR_EXPIRED_TOKEN, ERR_INVALID_SIGNATURE, ERR_BAD_AUDIENCE. */
MUST_USE struct result caller_from_jwt(struct tenant *t, struct arena *a, str token, int64_t now_us, struct caller *out);
/* A v1 opaque token; cached in the same way. Errors: ERR_INVALID_TOKEN. */
MUST_USE struct result caller_from_v1_token(struct tenant *t, struct arena *a, str token, int64_t now_us, struct caller *out);
/* A client of API v1 as it stands now; also behind a bewit. Errors:
 * ERR_INVALID_TOKEN when the client is gone or gets no such tokens (any more). */
MUST_USE struct result caller_of_v1_client(struct tx *tx, str client_id, struct caller *out);
/* Does the rule open for this caller? path_user: the user named by the path, or
 * STR_NONE. Errors: ERR_INSUFFICIENT_SCOPE, ERR_WRONG_SUBJECT. */
MUST_USE struct result caller_check_scopes(const struct caller *c, const struct scope_rule *rule, str path_user);

#endif
