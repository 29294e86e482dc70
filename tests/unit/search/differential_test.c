/* The planner against evaluator.h: thousands of random queries, printed and
 * parsed, over users that come, change and go in between. The seed of a failure
 * is in its message; DIFFERENTIAL_SEED and DIFFERENTIAL_QUERIES ask for others. */
#include "bed.h"
#include "evaluator.h"
#include "random_users.h"
#include "search/finder.h"

enum { USERS_MAX = 1200, USERS_FIRST = 500, QUERIES = 2500, CHANGES_A_QUERY = 2 };

enum { LONG = 600 * 1000000 };
static const struct search_tuning ways[] = {
    { 4000, 500, 3000, 0.02, 8, 2, 3, LONG, LONG },     /* as in use */
    { 20, 10, 200, 0.02, 8, 2, 3, LONG, LONG },         /* the same for large tenants */
    { 20, 0, 100000, 0, LONG, LONG, LONG, LONG, LONG }, /* walks */
    { 3, 0, 0, 0, 0, 0, 0, LONG, LONG },                /* sets */
};

struct world {
    struct bed bed;
    str text[USERS_MAX + 1]; /* by id; STR_NONE: gone */
    const struct json *docs[USERS_MAX + 1];
    int64_t last;
};

static struct world world;
static uint64_t seed;

/* --- users ------------------------------------------------------------------------------- */

static void set_doc(int64_t id, str text)
{
    world.text[id] = text.p ? str_dup(world.bed.docs, text) : STR_NONE;
    world.docs[id] = text.p ? bed_parse(&world.bed, text) : NULL;
}

static void add_user(void)
{
    struct buf b;
    if (world.last == USERS_MAX)
        return;
    buf_init(&b, 1 << 20);
    random_user(&b, (unsigned)world.last + 1);
    world.last = bed_add(&world.bed, buf_str(&b));
    set_doc(world.last, buf_str(&b));
    buf_free(&b);
}

static void change_user(void)
{
    struct sql *db = world.bed.tx.sql;
    int64_t id = 1 + random_below((unsigned)world.last);
    const struct json *before = world.docs[id];
    struct buf b;
    if (!before)
        return;
    buf_init(&b, 1 << 20);
    random_user(&b, (unsigned)id);
    bool goes = random_below(4) == 0;
    set_doc(id, goes ? STR_NONE : buf_str(&b));
    if (goes)
        assert_ok(sql_run(db, "DELETE FROM users WHERE id = ?", SQL_ARGS(sql_int(id)), NULL));
    else
        assert_ok(sql_run(db, "UPDATE users SET doc = ? WHERE id = ?", SQL_ARGS(sql_text(world.text[id]), sql_int(id)), NULL));
    assert_ok(search_index_user(&world.bed.tx, id, before, world.docs[id]));
    buf_free(&b);
}

/* --- queries ----------------------------------------------------------------------------- */

static const char *const fields[] = {
    "name", "nickname", "family_name", "username", "email", "email.domain", "user_id", "created_at", "last_login", "logins_count",
    "blocked", "identities.provider", "identities.isSocial", "app_metadata.plan", "app_metadata.tags", "app_metadata.plan.a",
    "app_metadata.plan.a.b", "app_metadata", "user_metadata.plan", "user_metadata.tags.plan", "identities", "nope", "app_metadata.nope",
};
static const char *const terms[] = { "jane", "Jane", "JANE ROE", "jane roe", "jo", "john", "roe", "\xc3\xa9t\xc3\xa9", "e\xcc\x81t\xc3\x89", "x y",
                                     "true", "false", "TRUE", "7", "7.0", "07", "-1", "+1", "1.5", "1e3", "1000", "0", "-0", "100", "2018", "2018-12",
                                     "2019-01-01", "2018-12-31T23:59:59.999Z", "2019-01-01T01:00:00.000+02:00", "never", "gold", "Silver",
                                     "silver", "", "a*b", "acme.example", "auth0", "google", "9007199254740992", "auth0|0007", "u7@jane",
                                     "the start is alike, the end one", "THE START IS ALIKE, THE", "AND", "not", "null", "z", "\"", "\\" };
static const char *const wildcards[] = { "j*", "J*", "*roe", "ja*oe", "q*", "qqq*b", "*qqqqc", "2018*", "2018-1*", "2018-12*", "u1*", "\xc3\xa9*",
                                         "*example", "auth0|00*", "*|000*", "the*one", "THE*TWO", "*start*alike*", "t*" };
