/* The grant types of the token endpoint: accepted, refused and advertised from
 * one table. */
#ifndef API_AUTH_GRANTS_H
#define API_AUTH_GRANTS_H

#include "api/call.h"
#include "domain/token.h"

struct grant_type {
    str name; /* grant_type on the wire */
    struct result (*redeem)(struct call *c, const struct client_auth *client, struct token_reply *out);
};
extern const struct grant_type grant_types[];
extern const size_t grant_type_count;

#endif
