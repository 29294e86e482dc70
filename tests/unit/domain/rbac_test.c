#include "domain/group.h"
#include "domain/organization/organization.h"
#include "domain/rbac.h"
#include "shape.h"

/* One tenant: API x with scopes a to e; what gives user u each of them. */
struct bed {
    struct testing t;
    str x, direct, by_role, by_group, in_organization, by_group_there; /* ids */
    str organization, group;
};

static struct result make(struct tx *tx, const struct resource_spec *spec, const char *body, str *out_id)
{
    struct document d;
    struct json *o;
    TRY(json_parse(tx->arena, str_from(body), &o));
    TRY(document_create(tx, spec, STR_NONE, o, &d));
    *out_id = d.id;
    return OK;
}

static struct json *ids_of(struct arena *a, str id)
{
    struct json *ids = json_array(a);
    json_push_text(a, ids, id);
    return ids;
}

static struct json *scopes_of(struct arena *a, const char *scope)
{
    return testing_json(a, str_cstr(a, str_fmt(a, "[{\"resource_server_identifier\":\"urn:x\",\"permission_name\":\"%s\"}]", scope)));
}

/* A role that gives one scope. */
static struct result role_of(struct tx *tx, const char *name, const char *scope, str *out_id)
{
    const char *body = str_cstr(tx->arena, str_fmt(tx->arena, "{\"name\":\"%s\"}", name));
    TRY(make(tx, &resource_specs[RESOURCE_ROLE], body, out_id));
    return permission_add_all(tx, RELATION_ROLE_PERMISSION, *out_id, scopes_of(tx->arena, scope));
}

static struct result fill_tx(struct tx *tx, void *arg)
{
    struct bed *b = arg;
    struct arena *a = tx->arena;
    str u = STR("auth0|u"), other;
    TRY(make(tx, &resource_specs[RESOURCE_RESOURCE_SERVER],
             "{\"identifier\":\"urn:x\",\"scopes\":[{\"value\":\"a\"},{\"value\":\"b\"},{\"value\":\"c\"},{\"value\":\"d\"},{\"value\":\"e\"}]}",
             &b->x));
    TRY(make(tx, &resource_specs[RESOURCE_RESOURCE_SERVER], "{\"identifier\":\"urn:y\",\"scopes\":[{\"value\":\"a\"}]}", &other));
    TRY(make(tx, &resource_specs[RESOURCE_ORGANIZATION], "{\"name\":\"acme\"}", &b->organization));
    TRY(make(tx, &resource_specs[RESOURCE_GROUP], "{\"name\":\"group\"}", &b->group));
    TRY(role_of(tx, "by role", "b", &b->by_role));
    TRY(role_of(tx, "by group", "c", &b->by_group));
    TRY(role_of(tx, "in organization", "d", &b->in_organization));
    TRY(role_of(tx, "by group there", "e", &b->by_group_there));
    TRY(permission_add_all(tx, RELATION_USER_PERMISSION, u, scopes_of(a, "a")));
    TRY(permission_add_all(tx, RELATION_ROLE_PERMISSION, b->by_role, scopes_of(a, "a")));
    TRY(group_add_member(tx, b->group, u));
    TRY(role_give(tx, RELATION_USER_ROLE, u, ids_of(a, b->by_role)));
    TRY(role_give(tx, RELATION_GROUP_ROLE, b->group, ids_of(a, b->by_group)));
    TRY(role_give_in(tx, RELATION_ORGANIZATION_MEMBER_ROLE, b->organization, u, ids_of(a, b->in_organization)));
    return role_give_in(tx, RELATION_ORGANIZATION_GROUP_ROLE, b->organization, b->group, ids_of(a, b->by_group_there));
}

static const struct {
    const char *name, *user, *audience;
    bool in_organization;
    const char *want;
} rows[] = {
    { "own, by role, by group", "auth0|u", "urn:x", false, "[\"a\",\"b\",\"c\"]" },
    { "in an organization its roles in place of the tenant's", "auth0|u", "urn:x", true, "[\"a\",\"d\",\"e\"]" },
    { "of another API", "auth0|u", "urn:y", false, "[]" },
    { "of no API", "auth0|u", "urn:z", false, "[]" },
    { "of another user", "auth0|w", "urn:x", false, "[]" },
};

