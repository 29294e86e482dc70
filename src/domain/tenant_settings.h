/* The tenant's settings: one document with the defaults of a new tenant. */
#ifndef DOMAIN_TENANT_SETTINGS_H
#define DOMAIN_TENANT_SETTINGS_H

#include "json/json.h"
#include "store/store.h"

/* Never absent: a tenant that wrote nothing has the defaults. */
MUST_USE struct result tenant_settings_read(struct tx *tx, struct json **out);
/* flags and the other objects of one level are merged; null removes. Errors: ERR_INVALID_BODY. */
MUST_USE struct result tenant_settings_patch(struct tx *tx, const struct json *patch, struct json **out);
bool tenant_settings_flag(const struct json *settings, str flag); /* settings.flags.<flag> is true */

#endif
