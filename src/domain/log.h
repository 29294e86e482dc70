/* The tenant's log. Every state change writes its entry in its own transaction
 * (docs/design.md, decision 10). Types and document shapes: contract/README of
 * logs, AUTH-REFERENCE 24. */
#ifndef DOMAIN_LOG_H
#define DOMAIN_LOG_H

#include "json/json.h"
#include "store/store.h"

/* Who acts and from where; built by the server for each request. */
struct actor {
    str ip, user_agent;
    str client_id, client_name; /* of the caller's token; may be empty */
    str user_id;                /* of a user token */
    str scopes;                 /* space separated, for the entry */
    str auth0_client;           /* decoded telemetry header, JSON text or empty */
};

struct log_entry {
    str type;        /* "sapi", "ss", "seccft" … */
    str description;
    str connection, connection_id, client_id, client_name, user_id, user_name, strategy, strategy_type, audience, scope;
    str organization_id, organization_name;
    struct json *details; /* NULL: none; secrets already masked */
};
/* ip, user agent and, where the entry leaves them empty, the client are the actor's. */
MUST_USE struct result log_append(struct tx *tx, const struct log_entry *e);
/* Copy of v with passwords, secrets, tokens and codes masked, for details. */
struct json *log_mask(struct arena *a, const struct json *v);

#endif