static const char *const bounds[] = { "0", "1", "7", "-1", "1.5", "2018", "2018-12", "2019-01-01", "a", "jane", "Jane", "JOHN", "z", "\xc3\x89",
                                      "auth0|0100", "2019-01-01T00:00:00Z", "true", "100", "1e2" };

static void print_escaped(struct buf *b, const char *text, bool wild)
{
    static const char special[] = "+-=&|><!(){}[]^\"~*?:\\/ ANOT";
    for (; *text; text++) {
        if (strchr(special, *text) && !(wild && *text == '*'))
            buf_add_char(b, '\\');
        buf_add_char(b, *text);
    }
}

static void print_text(struct buf *b, const char *text)
{
    if (*text && random_below(2)) {
        print_escaped(b, text, false);
        return;
    }
    buf_add_char(b, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_add_char(b, '\\');
        buf_add_char(b, *text);
    }
    buf_add_char(b, '"');
}

static void print_range(struct buf *b, const struct expr *e)
{
    buf_add_char(b, e->low_in ? '[' : '{');
    e->low ? print_text(b, e->low) : buf_add_char(b, '*');
    buf_add(b, STR(" TO "));
    e->high ? print_text(b, e->high) : buf_add_char(b, '*');
    buf_add_char(b, e->high_in ? ']' : '}');
}

static void print_leaf_of(struct buf *b, const struct expr *e)
{
    if (e->kind == EXPR_EXISTS && random_below(2)) {
        buf_fmt(b, "_exists_:%s", e->field);
        return;
    }
    if (e->field)
        buf_fmt(b, "%s:", e->field);
    if (e->kind == EXPR_EXISTS)
        buf_add_char(b, '*');
    else if (e->kind == EXPR_RANGE)
        print_range(b, e);
    else if (e->kind == EXPR_WILDCARD)
        print_escaped(b, e->text, true);
    else
        print_text(b, e->text);
}

static void print_expr(struct buf *b, const struct expr *e)
{
    static const char *const nots[] = { "NOT ", "!", "-" };
    static const char *const joins[][2] = { { " AND ", " && " }, { " OR ", " || " } };
    if (e->kind < EXPR_NOT) {
        print_leaf_of(b, e);
        return;
    }
    buf_add_char(b, '(');
    if (e->kind == EXPR_NOT)
        buf_add(b, str_from(PICK(nots)));
    for (int i = 0; i < e->count; i++) {
        if (i)
            buf_add(b, e->kind == EXPR_SIDE_BY_SIDE ? STR(" ") : str_from(joins[e->kind == EXPR_OR][random_below(2)]));
        if (e->kind == EXPR_SIDE_BY_SIDE && e->signs[i] != ' ')
            buf_add_char(b, e->signs[i]);
        print_expr(b, e->kids[i]);
    }
    buf_add_char(b, ')');
}

static struct expr *random_leaf(struct arena *a)
{
    struct expr *e = ARENA_NEW(a, struct expr);
    unsigned kind = random_below(10);
    e->field = random_below(8) ? PICK(fields) : NULL;
    if (kind == 0) {
        e->kind = EXPR_EXISTS;
        e->field = PICK(fields);
    } else if (kind < 4) {
        e->kind = EXPR_RANGE;
        e->low = random_below(4) ? PICK(bounds) : NULL;
        e->high = random_below(4) ? PICK(bounds) : NULL;
        e->low_in = random_below(2);
        e->high_in = random_below(2);
    } else {
        e->kind = kind < 6 ? EXPR_WILDCARD : EXPR_TERM;
        e->text = kind < 6 ? PICK(wildcards) : PICK(terms);
    }
    return e;
}

static struct expr *random_expr(struct arena *a, int depth)
{
    static const char signs[] = "+- ";
    struct expr *e;
    if (depth == 0 || random_below(3) == 0)
        return random_leaf(a);
    e = ARENA_NEW(a, struct expr);
    e->kind = (enum expr_kind)(EXPR_NOT + random_below(4));
    e->count = e->kind == EXPR_NOT ? 1 : 2 + (int)random_below(2);
    for (int i = 0; i < e->count; i++) {
        e->kids[i] = random_expr(a, depth - 1);
        e->signs[i] = signs[random_below(3)];
    }
    return e;
}

