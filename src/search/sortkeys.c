#include "search/sortkeys.h"

enum { SEVERAL = 0xff }; /* in the place of a length */

void sort_keys_add(struct buf *out, int64_t field, str key)
{
    str start = str_sub(key, 0, SORT_KEY_MAX);
    buf_add_char(out, (char)field);
    buf_add_char(out, (char)start.len);
    buf_add(out, start);
}

void sort_keys_add_several(struct buf *out, int64_t field)
{
    buf_add_char(out, (char)field);
    buf_add_char(out, (char)SEVERAL);
}

enum sort_key_kind sort_keys_find(str keys, int64_t field, str *out_key)
{
    for (size_t at = 0; at + 2 <= keys.len;) {
        unsigned char id = (unsigned char)keys.p[at], len = (unsigned char)keys.p[at + 1];
        bool several = len == SEVERAL;
        if (id != field) {
            at += 2 + (several ? 0u : len);
            continue;
        }
        if (several)
            return SORT_KEY_ASK;
        *out_key = str_sub(keys, at + 2, len);
        return len == SORT_KEY_MAX ? SORT_KEY_CUT : SORT_KEY_WHOLE;
    }
    return SORT_KEY_NONE;
}
