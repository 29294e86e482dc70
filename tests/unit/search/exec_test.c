/* search_users says exactly what search_matches says over all documents, in the
 * right order and with the right total, whichever way the plan takes. */
#include "bed.h"
#include "random_users.h"
#include "search/finder.h"
#include "search/value.h"

#include <string.h>

enum { USERS = 2000, QUERIES = 250 };

enum { LONG = 600 * 1000000 };
static const struct search_tuning ways[] = {
    { 4000, 500, 3000, 0.02, 8, 2, 3, LONG, LONG },        /* as in use */
    { 4000, 0, 3000, 0, LONG, LONG, LONG, LONG, LONG },    /* few, sorted by walking */
    { 3, 0, 1000000, 0, LONG, LONG, LONG, LONG, LONG },    /* walk until the end */
    { 3, 50, 30, 1, LONG, LONG, 1, LONG, LONG },           /* give up walking, some go on */
    { 3, 50, 30, 0, 1, 1, 0, LONG, LONG },                 /* give up walking at once, also when sorting what was found */
    { 3, 0, 0, 0, 0, 0, 0, LONG, LONG },                   /* sets, then gather */
};

struct truth {
    struct bed bed;
    struct json *docs[USERS + 1]; /* by id; NULL: gone */
};

static struct truth truth;

/* --- the brute force ----------------------------------------------------------------------- */

struct row {
    int64_t id;
    str key;
};

static str field;
static bool downwards;

static int row_cmp(const void *x, const void *y)
{
    const struct row *a = x, *b = y;
    if (!a->key.p || !b->key.p) {
        if (a->key.p || b->key.p)
            return a->key.p ? -1 : 1;
    } else if (str_cmp(a->key, b->key)) {
        return downwards ? -str_cmp(a->key, b->key) : str_cmp(a->key, b->key);
    }
    return (a->id > b->id) == !downwards ? 1 : -1;
}

/* The least or the greatest key of v, or of its items. */
static str best_key(struct arena *a, const struct json *v, str best)
{
    struct json *item;
    struct buf b;
    if (json_is(v, JSON_ARRAY))
        JSON_EACH_ITEM(v, i, item)
            best = best_key(a, item, best);
    buf_init(&b, SIZE_MAX);
    if (value_key(&b, field, v) && (!best.p || (str_cmp(buf_str(&b), best) < 0) != downwards))
        best = str_dup(a, buf_str(&b));
    buf_free(&b);
    return best;
}

static str sort_key(struct arena *a, const struct json *doc)
{
    const struct json *v = field.p ? json_get(doc, field) : NULL;
    str best = v ? best_key(a, v, STR_NONE) : STR_NONE;
    return best.p ? key_cut(best) : STR_NONE;
}

static size_t brute_force(struct arena *a, const struct search_node *q, struct row *rows)
{
    size_t count = 0;
    for (int64_t id = 1; id <= USERS; id++)
        if (truth.docs[id] && (!q || search_matches(q, truth.docs[id], NULL, 0)))
            rows[count++] = (struct row){ id, sort_key(a, truth.docs[id]) };
    qsort(rows, count, sizeof *rows, row_cmp);
    return count;
}

/* --- comparing ----------------------------------------------------------------------------- */

static void compare(const char *query, const struct search_request *rq, const struct search_page *page, const struct row *rows,
                    size_t count)
{
    size_t want = rq->offset >= count ? 0 : count - rq->offset;
    bool more = want > rq->limit;
    want = more ? rq->limit : want;
    if (page->count != want || page->more != more || page->total != (rq->want_total ? count : 0))
        fail_msg("%s (sort %.*s): %zu hits, not %zu; total %zu of %zu; more %d", query, STR_ARG(rq->sort_field), page->count,
                 want, page->total, count, page->more);
    for (size_t i = 0; i < want; i++) {
        int64_t id = rows[rq->offset + i].id;
        if (page->hits[i].user != id || !json_equal(page->hits[i].doc, truth.docs[id]))
            fail_msg("%s (sort %.*s, %s): hit %zu is %lld, not %lld", query, STR_ARG(rq->sort_field),
                     rq->descending ? "down" : "up", i, (long long)page->hits[i].user, (long long)id);
    }
}

static void try_query(const char *query, const struct search_node *q)
{
    static const str sorts[] = { { NULL, 0 }, STR_INIT("name"), STR_INIT("created_at"), STR_INIT("logins_count"), STR_INIT("nope"),
                                  STR_INIT("nickname"), STR_INIT("username"), STR_INIT("email"), STR_INIT("user_id"), STR_INIT("blocked") };
    struct arena *a = arena_new(0);
    struct row *rows = ARENA_ARRAY(a, struct row, USERS);
    field = PICK(sorts);
    downwards = random_below(2);
    size_t count = brute_force(a, q, rows);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct search_page page;
        struct search_request rq = { .query = q, .sort_field = field, .descending = downwards, .want_total = random_below(2),
                                     .offset = random_below(3) ? 0 : random_below(60), .limit = random_below(40) };
        if (random_below(8) == 0)
            rq.limit = USERS;
        struct tx tx = truth.bed.tx;
        tx.arena = a;
        assert_ok(finder_search(&tx, &rq, &ways[i], &page));
        compare(query, &rq, &page, rows, count);
    }
    arena_free(a);
}

