/* What another hash text was made of, where that is not the password in UTF-8:
 * $doorward$input$pw=utf16le,prefix=salt,suffix=salt and the other text. */
#include "crypto/password_format.h"

#include "base/buf.h"

#include <openssl/crypto.h>

#define PREFIX STR("$doorward$input$")

static const str encoding_names[PASSWORD_ENCODING_MAX] = {
    [PASSWORD_UTF8] = STR_INIT(""), /* the default has no name */
    [PASSWORD_LATIN1] = STR_INIT("latin1"),
    [PASSWORD_UTF16LE] = STR_INIT("utf16le"),
};

/* --- the text ---------------------------------------------------------------------- */

static void add_part(struct buf *b, const char *name, str value)
{
    if (value.len)
        buf_fmt(b, "%s%s%.*s", b->len ? "," : "", name, STR_ARG(value));
}

str password_input_text(struct arena *a, const struct password_input *in, str hash)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    add_part(&b, "pw=", encoding_names[in->encoding]);
    add_part(&b, "prefix=", phc_base64(a, in->prefix));
    add_part(&b, "suffix=", phc_base64(a, in->suffix));
    str text = b.len ? str_cat(a, str_cat(a, PREFIX, buf_str(&b)), hash) : hash;
    buf_free(&b);
    return text;
}

static bool encoding_of(str name, enum password_encoding *out)
{
    for (enum password_encoding e = PASSWORD_UTF8 + 1; e < PASSWORD_ENCODING_MAX; e++)
        if (str_eq(name, encoding_names[e])) {
            *out = e;
            return true;
        }
    return false;
}

static bool read_part(struct arena *a, str part, struct password_input *in)
{
    str value, name = str_cut(part, '=', &value);
    if (str_eq(name, STR("pw")))
        return encoding_of(value, &in->encoding);
    if (str_eq(name, STR("prefix")))
        return base64_decode_bare(a, value, &in->prefix);
    return str_eq(name, STR("suffix")) && base64_decode_bare(a, value, &in->suffix);
}

/* *out_inner: the other text. */
static bool read(struct arena *a, str hash, struct password_input *in, str *out_inner)
{
    size_t end = PREFIX.len;
    while (end < hash.len && hash.p[end] != '$' && hash.p[end] != '{')
        end++;
    str parts = str_sub(hash, PREFIX.len, end - PREFIX.len);
    while (parts.p)
        if (!read_part(a, str_cut(parts, ',', &parts), in))
            return false;
    *out_inner = str_sub(hash, end, hash.len);
    return !str_starts(*out_inner, PREFIX); /* one level is enough for all, and bounds the recursion */
}

/* crypt(3) stops at a NUL, so that only what comes before it would count; and a
 * long prefix would leave nothing of the password within bcrypt's 72 bytes. */
static bool goes_with_bcrypt(const struct password_input *in)
{
    return in->encoding != PASSWORD_UTF16LE && str_find_char(in->prefix, '\0') < 0 &&
           str_find_char(in->suffix, '\0') < 0 && in->prefix.len <= BCRYPT_PREFIX_MAX;
}

static enum password_form read_checked(struct arena *a, str hash, struct password_input *in,
                                       const struct password_format **out_format, str *out_inner)
{
    if (!read(a, hash, in, out_inner))
        return PASSWORD_FORM_MALFORMED;
    *out_format = password_format_of(*out_inner);
    if (!*out_format || ((*out_format)->is_bcrypt && !goes_with_bcrypt(in)))
        return PASSWORD_FORM_MALFORMED;
    return (*out_format)->form(*out_inner);
}

/* --- the input ---------------------------------------------------------------------- */

static uint32_t next_code_point(str *s) /* of valid UTF-8 */
{
    unsigned char first = (unsigned char)s->p[0];
    size_t len = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    uint32_t c = len == 1 ? first : first & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++)
        c = c << 6 | (s->p[i] & 0x3F);
    *s = str_sub(*s, len, s->len);
    return c;
}

static unsigned char *put_utf16le(unsigned char *out, uint32_t unit)
{
    *out++ = (unsigned char)unit;
    *out++ = (unsigned char)(unit >> 8);
    return out;
}

/* False when the password has letters that the encoding lacks: then it cannot
 * be what the hash was made of. */
static bool encode(struct arena *a, enum password_encoding to, str password, str *out)
{
    if (to == PASSWORD_UTF8) {
        *out = password;
        return true;
    }
    if (!str_utf8_valid(password))
        return false;
    char *room = arena_raw(a, 2 * password.len);
    unsigned char *at = (unsigned char *)room;
    while (password.len) {
        uint32_t c = next_code_point(&password);
        if (to == PASSWORD_LATIN1 && c > 0xFF)
            return false;
        if (to == PASSWORD_LATIN1)
            *at++ = (unsigned char)c;
        else if (c < 0x10000)
            at = put_utf16le(at, c);
        else
            at = put_utf16le(put_utf16le(at, 0xD800 + ((c - 0x10000) >> 10)), 0xDC00 + ((c - 0x10000) & 0x3FF));
    }
    *out = (str){ room, (size_t)(at - (unsigned char *)room) };
    return true;
}

enum password_form password_input_form(str hash)
{
    struct password_input in = { 0 };
    const struct password_format *format;
    str inner;
    struct arena *a = arena_new(0);
    enum password_form form = read_checked(a, hash, &in, &format, &inner);
    arena_free(a);
    return form;
}

enum password_answer password_input_verify(str password, str hash)
{
    enum password_answer answer = PASSWORD_MALFORMED;
    struct password_input in = { 0 };
    const struct password_format *format;
    str inner, encoded;
    struct arena *a = arena_new_secret(0);
    if (read_checked(a, hash, &in, &format, &inner) != PASSWORD_FORM_GOOD)
        goto out;
    answer = PASSWORD_WRONG;
    if (encode(a, in.encoding, password, &encoded))
        answer = format->verify(str_cat(a, str_cat(a, in.prefix, encoded), in.suffix), inner);
out:
    arena_free(a);
    return answer;
}
