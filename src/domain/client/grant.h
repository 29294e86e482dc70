/* Client grants: which client may ask for which scopes of which API. */
#ifndef DOMAIN_CLIENT_GRANT_H
#define DOMAIN_CLIENT_GRANT_H

#include "domain/document.h"

struct client_grant {
    int64_t seq;
    str id, client_id, audience;
    str subject_type; /* "client" or "user" */
    bool allow_all_scopes; /* then scope does not count */
    const struct json *scope; /* array of texts; may be NULL */
    struct json *body;
};

/* The grant of a client for an audience, as the token endpoint asks. */
MUST_USE struct result client_grant_find(struct tx *tx, str client_id, str audience, str subject_type,
                                         struct client_grant *out, bool *out_found);
bool client_grant_allows(const struct client_grant *g, str scope);
/* A side goes. */
MUST_USE struct result client_grant_drop_client(struct tx *tx, str client_id);
MUST_USE struct result client_grant_drop_audience(struct tx *tx, str audience);

void client_grant_from_document(const struct document *d, struct client_grant *out);

extern const struct resource_hooks client_grant_hooks;

#endif
