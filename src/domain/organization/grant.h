/* Client grants of an organization: which clients may get tokens for an API in
 * its name (machine to machine). */
#ifndef DOMAIN_ORGANIZATION_GRANT_H
#define DOMAIN_ORGANIZATION_GRANT_H

#include "domain/client/grant.h"
#include "domain/relation.h"

enum { ORGANIZATION_GRANTS_MAX = 100 };

/* Errors: ERR_INEXISTENT_CLIENT_GRANT, ERR_ORGANIZATION_GRANT_EXISTS, ERR_TOO_MANY_ORGANIZATION_GRANTS. */
MUST_USE struct result organization_grant_add(struct tx *tx, str organization, str grant_id, struct client_grant *out);

struct organization_grant_filter { /* STR_NONE, NULL: any */
    str audience, client_id;
    const struct json *grant_ids;
};
/* All that fit, in order of addition: at most ORGANIZATION_GRANTS_MAX. */
MUST_USE struct result organization_grant_list(struct tx *tx, str organization, const struct organization_grant_filter *f,
                                               struct client_grant **out, size_t *out_count);

#endif
