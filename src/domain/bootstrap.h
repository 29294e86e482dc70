/* What a new tenant holds (docs/design.md, "What a person gets"): what a new
 * Auth0 tenant holds, and a machine-to-machine client with every scope. */
#ifndef DOMAIN_BOOTSTRAP_H
#define DOMAIN_BOOTSTRAP_H

#include "json/json.h"
#include "store/store.h"

struct bootstrap {
    struct arena *arena; /* holds what follows; secrets, so a secret arena */
    /* made before the transaction, so that a second run of it gives the same */
    str management_id, global_id, default_app_id;
    str management_secret, global_secret;
    str admin_email, admin_password;
};
void bootstrap_prepare(struct bootstrap *b, struct arena *secret);
/* A tx_fn: arg is the struct bootstrap. */
MUST_USE struct result bootstrap_fill(struct tx *tx, void *arg);

/* The shape of credentials.json. */
struct credentials_place {
    str base_url, tls_url, ca_file; /* empty: left out */
};
struct json *bootstrap_credentials(struct arena *a, const struct bootstrap *b, const struct tenant_info *info,
                                   const struct credentials_place *place);

#endif
