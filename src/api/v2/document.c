#include "api/v2/document.h"

/* Remove the member at a dotted path. */
static void hide(struct json *shown, str path)
{
    str step = str_cut(path, '.', &path);
    while (path.p) {
        shown = json_get(shown, step);
        step = str_cut(path, '.', &path);
    }
    if (json_is(shown, JSON_OBJECT))
        json_remove(shown, step);
}

struct json *v2_document_shown(struct call *c, const struct document *d)
{
    const struct resource_spec *spec = c->op->resource;
    struct json *shown = spec->hidden.count ? json_copy(c->arena, d->body) : d->body;
    for (size_t i = 0; i < spec->hidden.count; i++)
        hide(shown, spec->hidden.v[i]);
    return call_pick_fields(c, shown);
}

/* The id is the path's last parameter. */
static str document_id(const struct call *c)
{
    return c->path_values[c->op->path_param_count - 1];
}

size_t v2_document_filters(const struct call *c, const struct resource_spec *spec, struct document_filter *out)
{
    size_t count = 0;
    for (size_t i = 0; i < spec->filter_count; i++) {
        struct document_filter f = { .member = spec->filters[i].member };
        f.value_count = call_query_texts(c, str_cstr(c->arena, spec->filters[i].parameter), &f.values);
        if (json_get(c->query, spec->filters[i].parameter))
            out[count++] = f;
    }
    return count;
}

struct result v2_document_list(struct call *c)
{
    struct call_page p;
    TRY(call_get_page(c, &p));
    struct document_filter *filters = ARENA_ARRAY(c->arena, struct document_filter, c->op->resource->filter_count + 1);
    struct document_list l = { .filters = filters,
                               .filter_count = v2_document_filters(c, c->op->resource, filters),
                               .after_seq = p.after_seq,
                               .offset = p.offset,
                               .limit = p.limit,
                               .is_bounded = true };
    TRY(document_list(c->tx, c->op->resource, &l));
    struct json *items = json_array(c->arena);
    for (size_t i = 0; i < l.count; i++)
        json_push(c->arena, items, v2_document_shown(c, &l.items[i]));
    return call_reply_page(c, &p, items, l.total, l.count ? l.items[l.count - 1].seq : 0, l.more);
}

struct result v2_document_read(struct call *c)
{
    struct document d;
    TRY(document_read(c->tx, c->op->resource, document_id(c), &d));
    return call_reply(c, 200, v2_document_shown(c, &d));
}

struct result v2_document_create(struct call *c)
{
    struct document d;
    TRY(document_create(c->tx, c->op->resource, STR_NONE, json_copy_shallow(c->arena, c->body), &d));
    return call_reply(c, c->op->replies[0].status, v2_document_shown(c, &d));
}

struct result v2_document_patch(struct call *c)
{
    struct document d;
    TRY(document_patch(c->tx, c->op->resource, document_id(c), c->body, &d));
    return call_reply(c, c->op->replies[0].status, v2_document_shown(c, &d));
}

struct result v2_document_delete(struct call *c)
{
    const struct op_reply *as = &c->op->replies[0];
    TRY(document_delete(c->tx, c->op->resource, document_id(c)));
    return as->schema ? call_reply(c, as->status, json_object(c->arena)) : call_reply_empty(c, as->status);
}
