#include "domain/transfer/export_write.h"

#include "base/clock.h"

/* Without `fields`: the normalized profile (AUTH-REFERENCE 21.2). */
static const str defaults[] = {
    STR_INIT("user_id"),      STR_INIT("email"),          STR_INIT("email_verified"), STR_INIT("name"),       STR_INIT("given_name"),
    STR_INIT("family_name"),  STR_INIT("nickname"),       STR_INIT("picture"),        STR_INIT("username"),   STR_INIT("phone_number"),
    STR_INIT("phone_verified"), STR_INIT("created_at"),   STR_INIT("updated_at"),     STR_INIT("identities"), STR_INIT("multifactor"),
};
enum { DEFAULT_COUNT = sizeof defaults / sizeof *defaults };

/* --- the columns ---------------------------------------------------------------- */

static size_t column_count(const struct export_format *f)
{
    return json_count(f->fields) ? json_count(f->fields) : DEFAULT_COUNT;
}

static str column_path(const struct export_format *f, size_t i)
{
    return json_count(f->fields) ? json_get_text(json_item(f->fields, i), STR("name")) : defaults[i];
}

static str column_name(const struct export_format *f, size_t i)
{
    str as = json_get_text(json_item(f->fields, i), STR("export_as"));
    return as.p ? as : column_path(f, i);
}

/* "a[0][1]" → the item; the name stands before the first bracket. */
static const struct json *find_step(const struct json *v, str step)
{
    str rest;
    const struct json *at = json_get(v, str_cut(step, '[', &rest));
    while (at && rest.p) {
        int64_t index;
        if (!str_int(str_cut(rest, ']', &rest), &index) || index < 0)
            return NULL;
        at = json_item(at, (size_t)index);
        if (!rest.p || !rest.len)
            break;
        rest = str_sub(rest, 1, rest.len);
    }
    return at;
}

/* A key that holds the dots itself wins over the path. */
const struct json *export_find(const struct json *doc, str path)
{
    const struct json *at = json_get(doc, path);
    str rest = path;
    if (at)
        return at;
    for (at = doc; at && rest.p;)
        at = find_step(at, str_cut(rest, '.', &rest));
    return at == doc ? NULL : at;
}

/* --- CSV --------------------------------------------------------------------------- */

/* Doubled quotes, and an apostrophe first so that no spreadsheet takes it for a formula. */
static void add_text(struct buf *b, str s)
{
    buf_add(b, STR("\"'"));
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '"')
            buf_add_char(b, '"');
        buf_add_char(b, s.p[i]);
    }
    buf_add_char(b, '"');
}

static bool is_date(str s)
{
    int64_t at;
    return s.len >= 20 && s.p[4] == '-' && s.p[10] == 'T' && clock_parse_iso(s, &at);
}

static void add_cell(struct arena *a, struct buf *b, const struct json *v)
{
    if (!v || v->type == JSON_NULL)
        return;
    if (v->type == JSON_STRING && is_date(json_text(v)))
        buf_add(b, json_text(v));
    else if (v->type == JSON_STRING)
        add_text(b, json_text(v));
    else if (v->type == JSON_ARRAY || v->type == JSON_OBJECT)
        add_text(b, json_dump(a, v));
    else
        json_write(b, v);
}

static void add_header_cell(struct buf *b, str s)
{
    buf_add_char(b, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '"')
            buf_add_char(b, '"');
        buf_add_char(b, s.p[i]);
    }
    buf_add_char(b, '"');
}

void export_write_head(struct buf *b, const struct export_format *f)
{
    for (size_t i = 0; f->is_csv && i < column_count(f); i++) {
        if (i)
            buf_add_char(b, ',');
        add_header_cell(b, column_name(f, i));
    }
    if (f->is_csv)
        buf_add(b, STR("\r\n"));
}

/* --- a line -------------------------------------------------------------------------- */

static void write_json(struct buf *b, const struct export_format *f, const struct json *doc)
{
    bool any = false;
    buf_add_char(b, '{');
    for (size_t i = 0; i < column_count(f); i++) {
        const struct json *v = export_find(doc, column_path(f, i));
        if (!v)
            continue;
        if (any)
            buf_add_char(b, ',');
        any = true;
        json_write_string(b, column_name(f, i));
        buf_add_char(b, ':');
        json_write(b, v);
    }
    buf_add(b, STR("}\n"));
}

void export_write_user(struct arena *a, struct buf *b, const struct export_format *f, const struct json *doc)
{
    if (!f->is_csv) {
        write_json(b, f, doc);
        return;
    }
    for (size_t i = 0; i < column_count(f); i++) {
        if (i)
            buf_add_char(b, ',');
        add_cell(a, b, export_find(doc, column_path(f, i)));
    }
    buf_add(b, STR("\r\n"));
}
