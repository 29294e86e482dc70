/* Secrets at rest: AES-256-GCM under the tenant's data key, bound to where the
 * secret stands (tenant, kind, id, field), so that a copied cell does not open
 * elsewhere. Sealed text is "v1." + base64url(nonce | tag | bytes). */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "base/arena.h"
#include "base/result.h"

enum { SEAL_KEY_LEN = 32 };

struct seal_place {
    str tenant, kind, id, field;
};

str seal(struct arena *a, const unsigned char key[SEAL_KEY_LEN], const struct seal_place *place, str secret);
/* Fails with ERR_SEAL_BROKEN: another key, another place, or changed bytes. */
MUST_USE struct result unseal(struct arena *a, const unsigned char key[SEAL_KEY_LEN], const struct seal_place *place, str sealed,
                              str *out);

#endif
