/* Users: one record for both APIs. The document is the v2 user object in the
 * order in which the real API shows it, with identities and both metadata and
 * without any secret; v1 makes its own object from it (app_metadata laid over
 * the root). Password hashes and provider tokens are rows of user_secrets.
 *
 * Sources: V1-V2-SEMANTICS 3, AUTH-REFERENCE 19 and 26, the recorded answers. */
#ifndef DOMAIN_USER_H
#define DOMAIN_USER_H

#include "domain/caller.h"
#include "domain/connection/connection.h"
#include "domain/user/password.h"
#include "json/json.h"
#include "search/search.h"
#include "store/store.h"

struct user {
    int64_t row;
    str uid;          /* user_id: "auth0|…" */
    struct json *doc; /* stored form; treat as read-only, json_copy before changing */
};

/* --- finding ------------------------------------------------------------------ */
/* id: user_id ("auth0|…"), v2_id ("usr_…") or v1's _id (32 hex). Errors: ERR_INEXISTENT_USER. */
MUST_USE struct result user_by_id(struct tx *tx, str id, struct user *out);
/* Only its document, as it is kept: for readers that hand it on unchanged. */
MUST_USE struct result user_text_by_id(struct tx *tx, str id, str *out_text);
MUST_USE struct result user_find_by_id(struct tx *tx, str id, struct user *out, bool *out_found);
/* Are all of these (an array of user_ids) users? Errors: ERR_INEXISTENT_USERS. */
MUST_USE struct result user_check_all(struct tx *tx, const struct json *user_ids);
MUST_USE struct result user_find_by_row(struct tx *tx, int64_t row, struct user *out, bool *out_found);
/* As user_by_id, and ERR_INEXISTENT_USER too for a user whom the caller may not
 * see: a v1 client sees users of connections that are enabled for it. */
MUST_USE struct result user_by_id_for(struct tx *tx, const struct caller *c, str id, struct user *out);

/* Any identity of that connection. Any case for e-mail and username. */
MUST_USE struct result user_find_by_email(struct tx *tx, str connection, str email, struct user *out, bool *out_found);
MUST_USE struct result user_find_by_username(struct tx *tx, str connection, str username, struct user *out, bool *out_found);
MUST_USE struct result user_find_by_phone(struct tx *tx, str connection, str phone, struct user *out, bool *out_found);
/* What a login types: e-mail, username or phone number of a connection. */
MUST_USE struct result user_find_by_login(struct tx *tx, str connection, str login, struct user *out, bool *out_found);
MUST_USE struct result user_find_by_identity(struct tx *tx, str provider, str native_id, struct user *out, bool *out_found);
/* Everybody with that e-mail address at the root, any case; at most USERS_BY_EMAIL_MAX. */
enum { USERS_BY_EMAIL_MAX = 1000 };
MUST_USE struct result users_by_email(struct tx *tx, str email, struct user **out, size_t *out_count);

MUST_USE struct result user_is_visible(struct tx *tx, const struct user *u, const struct caller *c, bool *out_visible);
/* Who sees a user through a linked identity may not take over the account that
 * it is linked to: address and password are those of the first identity.
 * Errors: ERR_INEXISTENT_USER when its connection is not the caller's. */
MUST_USE struct result user_check_login_visible(struct tx *tx, const struct user *u, const struct caller *c);
/* For lists: the part of a query that leaves only users whom the caller may see; NULL: all. */
MUST_USE struct result user_search_visible(struct tx *tx, const struct caller *c, struct search_node **out);

/* --- v1's other names for a user ----------------------------------------------- */
str user_v1_id(struct arena *a, const struct user *u); /* _id: 32 hex, derived, stable, found again by user_by_id */
str user_v2_id(struct arena *a, const struct user *u); /* "usr_" + native id */
str user_native_id(str uid);                           /* what follows the first '|' */
/* What logs and mails call the user: username, else e-mail, phone number, name, id. */
str user_display_name(const struct user *u);
bool user_is_blocked(const struct user *u);

/* --- creating ------------------------------------------------------------------- */
struct user_new {
    str connection;      /* by name */
    str email, username, phone_number; /* STR_NONE: none */
    str user_id;         /* wanted native id; STR_NONE makes one */
    bool email_verified, phone_verified;
    bool has_blocked, blocked; /* shown only when given */
    bool send_no_mail;   /* verify_email: false */
    const struct json *profile;       /* object; the attributes of user_attributes in it are taken, the rest is left */
    const struct json *app_metadata, *user_metadata; /* NULL: none */
    bool keep_nulls;     /* v1: nulls in metadata are stored */
    const struct user_password *password; /* of user_password_prepare; NULL only for connections without passwords and imports */
    bool is_import;      /* no password needed, no mail, no ss entry */
    const struct json *log_body; /* for the ss entry; NULL: none is shown. Masked here. */
};
/* Errors: ERR_INEXISTENT_CONNECTION_NAME, ERR_CONNECTION_DISABLED, ERR_USER_CREATION_NOT_SUPPORTED,
 * ERR_USER_EXISTS, ERR_INVALID_BODY, those of the password policy. */
