/* /api/v2/tenants/settings. */
#include "api/call.h"
#include "domain/tenant_settings.h"

struct result v2_tenant_settings_read(struct call *c)
{
    struct json *settings;
    TRY(tenant_settings_read(c->tx, &settings));
    return call_reply(c, 200, call_pick_fields(c, settings));
}

struct result v2_tenant_settings_patch(struct call *c)
{
    struct json *settings;
    TRY(tenant_settings_patch(c->tx, c->body, &settings));
    return call_reply(c, 200, settings);
}
