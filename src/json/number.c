/* Number lexemes compared and read by their exact decimal value, so that
 * 1, 1.0 and 10e-1 are one number and 2^53 and its neighbour are two. */
#include "json/inside.h"

#include <stdlib.h>
#include <string.h>

/* The value is (-1)^negative * 0.DDD * 10^point, where DDD are the digits of
 * whole and fraction from the first to the last that is not zero. */
struct decimal {
    bool negative;
    str whole, fraction;
    size_t first, count; /* of the digits of whole then fraction; count 0: zero */
    int64_t point;
};

enum { EXPONENT_DIGITS_MAX = 15 };

static char digit_at(const struct decimal *d, size_t i)
{
    return i < d->whole.len ? d->whole.p[i] : d->fraction.p[i - d->whole.len];
}

/* False when the exponent is absurd, or s is no number. */
static bool read_exponent(str s, int64_t *out)
{
    if (s.len && s.p[0] == '+')
        s = str_sub(s, 1, s.len);
    return s.len <= EXPONENT_DIGITS_MAX && str_int(s, out);
}

static bool decimal_read(str s, struct decimal *out)
{
    struct decimal d = { 0 };
    if (s.len && s.p[0] == '-') {
        d.negative = true;
        s = str_sub(s, 1, s.len);
    }
    size_t e = 0;
    while (e < s.len && s.p[e] != 'e' && s.p[e] != 'E')
        e++;
    int64_t exponent = 0;
    if (e < s.len && !read_exponent(str_sub(s, e + 1, s.len), &exponent))
        return false;
    str rest;
    d.whole = str_cut(str_sub(s, 0, e), '.', &rest);
    d.fraction = rest;

    size_t total = d.whole.len + d.fraction.len, last = total;
    while (d.first < total && digit_at(&d, d.first) == '0')
        d.first++;
    while (last > d.first && digit_at(&d, last - 1) == '0')
        last--;
    d.count = last - d.first;
    d.point = (int64_t)d.whole.len - (int64_t)d.first + exponent;
    *out = d;
    return true;
}

bool json_number_equal(str a, str b)
{
    struct decimal x, y;
    if (str_eq(a, b))
        return true;
    if (!decimal_read(a, &x) || !decimal_read(b, &y))
        return false;
    if (x.count != y.count)
        return false;
    if (!x.count)
        return true; /* -0 is 0 */
    if (x.negative != y.negative || x.point != y.point)
        return false;
    for (size_t i = 0; i < x.count; i++)
        if (digit_at(&x, x.first + i) != digit_at(&y, y.first + i))
            return false;
    return true;
}

bool json_number_to_int(str lexeme, int64_t *out)
{
    struct decimal d;
    if (!decimal_read(lexeme, &d))
        return false;
    int64_t v = 0;
    if (d.count && (d.point < (int64_t)d.count || d.point > 19))
        return false;
    for (size_t i = 0; d.count && i < (size_t)d.point; i++) {
        int digit = i < d.count ? digit_at(&d, d.first + i) - '0' : 0;
        /* Towards the sign's side: INT64_MIN has no positive counterpart. */
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, digit, &v))
            return false;
    }
    if (!d.negative && __builtin_sub_overflow(0, v, &v))
        return false;
    *out = v;
    return true;
}

double json_to_double(const struct json *v)
{
    if (!json_is(v, JSON_NUMBER))
        return 0;
    char small[64];
    char *text = v->text.len < sizeof small ? small : malloc(v->text.len + 1);
    if (!text)
        abort();
    memcpy(text, v->text.p, v->text.len);
    text[v->text.len] = '\0';
    double d = strtod(text, NULL);
    if (text != small)
        free(text);
    return d;
}
