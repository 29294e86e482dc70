/* A JSON object as a line of an export: as CSV each cell can be read back, as
 * JSON the line is one object again. */
#include "domain/transfer/export_write.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 4180: cells of one line. */
static size_t cells_of(str line)
{
    size_t cells = 1, i = 0;
    for (; i < line.len; i++) {
        if (line.p[i] == ',')
            cells++;
        if (line.p[i] != '"')
            continue;
        for (i++; i < line.len && (line.p[i] != '"' || (i + 1 < line.len && line.p[i + 1] == '"')); i++)
            i += line.p[i] == '"';
        if (i >= line.len)
            abort(); /* a cell that does not end */
    }
    return cells;
}

static void check(struct arena *a, const struct json *doc, const struct json *fields, size_t columns)
{
    struct export_format f = { .is_csv = true, .fields = fields };
    struct buf b;
    struct json *again;
    buf_init(&b, 64 << 20);
    export_write_user(a, &b, &f, doc);
    str line = buf_str(&b);
    if (!str_ends(line, STR("\r\n")) || cells_of(str_sub(line, 0, line.len - 2)) != columns)
        abort();
    buf_clear(&b);
    f.is_csv = false;
    export_write_user(a, &b, &f, doc);
    if (failed(json_parse(a, buf_str(&b), &again)) || again->type != JSON_OBJECT)
        abort();
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *doc, *fields;
    str rest, first = str_cut((str){ (const char *)data, size }, '\n', &rest);
    struct arena *a = arena_new(0);
    fields = json_array(a);
    if (str_utf8_valid(first) && rest.p && !failed(json_parse(a, rest, &doc))) {
        for (str names = first; names.p;) {
            struct json *field = json_object(a);
            json_set_text(a, field, STR("name"), str_cut(names, ';', &names));
            json_push(a, fields, field);
        }
        check(a, doc, fields, json_count(fields));
    }
    arena_free(a);
    return 0;
}
