#include "base/buf.h"

#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAP_FIRST = 256 };

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){ .max = max };
}

void buf_free(struct buf *b)
{
    if (!b)
        return;
    free(b->p);
    b->p = NULL;
    b->len = b->cap = 0;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->full = false;
}

bool buf_reserve(struct buf *b, size_t more)
{
    if (b->full || more > b->max - b->len) {
        b->full = true;
        return false;
    }
    size_t want = b->len + more;
    if (want <= b->cap)
        return true;
    size_t cap = b->cap ? b->cap : CAP_FIRST;
    while (cap < want)
        cap *= 2;
    char *p = realloc(b->p, cap);
    if (!p)
        die("out of memory (%zu bytes)", cap);
    b->p = p;
    b->cap = cap;
    return true;
}

void buf_grow_add(struct buf *b, str s)
{
    if (b->full || s.len == 0 || !buf_reserve(b, s.len))
        return;
    memcpy(b->p + b->len, s.p, s.len);
    b->len += s.len;
}

void buf_add_int(struct buf *b, int64_t v)
{
    char room[INT64_DIGITS_MAX];
    buf_add(b, str_digits(v, room));
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    size_t room = b->cap - b->len; /* enough in most cases: one pass */
    int len = vsnprintf(room ? b->p + b->len : NULL, room, fmt, args);
    va_end(args);
    if (len > 0 && buf_reserve(b, (size_t)len + 1)) {
        if ((size_t)len >= room)
            vsnprintf(b->p + b->len, (size_t)len + 1, fmt, again);
        b->len += (size_t)len;
    }
    va_end(again);
}

void buf_drop(struct buf *b, size_t count)
{
    if (count >= b->len) {
        b->len = 0;
        return;
    }
    memmove(b->p, b->p + count, b->len - count);
    b->len -= count;
}

str buf_str(const struct buf *b)
{
    return (str){ b->p ? b->p : "", b->len };
}
