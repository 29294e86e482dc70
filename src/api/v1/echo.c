#include "api/v1/echo.h"

struct result v1_echo_check(struct arena *a, const struct json *body, const struct json *shown, const char *const *names)
{
    for (; *names; names++) {
        const struct json *sent = json_get(body, str_from(*names)), *is = json_get(shown, str_from(*names));
        if (sent && is && sent->type != JSON_NULL && !json_equal(sent, is))
            return fail1(ERR_INVALID_BODY, str_fmt(a, "Payload validation error: 'Cannot be changed' on property %s.", *names));
    }
    return OK;
}
