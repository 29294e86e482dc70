#include "contract/multipart.h"

#include "base/arena.h"

#include <string.h>

enum { BOUNDARY_MAX = 70 }; /* RFC 2046 §5.1.1 */

/* --- header parameters ------------------------------------------------------------ */

/* "…" with \" and \\ (what browsers send as %22 stays so: RFC 7578 §4.2). */
static str unquote(struct arena *a, str s, size_t *used)
{
    char *out = arena_raw(a, s.len);
    size_t n = 0, i = 1;
    for (; i < s.len && s.p[i] != '"'; i++) {
        if (s.p[i] == '\\' && i + 1 < s.len && (s.p[i + 1] == '"' || s.p[i + 1] == '\\'))
            i++;
        out[n++] = s.p[i];
    }
    *used = i < s.len ? i + 1 : i;
    return (str){ out, n };
}

/* The value of `; name=value` or `; name="value"`; STR_NONE when absent. */
static str parameter(struct arena *a, str header, str wanted)
{
    str rest = header;
    str_cut(header, ';', &rest);
    while (rest.p && rest.len) {
        str value, name = str_trim(str_cut(rest, '=', &value));
        size_t used;
        if (!value.p)
            return STR_NONE;
        if (value.len && value.p[0] == '"') {
            str text = unquote(a, value, &used);
            if (str_eq_nocase(name, wanted))
                return text;
            str_cut(str_sub(value, used, value.len), ';', &rest);
        } else {
            str text = str_trim(str_cut(value, ';', &rest));
            if (str_eq_nocase(name, wanted))
                return text;
        }
    }
    return STR_NONE;
}

static bool is_type(str header, str wanted)
{
    str rest;
    return str_eq_nocase(str_trim(str_cut(header, ';', &rest)), wanted);
}

/* --- parts --------------------------------------------------------------------------- */

static bool find(str in, str what, size_t *out_at)
{
    const char *at = in.len ? memmem(in.p, in.len, what.p, what.len) : NULL;
    if (!at)
        return false;
    *out_at = (size_t)(at - in.p);
    return true;
}

/* The head's one line that counts. */
static bool read_head(struct arena *a, str head, struct multipart_part *out)
{
    str rest = head;
    bool named = false;
    while (rest.p && rest.len) {
        str value, line = str_trim(str_cut(rest, '\n', &rest));
        str name = str_trim(str_cut(line, ':', &value));
        if (!value.p)
            return false;
        if (!str_eq_nocase(name, STR("Content-Disposition")))
            continue;
        value = str_trim(value);
        out->name = parameter(a, value, STR("name"));
        out->filename = parameter(a, value, STR("filename"));
        named = is_type(value, STR("form-data")) && out->name.p;
    }
    return named && str_utf8_valid(out->name);
}

/* rest starts behind a boundary. *end: it was the last one. */
static bool boundary_ends(str *rest, bool *end)
{
    *end = str_starts(*rest, STR("--"));
    if (*end)
        return true;
    while (rest->len && (rest->p[0] == ' ' || rest->p[0] == '\t'))
        *rest = str_sub(*rest, 1, rest->len);
    if (!str_starts(*rest, STR("\r\n")))
        return false;
    *rest = str_sub(*rest, 2, rest->len);
    return true;
}

static bool read_part(struct arena *a, str delimiter, str *rest, struct multipart_part *out)
{
    size_t head_len = 0, len;
    str near = str_sub(*rest, 0, MULTIPART_HEAD_MAX);
    *out = (struct multipart_part){ 0 };
    if (!find(near, STR("\r\n\r\n"), &head_len) || !read_head(a, str_sub(near, 0, head_len), out))
        return false;
    *rest = str_sub(*rest, head_len + 4, rest->len);
    if (find(*rest, delimiter, &len)) {
        out->content = str_sub(*rest, 0, len);
        *rest = str_sub(*rest, len + delimiter.len, rest->len);
        return true;
    }
    return false;
}

bool multipart_read(struct arena *a, str content_type, str body, struct multipart_part out[MULTIPART_PARTS_MAX], size_t *out_count)
{
    size_t at, count = 0;
    bool end;
    str boundary = parameter(a, content_type, STR("boundary"));
    if (!is_type(content_type, STR("multipart/form-data")) || !boundary.len || boundary.len > BOUNDARY_MAX)
        return false;
    str delimiter = str_fmt(a, "\r\n--%.*s", STR_ARG(boundary));
    str first = str_sub(delimiter, 2, delimiter.len), rest = body;
    if (str_starts(body, first))
        at = first.len;
    else if (find(body, delimiter, &at)) /* a preamble, which is nothing (RFC 2046 §5.1.1) */
        at += delimiter.len;
    else
        return false;
    for (rest = str_sub(body, at, body.len); boundary_ends(&rest, &end) && !end; count++)
        if (count == MULTIPART_PARTS_MAX || !read_part(a, delimiter, &rest, &out[count]))
            return false;
    *out_count = count;
    return end;
}
