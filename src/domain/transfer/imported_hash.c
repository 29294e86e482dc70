/* custom_password_hash: its schema, what each algorithm takes of it, its text. */
#include "domain/transfer/imported_hash.h"

#include "crypto/hash.h"
#include "crypto/password.h"
#include "crypto/password_text.h"
#include "domain/transfer/import_shape.h"

#define ROOT STR("custom_password_hash")
#define SECRET "*****" /* what a message shows of a hash, a salt or a key */

/* --- the schema -------------------------------------------------------------------- */

static const str algorithm_names[] = {
    STR_INIT("argon2"), STR_INIT("bcrypt"), STR_INIT("hmac"),   STR_INIT("ldap"),   STR_INIT("md4"),
    STR_INIT("md5"),    STR_INIT("sha1"),   STR_INIT("sha256"), STR_INIT("sha512"), STR_INIT("pbkdf2"),
    STR_INIT("scrypt"), STR_INIT("firebase-scrypt"), { NULL, 0 },
};
static const str byte_encodings[] = { STR_INIT("base64"), STR_INIT("hex"), STR_INIT("utf8"), { NULL, 0 } };
static const str digest_names[] = {
    STR_INIT("md4"),    STR_INIT("md5"),    STR_INIT("ripemd160"), STR_INIT("sha1"),      STR_INIT("sha224"),
    STR_INIT("sha256"), STR_INIT("sha384"), STR_INIT("sha512"),    STR_INIT("whirlpool"), { NULL, 0 },
};
static const str positions[] = { STR_INIT("prefix"), STR_INIT("suffix"), { NULL, 0 } };

/* ascii and binary are other names of latin1 to the runtime of the real service, ucs2 of utf16le. */
static const enum password_encoding encoding_values[] = {
    PASSWORD_LATIN1, PASSWORD_UTF8, PASSWORD_UTF16LE, PASSWORD_UTF16LE, PASSWORD_LATIN1, PASSWORD_LATIN1,
};
static const str encoding_names[] = {
    STR_INIT("ascii"), STR_INIT("utf8"), STR_INIT("utf16le"), STR_INIT("ucs2"), STR_INIT("latin1"), STR_INIT("binary"), { NULL, 0 },
};

static const struct import_shape key_members[] = {
    { .name = STR_INIT("value"), .is_required = true },
    { .name = STR_INIT("encoding"), .one_of = byte_encodings },
    { .name = { NULL, 0 } },
};
static const struct import_shape hash_members[] = {
    { .name = STR_INIT("value"), .is_required = true },
    { .name = STR_INIT("encoding"), .one_of = byte_encodings },
    { .name = STR_INIT("digest"), .one_of = digest_names },
    { .name = STR_INIT("key"), .type = IMPORT_OBJECT, .members = key_members },
    { .name = { NULL, 0 } },
};
static const struct import_shape salt_members[] = {
    { .name = STR_INIT("value"), .is_required = true },
    { .name = STR_INIT("encoding"), .one_of = byte_encodings },
    { .name = STR_INIT("position"), .one_of = positions },
    { .name = { NULL, 0 } },
};
static const struct import_shape password_members[] = {
    { .name = STR_INIT("encoding"), .one_of = encoding_names },
    { .name = { NULL, 0 } },
};
static const struct import_shape custom_members[] = {
    { .name = STR_INIT("algorithm"), .is_required = true, .one_of = algorithm_names },
    { .name = STR_INIT("hash"), .is_required = true, .type = IMPORT_OBJECT, .members = hash_members },
    { .name = STR_INIT("salt"), .type = IMPORT_OBJECT, .members = salt_members },
    { .name = STR_INIT("password"), .type = IMPORT_OBJECT, .members = password_members },
    { .name = STR_INIT("keylen"), .type = IMPORT_INTEGER, .min = 1, .max = INT32_MAX },
    { .name = STR_INIT("cost"), .type = IMPORT_INTEGER, .min = 2, .max = INT32_MAX },
    { .name = STR_INIT("blockSize"), .type = IMPORT_INTEGER, .min = 1, .max = INT32_MAX },
    { .name = STR_INIT("parallelization"), .type = IMPORT_INTEGER, .min = 1, .max = INT32_MAX },
    { .name = STR_INIT("base64_signer_key") },
    { .name = STR_INIT("base64_salt_separator") },
    { .name = STR_INIT("rounds"), .type = IMPORT_INTEGER, .min = 1, .max = INT32_MAX },
    { .name = STR_INIT("mem_cost"), .type = IMPORT_INTEGER, .min = 1, .max = INT32_MAX },
    { .name = { NULL, 0 } },
};
static const struct import_shape custom_shape = { .type = IMPORT_OBJECT, .members = custom_members };

