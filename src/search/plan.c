#include "search/finder.h"

#include "search/catalog.h"
#include "search/field.h"
#include "search/value.h"

#include <string.h>

/* --- terms to scans ------------------------------------------------------------------ */

static struct result leaf_fields(struct finder *f, const struct matcher *m, int64_t **out, size_t *out_count)
{
    int64_t own, *beneath = NULL;
    size_t count = 0;
    TRY(catalog_find(f->tx, m->field, &own));
    if (m->beneath)
        TRY(catalog_beneath(f->tx, f->a, m->field, &beneath, &count));
    int64_t *all = ARENA_ARRAY(f->a, int64_t, count + 1);
    if (own)
        all[(*out_count)++] = own;
    for (size_t i = 0; i < count; i++)
        all[(*out_count)++] = beneath[i];
    *out = all;
    return OK;
}

/* Bounds longer than a stored key are cut so that they still include every key
 * that was cut itself; the rows are then looked at one by one. */
static struct scan scan_of(struct finder *f, int64_t field, const struct span *span)
{
    struct scan s = { .field = field, .span = span, .low = key_cut(span->low), .high = span->high };
    bool cut = span->low.len > KEY_MAX || span->high.len > KEY_MAX;
    if (span->high.len > KEY_MAX)
        s.high = str_cat(f->a, key_cut(span->high), (str){ "", 1 });
    s.point = span->point && !key_was_cut(span->low);
    s.plain = !cut && !span->pattern.p;
    return s;
}

static struct result leaf_estimate(struct finder *f, struct plan_leaf *leaf)
{
    leaf->probed = leaf->count <= SPANS_MAX;
    for (size_t i = 0; i < leaf->count; i++) {
        struct scan *s = &leaf->scans[i];
        TRY(finder_check_time(f));
        TRY(count_scan(f, s, f->tuning->estimate_max + 1, &s->estimate));
        leaf->estimate += s->estimate;
        leaf->probed &= s->point;
    }
    return OK;
}

static struct result resolve_membership(struct finder *f, struct matcher *m, struct matcher **out)
{
    m->plan = ARENA_NEW(f->a, struct plan_leaf);
    TRY(scan_members(f, m, &m->plan->members));
    m->plan->estimate = idset_bits(m->plan->members);
    *out = m->plan->estimate ? m : matcher_constant(f->a, false);
    return OK;
}

static struct result resolve_leaf(struct finder *f, struct matcher *m, struct matcher **out)
{
    int64_t *fields = NULL;
    size_t field_count = 0;
    if (field_is_membership(m->field))
        return resolve_membership(f, m, out);
    TRY(leaf_fields(f, m, &fields, &field_count));
    if (field_count == 0) {
        *out = matcher_constant(f->a, false);
        return OK;
    }
    struct plan_leaf *leaf = ARENA_NEW(f->a, struct plan_leaf);
    leaf->scans = ARENA_ARRAY(f->a, struct scan, field_count * m->span_count);
    for (size_t i = 0; i < field_count; i++)
        for (size_t k = 0; k < m->span_count; k++)
            leaf->scans[leaf->count++] = scan_of(f, fields[i], &m->spans[k]);
    TRY(leaf_estimate(f, leaf));
    m->plan = leaf;
    *out = leaf->estimate ? m : matcher_constant(f->a, false);
    return OK;
}

struct result plan_resolve(struct finder *f, struct matcher *m, struct matcher **out)
{
    TRY(finder_check_time(f));
    *out = m;
    if (m->kind == NODE_ALL || m->kind == NODE_NONE)
        return OK;
    if (m->kind == NODE_LEAF)
        return resolve_leaf(f, m, out);
    struct matcher **kids = ARENA_ARRAY(f->a, struct matcher *, m->count);
    for (size_t i = 0; i < m->count; i++)
        TRY(plan_resolve(f, m->kids[i], &kids[i]));
    *out = m->kind == NODE_NOT ? matcher_not(f->a, kids[0]) : matcher_join(f->a, m->kind, kids, m->count);
    return OK;
}

/* --- what drives --------------------------------------------------------------------- */

static size_t estimate_any(const struct matcher *m)
{
    size_t sum = 0;
    for (size_t i = 0; i < m->count; i++) {
        size_t one = plan_estimate(m->kids[i]);
        sum = one == SIZE_MAX || sum == SIZE_MAX ? SIZE_MAX : sum + one;
    }
    return sum;
}

size_t plan_estimate(const struct matcher *m)
{
    size_t least = SIZE_MAX;
    switch (m->kind) {
    case NODE_NONE:
        return 0;
    case NODE_LEAF:
        return m->plan->estimate;
    case NODE_OR:
        return estimate_any(m);
    case NODE_AND:
        for (size_t i = 0; i < m->count; i++) {
            size_t one = plan_estimate(m->kids[i]);
            least = one < least ? one : least;
        }
        return least;
    case NODE_ALL:
    case NODE_NOT:
        break;
    }
    return SIZE_MAX;
}

struct matcher *plan_driver(struct matcher *m)
{
    if (m->kind != NODE_AND)
        return m;
    struct matcher *best = m->kids[0];
    for (size_t i = 1; i < m->count; i++)
        if (plan_estimate(m->kids[i]) < plan_estimate(best))
            best = m->kids[i];
    return best;
}

/* Adds m's scans; false when they are no points, or too many. */
static bool add_points(struct point_list *list, const struct matcher *m)
{
    if (m->kind == NODE_OR) {
        for (size_t i = 0; i < m->count; i++)
            if (!add_points(list, m->kids[i]))
                return false;
        return true;
    }
    if (m->kind != NODE_LEAF || m->plan->members)
        return false;
    for (size_t i = 0; i < m->plan->count; i++) {
        const struct scan *s = &m->plan->scans[i];
        if (s->estimate == 0)
            continue;
        if (!s->point || list->count == POINTS_MAX)
            return false;
        list->v[list->count++] = s;
        list->estimate += s->estimate;
    }
    return true;
}

struct point_list plan_points(struct matcher *m)
{
    struct point_list best = { 0 };
    size_t count = m->kind == NODE_AND ? m->count : 1;
    for (size_t i = 0; i < count; i++) {
        struct point_list one = { .part = m->kind == NODE_AND ? m->kids[i] : m };
        if (add_points(&one, one.part) && (!best.part || one.estimate < best.estimate))
            best = one;
    }
    return best;
}
