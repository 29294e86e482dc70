/* Files of a seed directory, with their keywords replaced as the deploy tool
 * does: ##KEY## by the text as it stands, @@KEY@@ (and quotes around it) by the
 * value as JSON. Values come from AUTH0_KEYWORD_REPLACE_MAPPINGS, an object as
 * JSON text, or else from the environment variable KEY. */
#include "base/buf.h"
#include "base/file.h"
#include "cli/seed_inside.h"
#include "contract/contract.h"

#include <stdlib.h>
#include <string.h>

/* --- faults --------------------------------------------------------------------- */

struct result seed_fault(struct arena *a, str file, str what)
{
    return fail1(ERR_USAGE, str_fmt(a, "%.*s: %.*s", STR_ARG(file), STR_ARG(what)));
}

struct result seed_fault_of(struct arena *a, str file, struct result r)
{
    int status;
    if (r.kind == ERR_USAGE)
        return r; /* worded already */
    if (err_rows[r.kind].log && r.args.v[0].len)
        return seed_fault(a, file, r.args.v[0]);
    return seed_fault(a, file, json_get_text(error_body(a, API_V2, r, &status), STR("message")));
}

/* --- keywords ----------------------------------------------------------------------- */

struct result seed_source_open(struct arena *a, const char *dir, struct seed_source *out)
{
    const char *mappings = getenv("AUTH0_KEYWORD_REPLACE_MAPPINGS");
    *out = (struct seed_source){ .arena = a, .dir = dir, .referred = map_new(a) };
    if (!mappings || !*mappings)
        return OK;
    if (failed(json_parse(a, str_from(mappings), &out->mappings)) || !json_is(out->mappings, JSON_OBJECT))
        return fail1(ERR_USAGE, STR("AUTH0_KEYWORD_REPLACE_MAPPINGS is no JSON object"));
    return OK;
}

static bool is_key_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Is "##KEY##" (or "@@KEY@@") at text.p[at]? *out_key borrows. */
static bool is_marker(str text, size_t at, str *out_key)
{
    char mark = text.p[at];
    size_t end = at + 2;
    if ((mark != '#' && mark != '@') || end >= text.len || text.p[at + 1] != mark)
        return false;
    while (end < text.len && is_key_char(text.p[end]))
        end++;
    if (end == at + 2 || end + 1 >= text.len || text.p[end] != mark || text.p[end + 1] != mark)
        return false;
    *out_key = str_sub(text, at + 2, end - at - 2);
    return true;
}

/* A variable that holds a list or an object means it. */
static struct json *value_of_variable(struct arena *a, const char *text)
{
    struct json *v;
    bool structured = text[0] == '[' || text[0] == '{';
    if (structured && !failed(json_parse(a, str_from(text), &v)))
        return v;
    return json_string(a, str_from(text));
}

static struct json *value_of(const struct seed_source *s, str key)
{
    struct json *v = json_get(s->mappings, key);
    const char *variable = v ? NULL : getenv(str_cstr(s->arena, key));
    return variable ? value_of_variable(s->arena, variable) : v;
}

/* Words of the deploy tool's own are upper case; anything else may be the text's. */
static bool must_resolve(str key)
{
    for (size_t i = 0; i < key.len; i++)
        if (key.p[i] >= 'a' && key.p[i] <= 'z')
            return false;
    return true;
}

/* A quote just written, and the same one next. */
static bool is_quoted(str text, size_t end, const struct buf *b)
{
    char q = b->len > 0 ? b->p[b->len - 1] : '\0';
    return (q == '"' || q == '\'') && end < text.len && text.p[end] == q;
}

/* Writes the value of the marker at from; answers where the text goes on. */
static size_t put_value(struct buf *b, str text, size_t from, size_t end, const struct json *v)
{
    if (text.p[from] == '#') {
        if (v->type == JSON_STRING)
            buf_add(b, v->text);
        else
            json_write(b, v);
        return end;
    }
    bool quoted = is_quoted(text, end, b);
    if (quoted)
        b->len--; /* the quote before */
    json_write(b, v);
    return quoted ? end + 1 : end;
}

