#include "search/value.h"

#include "base/clock.h"
#include "search/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static void add_big_endian(struct buf *out, uint64_t v)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_add_char(out, (char)(v >> shift));
}

void key_add_bool(struct buf *out, bool v)
{
    buf_add_char(out, KEY_BOOL);
    buf_add_char(out, v);
}

/* IEEE 754 bits sort as unsigned integers once the sign bit is turned over for
 * positive numbers and all bits are for negative ones. */
void key_add_number(struct buf *out, double v)
{
    uint64_t bits;
    if (v == 0)
        v = 0; /* minus zero is zero */
    memcpy(&bits, &v, sizeof bits);
    bits = bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
    buf_add_char(out, KEY_NUMBER);
    add_big_endian(out, bits);
}

void key_add_date(struct buf *out, int64_t us)
{
    buf_add_char(out, KEY_DATE);
    add_big_endian(out, (uint64_t)us ^ (uint64_t)1 << 63);
}

static bool is_ascii(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

void value_fold(struct buf *out, str text)
{
    if (is_ascii(text)) {
        for (size_t i = 0; i < text.len; i++) {
            char c = text.p[i];
            buf_add_char(out, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
        }
        return;
    }
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.len, &folded,
                                        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    buf_add(out, len < 0 ? text : (str){ (const char *)folded, (size_t)len });
    free(folded);
}

static void add_text(struct buf *out, str field, str text)
{
    int64_t us;
    if (field_is_date(field) && clock_parse_iso(text, &us)) {
        key_add_date(out, us);
        return;
    }
    buf_add_char(out, KEY_TEXT);
    if (field_is_folded(field))
        value_fold(out, text);
    else
        buf_add(out, text);
}

bool value_key(struct buf *out, str field, const struct json *v)
{
    switch (v->type) {
    case JSON_BOOL:
        key_add_bool(out, v->boolean);
        return true;
    case JSON_NUMBER:
        key_add_number(out, json_to_double(v));
        return true;
    case JSON_STRING:
        add_text(out, field, v->text);
        return true;
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return false;
}

str key_cut(str key)
{
    return str_sub(key, 0, KEY_MAX);
}

/* --- reading the values of queries ----------------------------------------------- */

/* The first day behind the year or month that s names. */
static int64_t next_start(str s, int64_t from_us)
{
    int64_t year, month = 12, us = from_us;
    char text[16];
    str_int(str_sub(s, 0, 4), &year);
    if (s.len > 4)
        str_int(str_sub(s, 5, 2), &month);
    int len = snprintf(text, sizeof text, "%04d-%02d", (int)(month == 12 ? year + 1 : year), (int)(month % 12 + 1));
    if (len <= 0 || !clock_parse_iso((str){ text, (size_t)len }, &us))
        return from_us + 366 * 86400 * US_PER_S; /* behind the year 9999 */
    return us;
}

/* How long the moment is that a time of day names: its last part's unit. */
static int64_t time_unit_us(str time)
{
    size_t len = 0;
    while (len < time.len && ((time.p[len] >= '0' && time.p[len] <= '9') || time.p[len] == ':' || time.p[len] == '.'))
        len++;
    if (len <= 2)
        return 3600 * US_PER_S;
    if (len <= 5)
        return 60 * US_PER_S;
    int64_t unit = US_PER_S;
    for (size_t digits = 9; digits < len && unit > 1; digits++)
        unit /= 10;
    return unit;
}

bool date_period(str text, int64_t *out_from_us, int64_t *out_until_us)
{
    int64_t from;
    if (!clock_parse_iso(text, &from))
        return false;
    *out_from_us = from;
    if (text.len <= 7)
        *out_until_us = next_start(text, from);
    else if (text.len <= 10)
        *out_until_us = from + 86400 * US_PER_S;
    else
        *out_until_us = from + time_unit_us(str_sub(text, 11, text.len));
    return true;
}

static size_t digits_at(str s, size_t from)
{
    size_t n = 0;
    while (from + n < s.len && s.p[from + n] >= '0' && s.p[from + n] <= '9')
        n++;
    return n;
}

bool number_read(str text, double *out)
{
    if (text.len && text.p[0] == '+')
        text = str_sub(text, 1, text.len);
    size_t at = text.len && text.p[0] == '-', whole = digits_at(text, at);
    at += whole;
    if (!whole)
        return false;
    if (at < text.len && text.p[at] == '.') {
        size_t fraction = digits_at(text, at + 1);
        if (!fraction)
            return false;
        at += 1 + fraction;
    }
    if (at < text.len && (text.p[at] == 'e' || text.p[at] == 'E')) {
        size_t sign = at + 1 < text.len && (text.p[at + 1] == '+' || text.p[at + 1] == '-');
        size_t exponent = digits_at(text, at + 1 + sign);
        if (!exponent)
            return false;
        at += 1 + sign + exponent;
    }
    if (at != text.len)
        return false;
    struct json number = { .type = JSON_NUMBER, .text = text };
    *out = json_to_double(&number);
    return true;
}
