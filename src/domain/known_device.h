/* Browsers that the server knows again for a user, by a random mark in a
 * cookie, of which the hash is kept: those that need no second factor for a
 * while (`auth0-mf`), and those that are no new device for the risk
 * assessment. */
#ifndef DOMAIN_KNOWN_DEVICE_H
#define DOMAIN_KNOWN_DEVICE_H

#include "domain/user/user.h"

enum known_device { KNOWN_DEVICE_MFA, KNOWN_DEVICE_RISK, KNOWN_DEVICE_MAX };

/* connection: where it was seen, by name. ttl_s: how long it is known. out_mark: for the cookie. */
MUST_USE struct result known_device_add(struct tx *tx, enum known_device kind, const struct user *u, str connection, int64_t ttl_s,
                                        str *out_mark);
MUST_USE struct result known_device_has(struct tx *tx, enum known_device kind, const struct user *u, str connection, str mark,
                                        bool *out_known);
/* connection STR_NONE: of all. */
MUST_USE struct result known_device_forget(struct tx *tx, enum known_device kind, const struct user *u, str connection);

#endif
