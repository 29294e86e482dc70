/* Bytes of a request → checked values. Paths are split before they are decoded,
 * and decoded once. */
#include "server/exchange.h"

#include "contract/validate.h"

enum { PAIRS_MAX = 256, FIELD_BYTES_MAX = 64 << 10 };

/* "a=b&c" → decoded pairs. NULL: too many, or text that is not UTF-8. */
static struct text_pair *read_pairs(struct arena *a, str text, size_t *out_count)
{
    size_t cap = 1, count = 0;
    for (size_t i = 0; i < text.len; i++)
        cap += text.p[i] == '&';
    if (cap > PAIRS_MAX)
        return NULL;
    struct text_pair *pairs = ARENA_ARRAY(a, struct text_pair, cap);
    str rest = text.len ? text : STR_NONE;
    while (rest.p) {
        str value, pair = str_cut(rest, '&', &rest);
        str name = str_cut(pair, '=', &value);
        if (pair.len == 0)
            continue;
        struct text_pair p = { str_url_decode(a, name, true), str_url_decode(a, value.p ? value : STR(""), true) };
        if (!str_utf8_valid(p.name) || !str_utf8_valid(p.value))
            return NULL;
        pairs[count++] = p;
    }
    *out_count = count;
    return pairs;
}

struct result exchange_read_query_pairs(struct exchange *x)
{
    x->query_pairs = read_pairs(x->call.arena, x->rq->query, &x->query_count);
    return x->query_pairs ? OK : fail1(ERR_INVALID_QUERY, STR("Query validation error: 'Malformed query string'."));
}

str exchange_query(const struct exchange *x, str name)
{
    for (size_t i = 0; i < x->query_count; i++)
        if (str_eq(x->query_pairs[i].name, name))
            return x->query_pairs[i].value;
    return STR_NONE;
}

static struct result read_path(struct exchange *x)
{
    struct call *c = &x->call;
    for (size_t i = 0; i < c->op->path_param_count; i++) {
        c->path_values[i] = str_url_decode(c->arena, x->raw_values[i], false);
        if (!str_utf8_valid(c->path_values[i]))
            return fail1(ERR_INVALID_URI, STR("Path validation error: 'Malformed UTF-8'."));
    }
    return validate_path(c->arena, c->op, c->path_values);
}

/* --- bodies ------------------------------------------------------------------------ */

/* RFC 6749 §3.2: a parameter must not be sent twice. */
static struct result refuse_duplicates(const struct text_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            if (str_eq(pairs[i].name, pairs[j].name))
                return fail1(ERR_DUPLICATE_PARAMETER, pairs[i].name);
    return OK;
}

static struct result read_form(struct exchange *x)
{
    struct call *c = &x->call;
    size_t count;
    struct text_pair *pairs = read_pairs(c->arena, c->raw_body, &count);
    if (!pairs)
        return fail1(ERR_BAD_REQUEST, STR("Malformed form body"));
    if (c->op->api == API_AUTH)
        TRY(refuse_duplicates(pairs, count));
    c->body = form_to_json(c->arena, c->op->body, pairs, count);
    return OK;
}

/* Fields become members of the body; files stay what they are. */
static struct result read_parts(struct exchange *x, str type)
{
    struct call *c = &x->call;
    struct multipart_part *parts = ARENA_ARRAY(c->arena, struct multipart_part, MULTIPART_PARTS_MAX);
    struct text_pair pairs[MULTIPART_PARTS_MAX];
    size_t fields = 0;
    if (!multipart_read(c->arena, type, c->raw_body, parts, &c->part_count))
        return fail1(ERR_INVALID_BODY, STR("Payload validation error: 'Invalid multipart payload format'."));
    for (size_t i = 0; i < c->part_count; i++) {
        if (parts[i].filename.p)
            continue;
        if (parts[i].content.len > FIELD_BYTES_MAX || !str_utf8_valid(parts[i].content))
            return fail1(ERR_INVALID_BODY, STR("Payload validation error: 'Invalid multipart payload format'."));
        pairs[fields++] = (struct text_pair){ parts[i].name, parts[i].content };
    }
    c->parts = parts;
    c->body = form_to_json(c->arena, c->op->body, pairs, fields);
    return OK;
}

static bool is_media_type(str content_type, str wanted)
{
    str rest;
    return str_eq_nocase(str_trim(str_cut(content_type, ';', &rest)), wanted);
}

static struct result read_body(struct exchange *x)
{
    struct call *c = &x->call;
    str type = http_header_get(x->rq, STR("Content-Type"));
    if (c->op->body_kinds == BODY_MULTIPART)
        return read_parts(x, type);
    if (c->raw_body.len == 0) {
        c->body = c->op->body_required || c->op->api != API_V1 ? NULL : json_object(c->arena);
        return OK;
    }
    if ((c->op->body_kinds & BODY_FORM) && is_media_type(type, STR("application/x-www-form-urlencoded")))
        return read_form(x);
    if (type.len && !is_media_type(type, STR("application/json")) && c->op->api == API_V2)
        return fail(ERR_UNSUPPORTED_MEDIA_TYPE);
    return json_parse(c->arena, c->raw_body, &c->body);
}

static struct result check_body(struct exchange *x)
{
    struct call *c = &x->call;
    TRY(read_body(x));
    if (!c->body && !c->op->body_required)
        return OK;
    if (!c->body)
        c->body = json_object(c->arena); /* so that what is required is named */
    TRY(validate(c->arena, c->op->body, c->body, IN_BODY));
    return exchange_check_guards(x);
}

struct result exchange_read_input(struct exchange *x)
{
    struct call *c = &x->call;
    TRY(read_path(x));
    TRY(validate_query(c->arena, c->op, x->query_pairs, x->query_count, &c->query));
    c->raw_body = x->rq->body;
    return c->op->body ? check_body(x) : OK;
}
