/* Query strings and forms: text → typed JSON. */
#include "testing.h"

static const struct schema text = { .types = SCHEMA_STRING };
static const struct schema integer = { .types = SCHEMA_INTEGER, .flags = SCHEMA_HAS_MIN | SCHEMA_HAS_MAX, .min = 0, .max = 100 };
static const struct schema paged = { .types = SCHEMA_INTEGER, .default_json = STR_INIT("50") };
static const struct schema boolean = { .types = SCHEMA_BOOLEAN };
static const struct schema texts = { .types = SCHEMA_ARRAY, .items = &text };
static const struct schema integers = { .types = SCHEMA_ARRAY, .items = &integer };
static const struct schema_member params[] = {
    { STR_INIT("q"), &text, false },         { STR_INIT("page"), &integer, false }, { STR_INIT("take"), &paged, false },
    { STR_INIT("totals"), &boolean, false }, { STR_INIT("ids"), &texts, false },
};
static const struct operation v2 = { .api = API_V2, .query_params = params, .query_param_count = ROWS(params) };
static const struct operation v1 = { .api = API_V1, .query_params = params, .query_param_count = ROWS(params) };

enum { PAIRS_MAX = 8 };
struct pairs {
    struct text_pair v[PAIRS_MAX];
    size_t count;
};

/* "a=b&c=d", undecoded: enough for tests. */
static struct pairs split(const char *query)
{
    struct pairs out = { .count = 0 };
    str rest = *query ? str_from(query) : STR_NONE;
    while (rest.p) {
        str value, pair = str_cut(rest, '&', &rest);
        str name = str_cut(pair, '=', &value);
        out.v[out.count++] = (struct text_pair){ name, value };
    }
    return out;
}

static const struct {
    const char *name;
    const struct operation *op;
    const char *query, *want;
} query_rows[] = {
    { "defaults are laid under", &v2, "", "{\"take\":50}" },
    { "typed", &v2, "page=2&totals=true&q=5&take=7", "{\"page\":2,\"totals\":true,\"q\":\"5\",\"take\":7}" },
    { "a list by commas", &v2, "ids=a,b&take=1", "{\"ids\":[\"a\",\"b\"],\"take\":1}" },
    { "a list by repetition", &v2, "ids=a&ids=b,c&take=1", "{\"ids\":[\"a\",\"b\",\"c\"],\"take\":1}" },
    { "a list by brackets", &v2, "ids[]=a&ids[]=b&take=1", "{\"ids\":[\"a\",\"b\"],\"take\":1}" },
    { "empty text", &v2, "q=&take=1", "{\"q\":\"\",\"take\":1}" },
    { "no number", &v2, "page=x", "Query validation error: 'Expected type integer but found type string' on property page." },
    { "leading zero is no number", &v2, "page=01",
      "Query validation error: 'Expected type integer but found type string' on property page." },
    { "empty number", &v2, "page=",
      "Query validation error: 'Expected type integer but found type string' on property page." },
    { "fraction", &v2, "page=1.5", "Query validation error: 'Expected type integer but found type number' on property page." },
    { "above", &v2, "page=101", "Query validation error: 'Value 101 is greater than maximum 100' on property page." },
    { "below", &v2, "page=-1", "Query validation error: 'Value -1 is less than minimum 0' on property page." },
    { "v2 booleans are exact", &v2, "totals=True",
      "Query validation error: 'Expected type boolean but found type string' on property totals." },
    { "unknown on v2", &v2, "x=1&y=2", "Query validation error: 'Additional properties not allowed: y,x'." },
    { "unknown on v1", &v1, "x=1&take=1", "{\"x\":\"1\",\"take\":1}" },
    { "twice on v2", &v2, "q=a&q=b", "Query validation error: 'Expected type string but found type array' on property q." },
    { "twice on v1: the last", &v1, "q=a&q=b&take=1", "{\"q\":\"b\",\"take\":1}" },
};

static void test_query(void **state)
{
    for (size_t i = 0; i < ROWS(query_rows); i++) {
        struct pairs p = split(query_rows[i].query);
        struct json *out = NULL;
        struct result r = validate_query(*state, query_rows[i].op, p.v, p.count, &out);
        testing_same(query_rows[i].name, failed(r) ? r.args.v[0] : json_dump(*state, out), query_rows[i].want);
    }
}

