/* What a commit causes outside: mails first. A row is written in the causing
 * transaction and carried out after it by the sender (mail/), never lost and
 * at least once. */
#ifndef DOMAIN_OUTBOX_H
#define DOMAIN_OUTBOX_H

#include "json/json.h"
#include "store/store.h"

/* kind: verify_email, reset_email, welcome_email … body: what the sender needs
 * (user_id, client_id …); no secrets. due_at_us: 0 for now. */
MUST_USE struct result outbox_add(struct tx *tx, str kind, const struct json *body, int64_t due_at_us);

#endif