struct ask {
    struct bed *b;
    size_t row;
    struct json *out;
};
static struct result ask_tx(struct tx *tx, void *arg)
{
    struct ask *q = arg;
    return rbac_permissions_of_user(tx, str_from(rows[q->row].user), str_from(rows[q->row].audience),
                                    rows[q->row].in_organization ? q->b->organization : STR_NONE, &q->out);
}

static bool same_members(const struct json *x, const struct json *y)
{
    const struct json *one;
    JSON_EACH_ITEM(x, i, one)
        if (!json_array_has(y, json_text(one)))
            return false;
    return json_count(x) == json_count(y);
}

static void test_permissions(void **state)
{
    struct bed b;
    (void)state;
    testing_open(&b.t);
    testing_ok(testing_write(&b.t, fill_tx, &b), "fill");
    for (size_t i = 0; i < TESTING_ARRAY_LEN(rows); i++) {
        struct ask q = { .b = &b, .row = i };
        testing_ok(testing_read(&b.t, ask_tx, &q), rows[i].name);
        if (!same_members(q.out, testing_json(b.t.arena, rows[i].want)))
            print_error("%s: %.*s\n", rows[i].name, STR_ARG(json_dump(b.t.arena, q.out)));
        assert_true(same_members(q.out, testing_json(b.t.arena, rows[i].want)));
    }
    testing_close(&b.t);
}

/* A permission that comes in two ways is listed once, with both. */
static struct result sources_tx(struct tx *tx, void *arg)
{
    struct bed *b = arg;
    struct rbac_role *roles;
    struct rbac_permission *all;
    size_t role_count, count;
    TRY(rbac_roles_of_user(tx, STR("auth0|u"), STR_NONE, &roles, &role_count));
    assert_int_equal(role_count, 2);
    assert_true(str_eq(roles[0].role.id, b->by_role) && roles[0].direct && !roles[0].by_group);
    assert_true(str_eq(roles[1].role.id, b->by_group) && !roles[1].direct && roles[1].by_group);
    TRY(rbac_permissions_list(tx, STR("auth0|u"), roles, role_count, STR_NONE, &all, &count));
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        if (str_eq(relation_pair_second(all[i].pair), STR("a")))
            assert_true(all[i].direct && all[i].role_count == 1);
        else
            assert_true(!all[i].direct && all[i].role_count == 1);
    return OK;
}

static void test_sources(void **state)
{
    struct bed b;
    (void)state;
    testing_open(&b.t);
    testing_ok(testing_write(&b.t, fill_tx, &b), "fill");
    testing_ok(testing_read(&b.t, sources_tx, &b), "sources");
    testing_close(&b.t);
}

/* The thousand-and-first permission is refused, and the thousand stay. */
static struct result many_tx(struct tx *tx, void *arg)
{
    size_t n = *(size_t *)arg;
    struct json *body = json_object(tx->arena), *scopes = json_array(tx->arena), *wanted = json_array(tx->arena);
    struct document d;
    for (size_t i = 0; i < n; i++) {
        struct json *scope = json_object(tx->arena), *permission = json_object(tx->arena);
        str name = str_fmt(tx->arena, "s%zu", i);
        json_set_text(tx->arena, scope, STR("value"), name);
        json_set_text(tx->arena, permission, STR("resource_server_identifier"), STR("urn:many"));
        json_set_text(tx->arena, permission, STR("permission_name"), name);
        json_push(tx->arena, scopes, scope);
        json_push(tx->arena, wanted, permission);
    }
    json_set_text(tx->arena, body, STR("identifier"), STR("urn:many"));
    json_set(tx->arena, body, STR("scopes"), scopes);
    TRY(document_create(tx, &resource_specs[RESOURCE_RESOURCE_SERVER], STR_NONE, body, &d));
    return permission_add_all(tx, RELATION_USER_PERMISSION, STR("auth0|u"), wanted);
}

static void test_limit(void **state)
{
    struct testing t;
    size_t just = PERMISSIONS_PER_USER_MAX, beyond = PERMISSIONS_PER_USER_MAX + 1;
    (void)state;
    testing_open(&t);
    kind_check("beyond", testing_write(&t, many_tx, &beyond), ERR_TOO_MANY_PERMISSIONS);
    assert_int_equal(testing_count(&t, "SELECT COUNT(*) FROM relations WHERE kind = 'user_permission'"), 0);
    testing_ok(testing_write(&t, many_tx, &just), "just");
    assert_int_equal(testing_count(&t, "SELECT COUNT(*) FROM relations WHERE kind = 'user_permission'"), just);
    testing_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_permissions),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
