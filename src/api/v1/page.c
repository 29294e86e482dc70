#include "api/v1/page.h"

#include "api/v1/link.h"

struct result v1_page_read(const struct call *c, struct v1_page *out)
{
    struct v1_page p = { .page = (size_t)call_query_int(c, "page", 0), .per_page = (size_t)call_query_int(c, "per_page", 1) };
    if (__builtin_mul_overflow(p.page, p.per_page, &p.offset) || p.offset > INT64_MAX / 2)
        return fail1(ERR_INVALID_QUERY, STR("Query validation error: 'Value is too large' on property page."));
    *out = p;
    return OK;
}

void v1_page_link_next(struct call *c, const struct v1_page *p)
{
    const struct link_parameter next[] = { { "per_page", str_fmt(c->arena, "%zu", p->per_page) },
                                           { "page", str_fmt(c->arena, "%zu", p->page + 1) } };
    v1_link_next(c, next, 2);
}

struct result v1_sort_read(const struct call *c, str *out_field, bool *out_descending)
{
    str sort = call_query_text(c, "sort"), direction;
    *out_field = STR_NONE;
    if (!sort.len)
        return OK;
    str field = str_cut(sort, ':', &direction);
    bool down = str_eq(direction, STR("-1"));
    if (!field.len || (!down && !str_eq(direction, STR("1"))))
        return fail1(ERR_INVALID_QUERY,
                     str_fmt(c->arena, "Query validation error: 'Cannot sort by %.*s' on property sort (name:1 or name:-1).",
                             STR_ARG(sort)));
    *out_field = field;
    *out_descending = down;
    return OK;
}

static bool names_have(str names, str wanted, str (*long_name)(str name))
{
    while (names.p) {
        str name = str_trim(str_cut(names, ',', &names));
        if (str_eq(long_name ? long_name(name) : name, wanted))
            return true;
    }
    return false;
}

struct json *v1_pick_fields(const struct call *c, struct json *object, str (*long_name)(str name))
{
    str fields = call_query_text(c, "fields");
    bool keep = !call_query_true(c, "exclude_fields");
    const struct json_member *m;
    if (!fields.len)
        return object;
    struct json *picked = json_object(c->arena);
    JSON_EACH_MEMBER(object, i, m)
        if (names_have(fields, m->key, long_name) == keep)
            json_set(c->arena, picked, m->key, m->value);
    return picked;
}
