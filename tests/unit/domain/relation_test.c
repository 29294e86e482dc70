#include "domain/relation.h"
#include "shape.h"

/* --- one row ------------------------------------------------------------------------ */

static struct result rows_tx(struct tx *tx, void *arg)
{
    struct relation_row row;
    bool yes;
    (void)arg;
    TRY(relation_add(tx, RELATION_USER_ROLE, STR("u"), STR("r"), NULL, &yes));
    assert_true(yes);
    struct json *body = testing_json(tx->arena, "{\"x\":1}");
    TRY(relation_add(tx, RELATION_USER_ROLE, STR("u"), STR("r"), body, &yes));
    assert_false(yes);
    TRY(relation_find(tx, RELATION_USER_ROLE, STR("u"), STR("r"), &row, &yes));
    assert_true(yes && json_equal(row.body, body));
    TRY(relation_find(tx, RELATION_GROUP_ROLE, STR("u"), STR("r"), &row, &yes));
    assert_false(yes);
    TRY(relation_remove(tx, RELATION_USER_ROLE, STR("u"), STR("r"), &yes));
    assert_true(yes);
    TRY(relation_remove(tx, RELATION_USER_ROLE, STR("u"), STR("r"), &yes));
    assert_false(yes);
    return OK;
}

static void test_rows(void **state)
{
    struct testing t;
    (void)state;
    testing_open(&t);
    testing_ok(testing_write(&t, rows_tx, NULL), "rows");
    testing_close(&t);
}

/* --- pages ---------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum relation_side by;
    const char *id;
    size_t offset, limit, after; /* after: as many rows are passed by checkpoint */
    size_t want_count, want_total;
    bool want_more;
} pages[] = {
    { "all of a", RELATION_BY_A, "o", 0, 0, 0, 5, 5, false },
    { "first page", RELATION_BY_A, "o", 0, 2, 0, 2, 5, true },
    { "last page", RELATION_BY_A, "o", 4, 2, 0, 1, 5, false },
    { "a page that ends the list", RELATION_BY_A, "o", 3, 2, 0, 2, 5, false },
    { "beyond", RELATION_BY_A, "o", 9, 2, 0, 0, 5, false },
    { "after a checkpoint", RELATION_BY_A, "o", 0, 2, 3, 2, 5, false },
    { "of b", RELATION_BY_B, "u1", 0, 5, 0, 2, 2, false },
    { "of nobody", RELATION_BY_B, "nobody", 0, 5, 0, 0, 0, false },
};

static struct result pages_tx(struct tx *tx, void *arg)
{
    struct relation_row *rows;
    size_t count;
    (void)arg;
    TRY(relation_add_each_b(tx, RELATION_ORGANIZATION_MEMBER, STR("o"),
                            testing_json(tx->arena, "[\"u1\",\"u2\",\"u3\",\"u4\",\"u5\",\"u1\"]")));
    TRY(relation_add(tx, RELATION_ORGANIZATION_MEMBER, STR("p"), STR("u1"), NULL, NULL));
    TRY(relation_list_by_a(tx, RELATION_ORGANIZATION_MEMBER, STR("o"), 0, 0, &rows, &count));
    for (size_t i = 0; i < TESTING_ARRAY_LEN(pages); i++) {
        struct relation_page p = { .relation = RELATION_ORGANIZATION_MEMBER,
                                   .by = pages[i].by,
                                   .id = str_from(pages[i].id),
                                   .after_seq = pages[i].after ? rows[pages[i].after - 1].seq : 0,
                                   .offset = pages[i].offset,
                                   .limit = pages[i].limit,
                                   .want_total = true };
        TRY(relation_page(tx, &p));
        if (p.count != pages[i].want_count || p.total != pages[i].want_total || p.more != pages[i].want_more)
            print_error("%s: count %zu, total %zu, more %d\n", pages[i].name, p.count, p.total, p.more);
        assert_true(p.count == pages[i].want_count && p.total == pages[i].want_total && p.more == pages[i].want_more);
    }
    return OK;
}

static void test_pages(void **state)
{
    struct testing t;
    (void)state;
    testing_open(&t);
    testing_ok(testing_write(&t, pages_tx, NULL), "pages");
    testing_close(&t);
}

/* --- what goes along -------------------------------------------------------------------- */