static void test_random_queries(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 16);
    size_t parsed = 0;
    for (int i = 0; i < QUERIES; i++) {
        struct arena *a = arena_new(0);
        struct search_node *q;
        buf_clear(&b);
        random_query(&b, 3);
        if (!failed(search_parse(a, buf_str(&b), random_below(2) ? SEARCH_V3 : SEARCH_V2, &q))) {
            try_query(str_cstr(a, buf_str(&b)), q);
            parsed++;
        }
        arena_free(a);
    }
    assert_true(parsed > QUERIES * 8 / 10);
    buf_free(&b);
}

static void test_api_v1_queries(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "jane", "u1", "U12@", "email:u2 blocked:true", "loginsCount:7", "plan:gold", "plan:\"GOLD\"", "nickname:JO",
        "username:\"jANE\"", "name:x+y", "created_at:2018-12; blocked:false", "nope:1", "nope", "tags:7", "lastLogin:2019",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct arena *a = arena_new(0);
        struct search_node *q;
        assert_ok(search_parse_api_v1(a, str_from(texts[i]), &q));
        try_query(texts[i], q);
        arena_free(a);
    }
}

static void test_building_blocks(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct search_node *social = search_equals(a, STR("identities.isSocial"), STR("true"));
    struct search_node *jane = search_equals(a, STR("name"), STR("Jane")), *any[] = { social, jane };
    try_query("all", NULL);
    try_query("none", search_not(a, NULL));
    try_query("not social", search_not(a, social));
    try_query("both", search_and(a, social, jane));
    try_query("any", search_any(a, any, 2));
    arena_free(a);
}

/* --- a small world, spelled out -------------------------------------------------------------- */

static void test_order(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sort;
        bool down;
        int64_t want[5];
    } rows[] = {
        { "by creation", NULL, false, { 1, 2, 3, 4, 5 } },
        { "newest first", NULL, true, { 5, 4, 3, 2, 1 } },
        { "texts without case, ties by id, missing last", "name", false, { 2, 4, 1, 3, 5 } },
        { "downwards, missing still last", "name", true, { 3, 1, 4, 2, 5 } },
        { "numbers as numbers", "logins_count", false, { 3, 2, 1, 4, 5 } },
        { "unknown field", "nope", true, { 5, 4, 3, 2, 1 } },
        { "the least of several values", "many", false, { 3, 1, 2, 4, 5 } },
        { "downwards the greatest", "many", true, { 3, 1, 2, 5, 4 } },
    };
    struct bed b;
    bed_make(&b);
    bed_add(&b, STR("{\"name\":\"bert\",\"logins_count\":10,\"many\":[\"b\",\"d\"]}"));
    bed_add(&b, STR("{\"name\":\"Anna\",\"logins_count\":9,\"many\":\"c\"}"));
    bed_add(&b, STR("{\"name\":\"Carl\",\"logins_count\":-1,\"many\":[\"e\",\"a\"]}"));
    bed_add(&b, STR("{\"name\":\"anna\"}"));
    bed_add(&b, STR("{}"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
            struct search_page page;
            struct search_request rq = { .sort_field = str_from(rows[i].sort), .descending = rows[i].down, .limit = 5 };
            assert_ok(finder_search(&b.tx, &rq, &ways[way], &page));
            assert_int_equal(page.count, 5);
            assert_false(page.more);
            for (size_t k = 0; k < 5; k++)
                if (page.hits[k].user != rows[i].want[k])
                    fail_msg("%s: place %zu has %lld", rows[i].name, k, (long long)page.hits[k].user);
        }
    bed_drop(&b);
}

