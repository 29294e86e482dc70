/* Invitations to an organization: a ticket that makes its bearer a member, with
 * roles and metadata, at login. The ticket is sealed in the store and found by
 * its hash; the invitation URL is made of it whenever it is shown. */
#ifndef DOMAIN_INVITATION_H
#define DOMAIN_INVITATION_H

#include "domain/document.h"
#include "domain/user/user.h"

enum { INVITATION_TTL_S = 604800 };

/* body: validated. Mails the invitee unless send_invitation_email is false.
 * *out: as shown. Errors: ERR_INVITATION_… */
MUST_USE struct result invitation_create(struct tx *tx, const struct document *organization, const struct json *body,
                                         struct json **out);
/* Errors: ERR_INEXISTENT_INVITATION, also for one of another organization. */
MUST_USE struct result invitation_read(struct tx *tx, const struct document *organization, str id, struct json **out);
/* Absent is no error. */
MUST_USE struct result invitation_delete(struct tx *tx, str organization, str id);
/* list: page and order as asked; *out: array of those shown. */
MUST_USE struct result invitation_list(struct tx *tx, const struct document *organization, struct document_list *list,
                                       struct json **out);

/* For login. Errors: ERR_INEXISTENT_INVITATION: no such ticket, used, expired, of another organization. */
MUST_USE struct result invitation_by_ticket(struct tx *tx, str organization, str ticket, struct document *out);
/* The user takes it: a member, with its roles and metadata, and with a verified
 * e-mail address when it is the invitee's. Single use: it is deleted in the same
 * transaction. u stays as read. */
MUST_USE struct result invitation_accept(struct tx *tx, const struct document *invitation, const struct document *organization,
                                         const struct user *u);

/* An organization goes. */
MUST_USE struct result invitation_drop_organization(struct tx *tx, str organization);

#endif