/* Every relation has a row of x and one of y on each side; what is left when one x goes? */
static const struct {
    enum relation relation;
    const char *a, *b;
} filled[] = {
    { RELATION_CONNECTION_CLIENT, "connection1", "client1" },
    { RELATION_USER_ROLE, "user1", "role1" },
    { RELATION_USER_PERMISSION, "user1", "api1 read" },
    { RELATION_USER_PERMISSION, "user2", "api10 read" },
    { RELATION_ROLE_PERMISSION, "role1", "api1 read all" },
    { RELATION_GROUP_MEMBER, "group1", "user1" },
    { RELATION_GROUP_ROLE, "group1", "role1" },
    { RELATION_ORGANIZATION_MEMBER, "org1", "user1" },
    { RELATION_ORGANIZATION_HOLDER, "org1", "user1" },
    { RELATION_ORGANIZATION_MEMBER_ROLE, "org1 user1", "role1 org1" },
    { RELATION_ORGANIZATION_MEMBER_ROLE, "org10 user2", "role1 org10" },
    { RELATION_ORGANIZATION_GROUP, "org1", "group1" },
    { RELATION_ORGANIZATION_GROUP_ROLE, "org1 group1", "role2 org1" },
    { RELATION_ORGANIZATION_CONNECTION, "org1", "connection1" },
    { RELATION_ORGANIZATION_CLIENT, "org1", "client1" },
    { RELATION_ORGANIZATION_CLIENT_GRANT, "org1", "grant1" },
};
enum { FILLED = TESTING_ARRAY_LEN(filled) };

static const struct {
    const char *name;
    enum thing what;
    const char *id; /* NULL: every one of its kind */
    size_t left;
} drops[] = {
    { "a client", THING_CLIENT, "client1", FILLED - 2 },
    { "a client grant", THING_CLIENT_GRANT, "grant1", FILLED - 1 },
    { "a connection", THING_CONNECTION, "connection1", FILLED - 2 },
    { "a group, with its roles in organizations", THING_GROUP, "group1", FILLED - 4 },
    { "an organization, not one whose id begins alike", THING_ORGANIZATION, "org1", FILLED - 8 },
    { "an API, not one whose id begins alike", THING_RESOURCE_SERVER, "api1", FILLED - 2 },
    { "a role", THING_ROLE, "role1", FILLED - 5 },
    { "a user, with the roles in organizations", THING_USER, "user1", FILLED - 6 },
    { "every user", THING_USER, NULL, FILLED - 8 },
    { "nobody", THING_USER, "user", FILLED },
};

static struct result drop_tx(struct tx *tx, void *arg)
{
    size_t i = *(size_t *)arg;
    TRY(sql_run(tx->sql, "DELETE FROM relations", SQL_NO_ARGS, NULL));
    for (size_t j = 0; j < FILLED; j++)
        TRY(relation_add(tx, filled[j].relation, str_from(filled[j].a), str_from(filled[j].b), NULL, NULL));
    if (!drops[i].id)
        return relation_drop_every(tx, drops[i].what);
    return relation_drop(tx, drops[i].what, str_from(drops[i].id));
}

static void test_drops(void **state)
{
    struct testing t;
    (void)state;
    testing_open(&t);
    for (size_t i = 0; i < TESTING_ARRAY_LEN(drops); i++) {
        testing_ok(testing_write(&t, drop_tx, &i), drops[i].name);
        size_t left = (size_t)testing_count(&t, "SELECT COUNT(*) FROM relations");
        if (left != drops[i].left)
            print_error("%s: %zu rows left, not %zu\n", drops[i].name, left, drops[i].left);
        assert_int_equal(left, drops[i].left);
    }
    testing_close(&t);
}

/* A member who goes loses the roles there, and only those. */
static struct result hanging_tx(struct tx *tx, void *arg)
{
    struct relation_row *rows;
    size_t count;
    (void)arg;
    for (size_t j = 0; j < FILLED; j++)
        TRY(relation_add(tx, filled[j].relation, str_from(filled[j].a), str_from(filled[j].b), NULL, NULL));
    TRY(relation_remove(tx, RELATION_ORGANIZATION_MEMBER, STR("org1"), STR("user1"), NULL));
    TRY(relation_list_b_pairs(tx, RELATION_ORGANIZATION_MEMBER_ROLE, STR("role1"), &rows, &count));
    assert_int_equal(count, 1);
    assert_true(str_eq(relation_pair_second(rows[0].a), STR("user2")));
    return OK;
}

static void test_hanging(void **state)
{
    struct testing t;
    (void)state;
    testing_open(&t);
    testing_ok(testing_write(&t, hanging_tx, NULL), "hanging");
    testing_close(&t);
}

/* --- what is kept of their number ----------------------------------------------------------- */

/* Numbers that are kept and do not agree with the rows, either way. */
#define LONG " HAVING COUNT(*) >= 64"
#define COUNTED                                                                                            \
    "SELECT kind, 'a' AS field, a AS value, COUNT(*) AS n FROM relations GROUP BY kind, a" LONG            \
    " UNION ALL SELECT kind, 'b', b, COUNT(*) FROM relations GROUP BY kind, b" LONG                        \
    " UNION ALL SELECT kind, '', '', COUNT(*) FROM documents GROUP BY kind" LONG                           \
    " UNION ALL SELECT kind, field, value, COUNT(*) FROM document_filter GROUP BY kind, field, value" LONG
#define KEPT "SELECT kind, field, value, n FROM row_counts"
#define WRONG_COUNTS                                                                                       \
    "SELECT COUNT(*) FROM (SELECT * FROM (" COUNTED " EXCEPT " KEPT ")"                                    \
    " UNION ALL SELECT * FROM (" KEPT " EXCEPT SELECT * FROM (" COUNTED ")))"