/* organization_id is no member of the document; domain/relation.c writes such rows. */
static void test_members(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        size_t count;
        int64_t want[4];
    } rows[] = {
        { "organization_id:org_a", 2, { 1, 3 } },
        { "organization_id:\"org_b\"", 2, { 2, 3 } },
        { "organization_id:org_c", 0, { 0 } },
        { "organization_id:ORG_A", 0, { 0 } },
        { "organization_id:org_*", 3, { 1, 2, 3 } },
        { "organization_id:[org_aa TO *]", 2, { 2, 3 } },
        { "_exists_:organization_id", 3, { 1, 2, 3 } },
        { "NOT organization_id:org_a", 2, { 2, 4 } },
        { "NOT _exists_:organization_id", 1, { 4 } },
        { "organization_id:org_a AND name:x", 1, { 3 } },
        { "organization_id:org_a OR name:x", 3, { 1, 3, 4 } },
        { "name:x AND NOT organization_id:(org_a OR org_b)", 1, { 4 } },
        { "organization_id:7", 0, { 0 } },
    };
    static const char *const members[][2] = { { "org_a", "auth0|1" }, { "org_b", "auth0|2" }, { "org_b", "auth0|3" },
                                              { "org_a", "auth0|3" }, { "org_a", "auth0|gone" } };
    struct bed b;
    bed_make(&b);
    for (int i = 1; i <= 4; i++) {
        int64_t id = bed_add(&b, i < 3 ? STR("{\"name\":\"y\"}") : STR("{\"name\":\"x\"}"));
        assert_ok(sql_run(b.tx.sql, "UPDATE users SET uid = ? WHERE id = ?",
                          SQL_ARGS(sql_text(str_fmt(b.docs, "auth0|%d", i)), sql_int(id)), NULL));
    }
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        assert_ok(sql_run(b.tx.sql, "INSERT INTO relations (kind, a, b, body) VALUES ('organization_member', ?, ?, '{}')",
                          SQL_ARGS(sql_text(str_from(members[i][0])), sql_text(str_from(members[i][1]))), NULL));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
            struct search_page page;
            struct search_node *q;
            assert_ok(search_parse(b.docs, str_from(rows[i].query), SEARCH_V3, &q));
            struct search_request rq = { .query = q, .limit = 5, .want_total = true };
            assert_ok(finder_search(&b.tx, &rq, &ways[way], &page));
            bool same = page.count == rows[i].count && page.total == rows[i].count;
            for (size_t k = 0; same && k < page.count; k++)
                same = page.hits[k].user == rows[i].want[k];
            if (!same)
                fail_msg("%s, way %zu: %zu hits, total %zu", rows[i].query, way, page.count, page.total);
        }
    bed_drop(&b);
}

static void test_current(void **state)
{
    (void)state;
    struct bed b;
    struct search_page page;
    bed_make(&b);
    struct search_node *q = search_equals(b.docs, STR("app_metadata.plan"), STR("gold"));
    struct search_request rq = { .query = q, .limit = 10 };
    str gold = STR("{\"app_metadata\":{\"plan\":\"gold\"}}"), tin = STR("{\"app_metadata\":{\"plan\":\"tin\"}}");
    assert_ok(search_users(&b.tx, &rq, &page));
    assert_int_equal(page.count, 0);
    int64_t id = bed_add(&b, gold);
    assert_ok(search_users(&b.tx, &rq, &page));
    assert_int_equal(page.count, 1);
    assert_ok(search_index_user(&b.tx, id, bed_parse(&b, gold), bed_parse(&b, tin)));
    assert_ok(search_users(&b.tx, &rq, &page));
    assert_int_equal(page.count, 0);
    bed_drop(&b);
}

static void test_time_limits(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct tx tx = truth.bed.tx;
    struct search_page page;
    struct search_node *q;
    assert_ok(search_parse(a, STR("_exists_:email"), SEARCH_V3, &q));
    struct search_request rq = { .query = q, .offset = 10, .limit = 20, .want_total = true };
    struct search_tuning none = { 3, 0, 0, 0, 8, 2, 3, -1, -1 }, no_count = { 3, 0, 100000, 0, 8, 2, 3, LONG, -1 };
    tx.arena = a;
    assert_int_equal(finder_search(&tx, &rq, &none, &page).kind, ERR_TIMEOUT);
    assert_ok(finder_search(&tx, &rq, &no_count, &page));
    assert_true(page.total_is_bound);
    assert_int_equal(page.count, 20);
    assert_int_equal(page.total, 31); /* what was passed over, the page, and one more that is known */
    arena_free(a);
}

static int make_world(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    bed_make(&truth.bed);
    random_seed(5);
    for (int i = 1; i <= USERS; i++) {
        random_user(&b, (unsigned)i);
        int64_t id = bed_add(&truth.bed, buf_str(&b));
        assert_int_equal(id, i);
        truth.docs[id] = bed_parse(&truth.bed, buf_str(&b));
    }
    for (int64_t id = 1; id < USERS; id += 37) { /* gaps */
        assert_ok(sql_run(truth.bed.tx.sql, "DELETE FROM users WHERE id = ?", SQL_ARGS(sql_int(id)), NULL));
        assert_ok(search_index_user(&truth.bed.tx, id, truth.docs[id], NULL));
        truth.docs[id] = NULL;
    }
    /* As a database of version 2 comes: without sort keys until a user is written. */
    assert_ok(sql_run(truth.bed.tx.sql, "DELETE FROM user_sort_keys WHERE id % 3 = 0", SQL_NO_ARGS, NULL));
    buf_free(&b);
    return 0;
}

static int drop_world(void **state)
{
    (void)state;
    bed_drop(&truth.bed);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_queries), cmocka_unit_test(test_api_v1_queries), cmocka_unit_test(test_building_blocks),
        cmocka_unit_test(test_order),          cmocka_unit_test(test_members),      cmocka_unit_test(test_current),
        cmocka_unit_test(test_time_limits),
    };
    return cmocka_run_group_tests(tests, make_world, drop_world);
}
