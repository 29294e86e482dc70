/* A stored hash text (crypto/password.h) as a member of a user in a file of
 * users: the way back of transfer/imported_hash.h, which makes the same text of it.
 *
 * Bcrypt of cost 10 is `password_hash`, the form of the tenant's own; is_custom:
 * it came as a custom_password_hash that no login has used yet, and leaves as
 * one. Everything else is a `custom_password_hash`. */
#ifndef DOMAIN_EXPORTED_HASH_H
#define DOMAIN_EXPORTED_HASH_H

#include "json/json.h"

/* Adds one member to user. False for a text of no form that an import takes. */
MUST_USE bool exported_hash_add(struct arena *a, struct json *user, str text, bool is_custom);

#endif