/* --- comparing ----------------------------------------------------------------------------- */

struct row {
    int64_t id;
    struct ranked value;
};

static bool downwards;

static int row_cmp(const void *x, const void *y)
{
    const struct row *a = x, *b = y;
    if ((a->value.rank == RANK_NONE) != (b->value.rank == RANK_NONE))
        return a->value.rank == RANK_NONE ? 1 : -1;
    int order = ranked_cmp(&a->value, &b->value);
    if (order == 0)
        order = a->id < b->id ? -1 : 1;
    return downwards ? -order : order;
}

static size_t expected(const struct expr *e, const char *sort, struct row *rows)
{
    size_t count = 0;
    for (int64_t id = 1; id <= world.last; id++)
        if (world.docs[id] && holds(e, world.docs[id]))
            rows[count++] = (struct row){ id, sort_value(world.docs[id], sort, downwards) };
    qsort(rows, count, sizeof *rows, row_cmp);
    return count;
}

static void check(const char *query, const char *sort, const struct search_request *rq, const struct search_page *page,
                  const struct row *rows, size_t count)
{
    size_t want = rq->offset >= count ? 0 : count - rq->offset;
    want = want > rq->limit ? rq->limit : want;
    if (page->count != want || (rq->want_total && page->total != count))
        fail_msg("seed %llu: %s (sort %s): %zu hits, not %zu; total %zu, not %zu", (unsigned long long)seed, query, sort ? sort : "-",
                 page->count, want, page->total, count);
    for (size_t i = 0; i < want; i++)
        if (page->hits[i].user != rows[rq->offset + i].id)
            fail_msg("seed %llu: %s (sort %s %s): hit %zu is %lld, not %lld", (unsigned long long)seed, query, sort ? sort : "-",
                     downwards ? "down" : "up", i, (long long)page->hits[i].user, (long long)rows[rq->offset + i].id);
}

/* Often the sort goes by a field that the query asks about. */
static const char *random_sort(const struct expr *e)
{
    static const char *const sorts[] = { NULL, "name", "nickname", "username", "email", "created_at", "last_login", "logins_count",
                                         "blocked", "user_id", "email.domain", "identities.provider", "nope" };
    const struct expr *leaf = e->kind == EXPR_AND ? e->kids[0] : e;
    bool asked = leaf->kind < EXPR_NOT && leaf->field && !strstr(leaf->field, "metadata");
    return asked && random_below(2) ? leaf->field : PICK(sorts);
}

static void try_one(void)
{
    static struct row rows[USERS_MAX];
    struct arena *a = arena_new(0);
    struct expr *e = random_expr(a, 3);
    struct search_node *q;
    struct search_page page;
    struct tx tx = world.bed.tx;
    struct buf b;
    buf_init(&b, 1 << 16);
    print_expr(&b, e);
    const char *sort = random_sort(e), *query = str_cstr(a, buf_str(&b));
    downwards = random_below(2);
    struct result parsed = search_parse(a, buf_str(&b), random_below(2) ? SEARCH_V3 : SEARCH_V2, &q);
    if (failed(parsed))
        fail_msg("seed %llu: %s: %.*s", (unsigned long long)seed, query, STR_ARG(parsed.args.v[0]));
    struct search_request rq = { .query = q, .sort_field = str_from(sort), .descending = downwards, .want_total = random_below(2),
                                 .offset = random_below(3) ? 0 : random_below(80), .limit = random_below(4) ? random_below(60) : USERS_MAX };
    tx.arena = a;
    assert_ok(finder_search(&tx, &rq, &PICK(ways), &page));
    check(query, sort, &rq, &page, rows, expected(e, sort, rows));
    buf_free(&b);
    arena_free(a);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void test_queries_while_users_change(void **state)
{
    (void)state;
    uint64_t queries = setting("DIFFERENTIAL_QUERIES", QUERIES);
    seed = setting("DIFFERENTIAL_SEED", 20);
    bed_make(&world.bed);
    random_seed(seed);
    for (int i = 0; i < USERS_FIRST; i++)
        add_user();
    for (uint64_t i = 0; i < queries; i++) {
        for (int k = 0; k < CHANGES_A_QUERY; k++)
            random_below(3) ? change_user() : add_user();
        try_one();
    }
    bed_drop(&world.bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_queries_while_users_change) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