/* --- what an algorithm takes -------------------------------------------------------- */

struct reading {
    struct arena *a;
    const struct json *custom;
    struct json *faults;
    size_t faults_before;
    const struct algorithm *algorithm;
};

enum {
    HASH_IS_TEXT = 1u << 0, /* hash.value is a text of crypto/password.h; else bytes */
    TAKES_SALT = 1u << 1,   /* beside the password */
    OWN_SALT = 1u << 2,     /* as a parameter of its own */
    TAKES_KEY = 1u << 3,
    IS_SCRYPT = 1u << 4,
    IS_FIREBASE = 1u << 5,
};

struct algorithm {
    str name;
    unsigned flags;
    str prefix; /* of hash.value, where that is a text */
    str (*text)(struct reading *r, str hash);
};
static str text_as_is(struct reading *r, str hash);
static str text_of_digest(struct reading *r, str hash);
static str text_of_hmac(struct reading *r, str hash);
static str text_of_scrypt(struct reading *r, str hash);
static str text_of_firebase(struct reading *r, str hash);

static const struct algorithm algorithms[] = {
    { STR_INIT("argon2"), HASH_IS_TEXT, STR_INIT("$argon2"), text_as_is },
    { STR_INIT("bcrypt"), HASH_IS_TEXT | TAKES_SALT, STR_INIT("$2"), text_as_is },
    { STR_INIT("hmac"), TAKES_SALT | TAKES_KEY, STR_INIT(""), text_of_hmac },
    { STR_INIT("ldap"), HASH_IS_TEXT, STR_INIT("{"), text_as_is },
    { STR_INIT("md4"), TAKES_SALT, STR_INIT(""), text_of_digest },
    { STR_INIT("md5"), TAKES_SALT, STR_INIT(""), text_of_digest },
    { STR_INIT("sha1"), TAKES_SALT, STR_INIT(""), text_of_digest },
    { STR_INIT("sha256"), TAKES_SALT, STR_INIT(""), text_of_digest },
    { STR_INIT("sha512"), TAKES_SALT, STR_INIT(""), text_of_digest },
    { STR_INIT("pbkdf2"), HASH_IS_TEXT, STR_INIT("$pbkdf2-"), text_as_is },
    { STR_INIT("scrypt"), OWN_SALT | IS_SCRYPT, STR_INIT(""), text_of_scrypt },
    { STR_INIT("firebase-scrypt"), OWN_SALT | IS_FIREBASE, STR_INIT(""), text_of_firebase },
};

static const struct {
    const char *parent, *name; /* parent "": custom_password_hash itself */
    unsigned taken_by, needed_by;
} rules[] = {
    { "", "salt", TAKES_SALT | OWN_SALT, IS_FIREBASE },
    { "salt", "position", TAKES_SALT | IS_SCRYPT, 0 }, /* to scrypt it makes no difference */
    { "hash", "digest", TAKES_KEY, TAKES_KEY },
    { "hash", "key", TAKES_KEY, TAKES_KEY },
    { "", "keylen", IS_SCRYPT, IS_SCRYPT },
    { "", "cost", IS_SCRYPT, 0 },
    { "", "blockSize", IS_SCRYPT, 0 },
    { "", "parallelization", IS_SCRYPT, 0 },
    { "", "base64_signer_key", IS_FIREBASE, IS_FIREBASE },
    { "", "base64_salt_separator", IS_FIREBASE, 0 },
    { "", "rounds", IS_FIREBASE, IS_FIREBASE },
    { "", "mem_cost", IS_FIREBASE, IS_FIREBASE },
};

static str path_of(struct reading *r, const char *parent, const char *name)
{
    return str_fmt(r->a, "custom_password_hash%s%s%s%s", *parent ? "." : "", parent, *name ? "." : "", name);
}

/* Why a member may not be there, or may not be what it is. */
static void refuse(struct reading *r, str path, str why)
{
    import_fault(r->a, r->faults, STR("NOT_PASSED"), path,
                 str_fmt(r->a, "Data matches schema from 'not' (%.*s)", STR_ARG(why)));
}

static void refuse_format(struct reading *r, const char *path, str format)
{
    import_fault(r->a, r->faults, STR("INVALID_FORMAT"), str_cat(r->a, STR("custom_password_hash."), str_from(path)),
                 str_fmt(r->a, "Object didn't pass validation for format %.*s: " SECRET, STR_ARG(format)));
}

static bool is_faultless(const struct reading *r)
{
    return json_count(r->faults) == r->faults_before;
}

