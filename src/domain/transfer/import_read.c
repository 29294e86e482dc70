#include "domain/transfer/import_inside.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 256 << 10, END_LINE_MAX = 1024 };

static char peek(struct import_reader *r);
static bool is_blank(char c);

static struct result trouble(const char *path)
{
    return fail2(ERR_IO, str_from(path), str_from(strerror(errno)));
}

struct result import_reader_open(struct import_reader *r, const char *path)
{
    struct stat st;
    *r = (struct import_reader){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
    if (r->fd < 0)
        return trouble(path);
    if (fstat(r->fd, &st) != 0) {
        close(r->fd);
        return trouble(path);
    }
    r->size = st.st_size;
    buf_init(&r->window, IMPORT_ITEM_MAX + 2 * PIECE);
    return OK;
}

void import_reader_take_lines(struct import_reader *r)
{
    import_reader_seek(r, 0);
    r->is_lines = peek(r) == '{';
    import_reader_seek(r, 0);
}

struct json *import_reader_take_header(struct import_reader *r, struct arena *a)
{
    str text;
    struct json *item;
    r->begin = 0;
    import_reader_seek(r, 0);
    bool found = r->is_lines && import_reader_next(r, &text) && !failed(json_parse(a, str_dup(a, text), &item)) && user_file_is_header(item);
    if (found)
        r->begin = import_reader_at(r);
    import_reader_seek(r, 0);
    return found ? item : NULL;
}

struct json *import_reader_take_end(struct import_reader *r, struct arena *a)
{
    char tail[END_LINE_MAX];
    struct json *item;
    int64_t at = r->size > END_LINE_MAX ? r->size - END_LINE_MAX : 0;
    ssize_t n = r->is_lines ? pread(r->fd, tail, sizeof tail, at) : 0;
    str text = { tail, n > 0 ? (size_t)n : 0 };
    while (text.len && is_blank(text.p[text.len - 1]))
        text.len--;
    const char *newline = text.len ? memrchr(text.p, '\n', text.len) : NULL;
    if (!newline)
        return NULL;
    size_t begin = (size_t)(newline - text.p) + 1;
    if (failed(json_parse(a, str_dup(a, str_sub(text, begin, text.len)), &item)) || !user_file_is_end(item))
        return NULL;
    r->until = at + (int64_t)begin;
    return item;
}

void import_reader_close(struct import_reader *r)
{
    close(r->fd);
    buf_free(&r->window);
}

void import_reader_seek(struct import_reader *r, int64_t position)
{
    buf_clear(&r->window);
    r->used = 0;
    r->window_at = position ? position : r->begin;
    r->broken = false;
}

int64_t import_reader_at(const struct import_reader *r)
{
    return r->window_at + (int64_t)r->used;
}

/* More of the file behind what the window holds. False at its end. */
static bool more(struct import_reader *r)
{
    if (r->used > PIECE) {
        buf_drop(&r->window, r->used);
        r->window_at += (int64_t)r->used;
        r->used = 0;
    }
    if (!buf_reserve(&r->window, PIECE))
        return false;
    ssize_t n;
    int64_t at = r->window_at + (int64_t)r->window.len;
    size_t wanted = r->until && r->until - at < PIECE ? (size_t)(r->until > at ? r->until - at : 0) : PIECE;
    do
        n = pread(r->fd, r->window.p + r->window.len, wanted, at);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return false;
    r->window.len += (size_t)n;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next byte that is no blank, not taken; 0 at the end. */
static char peek(struct import_reader *r)
{
    for (;;) {
        for (; r->used < r->window.len; r->used++)
            if (!is_blank(r->window.p[r->used]))
                return r->window.p[r->used];
        if (!more(r))
            return 0;
    }
}

/* How an item goes on from one piece to the next. */
struct scan {
    size_t at; /* behind r->used */
    unsigned depth;
    bool in_string, escaped;
    bool line; /* it ends behind its last brace */
};

/* True when the item ends at s->at: where it stands it is not part of it any more. */
static bool scan_piece(struct scan *s, const char *p, size_t len)
{
    for (; s->at < len; s->at++) {
        char c = p[s->at];
        if (s->in_string) {
            s->in_string = s->escaped || c != '"';
            s->escaped = !s->escaped && c == '\\';
        } else if (s->depth == 0 && (c == ',' || c == ']' || c == '}')) {
            return true;
        } else if (c == '"') {
            s->in_string = true;
        } else if (c == '{' || c == '[') {
            s->depth++;
        } else if (c == '}' || c == ']') {
            s->depth--;
            if (s->line && s->depth == 0) {
                s->at++;
                return true;
            }
        }
    }
    return false;
}

static bool read_item(struct import_reader *r, str *out)
{
    struct scan s = { .line = r->is_lines };
    while (!scan_piece(&s, r->window.p + r->used, r->window.len - r->used))
        if (s.at > IMPORT_ITEM_MAX || !more(r))
            return false;
    *out = (str){ r->window.p + r->used, s.at };
    r->used += s.at;
    return s.at <= IMPORT_ITEM_MAX;
}

/* Behind the closing bracket nothing may follow. */
static bool end(struct import_reader *r)
{
    r->used++;
    r->broken = peek(r) != 0;
    return false;
}

static bool broken(struct import_reader *r)
{
    r->broken = true;
    return false;
}

/* One object after the other, whatever blanks between them. */
static bool next_line(struct import_reader *r, str *out)
{
    char c = peek(r);
    if (c == 0)
        return false;
    return (c == '{' && read_item(r, out)) || broken(r);
}

/* A position is before '[', before ',' or before ']': what stands there says
 * where the next item begins. */
bool import_reader_next(struct import_reader *r, str *out)
{
    static const char bom[] = "\xef\xbb\xbf";
    bool first = import_reader_at(r) == 0;
    if (first && peek(r) == bom[0] && (r->window.len >= 3 || more(r)) && memcmp(r->window.p, bom, 3) == 0)
        r->used = 3;
    if (r->is_lines)
        return next_line(r, out);
    char c = peek(r);
    if (r->broken || (first && c != '[') || (!first && c != ',' && c != ']'))
        return broken(r);
    if (c == ']')
        return end(r);
    r->used++;
    if (peek(r) == ']')
        return first ? end(r) : broken(r);
    return read_item(r, out) || broken(r);
}
