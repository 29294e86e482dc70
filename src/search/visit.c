#include "search/visit.h"

#include "search/field.h"

/* --- one field ----------------------------------------------------------------------- */

struct visitor {
    bool beneath;
    visit_value visit;
    void *ctx;
};

static bool visit_found(const struct visitor *vi, const struct json *v)
{
    struct json *item;
    const struct json_member *member;
    if (json_is(v, JSON_ARRAY)) {
        JSON_EACH_ITEM(v, i, item)
            if (visit_found(vi, item))
                return true;
        return false;
    }
    if (!json_is(v, JSON_OBJECT))
        return vi->visit(vi->ctx, v);
    if (vi->beneath)
        JSON_EACH_MEMBER(v, i, member)
            if (visit_found(vi, member->value))
                return true;
    return false;
}

static bool visit_path(const struct visitor *vi, const struct json *v, str path);

static bool leads_to(str name, str longer)
{
    return longer.len > name.len && longer.p[name.len] == '.' && str_starts(longer, name);
}

static bool visit_member(const struct visitor *vi, const struct json_member *member, str path)
{
    str key = member->key;
    if (str_eq(key, path) || (vi->beneath && leads_to(path, key)))
        return visit_found(vi, member->value);
    return leads_to(key, path) && visit_path(vi, member->value, str_sub(path, key.len + 1, path.len));
}

static bool visit_path(const struct visitor *vi, const struct json *v, str path)
{
    struct json *item;
    const struct json_member *member;
    if (json_is(v, JSON_ARRAY))
        JSON_EACH_ITEM(v, i, item)
            if (visit_path(vi, item, path))
                return true;
    if (json_is(v, JSON_OBJECT))
        JSON_EACH_MEMBER(v, i, member)
            if (visit_member(vi, member, path))
                return true;
    return false;
}

static bool email_domain(const struct json *doc, struct json *out)
{
    *out = (struct json){ .type = JSON_STRING, .text = field_email_domain(json_get_text(doc, STR("email"))) };
    return out->text.p != NULL;
}

bool visit_field(const struct json *doc, str field, bool beneath, visit_value visit, void *ctx)
{
    struct visitor vi = { beneath, visit, ctx };
    struct json domain;
    if (str_eq(field, STR("email.domain")) && email_domain(doc, &domain) && visit(ctx, &domain))
        return true;
    return visit_path(&vi, doc, field);
}

/* --- all ----------------------------------------------------------------------------- */

struct sweep {
    struct buf path;
    void (*visit)(void *ctx, str field, const struct json *scalar);
    void *ctx;
};

static void sweep_value(struct sweep *s, const struct json *v);

static void sweep_member(struct sweep *s, const struct json_member *member)
{
    size_t before = s->path.len;
    if (before)
        buf_add_char(&s->path, '.');
    buf_add(&s->path, member->key);
    if (!field_is_hidden(buf_str(&s->path)))
        sweep_value(s, member->value);
    s->path.len = before;
}

static void sweep_value(struct sweep *s, const struct json *v)
{
    struct json *item;
    const struct json_member *member;
    if (json_is(v, JSON_OBJECT)) {
        JSON_EACH_MEMBER(v, i, member)
            sweep_member(s, member);
    } else if (json_is(v, JSON_ARRAY)) {
        JSON_EACH_ITEM(v, i, item)
            sweep_value(s, item);
    } else if (!json_is(v, JSON_NULL)) {
        s->visit(s->ctx, buf_str(&s->path), v);
    }
}

void visit_all(const struct json *doc, void (*visit)(void *ctx, str field, const struct json *scalar), void *ctx)
{
    struct sweep s = { .visit = visit, .ctx = ctx };
    struct json domain;
    buf_init(&s.path, SIZE_MAX);
    sweep_value(&s, doc);
    if (email_domain(doc, &domain))
        visit(ctx, STR("email.domain"), &domain);
    buf_free(&s.path);
}
