/* Bytes as text: hex (RFC 4648 §8), base64 (§4), base64url (§5), PEM (RFC 7468). */
#include "crypto/inside.h"

#include "base/buf.h"

#include <openssl/crypto.h>
#include <string.h>

/* --- hex -------------------------------------------------------------------- */

str hex_encode(struct arena *a, str bytes)
{
    static const char digit[] = "0123456789abcdef";
    char *out = arena_raw(a, bytes.len * 2);
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.p[i];
        out[2 * i] = digit[c >> 4];
        out[2 * i + 1] = digit[c & 15];
    }
    return (str){ out, bytes.len * 2 };
}

static int hex_value(unsigned char c)
{
    unsigned char letter = c | 0x20;
    if (c >= '0' && c <= '9')
        return c - '0';
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool hex_decode(struct arena *a, str text, str *out)
{
    if (text.len % 2)
        return false;
    char *bytes = arena_raw(a, text.len / 2);
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_value((unsigned char)text.p[i]), low = hex_value((unsigned char)text.p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i / 2] = (char)(high << 4 | low);
    }
    *out = (str){ bytes, text.len / 2 };
    return true;
}

/* --- base64 -------------------------------------------------------------------- */

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
static const char alphabet[] = LETTERS_AND_DIGITS "+/";
static const char alphabet_url[] = LETTERS_AND_DIGITS "-_";

/* Characters without padding. */
size_t base64url_size(size_t len)
{
    return len / 3 * 4 + (len % 3 ? len % 3 + 1 : 0);
}

static void encode(char *out, str bytes, const char *letters)
{
    const unsigned char *in = (const unsigned char *)bytes.p;
    size_t left = bytes.len;
    for (; left >= 3; left -= 3, in += 3, out += 4) {
        out[0] = letters[in[0] >> 2];
        out[1] = letters[(in[0] & 3) << 4 | in[1] >> 4];
        out[2] = letters[(in[1] & 15) << 2 | in[2] >> 6];
        out[3] = letters[in[2] & 63];
    }
    if (!left)
        return;
    unsigned second = left == 2 ? in[1] : 0u;
    out[0] = letters[in[0] >> 2];
    out[1] = letters[(in[0] & 3u) << 4 | second >> 4];
    if (left == 2)
        out[2] = letters[(second & 15) << 2];
}

void base64url_put(char *out, str bytes)
{
    encode(out, bytes, alphabet_url);
}

str base64url_encode(struct arena *a, str bytes)
{
    size_t len = base64url_size(bytes.len);
    char *out = arena_raw(a, len);
    encode(out, bytes, alphabet_url);
    return (str){ out, len };
}

str base64_encode(struct arena *a, str bytes)
{
    size_t bare = base64url_size(bytes.len), len = (bare + 3) / 4 * 4;
    char *out = arena_raw(a, len);
    encode(out, bytes, alphabet);
    memset(out + bare, '=', len - bare);
    return (str){ out, len };
}

/* Values of both alphabets in one table. ONLY_STANDARD and ONLY_URL mark the two
 * letters in which they differ; a character of neither carries both marks.
 * Entries are turned over by NEITHER, so that those left out read as that. */
enum { ONLY_STANDARD = 0x40, ONLY_URL = 0x80, NEITHER = 0xC0 };
#define V(n) ((n) ^ NEITHER)
static const unsigned char values[256] = {
    ['A'] = V(0),  ['B'] = V(1),  ['C'] = V(2),  ['D'] = V(3),  ['E'] = V(4),  ['F'] = V(5),  ['G'] = V(6),
    ['H'] = V(7),  ['I'] = V(8),  ['J'] = V(9),  ['K'] = V(10), ['L'] = V(11), ['M'] = V(12), ['N'] = V(13),
    ['O'] = V(14), ['P'] = V(15), ['Q'] = V(16), ['R'] = V(17), ['S'] = V(18), ['T'] = V(19), ['U'] = V(20),
    ['V'] = V(21), ['W'] = V(22), ['X'] = V(23), ['Y'] = V(24), ['Z'] = V(25), ['a'] = V(26), ['b'] = V(27),
    ['c'] = V(28), ['d'] = V(29), ['e'] = V(30), ['f'] = V(31), ['g'] = V(32), ['h'] = V(33), ['i'] = V(34),
    ['j'] = V(35), ['k'] = V(36), ['l'] = V(37), ['m'] = V(38), ['n'] = V(39), ['o'] = V(40), ['p'] = V(41),
    ['q'] = V(42), ['r'] = V(43), ['s'] = V(44), ['t'] = V(45), ['u'] = V(46), ['v'] = V(47), ['w'] = V(48),
    ['x'] = V(49), ['y'] = V(50), ['z'] = V(51), ['0'] = V(52), ['1'] = V(53), ['2'] = V(54), ['3'] = V(55),
    ['4'] = V(56), ['5'] = V(57), ['6'] = V(58), ['7'] = V(59), ['8'] = V(60), ['9'] = V(61),
    ['+'] = V(62 | ONLY_STANDARD), ['/'] = V(63 | ONLY_STANDARD),
    ['-'] = V(62 | ONLY_URL),      ['_'] = V(63 | ONLY_URL),
};