/* --- forms ----------------------------------------------------------------------------- */

static const struct schema_member inner_members[] = { { STR_INIT("n"), &integer, false }, { STR_INIT("l"), &texts, false } };
static const struct schema inner = { .types = SCHEMA_OBJECT, .members = inner_members, .member_count = 2 };
static const struct schema inners = { .types = SCHEMA_ARRAY, .items = &inner };
static const struct schema object = { .types = SCHEMA_OBJECT, .flags = SCHEMA_FREE };
static const struct schema *const forms[] = { &texts, &text };
static const struct schema text_or_list = { .types = SCHEMA_ANY, .alternatives = forms, .alternative_count = 2 };
static const struct schema_member form_members[] = {
    { STR_INIT("name"), &text, false },      { STR_INIT("n"), &integer, false },       { STR_INIT("b"), &boolean, false },
    { STR_INIT("in"), &inner, false },       { STR_INIT("ins"), &inners, false },      { STR_INIT("ids"), &texts, false },
    { STR_INIT("ns"), &integers, false },    { STR_INIT("free"), &object, false },     { STR_INIT("tl"), &text_or_list, false },
};
static const struct schema form = { .types = SCHEMA_OBJECT, .flags = SCHEMA_FREE, .members = form_members,
                                    .member_count = ROWS(form_members) };

static const struct {
    const char *name, *form, *want;
} form_rows[] = {
    { "nothing", "", "{}" },
    { "typed", "name=5&n=5&b=true", "{\"name\":\"5\",\"n\":5,\"b\":true}" },
    { "nested", "in[n]=5", "{\"in\":{\"n\":5}}" },
    { "nested in what is free", "free[response_type]=code&free[a][b]=1", "{\"free\":{\"response_type\":\"code\",\"a\":{\"b\":\"1\"}}}" },
    { "nested in what is unknown", "additionalParameters[response_type]=code",
      "{\"additionalParameters\":{\"response_type\":\"code\"}}" },
    { "list by brackets", "ids[]=a&ids[]=b", "{\"ids\":[\"a\",\"b\"]}" },
    { "list by numbers", "ids[0]=a&ids[1]=b", "{\"ids\":[\"a\",\"b\"]}" },
    { "list by repetition", "ids=a&ids=b", "{\"ids\":[\"a\",\"b\"]}" },
    { "list of one", "ids=a", "{\"ids\":[\"a\"]}" },
    { "items are typed", "ns[]=1&ns[]=x", "{\"ns\":[1,\"x\"]}" },
    { "a list inside", "in[l][]=a&in[l][]=b", "{\"in\":{\"l\":[\"a\",\"b\"]}}" },
    { "a list of objects", "ins[0][n]=1&ins[0][l][]=a&ins[1][n]=2", "{\"ins\":[{\"n\":1,\"l\":[\"a\"]},{\"n\":2}]}" },
    { "a far index appends", "ids[9999]=a", "{\"ids\":[\"a\"]}" },
    { "no list, twice: an array, for the type check", "name=a&name=b", "{\"name\":[\"a\",\"b\"]}" },
    { "text and nested: nested wins", "in=x&in[n]=1", "{\"in\":{\"n\":1}}" },
    { "open bracket alone", "a[=1&b[c=2", "{\"a[\":\"1\",\"b[c\":\"2\"}" },
    { "a name of brackets", "[a]=1", "{\"[a]\":\"1\"}" },
    { "too deep: one plain name", "a[b][c][d][e][f][g][h][i][j][k][l][m][n][o][p][q]=1",
      "{\"a[b][c][d][e][f][g][h][i][j][k][l][m][n][o][p][q]\":\"1\"}" },
    { "union", "tl=x", "{\"tl\":\"x\"}" },
    { "union, list", "tl[]=x", "{\"tl\":[\"x\"]}" },
};

static void test_form(void **state)
{
    for (size_t i = 0; i < ROWS(form_rows); i++) {
        struct pairs p = split(form_rows[i].form);
        testing_same(form_rows[i].name, json_dump(*state, form_to_json(*state, &form, p.v, p.count)), form_rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(test_query), TEST(test_form) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
