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

/* https://DOMAIN/api/v2/ */
str resource_server_management_identifier(struct tx *tx);
/* The tenant's first one: the Management API with every scope of the contract. */
MUST_USE struct result resource_server_create_management(struct tx *tx, struct document *out);

/* The client that stands for an API (client.resource_server_identifier); STR_NONE takes it away. */
MUST_USE struct result resource_server_link_client(struct tx *tx, str identifier, str client_id);

extern const struct resource_hooks resource_server_hooks;

#endif
