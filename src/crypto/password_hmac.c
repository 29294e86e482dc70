/* One HMAC of the password under a key of the system it comes from:
 * $doorward$hmac-sha256$key$hash. */
#include "crypto/password_format.h"

str password_hmac_text(struct arena *a, str digest, str key, str hash)
{
    return str_fmt(a, "$doorward$hmac-%.*s$%.*s$%.*s", STR_ARG(digest), STR_ARG(phc_base64(a, key)),
                   STR_ARG(phc_base64(a, hash)));
}

static enum password_form read(struct arena *a, str hash, struct named_digest *d, str *key, str *want)
{
    str rest = str_sub(hash, STR("$doorward$hmac-").len, hash.len), name = str_cut(rest, '$', &rest);
    enum password_form form = named_digest_find(name, d);
    if (form != PASSWORD_FORM_GOOD)
        return form;
    bool good = phc_bytes(a, &rest, key) && phc_bytes(a, &rest, want) && !rest.p && want->len == d->len;
    return good ? PASSWORD_FORM_GOOD : PASSWORD_FORM_MALFORMED;
}

enum password_form password_hmac_form(str hash)
{
    NAMED_DIGEST d = { 0 };
    str key, want;
    struct arena *a = arena_new_secret(0);
    enum password_form form = read(a, hash, &d, &key, &want);
    arena_free(a);
    return form;
}

enum password_answer password_hmac_verify(str password, str hash)
{
    enum password_answer answer = PASSWORD_MALFORMED;
    unsigned char got[EVP_MAX_MD_SIZE];
    NAMED_DIGEST d = { 0 };
    str key, want;
    struct arena *a = arena_new_secret(0);
    if (read(a, hash, &d, &key, &want) == PASSWORD_FORM_GOOD && named_digest_hmac(&d, key, password, got))
        answer = password_compare(got, d.len, want);
    arena_free(a);
    return answer;
}
