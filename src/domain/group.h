/* Groups of users. They come from directories (a connection's), never from the
 * API, which shows them, gives them roles and deletes them. A group belongs to
 * an organization while it has roles there. */
#ifndef DOMAIN_GROUP_H
#define DOMAIN_GROUP_H

#include "domain/document.h"

/* Errors: ERR_INEXISTENT_GROUP. */
MUST_USE struct result group_read(struct tx *tx, str id, struct document *out);
/* Errors: ERR_INEXISTENT_GROUP. */
MUST_USE struct result group_check_all(struct tx *tx, const struct json *ids);
/* name, external_id and connection_id (as a directory tells them); the rest is made. */
MUST_USE struct result group_create(struct tx *tx, struct json *body, struct document *out);
MUST_USE struct result group_add_member(struct tx *tx, str group, str user);
MUST_USE struct result group_remove_member(struct tx *tx, str group, str user);

/* Without a role in it a group leaves an organization. */
MUST_USE struct result group_leave_when_bare(struct tx *tx, str organization, str group);

/* A role goes: groups without another one leave their organizations. */
MUST_USE struct result group_forget_role(struct tx *tx, str role);
/* A connection goes: its groups go. */
MUST_USE struct result group_drop_connection(struct tx *tx, str connection_id);

extern const struct resource_hooks group_hooks;

#endif
