/* JSON Web Tokens (RFC 7519) in compact form: RS256, RS512, PS256, ES256, HS256. Parsing
 * takes bytes from outside; verifying never trusts the header's alg alone. */
#ifndef CRYPTO_JWT_H
#define CRYPTO_JWT_H

#include "crypto/key.h"
#include "json/json.h"

enum jwt_alg { JWT_RS256, JWT_RS512, JWT_PS256, JWT_ES256, JWT_HS256, JWT_ALG_MAX };
enum { JWT_LEN_MAX = 16384 };

struct jwt {
    enum jwt_alg alg;
    str kid; /* STR_NONE when absent */
    struct json *header, *claims;
    str signed_part, signature; /* signature decoded */
};

/* Shape only: three parts, JSON objects, a known alg, no crit. Does not verify.
 * Fails with ERR_INVALID_TOKEN. */
MUST_USE struct result jwt_parse(struct arena *a, str token, struct jwt *out);

struct jwt_key {
    enum jwt_alg alg;
    str secret;                  /* HS256 */
    const struct sign_key *key;  /* the others */
};
/* False when there is no such algorithm here. */
bool jwt_alg_find(str name, enum jwt_alg *out);
/* Fails with ERR_INVALID_SIGNATURE, also when key->alg is not the token's. */
MUST_USE struct result jwt_verify(const struct jwt *t, const struct jwt_key *key);
/* The header is {alg, typ, kid}. typ: STR_NONE means "JWT". kid: STR_NONE leaves
 * it out. Fails with ERR_CRYPTO, also for a key that does not fit its alg. */
MUST_USE struct result jwt_sign(struct arena *a, const struct jwt_key *key, str typ, str kid, const struct json *claims,
                                str *out_token);
/* The same with claims already written as JSON text (the token endpoint's hot path). */
MUST_USE struct result jwt_sign_text(struct arena *a, const struct jwt_key *key, str typ, str kid, str claims_json,
                                     str *out_token);

#endif
