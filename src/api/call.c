#include "api/call.h"

#include "base/log.h"

#include <string.h>

str call_param(const struct call *c, const char *name)
{
    for (size_t i = 0; i < c->op->path_param_count; i++)
        if (str_eq(c->op->path_params[i].name, str_from(name)))
            return c->path_values[i];
    die("%.*s has no path parameter %s", STR_ARG(c->op->name), name);
}

str call_query_text(const struct call *c, const char *name)
{
    return json_get_text(c->query, str_from(name));
}

/* What no int64_t holds stands for the largest, not for the default. */
int64_t call_query_int(const struct call *c, const char *name, int64_t otherwise)
{
    const struct json *v = json_get(c->query, str_from(name));
    int64_t n;
    if (!json_is(v, JSON_NUMBER))
        return otherwise;
    return json_to_int(v, &n) ? n : INT64_MAX;
}

bool call_query_true(const struct call *c, const char *name)
{
    return json_get_true(c->query, str_from(name));
}

size_t call_query_texts(const struct call *c, const char *name, const str **out)
{
    const struct json *v = json_get(c->query, str_from(name)), *item;
    size_t count = json_is(v, JSON_ARRAY) ? json_count(v) : v ? 1 : 0;
    str *texts = ARENA_ARRAY(c->arena, str, count);
    if (json_is(v, JSON_ARRAY))
        JSON_EACH_ITEM(v, i, item)
            texts[i] = json_text(item);
    else if (v)
        texts[0] = v->type == JSON_STRING ? json_text(v) : json_dump(c->arena, v);
    *out = texts;
    return count;
}

struct result call_reply(struct call *c, int status, struct json *reply)
{
    c->status = status;
    c->reply = reply;
    return OK;
}

struct result call_reply_text(struct call *c, int status, str text)
{
    c->status = status;
    c->reply = NULL;
    c->text = text;
    c->text_is_json = false;
    return OK;
}

struct result call_reply_written(struct call *c, int status, str json)
{
    ignore_result(call_reply_text(c, status, json), "always OK");
    c->text_is_json = true;
    return OK;
}

struct result call_reply_empty(struct call *c, int status)
{
    return call_reply_text(c, status, STR_NONE);
}

void call_header(struct call *c, str name, str value)
{
    size_t max = sizeof c->headers / sizeof *c->headers;
    for (size_t i = 0; i < c->header_count; i++)
        if (str_eq_nocase(c->headers[i].name, name))
            c->headers[i].value = value;
    if (c->header_count < max)
        c->headers[c->header_count++] = (struct text_header){ name, value };
}

/* --- paging -------------------------------------------------------------------- */

static bool asked(const struct call *c, const char *name)
{
    return json_get(c->query, str_from(name)) != NULL;
}

/* A checkpoint is a sequence number as text; anything else was never given. */
static struct result read_checkpoint(const struct call *c, struct call_page *p)
{
    str from = call_query_text(c, "from");
    int64_t seq = 0;
    if (from.len && (!str_int(from, &seq) || seq < 0))
        return fail1(ERR_INVALID_QUERY, STR("Query validation error: 'Invalid checkpoint' on property from."));
    p->checkpoint = true;
    p->after_seq = seq;
    p->limit = p->per_page = (size_t)call_query_int(c, "take", c->op->page.take);
    return OK;
}

struct result call_get_page(const struct call *c, struct call_page *out)
{
    const struct op_page *by = &c->op->page;
    struct call_page p = { .per_page = (size_t)call_query_int(c, "per_page", by->per_page),
                           .page = (size_t)call_query_int(c, "page", 0),
                           .totals = call_query_true(c, "include_totals") };
    bool by_offset = by->kinds & PAGE_OFFSET;
    if ((by->kinds & PAGE_CHECKPOINT) && (!by_offset || asked(c, "from") || asked(c, "take"))) {
        p.totals = p.totals && by->totals; /* else include_totals is ignored then (list-shapes: recorded) */
        TRY(read_checkpoint(c, &p));
    } else {
        p.all = (by->kinds & PAGE_ALL_BY_DEFAULT) && !asked(c, "per_page") && !asked(c, "page") && !p.totals;
        p.limit = p.all ? 0 : p.per_page;
        if (__builtin_mul_overflow(p.page, p.per_page, &p.offset) || p.offset > INT64_MAX)
            return fail1(ERR_INVALID_QUERY, STR("Query validation error: 'Value is too large' on property page."));
    }
    *out = p;
    return OK;
}

