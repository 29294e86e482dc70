/* Certificates and public keys as tenants paste them. */
#include "crypto/key.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct sign_key *k;
    str text = { (const char *)data, size }, der, again, pem;
    if (cert_from_pem(a, text, &der)) {
        if (!cert_from_pem(a, cert_to_pem(a, der), &again) || !str_eq(der, again) || !cert_subject(a, der).p ||
            !cert_to_pkcs7_pem(a, der).p)
            abort();
        int64_t from, to;
        cert_validity(der, &from, &to);
    }
    if (sign_key_from_public_pem(text, &k).kind == ERR_NONE) {
        if (sign_key_verify_sha256(k, STR("data"), text) || !sign_key_public_pem(a, k).len)
            abort();
        sign_key_free(k);
    }
    cert_public_key_pem(a, text, &pem);
    arena_free(a);
    return 0;
}