static void check_members(struct reading *r)
{
    str none = str_cat(r->a, r->algorithm->name, STR(" takes none"));
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct json *parent = *rules[i].parent ? json_get(r->custom, str_from(rules[i].parent)) : r->custom;
        bool is_there = json_get(parent, str_from(rules[i].name)) != NULL;
        if (is_there && !(r->algorithm->flags & rules[i].taken_by))
            refuse(r, path_of(r, rules[i].parent, rules[i].name), none);
        if (!is_there && r->algorithm->flags & rules[i].needed_by)
            import_fault_missing(r->a, r->faults, path_of(r, rules[i].parent, ""), str_from(rules[i].name));
    }
}

static void check_hash_encoding(struct reading *r)
{
    str encoding = json_text(json_at(r->custom, "hash.encoding"));
    bool is_text = r->algorithm->flags & HASH_IS_TEXT, is_utf8 = str_eq(encoding, STR("utf8"));
    if (!encoding.p && !is_text)
        import_fault_missing(r->a, r->faults, STR("custom_password_hash.hash"), STR("encoding"));
    else if (encoding.p && is_text != is_utf8)
        import_fault(r->a, r->faults, STR("ENUM_MISMATCH"), STR("custom_password_hash.hash.encoding"),
                     str_fmt(r->a, "No enum match for: %.*s", STR_ARG(encoding)));
}

/* --- bytes -------------------------------------------------------------------------- */

/* Of either alphabet, padded or not. */
static bool base64_any(struct arena *a, str text, str *out)
{
    for (int i = 0; i < 2 && text.len && text.p[text.len - 1] == '='; i++)
        text.len--;
    char *url = arena_copy(a, text.len ? text.p : "", text.len);
    for (size_t i = 0; i < text.len; i++)
        url[i] = url[i] == '+' ? '-' : url[i] == '/' ? '_' : url[i];
    return base64url_decode(a, (str){ url, text.len }, out);
}

static bool decode(struct arena *a, str text, str encoding, str *out)
{
    if (str_eq(encoding, STR("hex")))
        return hex_decode(a, text, out);
    if (str_eq(encoding, STR("base64")))
        return base64_any(a, text, out);
    *out = text;
    return true;
}

/* The value of {value, encoding}, or nothing where that is absent. path: of the object. */
static str bytes_at(struct reading *r, const char *path)
{
    const struct json *v = json_at(r->custom, path);
    str bytes = STR_NONE, encoding = json_get_text(v, STR("encoding"));
    if (v && !decode(r->a, json_get_text(v, STR("value")), encoding, &bytes))
        refuse_format(r, str_cstr(r->a, str_fmt(r->a, "%s.value", path)), encoding);
    return bytes;
}

static str base64_at(struct reading *r, const char *name)
{
    str bytes = STR_NONE;
    if (!base64_any(r->a, json_get_text(r->custom, str_from(name)), &bytes))
        refuse_format(r, name, STR("base64"));
    return bytes;
}

/* --- texts --------------------------------------------------------------------------- */

static str text_as_is(struct reading *r, str hash)
{
    if (!str_starts(hash, r->algorithm->prefix))
        refuse_format(r, "hash.value", r->algorithm->name);
    return hash;
}

static str text_of_digest(struct reading *r, str hash)
{
    return password_digest_text(r->a, r->algorithm->name, hash);
}

static str text_of_hmac(struct reading *r, str hash)
{
    return password_hmac_text(r->a, json_text(json_at(r->custom, "hash.digest")), bytes_at(r, "hash.key"), hash);
}

static str text_of_scrypt(struct reading *r, str hash)
{
    int64_t n = json_get_int(r->custom, STR("cost"), 16384);
    const struct scrypt_cost cost = { .log2_n = __builtin_ctzll((unsigned long long)n),
                                      .r = json_get_int(r->custom, STR("blockSize"), 8),
                                      .p = json_get_int(r->custom, STR("parallelization"), 1) };
    if (n & (n - 1))
        refuse(r, STR("custom_password_hash.cost"), STR("it is a power of two"));
    if (json_get_int(r->custom, STR("keylen"), 0) != (int64_t)hash.len)
        refuse(r, STR("custom_password_hash.keylen"), STR("it is the hash's length in bytes"));
    return password_scrypt_text(r->a, &cost, bytes_at(r, "salt"), hash);
}

static str text_of_firebase(struct reading *r, str hash)
{
    const struct firebase_scrypt f = { .rounds = json_get_int(r->custom, STR("rounds"), 0),
                                       .mem_cost = json_get_int(r->custom, STR("mem_cost"), 0),
                                       .signer_key = base64_at(r, "base64_signer_key"),
                                       .separator = base64_at(r, "base64_salt_separator"),
                                       .salt = bytes_at(r, "salt"),
                                       .hash = hash };
    return password_firebase_text(r->a, &f);
}

