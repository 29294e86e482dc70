#include "domain/transfer/exported_hash.h"

#include "crypto/password.h"

#define INPUT STR("$doorward$input$")
#define BASE64 STR("base64")

/* The texts keep base64 without its padding; other readers want it. */
static str padded(struct arena *a, str bytes)
{
    static const char *const missing[] = { "", "", "==", "=" };
    return str_cat(a, bytes, str_from(missing[bytes.len % 4]));
}

static struct json *bytes_member(struct arena *a, str bytes)
{
    struct json *o = json_object(a);
    json_set_text(a, o, STR("value"), padded(a, bytes));
    json_set_text(a, o, STR("encoding"), BASE64);
    return o;
}

static struct json *set_hash(struct arena *a, struct json *out, str algorithm, struct json *hash)
{
    json_set_text(a, out, STR("algorithm"), algorithm);
    json_set(a, out, STR("hash"), hash);
    return hash;
}

/* "r=8" → 8 */
static int64_t number_of(str part)
{
    int64_t n = 0;
    str value;
    str_cut(part, '=', &value);
    return value.p && str_int(value, &n) ? n : 0;
}

/* --- forms: rest is what follows the prefix ------------------------------------------- */

static bool as_text(struct arena *a, str algorithm, str whole, struct json *out)
{
    struct json *hash = json_object(a);
    json_set_text(a, hash, STR("value"), whole);
    set_hash(a, out, algorithm, hash);
    return true;
}

/* DIGEST$hash */
static bool as_digest(struct arena *a, str rest, struct json *out)
{
    str name = str_cut(rest, '$', &rest);
    set_hash(a, out, name, bytes_member(a, rest));
    return rest.p != NULL;
}

/* DIGEST$key$hash */
static bool as_hmac(struct arena *a, str rest, struct json *out)
{
    str name = str_cut(rest, '$', &rest), key = str_cut(rest, '$', &rest);
    struct json *hash = set_hash(a, out, STR("hmac"), bytes_member(a, rest));
    json_set_text(a, hash, STR("digest"), name);
    json_set(a, hash, STR("key"), bytes_member(a, key));
    return rest.p != NULL;
}

/* ln=14,r=8,p=1$salt$hash */
static bool as_scrypt(struct arena *a, str rest, struct json *out)
{
    str costs = str_cut(rest, '$', &rest), salt = str_cut(rest, '$', &rest);
    int64_t log2_n = number_of(str_cut(costs, ',', &costs)), r = number_of(str_cut(costs, ',', &costs)), p = number_of(costs);
    if (!rest.p || log2_n < 1 || log2_n > 30)
        return false;
    set_hash(a, out, STR("scrypt"), bytes_member(a, rest));
    if (salt.len)
        json_set(a, out, STR("salt"), bytes_member(a, salt));
    json_set_int(a, out, STR("keylen"), (int64_t)(rest.len * 3 / 4));
    json_set_int(a, out, STR("cost"), 1LL << log2_n);
    json_set_int(a, out, STR("blockSize"), r);
    json_set_int(a, out, STR("parallelization"), p);
    return true;
}

/* r=8,m=14$signer$separator$salt$hash */
static bool as_firebase(struct arena *a, str rest, struct json *out)
{
    str costs = str_cut(rest, '$', &rest), signer = str_cut(rest, '$', &rest), separator = str_cut(rest, '$', &rest);
    str salt = str_cut(rest, '$', &rest);
    set_hash(a, out, STR("firebase-scrypt"), bytes_member(a, rest));
    json_set(a, out, STR("salt"), bytes_member(a, salt));
    json_set_text(a, out, STR("base64_signer_key"), padded(a, signer));
    json_set_text(a, out, STR("base64_salt_separator"), padded(a, separator));
    json_set_int(a, out, STR("rounds"), number_of(str_cut(costs, ',', &costs)));
    json_set_int(a, out, STR("mem_cost"), number_of(costs));
    return rest.p != NULL;
}

static const struct {
    str prefix, algorithm; /* algorithm: of those that leave as the text that they are */
    bool (*add)(struct arena *a, str rest, struct json *out);
} forms[] = {
    { STR_INIT("$2"), STR_INIT("bcrypt"), NULL },
    { STR_INIT("$argon2"), STR_INIT("argon2"), NULL },
    { STR_INIT("$pbkdf2-"), STR_INIT("pbkdf2"), NULL },
    { STR_INIT("{"), STR_INIT("ldap"), NULL },
    { STR_INIT("$scrypt$"), STR_INIT(""), as_scrypt },
    { STR_INIT("$doorward$digest-"), STR_INIT(""), as_digest },
    { STR_INIT("$doorward$hmac-"), STR_INIT(""), as_hmac },
    { STR_INIT("$doorward$firebase-scrypt$"), STR_INIT(""), as_firebase },
};

static bool add_form(struct arena *a, str text, struct json *out)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (str_starts(text, forms[i].prefix))
            return forms[i].add ? forms[i].add(a, str_sub(text, forms[i].prefix.len, text.len), out)
                                : as_text(a, forms[i].algorithm, text, out);
    return false;
}

/* --- what the password was mixed with --------------------------------------------------- */

static bool add_part(struct arena *a, str part, struct json *out)
{
    str value, name = str_cut(part, '=', &value);
    struct json *member;
    if (str_eq(name, STR("pw"))) {
        member = json_object(a);
        json_set_text(a, member, STR("encoding"), value);
        json_set(a, out, STR("password"), member);
        return true;
    }
    if (json_get(out, STR("salt"))) /* an import takes one, at one side */
        return false;
    member = bytes_member(a, value);
    json_set_text(a, member, STR("position"), name);
    json_set(a, out, STR("salt"), member);
    return true;
}

/* pw=utf16le,prefix=salt and the other text, which begins with '$' or '{' */
static bool add_input(struct arena *a, str rest, struct json *out)
{
    size_t end = 0;
    while (end < rest.len && rest.p[end] != '$' && rest.p[end] != '{')
        end++;
    str parts = str_sub(rest, 0, end);
    if (!add_form(a, str_sub(rest, end, rest.len), out))
        return false;
    while (parts.p)
        if (!add_part(a, str_cut(parts, ',', &parts), out))
            return false;
    return true;
}

bool exported_hash_add(struct arena *a, struct json *user, str text, bool is_custom)
{
    struct json *custom = json_object(a);
    if (!is_custom && (str_starts(text, STR("$2a$10$")) || str_starts(text, STR("$2b$10$")))) {
        json_set_text(a, user, STR("password_hash"), text);
        return true;
    }
    bool added = str_starts(text, INPUT) ? add_input(a, str_sub(text, INPUT.len, text.len), custom) : add_form(a, text, custom);
    if (added)
        json_set(a, user, STR("custom_password_hash"), custom);
    return added;
}
