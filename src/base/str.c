#include "base/str.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

str str_from(const char *terminated)
{
    return terminated ? (str){ terminated, strlen(terminated) } : STR_NONE;
}

bool str_eq(str a, str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool str_eq_secret(str a, str b)
{
    if (a.len != b.len)
        return false;
    unsigned char different = 0;
    for (size_t i = 0; i < a.len; i++)
        different |= (unsigned char)((unsigned char)a.p[i] ^ (unsigned char)b.p[i]);
    return different == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool str_eq_nocase(str a, str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

int str_cmp(str a, str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.p, b.p, common) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(str s, str prefix)
{
    return s.len >= prefix.len && str_eq((str){ s.p, prefix.len }, prefix);
}

bool str_ends(str s, str suffix)
{
    return s.len >= suffix.len && str_eq((str){ s.p + (s.len - suffix.len), suffix.len }, suffix);
}

ptrdiff_t str_find(str s, str needle)
{
    if (needle.len == 0)
        return 0;
    const char *at = s.len ? memmem(s.p, s.len, needle.p, needle.len) : NULL;
    return at ? at - s.p : -1;
}

ptrdiff_t str_find_char(str s, char c)
{
    const char *at = s.len ? memchr(s.p, c, s.len) : NULL;
    return at ? at - s.p : -1;
}

str str_sub(str s, size_t from, size_t len)
{
    if (from > s.len)
        from = s.len;
    if (len > s.len - from)
        len = s.len - from;
    return (str){ s.p ? s.p + from : NULL, len };
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

str str_trim(str s)
{
    while (s.len && is_blank(s.p[0]))
        s = (str){ s.p + 1, s.len - 1 };
    while (s.len && is_blank(s.p[s.len - 1]))
        s.len--;
    return s;
}

str str_cut(str s, char sep, str *rest)
{
    ptrdiff_t at = str_find_char(s, sep);
    if (at < 0) {
        *rest = STR_NONE;
        return s;
    }
    *rest = (str){ s.p + at + 1, s.len - (size_t)at - 1 };
    return (str){ s.p, (size_t)at };
}

str str_dup(struct arena *a, str s)
{
    if (!s.p)
        return s;
    char *p = arena_raw(a, s.len);
    if (s.len)
        memcpy(p, s.p, s.len);
    return (str){ p, s.len };
}

str str_cat(struct arena *a, str x, str y)
{
    char *p = arena_raw(a, x.len + y.len);
    if (x.len)
        memcpy(p, x.p, x.len);
    if (y.len)
        memcpy(p + x.len, y.p, y.len);
    return (str){ p, x.len + y.len };
}

str str_lower(struct arena *a, str s)
{
    char *p = arena_raw(a, s.len);
    for (size_t i = 0; i < s.len; i++)
        p[i] = lower(s.p[i]);
    return (str){ p, s.len };
}

const char *str_cstr(struct arena *a, str s)
{
    char *p = arena_raw(a, s.len + 1);
    if (s.len)
        memcpy(p, s.p, s.len);
    p[s.len] = '\0';
    return p;
}

str str_fmt(struct arena *a, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    char probe[256]; /* most texts fit and need one pass */
    int len = vsnprintf(probe, sizeof probe, fmt, args);
    va_end(args);
    size_t size = len > 0 ? (size_t)len : 0;
    char *p = arena_raw(a, size + 1);
    if (size < sizeof probe)
        memcpy(p, probe, size + 1);
    else
        vsnprintf(p, size + 1, fmt, again);
    va_end(again);
    return (str){ p, size };
}

str str_digits(int64_t v, char room[INT64_DIGITS_MAX])
{
    size_t at = INT64_DIGITS_MAX;
    uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        room[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (v < 0)
        room[--at] = '-';
    return (str){ room + at, INT64_DIGITS_MAX - at };
}

str str_from_int(struct arena *a, int64_t v)
{
    char room[INT64_DIGITS_MAX];
    return str_dup(a, str_digits(v, room));
}

bool str_int(str s, int64_t *out)
{
    bool negative = s.len && s.p[0] == '-';
    size_t i = negative ? 1 : 0;
    if (i == s.len)
        return false;
    int64_t v = 0;
    for (; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, negative ? '0' - s.p[i] : s.p[i] - '0', &v))
            return false;
    }
    *out = v;
    return true;
}

/* The length of the well-formed sequence at p, 0 when there is none
 * (Unicode 15, table 3-7). */
static size_t utf8_step(const unsigned char *p, size_t left)
{
    unsigned char c = p[0];
    size_t len = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (len == 0 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool bad = (c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) || (c == 0xf0 && p[1] < 0x90) ||
               (c == 0xf4 && p[1] > 0x8f);
    return bad ? 0 : len;
}

static bool eight_ascii(const unsigned char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return (word & 0x8080808080808080u) == 0;
}

bool str_utf8_valid(str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i < s.len;) {
        if (s.len - i >= 8 && eight_ascii(p + i)) {
            i += 8;
            continue;
        }
        size_t step = utf8_step(p + i, s.len - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

size_t str_utf8_len(str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return count;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

str str_url_decode(struct arena *a, str s, bool plus)
{
    if (str_find_char(s, '%') < 0 && !(plus && str_find_char(s, '+') >= 0))
        return s;
    char *p = arena_raw(a, s.len);
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        int high = s.p[i] == '%' && i + 2 < s.len ? hex_digit(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;
        if (low >= 0) {
            p[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            p[n++] = plus && s.p[i] == '+' ? ' ' : s.p[i];
        }
    }
    return (str){ p, n };
}
