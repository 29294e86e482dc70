#include "domain/log_list.h"
#include "shape.h"

static const str default_fields[] = { STR_INIT("user_name"), STR_INIT("client_name") };

struct written {
    const char *type, *user, *name;
};
static const struct written entries[] = {
    { "s", "auth0|1", "ann" },  { "f", "auth0|2", "bob" },     { "s", "auth0|2", "bob" },
    { "sapi", "auth0|3", "" },  { "fp", "auth0|1", "ann lee" }, { "s", "auth0|1", "ann" },
};
enum { ENTRY_COUNT = sizeof entries / sizeof *entries };

static struct result append_tx(struct tx *tx, void *arg)
{
    const struct written *w = arg;
    const struct log_entry e = { .type = str_from(w->type), .user_id = str_from(w->user), .user_name = str_from(w->name) };
    return log_append(tx, &e);
}

/* One entry a second. */
static void fill(struct testing *t)
{
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        t->now_us += 1000000;
        testing_ok(testing_write(t, append_tx, (void *)&entries[i]), "append");
    }
}

struct asked {
    struct log_query query;
    const char *q;
};
static struct result query_tx(struct tx *tx, void *arg)
{
    struct asked *x = arg;
    struct search_node *search = NULL;
    TRY(search_parse(tx->arena, str_from(x->q), SEARCH_V3, &search));
    x->query.search = search;
    return log_query(tx, &x->query);
}

/* Types of the page, in its order, stand for the entries. */
static str types_of(struct testing *t, const struct json *items)
{
    str text = STR("");
    for (size_t i = 0; i < json_count(items); i++)
        text = str_fmt(t->arena, "%.*s%s%.*s", STR_ARG(text), i ? " " : "", STR_ARG(json_get_text(json_item(items, i), STR("type"))));
    return text;
}

static const struct {
    const char *name, *q, *user, *sort, *want;
    size_t offset, limit, total;
    bool ascending, more;
} rows[] = {
    { "newest first", "", NULL, NULL, "s fp sapi s f s", 0, 50, 6, false, false },
    { "oldest first", "", NULL, "date", "s f s", 0, 3, 6, true, true },
    { "a page", "", NULL, NULL, "sapi s", 2, 2, 6, false, true },
    { "beyond the end", "", NULL, NULL, "", 20, 5, 6, false, false },
    { "of a user", "", "auth0|1", NULL, "s fp s", 0, 50, 3, false, false },
    { "a page of a user", "", "auth0|1", NULL, "fp", 1, 1, 3, false, true },
    { "by type", "type:\"s\"", NULL, NULL, "s s s", 0, 50, 3, false, false },
    { "a page of a search, oldest first", "type:s", NULL, "date", "s", 1, 1, 3, true, true },
    { "bare words look at names", "ann*", NULL, NULL, "s fp s", 0, 50, 3, false, false },
    { "both", "type:s AND user_name:bob", NULL, NULL, "s", 0, 50, 1, false, false },
    { "search in a user's log", "type:s", "auth0|2", NULL, "s", 0, 50, 1, false, false },
    { "sorted by another field", "", NULL, "type", "f fp s s s sapi", 0, 50, 6, true, false },
};

static void test_queries(void **state)
{
    struct testing t;
    (void)state;
    testing_open(&t);
    fill(&t);
    for (size_t i = 0; i < TESTING_ARRAY_LEN(rows); i++) {
        struct asked x = { .q = rows[i].q,
                           .query = { .default_fields = default_fields, .default_field_count = 2, .user_id = str_from(rows[i].user),
                                      .sort_field = str_from(rows[i].sort), .ascending = rows[i].ascending,
                                      .offset = rows[i].offset, .limit = rows[i].limit } };
        testing_ok(testing_read(&t, query_tx, &x), rows[i].name);
        str got = types_of(&t, x.query.items);
        if (!str_eq(got, str_from(rows[i].want)) || x.query.total != rows[i].total || x.query.more != rows[i].more)
            print_error("%s: %.*s, %zu, more %d\n", rows[i].name, STR_ARG(got), x.query.total, x.query.more);
        assert_true(str_eq(got, str_from(rows[i].want)));
        assert_int_equal(x.query.total, rows[i].total);
        assert_int_equal(x.query.more, rows[i].more);
    }
    testing_close(&t);
}

static struct result walk_tx(struct tx *tx, void *arg)
{
    return log_walk(tx, arg);
}
static struct result read_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    return log_read(tx, s->id, &s->out);
}

static void test_walk(void **state)
{
    struct testing t;
    struct json *out;
    struct log_walk w = { .take = 4 };
    (void)state;
    testing_open(&t);
    fill(&t);
    testing_ok(testing_read(&t, walk_tx, &w), "first");
    assert_true(str_eq(types_of(&t, w.items), STR("s f s sapi")));
    str fourth = w.last_id;
    w = (struct log_walk){ .from = fourth, .take = 4 };
    testing_ok(testing_read(&t, walk_tx, &w), "second");
    assert_true(str_eq(types_of(&t, w.items), STR("fp s")));
    str last = w.last_id;
    w = (struct log_walk){ .from = last, .take = 4 };
    testing_ok(testing_read(&t, walk_tx, &w), "at the end");
    assert_int_equal(json_count(w.items), 0);
    assert_true(str_eq(w.last_id, last));
    /* An id whose entry is gone: its time counts. */
    str gone = str_fmt(t.arena, "%.*s%036d", 20, fourth.p, 0);
    w = (struct log_walk){ .from = gone, .take = 4 };
    testing_ok(testing_read(&t, walk_tx, &w), "gone");
    assert_true(str_eq(types_of(&t, w.items), STR("fp s")));
    w = (struct log_walk){ .from = STR("nonsense"), .take = 2 };
    testing_ok(testing_read(&t, walk_tx, &w), "nonsense");
    assert_true(str_eq(types_of(&t, w.items), STR("s f")));
    testing_ok(step_write(&t, read_tx, fourth, "", &out), "read");
    shape_check(&t, "read", out, "{\"type\":\"sapi\",\"user_id\":\"auth0|3\",\"ip\":\"192.0.2.7\"}");
    kind_check("unknown", step_write(&t, read_tx, gone, "", &out), ERR_LOG_NOT_FOUND);
    testing_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_queries), cmocka_unit_test(test_walk) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
