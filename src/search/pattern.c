#include "search/pattern.h"

#include "search/value.h"

static bool is_mark(char c)
{
    return c == PATTERN_MANY || c == PATTERN_ONE;
}

/* The bytes of the character at p, of which left are there. */
static size_t character_len(const char *p, size_t left)
{
    size_t n = 1;
    while (n < left && ((unsigned char)p[n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* A mismatch goes back to the last PATTERN_MANY only and lets it take one
 * character more: earlier ones need never be tried again. */
bool pattern_matches(str pattern, str text)
{
    size_t p = 0, t = 0, retry_p = pattern.len + 1, retry_t = 0;
    while (t < text.len || p < pattern.len) {
        if (p < pattern.len && pattern.p[p] == PATTERN_MANY) {
            retry_p = ++p;
            retry_t = t;
            continue;
        }
        if (p < pattern.len && t < text.len && (pattern.p[p] == PATTERN_ONE || pattern.p[p] == text.p[t])) {
            t += pattern.p[p] == PATTERN_ONE ? character_len(text.p + t, text.len - t) : 1;
            p++;
            continue;
        }
        if (retry_p > pattern.len || retry_t >= text.len)
            return false;
        p = retry_p;
        t = retry_t += character_len(text.p + retry_t, text.len - retry_t);
    }
    return true;
}

str pattern_head(str pattern)
{
    size_t n = 0;
    while (n < pattern.len && !is_mark(pattern.p[n]))
        n++;
    return str_sub(pattern, 0, n);
}

bool pattern_has_marks(str pattern)
{
    return pattern_head(pattern).len < pattern.len;
}

void pattern_fold(struct buf *out, str pattern)
{
    for (;;) {
        str head = pattern_head(pattern);
        value_fold(out, head);
        if (head.len == pattern.len)
            return;
        buf_add_char(out, pattern.p[head.len]);
        pattern = str_sub(pattern, head.len + 1, pattern.len);
    }
}
