/* Clients (applications): one record for both APIs. The secret is sealed apart
 * from the document and back in place when it is read; who may see it is
 * decided by client_present. */
#ifndef DOMAIN_CLIENT_H
#define DOMAIN_CLIENT_H

#include "domain/document.h"

enum { CLIENT_SECRET_LEN = 64 };

struct client {
    int64_t seq;
    str client_id, name;
    str secret;     /* may be empty for a client that never had one */
    str app_type;   /* "" when unset */
    str auth_method; /* token_endpoint_auth_method; "" when unset: post or basic */
    struct json *body; /* the v2 object with client_secret, without signing_keys and credentials */
    bool is_global, is_first_party, is_public; /* public: authenticates with nothing */
};

/* id: client_id, or the v2 id "cli_" + client_id. Errors: ERR_INEXISTENT_CLIENT. */
MUST_USE struct result client_read(struct tx *tx, str id, struct client *out);
MUST_USE struct result client_find(struct tx *tx, str id, struct client *out, bool *out_found);
/* The tenant's global client of API v1. Errors: ERR_INEXISTENT_CLIENT. */
MUST_USE struct result client_global(struct tx *tx, struct client *out);
str client_v2_id(struct arena *a, str client_id); /* "cli_…" */

/* Constant time. False too for a client without a secret. */
bool client_secret_check(const struct client *c, str secret);
bool client_has_grant_type(const struct client *c, str grant_type);

struct client_list {
    str app_types[12]; /* any of them; count 0: all */
    size_t app_type_count;
    int is_global, is_first_party; /* -1: any */
    str external_client_id; /* STR_NONE: any */
    str client_id;          /* only this one; STR_NONE: any */
    str name_has;           /* part of the name, any case; STR_NONE: any */
    int64_t after_seq;
    size_t offset, limit;   /* limit 0: all */
    /* out */
    struct client *items;
    size_t count, total;
    bool more;
    int64_t last_seq;
};
MUST_USE struct result client_list(struct tx *tx, struct client_list *list);

/* The v2 body, validated. client_authentication_methods become credentials.
 * Errors: ERR_INVALID_BODY, ERR_BAD_REQUEST (rules beyond the schema). */
MUST_USE struct result client_create(struct tx *tx, struct json *body, struct client *out);
/* For the tenant's own first clients: fixed id (STR_NONE makes one) and the global mark. */
MUST_USE struct result client_create_as(struct tx *tx, str client_id, bool is_global, struct json *body, struct client *out);
MUST_USE struct result client_patch(struct tx *tx, str id, const struct json *patch, struct client *out);
/* With its grants, relations, credentials, tokens. Absent is no error; the
 * global client is refused: ERR_GLOBAL_CLIENT_DELETE. */
MUST_USE struct result client_delete(struct tx *tx, str id);
MUST_USE struct result client_rotate_secret(struct tx *tx, str id, struct client *out);

/* --- as v2 shows it ------------------------------------------------------------ */
enum { /* what the caller may see */
       CLIENT_SEES_KEYS = 1u << 0,        /* client_secret, signing_keys, encryption_key */
       CLIENT_SEES_CREDENTIALS = 1u << 1, /* client_authentication_methods' credentials in full */
       CLIENT_SEES_SUMMARY = 1u << 2,     /* nothing but the summary */
};
MUST_USE struct result client_present(struct tx *tx, const struct client *c, unsigned sees, struct json **out);

/* --- credentials: public keys and certificates of a client -------------------------- */
/* body: {credential_type, pem, name?, alg?, expires_at?, parse_expiry_from_cert?, subject_dn?}.
 * Errors: ERR_INEXISTENT_CLIENT, ERR_BAD_REQUEST. *out: the object that v2 answers (no pem). */
MUST_USE struct result client_credential_create(struct tx *tx, str client, const struct json *body, struct json **out);
MUST_USE struct result client_credential_read(struct tx *tx, str client, str id, struct json **out);
MUST_USE struct result client_credential_list(struct tx *tx, str client, struct json **out); /* array */
MUST_USE struct result client_credential_patch(struct tx *tx, str client, str id, const struct json *patch, struct json **out);
MUST_USE struct result client_credential_delete(struct tx *tx, str client, str id);
/* For client authentication: as above, with "pem". */
MUST_USE struct result client_credential_keys(struct tx *tx, str client_id, struct json **out);

extern const struct resource_hooks client_hooks;

#endif
