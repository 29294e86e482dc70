/* Social options show each permission twice: as a boolean of its own and as an
 * entry of `scope` (docs/strategies.md, section 2). The booleans decide. */
#ifndef DOMAIN_PROVIDER_SCOPE_H
#define DOMAIN_PROVIDER_SCOPE_H

#include "domain/connection/strategy.h"
#include "json/json.h"

/* Fill options.scope from the booleans that are true, options.freeform_scopes,
 * and the entries of a given scope that this provider knows. Strategies without a
 * table keep their scope as given. */
void provider_scope_fill(struct arena *a, const struct strategy *s, struct json *options);

#endif