enum { THINGS = 150, FEW = 1, STEPS = 30000, IN_ONE_TRANSACTION = 60 };

/* A side as the relation has it, so that what goes takes its rows. #: the number. */
static str side_of(struct arena *a, enum relation r, bool is_a, unsigned n)
{
    static const struct {
        const char *a, *b;
    } names[RELATION_MAX] = {
        [RELATION_CONNECTION_CLIENT] = { "connection#", "client#" },
        [RELATION_USER_ROLE] = { "user#", "role#" },
        [RELATION_USER_PERMISSION] = { "user#", "api# read" },
        [RELATION_ROLE_PERMISSION] = { "role#", "api# read" },
        [RELATION_GROUP_MEMBER] = { "group#", "user#" },
        [RELATION_GROUP_ROLE] = { "group#", "role#" },
        [RELATION_ORGANIZATION_MEMBER] = { "org#", "user#" },
        [RELATION_ORGANIZATION_HOLDER] = { "org#", "user#" },
        [RELATION_ORGANIZATION_MEMBER_ROLE] = { "org# user1", "role# org1" },
        [RELATION_ORGANIZATION_GROUP] = { "org#", "group#" },
        [RELATION_ORGANIZATION_GROUP_ROLE] = { "org# group1", "role# org1" },
        [RELATION_ORGANIZATION_CONNECTION] = { "org#", "connection#" },
        [RELATION_ORGANIZATION_CLIENT] = { "org#", "client#" },
        [RELATION_ORGANIZATION_CLIENT_GRANT] = { "org#", "grant#" },
    };
    str after, before = str_cut(str_from(is_a ? names[r].a : names[r].b), '#', &after);
    return str_fmt(a, "%.*s%u%.*s", STR_ARG(before), n, STR_ARG(after));
}

static str thing_id(struct arena *a, enum thing what, unsigned n)
{
    static const char *const names[] = {
        [THING_CLIENT] = "client", [THING_CLIENT_GRANT] = "grant", [THING_CONNECTION] = "connection",     [THING_GROUP] = "group",
        [THING_ORGANIZATION] = "org", [THING_RESOURCE_SERVER] = "api", [THING_ROLE] = "role", [THING_USER] = "user",
    };
    return str_fmt(a, "%s%u", names[what], n);
}

static unsigned next_random(uint64_t *seed, unsigned below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % below;
}

static struct result random_step(struct tx *tx, uint64_t *seed)
{
    enum relation r = next_random(seed, RELATION_MAX);
    enum thing what = next_random(seed, THING_USER + 1);
    bool few_a = next_random(seed, 2);
    str a = side_of(tx->arena, r, true, next_random(seed, few_a ? FEW : THINGS));
    str b = side_of(tx->arena, r, false, next_random(seed, few_a ? THINGS : FEW));
    unsigned choice = next_random(seed, 100);
    if (choice < 85)
        return relation_add(tx, r, a, b, NULL, NULL);
    if (choice < 97)
        return relation_remove(tx, r, a, b, NULL);
    if (choice < 98)
        return relation_drop_b(tx, r, b);
    if (choice < 99 || next_random(seed, 50))
        return relation_drop(tx, what, thing_id(tx->arena, what, next_random(seed, THINGS)));
    return relation_drop_every(tx, what);
}

/* Every fifth transaction fails after its writes. */
static struct result random_tx(struct tx *tx, void *arg)
{
    uint64_t *seed = arg;
    for (int i = 0; i < IN_ONE_TRANSACTION; i++)
        TRY(random_step(tx, seed));
    return next_random(seed, 5) ? OK : (struct result){ .kind = ERR_INEXISTENT_ROLE };
}

static void test_counts(void **state)
{
    struct testing t;
    uint64_t seed = 20240917;
    int64_t most = 0, fell = 0, last = 0;
    (void)state;
    testing_open(&t);
    assert_int_equal(testing_count(&t, WRONG_COUNTS), 0);
    for (int i = 0; i < STEPS / IN_ONE_TRANSACTION; i++) {
        uint64_t before = seed;
        struct result r = testing_write(&t, random_tx, &seed);
        assert_true(r.kind == ERR_NONE || r.kind == ERR_INEXISTENT_ROLE);
        int64_t kept = testing_count(&t, "SELECT COUNT(*) FROM row_counts WHERE field <> ''"), wrong = testing_count(&t, WRONG_COUNTS);
        most = kept > most ? kept : most;
        fell += kept < last;
        last = kept;
        if (wrong)
            print_error("%lld numbers are wrong after the transaction of seed %llu\n", (long long)wrong, (unsigned long long)before);
        assert_int_equal(wrong, 0);
    }
    print_message("at most %lld long lists, fewer %lld times\n", (long long)most, (long long)fell);
    assert_true(most > 10); /* lists become long, and short again */
    assert_true(fell > 10);
    testing_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_drops),
        cmocka_unit_test(test_hanging),
        cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
