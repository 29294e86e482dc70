/* The tenant's settings: one document with the defaults of a new tenant. */
#ifndef DOMAIN_TENANT_SETTINGS_H
#define DOMAIN_TENANT_SETTINGS_H

#include "json/json.h"
#include "store/store.h"

/* Never absent: a tenant that wrote nothing has the defaults. */
MUST_USE struct result tenant_settings_read(struct tx *tx, struct json **out);
/* patch: validated. flags are merged one by one, other members replaced, null
 * removes; a lifetime in minutes is kept in hours. Bumps the tenant's generation. */
MUST_USE struct result tenant_settings_patch(struct tx *tx, const struct json *patch, struct json **out);
bool tenant_settings_flag(const struct json *settings, str flag); /* settings.flags.<flag> is true */

#endif
