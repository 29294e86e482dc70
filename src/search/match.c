#include "search/match.h"

#include "search/field.h"
#include "search/value.h"
#include "search/visit.h"

/* --- making -------------------------------------------------------------------------- */

struct matcher *matcher_constant(struct arena *a, bool matches_all)
{
    struct matcher *m = ARENA_NEW(a, struct matcher);
    m->kind = matches_all ? NODE_ALL : NODE_NONE;
    return m;
}

struct matcher *matcher_join(struct arena *a, enum node_kind kind, struct matcher **kids, size_t count)
{
    enum node_kind neutral = kind == NODE_AND ? NODE_ALL : NODE_NONE;
    enum node_kind decisive = kind == NODE_AND ? NODE_NONE : NODE_ALL;
    struct matcher **kept = ARENA_ARRAY(a, struct matcher *, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (kids[i]->kind == decisive)
            return kids[i];
        if (kids[i]->kind != neutral)
            kept[n++] = kids[i];
    }
    if (n == 0)
        return matcher_constant(a, neutral == NODE_ALL);
    if (n == 1)
        return kept[0];
    struct matcher *m = ARENA_NEW(a, struct matcher);
    *m = (struct matcher){ .kind = kind, .kids = kept, .count = n };
    return m;
}

struct matcher *matcher_not(struct arena *a, struct matcher *kid)
{
    if (kid->kind == NODE_ALL || kid->kind == NODE_NONE)
        return matcher_constant(a, kid->kind == NODE_NONE);
    if (kid->kind == NODE_NOT)
        return kid->kids[0];
    struct matcher *m = ARENA_NEW(a, struct matcher);
    m->kind = NODE_NOT;
    m->kids = ARENA_ARRAY(a, struct matcher *, 1);
    m->kids[0] = kid;
    m->count = 1;
    return m;
}

struct defaults {
    const str *fields;
    size_t count;
};

static struct matcher *leaf_on_field(struct arena *a, const struct leaf *leaf, str field)
{
    struct matcher *m = ARENA_NEW(a, struct matcher);
    m->kind = NODE_LEAF;
    m->field = field;
    m->beneath = leaf->op == LEAF_EXISTS;
    m->span_count = span_make(a, leaf, field, m->spans);
    return m->span_count ? m : matcher_constant(a, false);
}

static struct matcher *leaf_on_defaults(struct arena *a, const struct leaf *leaf, const struct defaults *d)
{
    struct matcher **kids = ARENA_ARRAY(a, struct matcher *, d->count);
    for (size_t i = 0; i < d->count; i++)
        kids[i] = leaf_on_field(a, leaf, d->fields[i]);
    return matcher_join(a, NODE_OR, kids, d->count);
}

static struct matcher *make(struct arena *a, const struct search_node *q, const struct defaults *d)
{
    if (q->kind == NODE_ALL || q->kind == NODE_NONE)
        return matcher_constant(a, q->kind == NODE_ALL);
    if (q->kind == NODE_LEAF)
        return q->leaf.field.p ? leaf_on_field(a, &q->leaf, q->leaf.field) : leaf_on_defaults(a, &q->leaf, d);
    if (q->kind == NODE_NOT)
        return matcher_not(a, make(a, q->kids[0], d));
    struct matcher **kids = ARENA_ARRAY(a, struct matcher *, q->count);
    for (size_t i = 0; i < q->count; i++)
        kids[i] = make(a, q->kids[i], d);
    return matcher_join(a, q->kind, kids, q->count);
}

struct matcher *matcher_new(struct arena *a, const struct search_node *q, const str *default_fields,
                            size_t default_field_count)
{
    struct defaults d = { default_fields, default_field_count };
    if (!default_fields)
        d.fields = field_user_defaults(&d.count);
    return q ? make(a, q, &d) : matcher_constant(a, true);
}

/* --- testing ------------------------------------------------------------------------- */

struct testing {
    const struct matcher *leaf;
    struct buf *key, *scratch;
};

static bool scalar_matches(void *ctx, const struct json *v)
{
    const struct testing *t = ctx;
    buf_clear(t->key);
    if (!value_key(t->key, t->leaf->field, v))
        return false;
    for (size_t i = 0; i < t->leaf->span_count; i++)
        if (span_has(&t->leaf->spans[i], buf_str(t->key), t->scratch))
            return true;
    return false;
}

static bool leaf_matches(const struct matcher *m, const struct json *doc, struct buf scratch[2])
{
    struct testing t = { m, &scratch[0], &scratch[1] };
    return visit_field(doc, m->field, m->beneath, scalar_matches, &t);
}

bool matcher_test(const struct matcher *m, const struct json *doc, struct buf scratch[2])
{
    switch (m->kind) {
    case NODE_ALL:
        return true;
    case NODE_NONE:
        return false;
    case NODE_LEAF:
        return leaf_matches(m, doc, scratch);
    case NODE_NOT:
        return !matcher_test(m->kids[0], doc, scratch);
    case NODE_AND:
    case NODE_OR:
        break;
    }
    for (size_t i = 0; i < m->count; i++)
        if (matcher_test(m->kids[i], doc, scratch) != (m->kind == NODE_AND))
            return m->kind == NODE_OR;
    return m->kind == NODE_AND;
}

bool search_matches(const struct search_node *q, const struct json *doc, const str *default_fields,
                    size_t default_field_count)
{
    struct arena *a = arena_new(0);
    struct buf scratch[2];
    buf_init(&scratch[0], SIZE_MAX);
    buf_init(&scratch[1], SIZE_MAX);
    bool matches = matcher_test(matcher_new(a, q, default_fields, default_field_count), doc, scratch);
    buf_free(&scratch[0]);
    buf_free(&scratch[1]);
    arena_free(a);
    return matches;
}
