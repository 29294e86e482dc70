/* Tickets: links that let whoever holds them do one thing once. Kept in
 * `tokens` by hash; a spent one stays until it would have expired, so that it
 * can be told from one that never was (AUTH-REFERENCE 14). A ticket is bound to
 * the e-mail address that the user had when it was made: with another address
 * it has expired. */
#ifndef DOMAIN_TICKET_H
#define DOMAIN_TICKET_H

#include "domain/user/user.h"

enum ticket_kind { TICKET_VERIFY_EMAIL, TICKET_CHANGE_PASSWORD, TICKET_MAX };
enum { TICKET_LEN = 32, TICKET_TTL_S = 432000 };

struct ticket {
    enum ticket_kind kind;
    struct user user;
    str provider, native_id; /* the identity that it is for */
    str email;               /* that identity's; empty: none */
    str client_id, organization_id, result_url; /* STR_NONE: none */
    bool includes_email;     /* in the redirect to result_url */
    bool marks_verified;     /* a changed password verifies the address */
    str password_hash;       /* set without asking; STR_NONE: the holder chooses */
};

struct ticket_new {
    struct ticket ticket; /* user; the rest as above, provider STR_NONE: the first identity; email is not read */
    int64_t ttl_s;        /* 0: TICKET_TTL_S */
};
/* From a v2 body, validated. Errors: ERR_USER_NOT_FOUND, ERR_INVALID_BODY, ERR_TICKET_CONNECTION,
 * ERR_TICKET_IDENTITY_CONNECTION, ERR_TICKET_IDENTITY, ERR_TICKET_CLIENT, ERR_TICKET_ORGANIZATION, ERR_TICKET_MEMBER. */
MUST_USE struct result ticket_new_from_body(struct tx *tx, enum ticket_kind kind, const struct json *body, struct ticket_new *out);
/* out_ticket: what the link carries; shown once. Errors: ERR_TICKET_WITHOUT_EMAIL, ERR_TICKET_CONNECTION_TYPE. */
MUST_USE struct result ticket_create(struct tx *tx, const struct ticket_new *n, str *out_ticket);
/* Whole address of the landing page, universal or classic. */
str ticket_url(struct tx *tx, enum ticket_kind kind, bool is_classic, str ticket);

/* Is it good? Nothing changes. Errors: ERR_TICKET_SPENT, ERR_TICKET_EXPIRED (also when there is none). */
MUST_USE struct result ticket_check(struct tx *tx, enum ticket_kind kind, str text, struct ticket *out);
/* Spends it, by one statement: of two that come at once, one gets it. Errors as ticket_check. */
MUST_USE struct result ticket_consume(struct tx *tx, enum ticket_kind kind, str text, struct ticket *out);
/* All of that kind that the user still has are spent. */
MUST_USE struct result ticket_spend_all(struct tx *tx, enum ticket_kind kind, int64_t user);

/* --- what the holder gets: the ticket is spent and obeyed (user/ticket.c) ---------------- */
MUST_USE struct result ticket_verify_email(struct tx *tx, str text, struct ticket *out);
/* password: prepared for the user; NULL where the ticket brings its own. All sessions of the user end, blocks are
 * cleared, other password tickets are spent. Errors also: those of user_patch. */
MUST_USE struct result ticket_change_password(struct tx *tx, str text, const struct user_password *password, struct ticket *out);

#endif