static void read_input(struct reading *r, struct password_input *out)
{
    str encoding = json_text(json_at(r->custom, "password.encoding"));
    for (size_t i = 0; encoding_names[i].p; i++)
        if (str_eq(encoding, encoding_names[i]))
            out->encoding = encoding_values[i];
    if (!(r->algorithm->flags & TAKES_SALT))
        return;
    bool is_suffix = str_eq(json_text(json_at(r->custom, "salt.position")), STR("suffix"));
    *(is_suffix ? &out->suffix : &out->prefix) = bytes_at(r, "salt");
}

/* --- is it any good? ------------------------------------------------------------------ */

static void check_text(struct reading *r, str text)
{
    switch (password_hash_form(text)) {
    case PASSWORD_FORM_GOOD:
        break;
    case PASSWORD_FORM_MALFORMED:
        refuse_format(r, "hash.value", r->algorithm->name);
        break;
    case PASSWORD_FORM_TOO_COSTLY:
        import_fault(r->a, r->faults, STR("MAXIMUM"), ROOT,
                     STR("The parameters of this hash cost more than one login may")); /* crypto/password.h */
        break;
    case PASSWORD_FORM_NO_PROVIDER:
        refuse(r, STR("custom_password_hash.algorithm"),
               STR("MD4 and Whirlpool need OpenSSL's legacy provider, which is not installed on this server"));
        break;
    }
}

static void check_length(struct reading *r, str whole)
{
    if (whole.len > PASSWORD_TEXT_MAX)
        import_fault(r->a, r->faults, STR("MAX_LENGTH"), ROOT,
                     str_fmt(r->a, "String is too long (%zu chars), maximum %d", whole.len, PASSWORD_TEXT_MAX));
}

/* The hash is good by itself; the input may still not go with it. */
static void check_whole(struct reading *r, str whole)
{
    if (password_hash_form(whole) != PASSWORD_FORM_GOOD)
        refuse(r, ROOT, STR("bcrypt takes no NUL byte, neither from the salt nor the encoding, and 64 bytes of salt at most"));
}

static const struct algorithm *algorithm_of(str name)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (str_eq(name, algorithms[i].name))
            return &algorithms[i];
    return NULL;
}

bool custom_hash_to_text(struct arena *a, const struct json *custom, struct json *faults, str *out)
{
    struct reading r = { .a = a, .custom = custom, .faults = faults, .faults_before = json_count(faults) };
    struct password_input in = { 0 };
    import_shape_check(a, &custom_shape, ROOT, custom, faults);
    if (!is_faultless(&r))
        return false;
    r.algorithm = algorithm_of(json_get_text(custom, STR("algorithm")));
    check_members(&r);
    check_hash_encoding(&r);
    if (!is_faultless(&r))
        return false;
    str text = r.algorithm->text(&r, bytes_at(&r, "hash"));
    read_input(&r, &in);
    if (!is_faultless(&r))
        return false;
    str whole = password_input_text(a, &in, text);
    check_length(&r, whole);
    if (is_faultless(&r))
        check_text(&r, text);
    if (is_faultless(&r))
        check_whole(&r, whole);
    if (is_faultless(&r))
        *out = whole;
    return is_faultless(&r);
}

/* --- password_hash --------------------------------------------------------------------- */

bool plain_hash_to_text(struct arena *a, const struct json *password_hash, struct json *faults, str *out)
{
    static const struct import_shape shape = { .type = IMPORT_STRING };
    str text = json_text(password_hash);
    bool is_own = str_starts(text, STR("$2a$10$")) || str_starts(text, STR("$2b$10$"));
    if (is_own && password_hash_form(text) == PASSWORD_FORM_GOOD) {
        *out = text;
        return true;
    }
    if (json_is(password_hash, JSON_STRING)) /* the pattern as the real API shows it */
        import_fault(a, faults, STR("PATTERN"), STR("password_hash"),
                     STR("String does not match pattern ^\\$2[ab]?\\$10+\\$[./A-Za-z0-9]{53}$: " SECRET));
    else
        import_shape_check(a, &shape, STR("password_hash"), password_hash, faults);
    return false;
}

bool imported_hash_read(struct arena *a, const struct json *user, struct json *faults, str *out)
{
    const struct json *plain = json_get(user, STR("password_hash")), *custom = json_get(user, STR("custom_password_hash"));
    if (plain && custom) {
        import_fault(a, faults, STR("NOT_PASSED"), STR("password_hash"),
                     STR("Data matches schema from 'not' (password_hash and custom_password_hash exclude each other)"));
        return false;
    }
    if (plain)
        return plain_hash_to_text(a, plain, faults, out);
    if (custom)
        return custom_hash_to_text(a, custom, faults, out);
    *out = STR_NONE;
    return true;
}