MUST_USE struct result user_create(struct tx *tx, const struct user_new *n, struct user *out);
/* user_new from a v2 POST body (borrowed). */
void user_new_from_body(const struct json *body, struct user_new *out);

/* --- changing: all fill *out with the new state (u itself stays as read) ------------ */
struct user_change {
    const struct json *body;              /* a v2 PATCH body, validated */
    const struct user_password *password; /* prepared; NULL when the body has none */
};
/* With every rule of v2 about members that go together. Errors: ERR_INEXISTENT_USER, ERR_OPERATION_NOT_SUPPORTED,
 * ERR_INVALID_BODY, ERR_INEXISTENT_CONNECTION_NAME, ERR_CONNECTION_DISABLED, ERR_USER_EXISTS, password policy. */
MUST_USE struct result user_patch(struct tx *tx, str id, const struct user_change *change, struct user *out);
/* v1: app_metadata replaced (merge false) or merged at its first level; nulls are stored. Errors: ERR_INVALID_BODY. */
MUST_USE struct result user_set_metadata(struct tx *tx, const struct user *u, const struct json *metadata, bool merge,
                                         struct user *out);
/* At once, unverified; verify also sends the mail. Errors: ERR_USER_EXISTS, ERR_OPERATION_NOT_SUPPORTED, ERR_INVALID_BODY. */
MUST_USE struct result user_set_email(struct tx *tx, const struct user *u, str email, bool verify, struct user *out);
MUST_USE struct result user_set_email_verified(struct tx *tx, const struct user *u, bool verified, struct user *out);
/* Checks the policy again and keeps the history. Errors: ERR_OPERATION_NOT_SUPPORTED (no database user), policy. */
MUST_USE struct result user_set_password(struct tx *tx, const struct user *u, const struct user_password *password,
                                         struct user *out);
MUST_USE struct result user_set_blocked(struct tx *tx, const struct user *u, bool blocked, struct user *out);
/* last_login, last_ip, logins_count. No log entry: the login writes its own. */
MUST_USE struct result user_record_login(struct tx *tx, const struct user *u, str ip, struct user *out);
/* An outbox row of kind verify_email. Errors: ERR_OPERATION_NOT_SUPPORTED without an e-mail address or for no database user. */
MUST_USE struct result user_send_verification(struct tx *tx, const struct user *u, str client_id);

/* --- going: with identities, secrets, tokens, devices, index ------------------------- */
MUST_USE struct result user_delete(struct tx *tx, const struct user *u);
MUST_USE struct result user_delete_by_id(struct tx *tx, str id, bool *out_found);
MUST_USE struct result user_delete_all(struct tx *tx);
/* A connection goes: its users go (those of whom another identity stays lose only this one). */
MUST_USE struct result user_delete_of_connection(struct tx *tx, str connection);

/* --- linking (AUTH-REFERENCE 26) ------------------------------------------------------ */
/* The user of that identity goes: its identities join primary, its root attributes become profileData, its metadata is
 * dropped. *out: the identities as the real API answers. Errors: ERR_INVALID_BODY (no such identity, or primary's own),
 * ERR_IDENTITY_EXISTS (linked already, here or elsewhere). */
MUST_USE struct result user_link(struct tx *tx, const struct user *primary, str provider, str native_id, struct json **out);
/* A user with that id comes back, made of the profileData. No such identity is no error. Errors: ERR_INVALID_BODY for
 * the first identity. */
MUST_USE struct result user_unlink(struct tx *tx, const struct user *u, str provider, str native_id, struct json **out);

/* --- provider tokens -------------------------------------------------------------------- */
enum user_token { USER_TOKEN_ACCESS, USER_TOKEN_ACCESS_SECRET, USER_TOKEN_REFRESH, USER_TOKEN_MAX };
MUST_USE struct result user_token_set(struct tx *tx, const struct user *u, str provider, str native_id, enum user_token kind,
                                      str value);
/* Identities of other providers alone carry their tokens. Text as user_text_by_id gives it:
 * false is certain, true only likely. */
bool user_text_may_have_tokens(str text);
/* A copy of doc whose identities carry their tokens: for callers with read:user_idp_tokens. */
MUST_USE struct result user_with_tokens(struct tx *tx, const struct user *u, struct json **out_doc);

/* --- attributes ---------------------------------------------------------------------------- */
enum { /* struct user_attribute.flags */
       USER_ATTRIBUTE_V1 = 1u << 0,        /* POST /api/users takes it as an attribute; what it does not know is metadata */
       USER_ATTRIBUTE_PROFILE = 1u << 1,   /* given at creation, changed by PATCH, removed by null; no rule beyond that */
       USER_ATTRIBUTE_PROTECTED = 1u << 2, /* metadata never lies over it on v1 */
};
struct user_attribute {
    str name, v1_name; /* v1_name: empty when v1 does not show it */
    unsigned flags;
    uint16_t max;      /* characters; 0: no limit of its own */
};
/* In the order in which documents show them. */
extern const struct user_attribute user_attributes[];
extern const size_t user_attribute_count;
const struct user_attribute *user_attribute_find(str name);

#endif
