/* The user in the path of operations below /users/{id} and their like. */
#ifndef API_V2_USER_PATH_H
#define API_V2_USER_PATH_H

#include "api/call.h"
#include "domain/user/user.h"

/* Errors: ERR_INEXISTENT_USER. */
static inline struct result v2_user_of_path(struct call *c, struct user *out)
{
    return user_by_id(c->tx, call_param(c, "id"), out);
}

/* parameter: which of the path. missing: the error kind where this operation has other words. */
static inline struct result v2_user_of_path_or(struct call *c, const char *parameter, enum err_kind missing, struct user *out)
{
    bool found;
    TRY(user_find_by_id(c->tx, call_param(c, parameter), out, &found));
    return found ? OK : fail(missing);
}

#endif
