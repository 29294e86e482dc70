/* What a user may: roles given directly or through groups, and the permissions
 * of these and of the user. In an organization the roles are those that the
 * user has there (AUTH-REFERENCE 17.3). */
#ifndef DOMAIN_RBAC_H
#define DOMAIN_RBAC_H

#include "domain/permission.h"
#include "domain/role.h"

struct rbac_role {
    struct document role;
    bool direct, by_group;
};
/* organization: STR_NONE for the tenant. In order of the roles' creation. */
MUST_USE struct result rbac_roles_of_user(struct tx *tx, str user_id, str organization, struct rbac_role **out,
                                          size_t *out_count);
/* Only the roles given to the user directly. */
MUST_USE struct result rbac_direct_roles_of_user(struct tx *tx, str user_id, struct rbac_role **out, size_t *out_count);
/* The groups through which the user has that role; rows have the group in .a, the seq of the membership. */
MUST_USE struct result rbac_groups_of_role(struct tx *tx, str user_id, str role, str organization, struct relation_row **out,
                                           size_t *out_count);

struct rbac_permission {
    int64_t seq; /* the least of its sources: order and checkpoint */
    str pair;    /* (resource server id, scope) */
    bool direct;
    const struct rbac_role **roles; /* the others that give it */
    size_t role_count;
};
/* Each permission once, of the user and of these roles. resource_server_id: STR_NONE for all APIs. */
MUST_USE struct result rbac_permissions_list(struct tx *tx, str user_id, const struct rbac_role *roles, size_t role_count,
                                             str resource_server_id, struct rbac_permission **out, size_t *out_count);

/* For tokens: the scopes (array of texts, each once) that the user has for an
 * API. audience: its identifier; an unknown one gives an empty array. */
MUST_USE struct result rbac_permissions_of_user(struct tx *tx, str user_id, str audience, str organization, struct json **out);

#endif
