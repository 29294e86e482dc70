/* A growing byte buffer born with a maximum. A write past it sets `full` and
 * changes nothing more, so that a writer checks once at its end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

#include <string.h>

struct buf {
    char *p;
    size_t len, cap, max;
    bool full;
};

void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b);  /* takes NULL */
void buf_clear(struct buf *b); /* keeps the memory */
bool buf_reserve(struct buf *b, size_t more);
void buf_add_int(struct buf *b, int64_t v);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_grow_add(struct buf *b, str s); /* buf_add where there is no room yet */
void buf_drop(struct buf *b, size_t count); /* the first count bytes */
str buf_str(const struct buf *b);           /* until the next write */

/* Inline, since JSON and headers are written piece by piece. */
static inline void buf_add(struct buf *b, str s)
{
    if (b->full || s.len == 0 || s.len > b->cap - b->len || s.len > b->max - b->len) {
        buf_grow_add(b, s);
        return;
    }
    memcpy(b->p + b->len, s.p, s.len);
    b->len += s.len;
}

static inline void buf_add_char(struct buf *b, char c)
{
    if (b->full || b->len >= b->cap || b->len >= b->max)
        buf_grow_add(b, (str){ &c, 1 });
    else
        b->p[b->len++] = c;
}

#endif
