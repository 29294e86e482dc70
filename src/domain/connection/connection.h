/* Connections: where users come from. One record whichever API asks; v1 shows
 * it by name and per client, v2 by id with its clients as an array. Which
 * clients may use it are rows of RELATION_CONNECTION_CLIENT, never an array in
 * the document (docs/design.md, decision 4). */
#ifndef DOMAIN_CONNECTION_H
#define DOMAIN_CONNECTION_H

#include "domain/connection/strategy.h"
#include "domain/document.h"
#include "domain/relation.h"

struct connection {
    int64_t seq;
    str id, name, strategy;
    const struct strategy *traits; /* never NULL */
    struct json *body; /* the v2 object without enabled_clients, secrets in place */
    struct json *options; /* in body; may be NULL */
    bool is_database, is_social, is_enterprise, is_passwordless;
};

/* Errors: ERR_INEXISTENT_CONNECTION. */
MUST_USE struct result connection_by_id(struct tx *tx, str id, struct connection *out);
MUST_USE struct result connection_by_name(struct tx *tx, str name, struct connection *out);
/* No error when there is none. */
MUST_USE struct result connection_find_by_name(struct tx *tx, str name, struct connection *out, bool *out_found);

struct connection_list {
    const str *strategies; /* any of them; count 0: all */
    size_t strategy_count;
    unsigned kinds;        /* 1u << enum strategy_kind, or-ed; 0: all */
    str name;              /* exactly; STR_NONE: any */
    str domain_alias;      /* an e-mail domain in options.domain_aliases or .tenant_domain; STR_NONE: any */
    str client_id;         /* enabled for it; STR_NONE: any */
    int64_t after_seq;
    size_t offset, limit;  /* limit 0: all */
    /* out */
    struct connection *items;
    size_t count, total;
    bool more;
    int64_t last_seq;      /* checkpoint of the last item */
};
/* total counts all that fit, whatever the page. */
MUST_USE struct result connection_list(struct tx *tx, struct connection_list *list);

/* The v2 body, validated. `enabled_clients` in it becomes relation rows. Lays
 * the strategy's defaults under it. Errors: ERR_CONNECTION_EXISTS,
 * ERR_INVALID_BODY (rules beyond the schema), ERR_UNSUPPORTED_STRATEGY. */
MUST_USE struct result connection_create(struct tx *tx, struct json *body, struct connection *out);
/* options are replaced whole and get the strategy's defaults again; metadata is merged; null removes;
 * enabled_clients replaces the whole set. */
MUST_USE struct result connection_patch(struct tx *tx, str id, const struct json *patch, struct connection *out);
/* With its relations, keys and the users of a database connection.
 * Errors: ERR_INEXISTENT_CONNECTION. */
MUST_USE struct result connection_delete(struct tx *tx, str id);

/* --- for which clients ------------------------------------------------------ */
MUST_USE struct result connection_is_enabled(struct tx *tx, str connection_id, str client_id, bool *out_enabled);
/* Errors: ERR_INEXISTENT_CLIENT when it is to be enabled for a client that is none. */
MUST_USE struct result connection_set_client(struct tx *tx, str connection_id, str client_id, bool enabled);
MUST_USE struct result connection_enable_all(struct tx *tx, str connection_id); /* every client of the tenant */
MUST_USE struct result connection_disable_all(struct tx *tx, str connection_id);
/* Rows have the client in .b. limit 0: all. */
MUST_USE struct result connection_clients(struct tx *tx, str connection_id, int64_t after_seq, size_t limit,
                                          struct relation_row **out, size_t *out_count);

/* The v2 object: body with enabled_clients, without the values of options.configuration. */
MUST_USE struct result connection_present(struct tx *tx, const struct connection *c, struct json **out);

/* Reads a document of the connection resource (lists made elsewhere). */
void connection_from_document(const struct document *d, struct connection *out);

extern const struct resource_hooks connection_hooks;

#endif
