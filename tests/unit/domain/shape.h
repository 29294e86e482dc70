/* Comparing an answer with what must at least be in it. */
#ifndef TESTS_DOMAIN_SHAPE_H
#define TESTS_DOMAIN_SHAPE_H

#include "testing.h"

/* Every member of want is in have with that value; null in want means absent. Arrays are equal item by item. */
static inline bool shape_holds(const struct json *have, const struct json *want)
{
    if (!json_is(want, JSON_OBJECT))
        return json_equal(have, want);
    const struct json_member *m;
    JSON_EACH_MEMBER(want, i, m) {
        const struct json *v = json_get(have, m->key);
        if (m->value->type == JSON_NULL ? v != NULL : !v || !shape_holds(v, m->value))
            return false;
    }
    return json_is(have, JSON_OBJECT);
}

static inline void shape_check(struct testing *t, const char *name, const struct json *have, const char *want)
{
    if (shape_holds(have, testing_json(t->arena, want)))
        return;
    print_error("%s\n  wants %s\n  has   %.*s\n", name, want, STR_ARG(json_dump(t->arena, have)));
    assert_true(false);
}

static inline void kind_check(const char *name, struct result r, enum err_kind want)
{
    if (r.kind == want)
        return;
    print_error("%s: error kind %d (%.*s), wants %d\n", name, (int)r.kind, STR_ARG(r.args.v[0]), (int)want);
    assert_int_equal(r.kind, want);
}

/* One call of a domain function in a transaction of its own. */
struct step {
    struct testing *t;
    str id;
    const char *text; /* JSON of the body */
    struct json *out;
};
static inline struct result step_write(struct testing *t, tx_fn fn, str id, const char *text, struct json **out)
{
    struct step s = { .t = t, .id = id, .text = text };
    struct result r = testing_write(t, fn, &s);
    *out = s.out;
    return r;
}
static inline struct json *step_body(struct tx *tx, const struct step *s)
{
    struct json *body = NULL;
    ignore_result(json_parse(tx->arena, str_from(s->text), &body), "a row that does not parse fails by what follows");
    return body;
}

#endif
