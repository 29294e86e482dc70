/* userPassword of a directory (RFC 2307 §5.3): {SCHEME} and base64 of the digest,
 * after which, in the salted schemes, comes the salt that followed the password.
 * {CRYPT} is not among them: what it means depends on the system it comes from. */
#include "crypto/password_format.h"

static const struct scheme {
    str name; /* any case */
    str digest;
    bool is_salted;
} schemes[] = {
    { STR_INIT("MD5"), STR_INIT("md5"), false },        { STR_INIT("SMD5"), STR_INIT("md5"), true },
    { STR_INIT("SHA"), STR_INIT("sha1"), false },       { STR_INIT("SSHA"), STR_INIT("sha1"), true },
    { STR_INIT("SHA224"), STR_INIT("sha224"), false },  { STR_INIT("SSHA224"), STR_INIT("sha224"), true },
    { STR_INIT("SHA256"), STR_INIT("sha256"), false },  { STR_INIT("SSHA256"), STR_INIT("sha256"), true },
    { STR_INIT("SHA384"), STR_INIT("sha384"), false },  { STR_INIT("SSHA384"), STR_INIT("sha384"), true },
    { STR_INIT("SHA512"), STR_INIT("sha512"), false },  { STR_INIT("SSHA512"), STR_INIT("sha512"), true },
};

static const struct scheme *scheme_of(str name)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (str_eq_nocase(name, schemes[i].name))
            return &schemes[i];
    return NULL;
}

static enum password_form read(struct arena *a, str hash, struct named_digest *d, str *want, str *salt)
{
    str bytes, rest, name = str_cut(str_sub(hash, 1, hash.len), '}', &rest);
    const struct scheme *s = scheme_of(name);
    if (!s || !rest.p || !base64_decode(a, rest, &bytes))
        return PASSWORD_FORM_MALFORMED;
    enum password_form form = named_digest_find(s->digest, d);
    if (form != PASSWORD_FORM_GOOD)
        return form;
    *want = str_sub(bytes, 0, d->len);
    *salt = str_sub(bytes, d->len, bytes.len);
    return want->len == d->len && (salt->len > 0) == s->is_salted ? PASSWORD_FORM_GOOD : PASSWORD_FORM_MALFORMED;
}

enum password_form password_ldap_form(str hash)
{
    NAMED_DIGEST d = { 0 };
    str want, salt;
    struct arena *a = arena_new(0);
    enum password_form form = read(a, hash, &d, &want, &salt);
    arena_free(a);
    return form;
}

enum password_answer password_ldap_verify(str password, str hash)
{
    enum password_answer answer = PASSWORD_MALFORMED;
    unsigned char got[EVP_MAX_MD_SIZE];
    NAMED_DIGEST d = { 0 };
    str want, salt;
    struct arena *a = arena_new(0);
    if (read(a, hash, &d, &want, &salt) == PASSWORD_FORM_GOOD && named_digest_hash(&d, password, salt, got))
        answer = password_compare(got, d.len, want);
    arena_free(a);
    return answer;
}
