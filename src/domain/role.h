/* Roles: a name for permissions, given to users, to groups, and to members and
 * groups of an organization there. The engine keeps them; who has them are
 * relations. A role of type `organization` is given in organizations only, and
 * one with an owner in that organization only. */
#ifndef DOMAIN_ROLE_H
#define DOMAIN_ROLE_H

#include "domain/document.h"
#include "domain/relation.h"

enum { ROLES_IN_ORGANIZATION_MAX = 50 }; /* of one member, or of one group */

/* Errors: ERR_INEXISTENT_ROLE. */
MUST_USE struct result role_read(struct tx *tx, str id, struct document *out);
/* May this role be given there? Errors: ERR_INEXISTENT_ROLE. */
MUST_USE struct result role_check(struct tx *tx, str id, str organization);
/* Are all of these (texts) roles that may be given there? organization: STR_NONE
 * for users and groups of the tenant. Errors: missing, with the ids that are not. */
MUST_USE struct result role_check_all(struct tx *tx, const struct json *ids, str organization, enum err_kind missing);

/* relation: RELATION_USER_ROLE or RELATION_GROUP_ROLE; holder: the user or group,
 * who must exist. Errors: ERR_INEXISTENT_ROLES. */
MUST_USE struct result role_give(struct tx *tx, enum relation relation, str holder, const struct json *ids);
/* In an organization, whose member a user need not be yet (recorded); relation: RELATION_ORGANIZATION_MEMBER_ROLE or
 * RELATION_ORGANIZATION_GROUP_ROLE. A group belongs to the organization while
 * it has a role there. Errors: ERR_INEXISTENT_ROLES, ERR_TOO_MANY_MEMBER_ROLES,
 * ERR_TOO_MANY_GROUP_ROLES. */
MUST_USE struct result role_give_in(struct tx *tx, enum relation relation, str organization, str holder, const struct json *ids);
MUST_USE struct result role_take_in(struct tx *tx, enum relation relation, str organization, str holder, const struct json *ids);

/* An organization goes: the roles that it owns go. */
MUST_USE struct result role_drop_owner(struct tx *tx, str organization);

extern const struct resource_hooks role_hooks;

#endif
