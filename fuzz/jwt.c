/* A token that parses has the shape that the rest relies on, and passes only
 * the one key and text that it was signed with. */
#include "crypto/jwt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct jwt t;
    str token = { (const char *)data, size }, again;
    const struct jwt_key key = { .alg = JWT_HS256, .secret = STR("a secret of the fuzz target") };
    if (jwt_parse(a, token, &t).kind == ERR_NONE) {
        if (size > JWT_LEN_MAX || t.alg >= JWT_ALG_MAX || !json_is(t.header, JSON_OBJECT) ||
            !json_is(t.claims, JSON_OBJECT) || !t.signature.len || t.signed_part.len >= size)
            abort();
        if (jwt_verify(&t, &key).kind == ERR_NONE && t.alg != JWT_HS256)
            abort();
        if (jwt_sign(a, &key, STR_NONE, t.kid, t.claims, &again).kind != ERR_NONE ||
            (again.len <= JWT_LEN_MAX &&
             (jwt_parse(a, again, &t).kind != ERR_NONE || jwt_verify(&t, &key).kind != ERR_NONE)))
            abort();
    }
    arena_free(a);
    return 0;
}