static struct result replace_into(const struct seed_source *s, str path, str text, struct buf *b)
{
    str key;
    size_t i = 0;
    while (i < text.len) {
        if (!is_marker(text, i, &key)) {
            buf_add_char(b, text.p[i++]);
            continue;
        }
        const struct json *v = value_of(s, key);
        size_t end = i + key.len + 4;
        if (v) {
            i = put_value(b, text, i, end, v);
            continue;
        }
        if (must_resolve(key))
            return seed_fault(s->arena, path,
                              str_fmt(s->arena, "%.*s is neither in AUTH0_KEYWORD_REPLACE_MAPPINGS nor an environment variable",
                                      STR_ARG(str_sub(text, i, key.len + 4))));
        buf_add_char(b, text.p[i++]);
    }
    return b->full ? seed_fault(s->arena, path, STR("the file is too large")) : OK;
}

/* --- files -------------------------------------------------------------------------------- */

static const char *full_path(const struct seed_source *s, str path)
{
    return str_cstr(s->arena, str_fmt(s->arena, "%s/%.*s", s->dir, STR_ARG(path)));
}

bool seed_file_exists(const struct seed_source *s, str path)
{
    return file_exists(full_path(s, path));
}

struct result seed_file_text(const struct seed_source *s, str path, str *out)
{
    str raw;
    struct buf b;
    struct result r = file_read(s->arena, full_path(s, path), SEED_FILE_BYTES_MAX, &raw);
    if (failed(r))
        return seed_fault(s->arena, path, r.args.v[1].len ? r.args.v[1] : STR("cannot be read"));
    if (!str_utf8_valid(raw))
        return seed_fault(s->arena, path, STR("is not UTF-8"));
    buf_init(&b, SEED_FILE_BYTES_MAX);
    r = replace_into(s, path, raw, &b);
    if (!failed(r))
        *out = str_dup(s->arena, buf_str(&b));
    buf_free(&b);
    return r;
}

struct result seed_file_json(const struct seed_source *s, str path, struct json **out)
{
    str text;
    TRY(seed_file_text(s, path, &text));
    struct result r = json_parse(s->arena, text, out);
    return failed(r) ? seed_fault(s->arena, path, str_fmt(s->arena, "no JSON: %.*s", STR_ARG(r.args.v[0]))) : OK;
}

/* --- references ------------------------------------------------------------------------------ */

enum { STEPS_MAX = 32 };
struct steps {
    str v[STEPS_MAX];
    size_t count;
};

/* False: it leads out, or is too deep. */
static bool walk(struct steps *steps, str path)
{
    while (path.p) {
        str step = str_cut(path, '/', &path);
        if (step.len == 0 || str_eq(step, STR(".")))
            continue;
        if (!str_eq(step, STR(".."))) {
            if (steps->count == STEPS_MAX)
                return false;
            steps->v[steps->count++] = step;
        } else if (steps->count-- == 0) {
            return false;
        }
    }
    return true;
}

struct result seed_file_resolve(const struct seed_source *s, str path, str reference, str *out)
{
    struct steps steps = { .count = 0 };
    bool good = reference.len && reference.p[0] != '/' && str_find_char(reference, '\0') < 0 && walk(&steps, path);
    if (good) {
        steps.count--; /* the file itself; what stays is its folder */
        good = walk(&steps, reference) && steps.count > 0;
    }
    if (!good)
        return seed_fault(s->arena, path, str_fmt(s->arena, "'%.*s' names no file of the seed directory", STR_ARG(reference)));
    str at = steps.v[0];
    for (size_t i = 1; i < steps.count; i++)
        at = str_fmt(s->arena, "%.*s/%.*s", STR_ARG(at), STR_ARG(steps.v[i]));
    *out = at;
    return OK;
}
