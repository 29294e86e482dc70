/* Brute-force protection's memory: failed logins for what somebody typed, in a
 * connection, from an address; and addresses that tried too many users. Login
 * decides by the attack-protection settings; here it is counted, shown and
 * cleared (AUTH-REFERENCE 20). */
#ifndef DOMAIN_USER_BLOCK_H
#define DOMAIN_USER_BLOCK_H

#include "domain/user/user.h"

struct login_attempt {
    str identifier; /* as typed: e-mail address, username or phone number */
    str connection; /* by name */
    str ip;         /* STR(""): counted whatever the address is */
};
/* One more failure. *out_blocked: from max_attempts on. */
MUST_USE struct result user_block_count(struct tx *tx, const struct login_attempt *at, unsigned max_attempts, bool *out_blocked);
MUST_USE struct result user_block_is_set(struct tx *tx, const struct login_attempt *at, bool *out_blocked);
/* A login has succeeded: counting begins again. */
MUST_USE struct result user_block_reset(struct tx *tx, const struct login_attempt *at);

/* *out: array of {identifier, ip, connection}. enforced_only: without those of connections that have brute-force
 * protection switched off. */
MUST_USE struct result user_block_list(struct tx *tx, str identifier, bool enforced_only, struct json **out);
MUST_USE struct result user_block_list_user(struct tx *tx, const struct user *u, bool enforced_only, struct json **out);
/* With the counters; a log entry where something was blocked. */
MUST_USE struct result user_block_clear(struct tx *tx, str identifier);
MUST_USE struct result user_block_clear_user(struct tx *tx, const struct user *u);

MUST_USE struct result blocked_address_add(struct tx *tx, str ip, int64_t until_us);
MUST_USE struct result blocked_address_has(struct tx *tx, str ip, bool *out_blocked);
MUST_USE struct result blocked_address_remove(struct tx *tx, str ip); /* absent is no error */

#endif
