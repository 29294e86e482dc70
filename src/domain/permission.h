/* Permissions: scopes of APIs, given to users and to roles. A permission is
 * named by API and scope and stands in relations as the pair (resource server
 * id, scope); it exists while the API has that scope. */
#ifndef DOMAIN_PERMISSION_H
#define DOMAIN_PERMISSION_H

#include "domain/relation.h"
#include "domain/resource_server.h"

enum { PERMISSIONS_PER_USER_MAX = 1000, PERMISSIONS_PER_ROLE_MAX = 1000 };

/* relation: RELATION_USER_PERMISSION or RELATION_ROLE_PERMISSION; owner: its side a.
 * permissions: [{resource_server_identifier, permission_name}]. One that is there
 * already is no error. Errors: ERR_INEXISTENT_PERMISSION, ERR_INEXISTENT_RESOURCE_SERVER, ERR_TOO_MANY_PERMISSIONS;
 * then nothing of it is kept, since the transaction fails. */
MUST_USE struct result permission_add_all(struct tx *tx, enum relation relation, str owner, const struct json *permissions);
/* One that is not there is no error. */
MUST_USE struct result permission_remove_all(struct tx *tx, enum relation relation, str owner, const struct json *permissions);

/* Shows permissions by pair; remembers the APIs it read. Zero it to begin. */
struct permission_shower {
    struct document server;
    str server_id;
};
/* {permission_name, description, resource_server_name, resource_server_identifier} */
MUST_USE struct result permission_show(struct tx *tx, struct permission_shower *s, str pair, struct json **out);

/* Scopes of an API that are no more take their permissions along. */
MUST_USE struct result permission_drop_scopes(struct tx *tx, str resource_server_id, const struct json *old_scopes,
                                              const struct json *scopes);

#endif
