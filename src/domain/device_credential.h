/* What a device holds for a user: public keys registered for it, and refresh
 * tokens (domain/refresh_token.h). One list for v1's devices and v2's
 * device-credentials. */
#ifndef DOMAIN_DEVICE_CREDENTIAL_H
#define DOMAIN_DEVICE_CREDENTIAL_H

#include "domain/document.h"

enum { DEVICE_CREDENTIALS_MAX = 1000 }; /* refresh tokens that one list looks at */

struct device_credential_list {
    str user_id, client_id, type; /* STR_NONE: any; type: "public_key", "refresh_token", "rotating_refresh_token" */
    size_t offset, limit;         /* limit 0: all */
    /* out */
    struct json *items; /* array of {id, device_name, device_id?, type, user_id, client_id?, created_at} */
    size_t total;
};
MUST_USE struct result device_credential_list(struct tx *tx, struct device_credential_list *list);

/* A public key. body: {device_name, value, device_id?, client_id?}; without a device_id one is made.
 * replaces: a key of the same device name gives way (v1); else the same device_id of the same client is
 * ERR_DEVICE_KEY_EXISTS. *out: as in the list. */
MUST_USE struct result device_credential_create(struct tx *tx, str user_id, const struct json *body, bool replaces,
                                                struct json **out);
MUST_USE struct result device_credential_find(struct tx *tx, str id, struct json **out, bool *out_found);
/* Key or refresh token; absent is no error. */
MUST_USE struct result device_credential_delete(struct tx *tx, str id);
/* v1: the key of that device; *out_removed: was there one? */
MUST_USE struct result device_credential_delete_key(struct tx *tx, str user_id, str device_name, bool *out_removed);
/* Their keys; refresh tokens go with user_belongings_drop. */
MUST_USE struct result device_credential_drop_user(struct tx *tx, str user_id);
MUST_USE struct result device_credential_drop_client(struct tx *tx, str client_id);

#endif
