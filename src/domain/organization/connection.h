/* Connections of an organization: through which its members log in. A relation
 * that carries its settings; API v2 shows it in two ways. */
#ifndef DOMAIN_ORGANIZATION_CONNECTION_H
#define DOMAIN_ORGANIZATION_CONNECTION_H

#include "json/json.h"
#include "store/store.h"

/* All *out: the newer form, {connection_id, …settings, connection: {name, strategy}}.
 * body: connection_id and settings. Errors: ERR_INEXISTENT_CONNECTION,
 * ERR_ORGANIZATION_CONNECTION_EXISTS, ERR_SIGNUP_NEEDS_MEMBERSHIP. */
MUST_USE struct result organization_connection_add(struct tx *tx, str organization, const struct json *body, struct json **out);
/* Errors: ERR_INEXISTENT_ORGANIZATION_CONNECTION. */
MUST_USE struct result organization_connection_read(struct tx *tx, str organization, str connection_id, struct json **out);
/* null takes a setting back to its default. */
MUST_USE struct result organization_connection_patch(struct tx *tx, str organization, str connection_id, const struct json *patch,
                                                     struct json **out);
/* Array in order of addition. */
MUST_USE struct result organization_connection_list(struct tx *tx, str organization, struct json **out);
/* The older form (enabled_connections) of what the others answer. */
struct json *organization_connection_older(struct arena *a, const struct json *shown);
bool organization_connection_is_enabled(const struct json *shown);

#endif
