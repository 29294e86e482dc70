/* One search of users from request to page. */
#include "base/clock.h"
#include "search/order.h"

/* --- the finder's own ------------------------------------------------------------------- */

struct result finder_check_time(const struct finder *f)
{
    return clock_monotonic_us() > f->deadline_us ? fail(ERR_TIMEOUT) : OK;
}

static void dispose_set(void *set)
{
    idset_free(set);
}

struct idset *finder_set(struct finder *f)
{
    struct idset *s = f->spare;
    if (s) {
        f->spare = s->next;
        idset_clear(s);
        return s;
    }
    s = idset_new(f->id_max);
    arena_on_free(f->a, dispose_set, s);
    return s;
}

void finder_give_set(struct finder *f, struct idset *s)
{
    s->next = f->spare;
    f->spare = s;
}

static struct result finder_open(struct finder *f, struct tx *tx, const struct search_tuning *tuning)
{
    struct sql_value id_max = sql_int(0);
    bool found;
    *f = (struct finder){ .tx = tx, .tuning = tuning, .a = arena_new(0), .doc_a = arena_new(0) };
    buf_init(&f->scratch[0], SIZE_MAX);
    buf_init(&f->scratch[1], SIZE_MAX);
    f->deadline_us = clock_monotonic_us() + tuning->time_us;
    TRY(sql_row(tx->sql, f->a, "SELECT coalesce(max(id), 0) FROM users", SQL_NO_ARGS, &id_max, 1, &found));
    f->id_max = id_max.i;
    return f->id_max > IDSET_ID_MAX ? fail(ERR_TIMEOUT) : OK;
}

static void finder_close(struct finder *f)
{
    arena_free(f->a);
    arena_free(f->doc_a);
    buf_free(&f->scratch[0]);
    buf_free(&f->scratch[1]);
}

/* --- candidates and totals ----------------------------------------------------------- */

struct search {
    struct finder f;
    const struct search_request *rq;
    struct search_page *out;
    struct idset *found; /* NULL: too many to gather, or not asked yet */
    bool exact;
};

/* The rarest term's users, when they are few. */
static struct result find_few(struct search *s)
{
    struct matcher *driver = plan_driver(s->f.query);
    if (plan_estimate(driver) > s->f.tuning->estimate_max)
        return OK;
    TRY(scan_query(&s->f, driver, &s->found));
    s->exact = driver == s->f.query;
    driver->driving = true;
    return OK;
}

static struct result count_members(struct search *s, const struct idset *set)
{
    size_t users = 0, bits = idset_bits(set);
    if (set->complement)
        TRY(count_users(&s->f, &users));
    s->out->total = set->complement ? users - bits : bits;
    return OK;
}

/* By sets, when the index is not too large for that. */
static struct result count_many(struct search *s)
{
    int64_t deadline = s->f.deadline_us, sooner = clock_monotonic_us() + s->f.tuning->total_time_us;
    s->f.deadline_us = sooner < deadline ? sooner : deadline;
    struct result r = scan_query(&s->f, s->f.query, &s->found);
    s->f.deadline_us = deadline;
    if (r.kind == ERR_TIMEOUT) {
        s->found = NULL;
        s->out->total_is_bound = true;
        return finder_check_time(&s->f);
    }
    TRY(r);
    s->exact = true;
    return count_members(s, s->found);
}

enum { COUNT_MAX = 10 * 1000 * 1000 }; /* rows of the index, in half a second */

static struct result count_total(struct search *s)
{
    if (s->found && !s->exact)
        TRY(scan_filter(&s->f, s->found, s->f.query));
    if (s->found) {
        s->exact = true;
        return count_members(s, s->found);
    }
    if (s->f.query->kind == NODE_ALL)
        return count_users(&s->f, &s->out->total);
    struct point_list points = plan_points(s->f.query);
    if (points.count != 1 || points.part != s->f.query)
        return count_many(s);
    TRY(count_scan(&s->f, points.v[0], COUNT_MAX, &s->out->total));
    s->out->total_is_bound = s->out->total == COUNT_MAX;
    return OK;
}

/* --- the page ------------------------------------------------------------------------ */

/* A page is in memory as a whole, more than once. */
enum { PAGE_BYTES_MAX = 32 << 20 };

static struct result read_hits(struct search *s, const struct page *p)
{
    struct arena *a = s->f.tx->arena;
    size_t count = p->count < s->rq->limit ? p->count : s->rq->limit, before = s->f.bytes_read;
    s->out->hits = ARENA_ARRAY(a, struct search_hit, count);
    for (size_t i = 0; i < count; i++) {
        struct search_hit *hit = &s->out->hits[s->out->count];
        bool found;
        hit->user = p->ids[i];
        TRY(finder_read_user(&s->f, a, hit->user, &hit->doc, &found));
        s->out->count += found;
        if (s->f.bytes_read - before > PAGE_BYTES_MAX)
            return fail1(ERR_INVALID_QUERY, STR("These users are too large for one page; ask for fewer with per_page."));
    }
    s->out->more = p->count > s->rq->limit;
    return OK;
}

static struct result run(struct search *s)
{
    struct finder *f = &s->f;
    TRY(plan_resolve(f, matcher_new(f->a, s->rq->query, NULL, 0), &f->query));
    if (f->query->kind == NODE_NONE)
        return OK;
    TRY(find_few(s));
    if (s->rq->want_total)
        TRY(count_total(s));
    struct page p = { .a = f->a, .sort_field = s->rq->sort_field, .descending = s->rq->descending,
                      .skip = s->rq->offset, .want = s->rq->limit + 1 };
    TRY(order_page(f, &p, s->found, s->exact));
    TRY(read_hits(s, &p));
    size_t known = s->rq->offset + s->out->count + s->out->more;
    if (s->out->total_is_bound && s->out->total < known)
        s->out->total = known;
    return OK;
}

struct result finder_search(struct tx *tx, const struct search_request *rq, const struct search_tuning *tuning,
                            struct search_page *out)
{
    struct search s = { .rq = rq, .out = out };
    *out = (struct search_page){ 0 };
    struct result r = finder_open(&s.f, tx, tuning);
    if (!failed(r))
        r = run(&s);
    finder_close(&s.f);
    return r;
}

struct result search_users(struct tx *tx, const struct search_request *rq, struct search_page *out)
{
    static const struct search_tuning tuning = {
        .estimate_max = 4000,
        .filter_max = 500,
        .walk_cost = 3000,
        .walk_more = 0.02,
        .document_cost = 8,
        .key_cost = 2,
        .walk_patience = 3,
        .time_us = 2 * US_PER_S,
        .total_time_us = US_PER_S / 2,
    };
    return finder_search(tx, rq, &tuning, out);
}