/* The query with its paging members replaced. */
static str page_url(const struct call *c, size_t page, size_t per_page)
{
    struct buf b;
    str rest = c->raw_query, url;
    const char *sep = "?";
    buf_init(&b, 64 << 10);
    buf_fmt(&b, "https://%.*s%.*s", STR_ARG(tenant_get_info(c->tenant)->domain), STR_ARG(c->path));
    while (rest.p) {
        str pair = str_cut(rest, '&', &rest), value;
        str name = str_cut(pair, '=', &value);
        if (name.len == 0 || str_eq(name, STR("page")) || str_eq(name, STR("per_page")) || str_eq(name, STR("access_token")))
            continue;
        buf_fmt(&b, "%s%.*s", sep, STR_ARG(pair));
        sep = "&";
    }
    buf_fmt(&b, "%spage=%zu&per_page=%zu", sep, page, per_page);
    url = str_dup(c->arena, buf_str(&b));
    buf_free(&b);
    return url;
}

/* Bare arrays say where the other pages are (VALIDATION.md, 13). */
static void add_links(struct call *c, const struct call_page *p, size_t total, bool more)
{
    if (p->per_page == 0)
        return;
    size_t last = total ? (total - 1) / p->per_page : p->page + more;
    str links = str_fmt(c->arena, "<%.*s>; rel=\"first\"", STR_ARG(page_url(c, 0, p->per_page)));
    if (more)
        links = str_fmt(c->arena, "%.*s, <%.*s>; rel=\"next\"", STR_ARG(links), STR_ARG(page_url(c, p->page + 1, p->per_page)));
    links = str_fmt(c->arena, "%.*s, <%.*s>; rel=\"last\"", STR_ARG(links), STR_ARG(page_url(c, last, p->per_page)));
    call_header(c, STR("Link"), links);
}

struct result call_reply_page(struct call *c, const struct call_page *p, struct json *items, size_t total, int64_t last_seq, bool more)
{
    struct arena *a = c->arena;
    if (!p->checkpoint && !p->totals) {
        if (!p->all)
            add_links(c, p, total, more);
        return call_reply(c, 200, items);
    }
    struct json *o = json_object(a);
    if (p->totals && !p->checkpoint) {
        json_set_int(a, o, STR("start"), (int64_t)p->offset);
        json_set_int(a, o, STR("limit"), (int64_t)p->per_page);
        if (c->op->page.length)
            json_set_int(a, o, STR("length"), (int64_t)json_count(items));
    }
    if (p->totals)
        json_set_int(a, o, STR("total"), (int64_t)total);
    json_set(a, o, c->op->page.items, items);
    if (p->checkpoint && more)
        json_set_text(a, o, STR("next"), str_fmt(a, "%lld", (long long)last_seq));
    return call_reply(c, 200, o);
}

/* "a,b" as a list of one text or a real list, as the contract has it. */
static bool fields_have(const struct json *fields, str name)
{
    if (json_is(fields, JSON_ARRAY))
        return json_array_has(fields, name);
    str rest = json_text(fields);
    while (rest.p)
        if (str_eq(str_trim(str_cut(rest, ',', &rest)), name))
            return true;
    return false;
}

struct json *call_pick_fields(const struct call *c, struct json *object)
{
    const struct json *fields = json_get(c->query, STR("fields"));
    const struct json *include = json_get(c->query, STR("include_fields"));
    if (!fields || (json_is(fields, JSON_STRING) && json_text(fields).len == 0) || !json_is(object, JSON_OBJECT))
        return object;
    bool keep = !include || json_true(include);
    struct json *picked = json_object(c->arena);
    struct json_member *m;
    JSON_EACH_MEMBER(object, i, m)
        if (fields_have(fields, m->key) == keep)
            json_set(c->arena, picked, m->key, m->value);
    return picked;
}
