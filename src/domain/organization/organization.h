/* Organizations: companies whose members log in together. The document holds
 * name, branding and settings; members, connections, clients and grants are
 * relations, invitations and discovery domains documents of their own. */
#ifndef DOMAIN_ORGANIZATION_H
#define DOMAIN_ORGANIZATION_H

#include "domain/document.h"

/* Errors: ERR_INEXISTENT_ORGANIZATION. */
MUST_USE struct result organization_read(struct tx *tx, str id, struct document *out);
MUST_USE struct result organization_by_name(struct tx *tx, str name, struct document *out);

/* The v2 body, validated. *out_connections: what stands under enabled_connections
 * in it, as the answer shows them; NULL without. Errors: ERR_ORGANIZATION_EXISTS,
 * ERR_INEXISTENT_CONNECTION, ERR_SIGNUP_NEEDS_MEMBERSHIP. */
MUST_USE struct result organization_create(struct tx *tx, struct json *body, struct document *out, struct json **out_connections);

/* --- members: users by user_id ------------------------------------------------------ */
/* Errors: ERR_INEXISTENT_USERS. */
MUST_USE struct result organization_add_members(struct tx *tx, str organization, const struct json *user_ids);
/* With their roles there. One who is no member is no error. */
MUST_USE struct result organization_remove_members(struct tx *tx, str organization, const struct json *user_ids);
/* For login: the user becomes a member, by an invitation or by a connection with
 * assign_membership_on_login, and an entry of type organization_member_added
 * tells which. One who is a member already stays one without an entry. */
enum organization_admission { ADMISSION_INVITATION, ADMISSION_AUTO_MEMBERSHIP };
struct user;
MUST_USE struct result organization_admit(struct tx *tx, const struct document *organization, const struct user *u,
                                          enum organization_admission why);

extern const struct resource_hooks organization_hooks;

#endif
