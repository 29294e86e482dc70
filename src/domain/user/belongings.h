/* What hangs on a user or a client and goes with it: sessions, refresh tokens,
 * consents, authentication methods, blocks, tickets, vaulted tokens, devices. */
#ifndef DOMAIN_USER_BELONGINGS_H
#define DOMAIN_USER_BELONGINGS_H

#include "domain/user/user.h"

MUST_USE struct result user_belongings_drop(struct tx *tx, const struct user *u);
/* All users go. */
MUST_USE struct result user_belongings_drop_every(struct tx *tx);
MUST_USE struct result user_belongings_drop_client(struct tx *tx, str client_id);

#endif
