/* /api/v2/clients/{client_id}/credentials. */
#include "api/call.h"
#include "domain/client/credential.h"

struct result v2_client_credentials_list(struct call *c)
{
    struct json *all;
    TRY(client_credential_list(c->tx, call_param(c, "client_id"), &all));
    return call_reply(c, 200, all);
}

struct result v2_client_credentials_create(struct call *c)
{
    struct json *credential;
    TRY(client_credential_create(c->tx, call_param(c, "client_id"), c->body, &credential));
    return call_reply(c, 201, credential);
}

struct result v2_client_credentials_read(struct call *c)
{
    struct json *credential;
    TRY(client_credential_read(c->tx, call_param(c, "client_id"), call_param(c, "credential_id"), &credential));
    return call_reply(c, 200, credential);
}

struct result v2_client_credentials_patch(struct call *c)
{
    struct json *credential;
    TRY(client_credential_patch(c->tx, call_param(c, "client_id"), call_param(c, "credential_id"), c->body, &credential));
    return call_reply(c, 200, credential);
}

struct result v2_client_credentials_delete(struct call *c)
{
    TRY(client_credential_delete(c->tx, call_param(c, "client_id"), call_param(c, "credential_id")));
    return call_reply_empty(c, 204);
}
