/* The password that a user of a bulk import brings: password_hash or
 * custom_password_hash (AUTH-REFERENCE 21.1), as the one text that
 * user_password_store keeps and password_verify reads (crypto/password.h).
 * Nothing is hashed here: a call takes microseconds.
 *
 * custom_password_hash has one form more than the real API, for users of Firebase:
 *
 *   { "algorithm": "firebase-scrypt",
 *     "hash": { "value": passwordHash, "encoding": "base64" },
 *     "salt": { "value": salt, "encoding": "base64" },
 *     "base64_signer_key": …, "base64_salt_separator": …, "rounds": 8, "mem_cost": 14 }
 *
 * whose last four are the project's hash_config under their own names.
 *
 * faults: an array that gets an entry of transfer/import_shape.h for whatever is wrong.
 * The answer is false when one was added; *out is then unchanged. */
#ifndef DOMAIN_IMPORTED_HASH_H
#define DOMAIN_IMPORTED_HASH_H

#include "json/json.h"

/* Both members of a user; *out is STR_NONE for a user with neither. */
MUST_USE bool imported_hash_read(struct arena *a, const struct json *user, struct json *faults, str *out);
/* One of them alone. */
MUST_USE bool custom_hash_to_text(struct arena *a, const struct json *custom_password_hash, struct json *faults, str *out);
MUST_USE bool plain_hash_to_text(struct arena *a, const struct json *password_hash, struct json *faults, str *out);

#endif
