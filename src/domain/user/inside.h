/* What the files of the users' domain share (user_*.c); nobody else includes it. */
#ifndef DOMAIN_USER_INTERNAL_H
#define DOMAIN_USER_INTERNAL_H

#include "domain/log.h"
#include "domain/user/user.h"

/* --- user/doc.c: the document ------------------------------------------------------ */
/* doc's members in the order in which the real API shows them; others last. */
struct json *user_doc_ordered(struct arena *a, const struct json *doc);
/* name, nickname and picture where they are missing. */
void user_doc_lay_defaults(struct arena *a, struct json *doc);
struct json *user_doc_identity(const struct json *doc, size_t i);
/* The identity of that connection; STR_NONE: the first one. NULL: none. */
struct json *user_doc_identity_of(const struct json *doc, str connection);
str user_identity_uid(struct arena *a, const struct json *identity); /* "provider|native" */
/* How rows of user_secrets are named: by identity first, so that they move with it. */
str user_secret_name(struct arena *a, str identity, str detail);

/* --- user/metadata.c ------------------------------------------------------------------ */
/* Keys with '.' or '$', and reserved names in app_metadata: ERR_INVALID_BODY. v may be NULL or null. */
MUST_USE struct result user_metadata_check(struct arena *a, const struct json *v, bool is_app);
/* was with the first level of patch laid over it; keep_nulls: v1 stores them, else null removes. */
struct json *user_metadata_merge(struct arena *a, const struct json *was, const struct json *patch, bool keep_nulls);

/* --- user/rules.c: what a connection says about its users -------------------------------- */
struct user_rules {
    bool takes_password, needs_password;
    bool takes_username, needs_username, needs_email, needs_phone;
    bool needs_any; /* one of the identifiers at least */
    bool email_is_identifier, username_is_identifier, phone_is_identifier; /* unique, and found by a login */
    unsigned username_min, username_max;
    bool username_may_be_email, username_may_be_phone;
    bool is_older; /* requires_username instead of attributes */
};
void user_rules_read(const struct connection *c, struct user_rules *out);
/* Errors: ERR_INVALID_BODY. */
MUST_USE struct result user_rules_check_username(struct arena *a, const struct user_rules *r, const struct connection *c,
                                                 str username);
MUST_USE struct result user_rules_check_email(struct arena *a, str email);
/* As they are kept: lower case. */
str user_fold(struct arena *a, str text);
/* A connection that is enabled for no client at all is switched off. Errors: ERR_CONNECTION_DISABLED. */
MUST_USE struct result user_rules_check_enabled(struct tx *tx, const struct connection *c);
/* Errors: ERR_INEXISTENT_CONNECTION_NAME. */
MUST_USE struct result user_connection(struct tx *tx, str name, struct connection *out);

/* --- user/create.c ---------------------------------------------------------------------------- */
/* user_create for a connection that was read before, once for many users. ERR_INVALID_BODY: nothing was written. */
MUST_USE struct result user_create_in(struct tx *tx, const struct user_new *n, const struct connection *c, const struct user_rules *r,
                                      struct user *out);

/* --- user/store.c: rows -------------------------------------------------------------------- */
struct user_identifiers { /* folded; STR_NONE where the connection does not identify users by it */
    str email, username, phone;
};
void user_identifiers_read(struct arena *a, const struct user_rules *r, const struct json *profile, struct user_identifiers *out);
/* Is one of them taken by another user than row? Errors: ERR_USER_EXISTS. */
MUST_USE struct result user_identifiers_check(struct tx *tx, str connection, const struct user_identifiers *ids, int64_t row);
/* out->uid and doc are set; fills out->row. */
MUST_USE struct result user_store_insert(struct tx *tx, struct user *u, const struct user_identifiers *ids);
/* now: ordered and stamped here. *out: u with the new document. */
/* One more identity, linked to the user of that row. Errors: ERR_USER_EXISTS. */
MUST_USE struct result user_store_identity(struct tx *tx, int64_t row, const struct json *identity, const struct user_identifiers *ids);
MUST_USE struct result user_store_update(struct tx *tx, const struct user *u, struct json *now, struct user *out);
MUST_USE struct result user_store_identifiers(struct tx *tx, const struct json *identity, const struct user_identifiers *ids);

/* --- user/log.c ------------------------------------------------------------------------------- */
/* type: ss, sdu, sce … details: {body}, with the tenant's name and the client added; body may be NULL. */
MUST_USE struct result user_log(struct tx *tx, str type, str description, const struct user *u, const struct connection *c,
                                const struct json *body);

#endif
