/* One digest of the password, as old systems kept it: $doorward$digest-md5$hash.
 * The salt, which stands beside the password, is the business of password_input.c. */
#include "crypto/password_format.h"

str password_digest_text(struct arena *a, str digest, str hash)
{
    return str_fmt(a, "$doorward$digest-%.*s$%.*s", STR_ARG(digest), STR_ARG(phc_base64(a, hash)));
}

static enum password_form read(struct arena *a, str hash, struct named_digest *d, str *want)
{
    str rest = str_sub(hash, STR("$doorward$digest-").len, hash.len), name = str_cut(rest, '$', &rest);
    enum password_form form = named_digest_find(name, d);
    if (form != PASSWORD_FORM_GOOD)
        return form;
    return phc_bytes(a, &rest, want) && !rest.p && want->len == d->len ? PASSWORD_FORM_GOOD : PASSWORD_FORM_MALFORMED;
}

enum password_form password_digest_form(str hash)
{
    NAMED_DIGEST d = { 0 };
    str want;
    struct arena *a = arena_new(0);
    enum password_form form = read(a, hash, &d, &want);
    arena_free(a);
    return form;
}

enum password_answer password_digest_verify(str password, str hash)
{
    enum password_answer answer = PASSWORD_MALFORMED;
    unsigned char got[EVP_MAX_MD_SIZE];
    NAMED_DIGEST d = { 0 };
    str want;
    struct arena *a = arena_new(0);
    if (read(a, hash, &d, &want) == PASSWORD_FORM_GOOD && named_digest_hash(&d, password, STR_NONE, got))
        answer = password_compare(got, d.len, want);
    arena_free(a);
    return answer;
}
