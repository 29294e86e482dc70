/* /api/v2/users/{id}: second factors as older clients know them, and the browsers that need none. */
#include "domain/authentication_method.h"
#include "domain/enrollment.h"
#include "domain/known_device.h"
#include "api/v2/user_path.h"

struct result v2_users_enrollments_list(struct call *c)
{
    struct user u;
    struct json *enrollments;
    TRY(v2_user_of_path_or(c, "id", ERR_USER_NOT_FOUND, &u));
    TRY(enrollment_first(c->tx, &u, &enrollments));
    return call_reply(c, 200, enrollments);
}

struct result v2_users_authenticators_delete(struct call *c)
{
    struct user u;
    TRY(v2_user_of_path(c, &u));
    TRY(enrollment_delete_all(c->tx, &u));
    return call_reply_empty(c, 204);
}

struct result v2_users_recovery_code(struct call *c)
{
    struct user u;
    struct json *o = json_object(c->arena);
    str code;
    TRY(v2_user_of_path(c, &u));
    TRY(recovery_code_make(c->tx, &u, &code));
    json_set_text(c->arena, o, STR("recovery_code"), code);
    return call_reply(c, 200, o);
}

struct result v2_users_multifactor_delete(struct call *c)
{
    struct user u;
    bool is_duo = str_eq(call_param(c, "provider"), STR("duo"));
    TRY(v2_user_of_path_or(c, "id", ERR_USER_NOT_FOUND, &u));
    TRY(authentication_method_delete_type(c->tx, &u, is_duo ? STR("duo") : STR("totp")));
    return call_reply_empty(c, 204);
}

struct result v2_users_remembered_browsers_forget(struct call *c)
{
    struct user u;
    TRY(v2_user_of_path(c, &u));
    TRY(known_device_forget(c->tx, KNOWN_DEVICE_MFA, &u, STR_NONE));
    return call_reply_empty(c, 204);
}

/* The only assessor that there is, "new-device", is what the contract lets through. */
struct result v2_users_assessors_clear(struct call *c)
{
    struct user u;
    TRY(v2_user_of_path(c, &u));
    TRY(known_device_forget(c->tx, KNOWN_DEVICE_RISK, &u, json_get_text(c->body, STR("connection"))));
    return call_reply_empty(c, 204);
}
