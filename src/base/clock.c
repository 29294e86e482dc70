#include "base/clock.h"

#include "base/arena.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* The test clock: an offset to the machine's, or a fixed time when frozen. */
static _Atomic int64_t offset_us;
static _Atomic int64_t frozen_at_us; /* 0: running */

static int64_t machine_us(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
    int64_t frozen = atomic_load_explicit(&frozen_at_us, memory_order_relaxed);
    if (frozen)
        return frozen;
    return machine_us(CLOCK_REALTIME) + atomic_load_explicit(&offset_us, memory_order_relaxed);
}

int64_t clock_monotonic_us(void)
{
    return machine_us(CLOCK_MONOTONIC);
}

void clock_freeze(int64_t at_us)
{
    atomic_store(&frozen_at_us, at_us);
}

void clock_advance(int64_t by_us)
{
    if (atomic_load(&frozen_at_us))
        atomic_fetch_add(&frozen_at_us, by_us);
    else
        atomic_fetch_add(&offset_us, by_us);
}

void clock_run(void)
{
    atomic_store(&frozen_at_us, 0);
    atomic_store(&offset_us, 0);
}

/* Days since 1970-01-01 of a proleptic Gregorian date, counted from March so
 * that the leap day is the year's last. */
static int64_t days_from_date(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year = y - era * 400;
    int64_t day = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    return era * 146097 + year * 365 + year / 4 - year / 100 + day - 719468;
}

static void date_from_days(int64_t days, int64_t *y, int64_t *m, int64_t *d)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day = days - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    *d = of_year - (153 * month + 2) / 5 + 1;
    *m = month < 10 ? month + 3 : month - 9;
    *y = year + era * 400 + (*m <= 2);
}

/* "2024-03-07T09:12:44.105Z" of its seven numbers, by hand: every document and
 * log entry has some, and printf took a third of a log entry's time. */
static str iso_text(struct arena *a, const int64_t parts[7])
{
    static const struct {
        unsigned char at, digits;
    } places[7] = { { 0, 4 }, { 5, 2 }, { 8, 2 }, { 11, 2 }, { 14, 2 }, { 17, 2 }, { 20, 3 } };
    static const char frame[] = "0000-00-00T00:00:00.000Z";
    char *text = arena_raw(a, sizeof frame - 1);
    memcpy(text, frame, sizeof frame - 1);
    for (size_t i = 0; i < 7; i++) {
        int64_t left = parts[i];
        for (unsigned digit = places[i].digits; digit-- > 0; left /= 10)
            text[places[i].at + digit] = (char)('0' + left % 10);
    }
    return (str){ text, sizeof frame - 1 };
}

/* Years that need more than four characters. */
static str far_text(struct arena *a, const int64_t p[7])
{
    return str_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)p[0], (int)p[1], (int)p[2], (int)p[3], (int)p[4], (int)p[5],
                   (int)p[6]);
}

str clock_iso(struct arena *a, int64_t at_us)
{
    int64_t ms = at_us / US_PER_MS - (at_us % US_PER_MS < 0);
    int64_t of_day = ((ms % 86400000) + 86400000) % 86400000;
    int64_t y, m, d;
    date_from_days((ms - of_day) / 86400000, &y, &m, &d);
    const int64_t parts[] = { y, m, d, of_day / 3600000, of_day / 60000 % 60, of_day / 1000 % 60, of_day % 1000 };
    return y >= 0 && y <= 9999 ? iso_text(a, parts) : far_text(a, parts);
}

/* Exactly `digits` digits off the front of *s. */
static bool take_digits(str *s, size_t digits, int64_t *out)
{
    if (s->len < digits || s->p[0] == '-' || !str_int(str_sub(*s, 0, digits), out))
        return false;
    *s = str_sub(*s, digits, s->len);
    return true;
}

static bool take_char(str *s, char c)
{
    if (s->len == 0 || s->p[0] != c)
        return false;
    *s = str_sub(*s, 1, s->len);
    return true;
}

static bool take_fraction(str *s, int64_t *out_us)
{
    int64_t us = 0, scale = US_PER_S;
    size_t n = 0;
    for (; n < s->len && s->p[n] >= '0' && s->p[n] <= '9'; n++) {
        scale /= 10;
        us += (s->p[n] - '0') * scale;
    }
    *s = str_sub(*s, n, s->len);
    *out_us = us;
    return n > 0 && n <= 9;
}

static bool take_zone(str *s, int64_t *out_us)
{
    *out_us = 0;
    if (s->len == 0 || take_char(s, 'Z') || take_char(s, 'z'))
        return true;
    bool west = s->p[0] == '-';
    int64_t h, m;
    if ((!take_char(s, '+') && !take_char(s, '-')) || !take_digits(s, 2, &h))
        return false;
    take_char(s, ':');
    if (!take_digits(s, 2, &m) || h > 23 || m > 59)
        return false;
    *out_us = (west ? 1 : -1) * (h * 60 + m) * 60 * US_PER_S;
    return true;
}

static bool take_time(str *s, int64_t *out_us)
{
    int64_t h, m = 0, sec = 0, fraction = 0, zone;
    if (!take_digits(s, 2, &h))
        return false;
    if (take_char(s, ':') && !take_digits(s, 2, &m))
        return false;
    if (take_char(s, ':') && !take_digits(s, 2, &sec))
        return false;
    if (take_char(s, '.') && !take_fraction(s, &fraction))
        return false;
    if (h > 23 || m > 59 || sec > 60 || !take_zone(s, &zone))
        return false;
    *out_us = ((h * 60 + m) * 60 + sec) * US_PER_S + fraction + zone;
    return true;
}

static int64_t month_days(int64_t y, int64_t m)
{
    static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    return days[m - 1] + (m == 2 && leap);
}

bool clock_parse_iso(str s, int64_t *out_us)
{
    int64_t y, m = 1, d = 1, time_us = 0;
    if (!take_digits(&s, 4, &y))
        return false;
    if (take_char(&s, '-') && !take_digits(&s, 2, &m))
        return false;
    if (m < 1 || m > 12)
        return false;
    if (take_char(&s, '-') && !take_digits(&s, 2, &d))
        return false;
    if (d < 1 || d > month_days(y, m))
        return false;
    if ((take_char(&s, 'T') || take_char(&s, 't') || take_char(&s, ' ')) && !take_time(&s, &time_us))
        return false;
    if (s.len)
        return false;
    *out_us = days_from_date(y, m, d) * 86400 * US_PER_S + time_us;
    return true;
}
