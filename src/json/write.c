/* Values to text: compact, members in their order, numbers as they came,
 * escapes only where RFC 8259 §7 demands them. */
#include "json/json.h"
#include "json/scan.h"

static void write_escape(struct buf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char short_form[256] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
    };
    if (short_form[c]) {
        buf_add(b, (str){ (char[]){ '\\', short_form[c] }, 2 });
        return;
    }
    buf_add(b, (str){ (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6 });
}

/* The usual case: nothing to escape, one reservation. */
static void write_plain(struct buf *b, str s)
{
    if (!buf_reserve(b, s.len + 2))
        return;
    char *to = b->p + b->len;
    *to = '"';
    if (s.len)
        memcpy(to + 1, s.p, s.len);
    to[s.len + 1] = '"';
    b->len += s.len + 2;
}

void json_write_string(struct buf *b, str s)
{
    const char *at = s.p, *end = s.p + s.len, *stop = scan_plain(at, end, false);
    if (stop == end) {
        write_plain(b, s);
        return;
    }
    buf_add_char(b, '"');
    for (; at < end; stop = scan_plain(at, end, false)) {
        if (stop > at)
            buf_add(b, (str){ at, (size_t)(stop - at) });
        if (stop < end)
            write_escape(b, (unsigned char)*stop++);
        at = stop;
    }
    buf_add_char(b, '"');
}

static void write_array(struct buf *b, const struct json *v)
{
    buf_add_char(b, '[');
    for (uint32_t i = 0; i < v->count; i++) {
        if (i)
            buf_add_char(b, ',');
        json_write(b, v->items[i]);
    }
    buf_add_char(b, ']');
}

static void write_object(struct buf *b, const struct json *v)
{
    buf_add_char(b, '{');
    for (uint32_t i = 0; i < v->count; i++) {
        if (i)
            buf_add_char(b, ',');
        json_write_string(b, v->members[i].key);
        buf_add_char(b, ':');
        json_write(b, v->members[i].value);
    }
    buf_add_char(b, '}');
}

void json_write(struct buf *b, const struct json *v)
{
    switch (v ? v->type : JSON_NULL) {
    case JSON_NULL: buf_add(b, STR("null")); break;
    case JSON_BOOL: buf_add(b, v->boolean ? STR("true") : STR("false")); break;
    case JSON_NUMBER: buf_add(b, v->text); break;
    case JSON_STRING: json_write_string(b, v->text); break;
    case JSON_ARRAY: write_array(b, v); break;
    case JSON_OBJECT: write_object(b, v); break;
    }
}

str json_dump(struct arena *a, const struct json *v)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    json_write(&b, v);
    str text = buf_str(&b);
    str out = { arena_copy(a, text.p, text.len), text.len };
    buf_free(&b);
    return out;
}
