/* One user at a time. */
#include "search/finder.h"

#include "base/log.h"

struct result finder_read_user(struct finder *f, struct arena *a, int64_t user, struct json **out, bool *out_found)
{
    struct sql_value doc;
    TRY(sql_row(f->tx->sql, a, "SELECT doc FROM users WHERE id = ?", SQL_ARGS(sql_int(user)), &doc, 1, out_found));
    if (!*out_found)
        return OK;
    f->bytes_read += doc.s.len;
    f->cost_left -= COST_DOCUMENT + (int64_t)doc.s.len / BYTES_A_COST;
    if (!failed(json_parse(a, doc.s, out)))
        return OK;
    log_error("search: the document of user %lld is no JSON", (long long)user);
    return fail(ERR_INTERNAL);
}

struct result candidate_read(struct finder *f, struct candidate *c)
{
    bool found;
    if (c->doc || c->gone)
        return OK;
    arena_clear(f->doc_a);
    TRY(finder_read_user(f, f->doc_a, c->id, &c->doc, &found));
    c->gone = !found;
    return OK;
}

static struct result probe(struct finder *f, const struct plan_leaf *leaf, int64_t id, bool *out)
{
    struct sql_value one;
    *out = false;
    for (size_t i = 0; !*out && i < leaf->count; i++) {
        const struct scan *s = &leaf->scans[i];
        if (s->estimate == 0)
            continue;
        f->cost_left -= COST_PROBE;
        TRY(sql_row(f->tx->sql, f->doc_a, "SELECT 1 FROM user_terms WHERE f = ? AND v = ? AND id = ?",
                    SQL_ARGS(sql_int(s->field), sql_blob(s->low), sql_int(id)), &one, 1, out));
    }
    return OK;
}

/* Can m be decided without the document? */
static bool is_cheap(const struct matcher *m)
{
    if (m->kind == NODE_LEAF || m->driving)
        return m->driving || m->plan->probed || m->plan->members;
    for (size_t i = 0; i < m->count; i++)
        if (!is_cheap(m->kids[i]))
            return false;
    return true;
}

/* The parts that need no document first: often they decide. */
static struct result test_list(struct finder *f, const struct matcher *m, struct candidate *c, bool *out)
{
    bool decisive = m->kind == NODE_OR;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < m->count; i++) {
            if (is_cheap(m->kids[i]) != (pass == 0))
                continue;
            TRY(candidate_test(f, m->kids[i], c, out));
            if (*out == decisive)
                return OK;
        }
    *out = !decisive;
    return OK;
}

static struct result test_leaf(struct finder *f, const struct matcher *m, struct candidate *c, bool *out)
{
    if (m->plan->members) {
        *out = idset_has(m->plan->members, c->id);
        return OK;
    }
    if (m->plan->probed && !c->doc)
        return probe(f, m->plan, c->id, out);
    TRY(candidate_read(f, c));
    *out = c->doc && matcher_test(m, c->doc, f->scratch);
    return OK;
}

struct result candidate_test(struct finder *f, const struct matcher *m, struct candidate *c, bool *out)
{
    *out = m->kind != NODE_NONE && !c->gone;
    if (m->driving || m->kind == NODE_ALL || m->kind == NODE_NONE || c->gone)
        return OK;
    if (m->kind == NODE_LEAF)
        return test_leaf(f, m, c, out);
    if (m->kind == NODE_AND || m->kind == NODE_OR)
        return test_list(f, m, c, out);
    TRY(candidate_test(f, m->kids[0], c, out));
    *out = !*out;
    return OK;
}