static unsigned value(char c)
{
    return values[(unsigned char)c] ^ (unsigned)NEITHER;
}

/* text without padding. refused: the mark that may not appear. Two texts never
 * decode to the same bytes: bits beyond the last byte must be zero. */
static bool decode(struct arena *a, str text, unsigned refused, str *out)
{
    size_t tail = text.len % 4, whole = text.len - tail, len = whole / 4 * 3 + (tail ? tail - 1 : 0);
    if (tail == 1)
        return false;
    unsigned char *bytes = arena_raw(a, len), *to = bytes;
    unsigned marks = 0, w = 0;
    for (size_t i = 0; i < whole; i += 4, to += 3) {
        unsigned v0 = value(text.p[i]), v1 = value(text.p[i + 1]);
        unsigned v2 = value(text.p[i + 2]), v3 = value(text.p[i + 3]);
        marks |= v0 | v1 | v2 | v3;
        w = (v0 & 63) << 18 | (v1 & 63) << 12 | (v2 & 63) << 6 | (v3 & 63);
        to[0] = (unsigned char)(w >> 16);
        to[1] = (unsigned char)(w >> 8);
        to[2] = (unsigned char)w;
    }
    if (tail) {
        unsigned v0 = value(text.p[whole]), v1 = value(text.p[whole + 1]);
        unsigned v2 = tail == 3 ? value(text.p[whole + 2]) : 0;
        marks |= v0 | v1 | v2;
        w = (v0 & 63) << 18 | (v1 & 63) << 12 | (v2 & 63) << 6;
        to[0] = (unsigned char)(w >> 16);
        if (tail == 3)
            to[1] = (unsigned char)(w >> 8);
        if (w & (tail == 3 ? 0xFFu : 0xFFFFu))
            return false;
    }
    if (marks & refused)
        return false;
    *out = (str){ (char *)bytes, len };
    return true;
}

bool base64url_decode(struct arena *a, str text, str *out)
{
    return decode(a, text, ONLY_STANDARD, out);
}

bool base64_decode_bare(struct arena *a, str text, str *out)
{
    return decode(a, text, ONLY_URL, out);
}

bool base64_decode(struct arena *a, str text, str *out)
{
    if (text.len % 4)
        return false;
    for (int i = 0; i < 2 && text.len && text.p[text.len - 1] == '='; i++)
        text.len--;
    return decode(a, text, ONLY_URL, out);
}

/* --- PEM ------------------------------------------------------------------------- */

str pem_encode(struct arena *a, const char *label, str der)
{
    enum { LINE = 64 };
    str text = base64_encode(a, der);
    struct buf b;
    buf_init(&b, SIZE_MAX);
    buf_fmt(&b, "-----BEGIN %s-----\n", label);
    for (size_t i = 0; i < text.len; i += LINE) {
        buf_add(&b, str_sub(text, i, LINE));
        buf_add_char(&b, '\n');
    }
    buf_fmt(&b, "-----END %s-----\n", label);
    str out = str_dup(a, buf_str(&b));
    OPENSSL_cleanse(b.p, b.len);
    buf_free(&b);
    return out;
}

bool pem_decode(struct arena *a, const char *label, str text, str *out_der)
{
    str begin = str_fmt(a, "-----BEGIN %s-----", label), end = str_fmt(a, "-----END %s-----", label);
    ptrdiff_t from = str_find(text, begin);
    if (from < 0)
        return false;
    text = str_sub(text, (size_t)from + begin.len, text.len);
    ptrdiff_t to = str_find(text, end);
    if (to < 0)
        return false;
    char *bare = arena_raw(a, (size_t)to);
    size_t len = 0;
    for (size_t i = 0; i < (size_t)to; i++)
        if (!memchr(" \t\r\n", text.p[i], 4))
            bare[len++] = text.p[i];
    return base64_decode(a, (str){ bare, len }, out_der);
}
