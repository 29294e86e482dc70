/* APIs that access tokens are made for. The Management API is one of them, a
 * system one: its identifier is the tenant's, it cannot be changed or deleted. */
#ifndef DOMAIN_RESOURCE_SERVER_H
#define DOMAIN_RESOURCE_SERVER_H

#include "domain/document.h"

struct resource_server {
    str id, identifier, name;
    str signing_alg, signing_secret; /* secret: HS256 only */
    int64_t token_lifetime_s, token_lifetime_for_web_s;
    bool is_system, allow_offline_access;
    const struct json *scopes; /* array of {value, description}; may be NULL */
    struct json *body;
};

MUST_USE struct result resource_server_find(struct tx *tx, str identifier, struct resource_server *out, bool *out_found);
bool resource_server_has_scope(const struct resource_server *rs, str scope);
/* The tenant's first one: https://DOMAIN/api/v2/ with every scope of the contract. */
MUST_USE struct result resource_server_create_management(struct tx *tx, struct document *out);
str resource_server_management_identifier(struct tx *tx);

extern const struct resource_hooks resource_server_hooks;

#endif
