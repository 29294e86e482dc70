/* Clients (applications): one record for both APIs. The secret is sealed apart
 * from the document and back in place when it is read; who may see it is
 * decided by client_present. */
#ifndef DOMAIN_CLIENT_H
#define DOMAIN_CLIENT_H

#include "domain/document.h"
#include "search/search.h"

enum { CLIENT_SECRET_LEN = 64 };

struct client {
    int64_t seq;
    str client_id, name;
    str secret;
    str app_type;   /* "" when unset */
    str auth_method; /* token_endpoint_auth_method; "" when unset: post or basic */
    struct json *body; /* the v2 object with client_secret; credentials by id, no signing_keys */
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
    const str *app_types; /* any of them; count 0: all */
    size_t app_type_count;
    int is_global, is_first_party; /* -1: any */
    str external_client_id; /* STR_NONE: any */
    const struct search_node *search; /* over what sees shows, but never over keys; NULL: all */
    unsigned sees;                    /* of a search: CLIENT_SEES_… */
    int64_t after_seq;
    size_t offset, limit;   /* limit 0: all */
    /* out */
    struct client *items;
    size_t count, total;
    bool more;
    int64_t last_seq;
};
/* Bounded (domain/document.h): for answers. All clients for another purpose: client_each. */
MUST_USE struct result client_list(struct tx *tx, struct client_list *list);
/* As document_each. */
typedef struct result (*client_fn)(struct tx *tx, const struct client *c, void *arg);
MUST_USE struct result client_each(struct tx *tx, client_fn fn, void *arg);

/* The v2 body, validated. Keys in client_authentication_methods become
 * credentials (domain/client/credential.h). Errors: ERR_INVALID_BODY (rules
 * beyond the schema), ERR_CLIENT_ALIAS_EXISTS. */
MUST_USE struct result client_create(struct tx *tx, struct json *body, struct client *out);
/* For the tenant's own first clients: fixed id (STR_NONE makes one) and the global mark. */
MUST_USE struct result client_create_as(struct tx *tx, str client_id, bool is_global, struct json *body, struct client *out);
MUST_USE struct result client_patch(struct tx *tx, str id, const struct json *patch, struct client *out);
/* With its grants, relations, credentials, tokens. Absent is no error; the
 * global client is refused: ERR_GLOBAL_CLIENT_DELETE. */
MUST_USE struct result client_delete(struct tx *tx, str id);
MUST_USE struct result client_rotate_secret(struct tx *tx, str id, struct client *out);

/* --- as v2 shows it ------------------------------------------------------------ */
enum { /* what the caller may see; none of them: client_id, name, app_type, description */
       CLIENT_SEES_SETTINGS = 1u << 0, /* everything but keys */
       CLIENT_SEES_KEYS = 1u << 1,     /* client_secret, signing_keys, encryption_key, client_authentication_methods */
       CLIENT_SEES_NEW = 1u << 2,      /* credentials whole, as the answer to a creation shows them; else their ids */
};
MUST_USE struct result client_present(struct tx *tx, const struct client *c, unsigned sees, struct json **out);

extern const struct resource_hooks client_hooks;

#endif
