/* Old clients send back the whole object that they read. Members that cannot be
 * changed may come again, but only as they are. */
#ifndef API_V1_ECHO_H
#define API_V1_ECHO_H

#include "api/call.h"

/* names: terminated by NULL. Only what shown has is compared. Errors: ERR_INVALID_BODY naming the member. */
MUST_USE struct result v1_echo_check(struct arena *a, const struct json *body, const struct json *shown, const char *const *names);

#endif
