/* Clients of an organization: applications that its members may use. */
#ifndef DOMAIN_ORGANIZATION_CLIENT_H
#define DOMAIN_ORGANIZATION_CLIENT_H

#include "domain/relation.h"

/* clients: [{client_id, use_for_member_access}]; one that is there already takes
 * the new setting. *out: array as shown. Errors: ERR_INEXISTENT_CLIENT. */
MUST_USE struct result organization_client_add_all(struct tx *tx, str organization, const struct json *clients, struct json **out);
/* Errors: ERR_INEXISTENT_ORGANIZATION_CLIENT. */
MUST_USE struct result organization_client_read(struct tx *tx, str organization, str client_id, struct json **out);
MUST_USE struct result organization_client_patch(struct tx *tx, str organization, str client_id, const struct json *patch,
                                                 struct json **out);
/* {client_id, use_for_member_access, client: {name, app_type …}} */
MUST_USE struct result organization_client_show(struct tx *tx, const struct relation_row *row, struct json **out);

#endif
