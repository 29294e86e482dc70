/* Access tokens for machines: what client_credentials gives (AUTH-REFERENCE 5.4,
 * 15.1, 17.3; RFC 6749 §4.4). */
#ifndef DOMAIN_TOKEN_H
#define DOMAIN_TOKEN_H

#include "base/result.h"
#include "domain/log.h"
#include "store/store.h"

struct client_auth {
    str client_id;
    str secret;      /* STR_NONE: none was sent */
    bool by_basic;   /* HTTP Basic; else in the body */
};

struct token_request {
    struct arena *arena;
    const struct actor *actor;
    int64_t now_us;
    struct client_auth client;
    str audience; /* STR_NONE: absent */
    str scope;    /* STR_NONE: absent; space separated */
};

struct token_reply {
    str access_token, token_type, scope; /* scope: STR_NONE when not shown */
    int64_t expires_in_s;
};

/* Authenticates the client and issues: a JWT for the audience, or the opaque
 * v1 token when there is none. Writes the log entry (seccft, feccft).
 * Errors: ERR_CLIENT_UNAUTHORIZED, ERR_GRANT_NOT_ALLOWED, ERR_UNKNOWN_AUDIENCE,
 * ERR_NO_CLIENT_GRANT, ERR_SCOPES_NOT_GRANTED, ERR_V1_NOT_ALLOWED. */
MUST_USE struct result token_client_credentials(struct tenant *t, const struct token_request *rq, struct token_reply *out);

enum { V1_TOKEN_LIFETIME_S = 86400, V1_TOKEN_LEN = 48 };

#endif
