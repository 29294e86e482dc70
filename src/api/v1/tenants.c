/* /api/tenants of API v1: nobody saws off the branch that the request sits on. */
#include "api/call.h"

struct result v1_tenants_delete(struct call *c)
{
    if (!str_eq(call_param(c, "name"), tenant_get_info(c->tenant)->name))
        return fail(ERR_NOT_FOUND);
    return fail1(ERR_OPERATION_NOT_SUPPORTED, STR("A tenant cannot delete itself: use `doorward tenant delete`."));
}
