/* What a device holds for a user: public keys registered for it, and refresh
 * tokens (rows of `tokens`, kind "refresh"). One store: v1's publickey and
 * devices, v2's device-credentials. */
#ifndef DOMAIN_DEVICE_CREDENTIAL_H
#define DOMAIN_DEVICE_CREDENTIAL_H

#include "domain/document.h"

struct device_credential_list {
    str user_id, client_id, type; /* STR_NONE: any; type: "public_key", "refresh_token", "rotating_refresh_token" */
    str device_name;              /* STR_NONE: any */
    size_t offset, limit;         /* limit 0: all */
    /* out */
    struct json *items; /* array of {id, device_name, device_id, type, user_id, client_id} */
    size_t total;
};
MUST_USE struct result device_credential_list(struct tx *tx, struct device_credential_list *list);
/* A public key. body: {device_name, type: "public_key", value, device_id, client_id?}. One per (user, client,
 * device_id): the same again replaces its key. *out: {id}. Errors: ERR_INVALID_BODY. */
MUST_USE struct result device_credential_create(struct tx *tx, str user_id, const struct json *body, struct json **out);
MUST_USE struct result device_credential_read(struct tx *tx, str id, struct json **out, bool *out_found);
/* Absent is no error. */
MUST_USE struct result device_credential_delete(struct tx *tx, str id);
/* v1: by device name; *out_removed: was there one? */
MUST_USE struct result device_credential_delete_key(struct tx *tx, str user_id, str device_name, bool *out_removed);
MUST_USE struct result device_credential_drop_user(struct tx *tx, str user_id);
MUST_USE struct result device_credential_drop_client(struct tx *tx, str client_id);

#endif
