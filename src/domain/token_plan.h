/* What a client_credentials request leads to, apart from the secret: read from
 * the store once and kept, bounded, until the tenant's generation moves. */
#ifndef DOMAIN_TOKEN_PLAN_H
#define DOMAIN_TOKEN_PLAN_H

#include "domain/client/client.h"
#include "domain/resource_server.h"
#include "domain/token.h"

struct token_plan {
    struct client client; /* without its body, as api is without body and scopes: a kept plan is small */
    str audience;
    bool for_v1;
    struct resource_server api; /* unset for v1 */
    str scope;                  /* granted, space separated */
    bool permissions;           /* RBAC dialect: the scopes stand in `permissions` too */
    bool profile_9068;          /* RFC 9068 dialect */
};

/* Shared and never changed; give back with token_plan_release. Authenticates
 * the client, too. On failure *out is NULL.
 * Errors: those of token_client_credentials. */
MUST_USE struct result token_plan_get(struct tenant *t, const struct token_request *rq, const struct token_plan **out);
void token_plan_release(const struct token_plan *p);

#endif
