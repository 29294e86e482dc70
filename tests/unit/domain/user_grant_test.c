#include "domain/user/grant.h"
#include "people.h"
#include "shape.h"

struct one {
    struct user_grant g;
    const char *scopes;
    struct document d;
    bool found;
};
static struct result add_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct one *o = p->arg;
    return user_grant_add(tx, &o->g, testing_json(p->t.arena, o->scopes), &o->d);
}
static struct result find_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    return user_grant_find(tx, &o->g, &o->d, &o->found);
}
static struct result drop_ann_tx(struct tx *tx, void *arg)
{
    return user_grant_drop_user(tx, ((struct people *)arg)->ann.uid);
}
static struct result drop_client_tx(struct tx *tx, void *arg)
{
    (void)arg;
    return user_grant_drop_client(tx, STR("c1"));
}

#define GRANTS "SELECT COUNT(*) FROM documents WHERE kind = 'grant'"

static struct one grant(const struct user *u, const char *client, const char *organization, const char *scopes)
{
    return (struct one){ .g = { u->uid, str_from(client), STR("urn:api"), str_from(organization) }, .scopes = scopes };
}

static void test_consents_join(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct one first = grant(&p.ann, "c1", NULL, "[\"read\"]"), more = grant(&p.ann, "c1", NULL, "[\"read\",\"write\"]");
    struct one there = grant(&p.ann, "c1", "org_1", "[\"read\"]");
    people_do(&p, add_tx, &first);
    people_do(&p, add_tx, &more);
    people_do(&p, add_tx, &there);
    assert_int_equal(testing_count(&p.t, GRANTS), 2);
    people_do(&p, find_tx, &first);
    assert_true(first.found);
    shape_check(&p.t, "joined", first.d.body, "{\"clientID\":\"c1\",\"audience\":\"urn:api\",\"scope\":[\"read\",\"write\"],\"organization_id\":null}");
    people_do(&p, find_tx, &there);
    shape_check(&p.t, "of an organization", there.d.body, "{\"scope\":[\"read\"],\"organization_id\":\"org_1\"}");
    struct one other = grant(&p.bob, "c1", NULL, "[]");
    people_do(&p, find_tx, &other);
    assert_false(other.found);
    people_close(&p);
}

static void all_grants_of_a_user_go_at_once(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct one made[] = { grant(&p.ann, "c1", NULL, "[]"), grant(&p.ann, "c2", NULL, "[]"), grant(&p.bob, "c1", NULL, "[]"),
                          grant(&p.bob, "c2", NULL, "[]") };
    for (size_t i = 0; i < TESTING_ARRAY_LEN(made); i++)
        people_do(&p, add_tx, &made[i]);
    people_do(&p, drop_ann_tx, NULL);
    assert_int_equal(testing_count(&p.t, GRANTS), 2);
    people_do(&p, drop_client_tx, NULL);
    assert_int_equal(testing_count(&p.t, GRANTS), 1);
    people_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_consents_join),
                                        { "all grants of a user go at once", all_grants_of_a_user_go_at_once, NULL, NULL, NULL } };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
