#include "base/clock.h"
#include "domain/client/client.h"
#include "domain/organization/invitation.h"
#include "domain/organization/organization.h"
#include "domain/relation.h"
#include "domain/role.h"
#include "shape.h"

struct bed {
    struct testing t;
    struct document organization, other, role;
    struct client client;
    struct user user;
    struct json *made; /* the last invitation, as shown */
    str ticket, in;    /* what invitation_by_ticket is asked */
    struct document found;
};

static struct result make(struct tx *tx, enum resource_id resource, const char *body, struct document *out)
{
    return document_create(tx, &resource_specs[resource], STR_NONE, testing_json(tx->arena, body), out);
}

static struct result fill_tx(struct tx *tx, void *arg)
{
    struct bed *b = arg;
    const struct user_new n = { .connection = STR("Username-Password-Authentication"), .email = STR("bob@example.com"), .is_import = true };
    TRY(make(tx, RESOURCE_ORGANIZATION, "{\"name\":\"acme\"}", &b->organization));
    TRY(make(tx, RESOURCE_ORGANIZATION, "{\"name\":\"other\"}", &b->other));
    TRY(make(tx, RESOURCE_ROLE, "{\"name\":\"role\"}", &b->role));
    TRY(client_create(tx, testing_json(tx->arena, "{\"name\":\"c\",\"organization_usage\":\"allow\"}"), &b->client));
    return user_create(tx, &n, &b->user);
}

static struct result invite_tx(struct tx *tx, void *arg)
{
    struct bed *b = arg;
    struct json *body = testing_json(tx->arena, "{\"inviter\":{\"name\":\"Ann\"},\"invitee\":{\"email\":\"bob@example.com\"},\"ttl_sec\":60,"
                                                "\"app_metadata\":{\"plan\":\"gold\"},\"user_metadata\":{\"lang\":\"de\"}}");
    struct json *roles = json_array(tx->arena);
    json_push_text(tx->arena, roles, b->role.id);
    json_set(tx->arena, body, STR("roles"), roles);
    json_set_text(tx->arena, body, STR("client_id"), b->client.client_id);
    return invitation_create(tx, &b->organization, body, &b->made);
}

static void open(struct bed *b)
{
    testing_open(&b->t);
    testing_ok(testing_write(&b->t, fill_tx, b), "fill");
    testing_ok(testing_write(&b->t, invite_tx, b), "invite");
    b->ticket = json_get_text(b->made, STR("ticket_id"));
    b->in = b->organization.id;
}

static struct result find_tx(struct tx *tx, void *arg)
{
    struct bed *b = arg;
    return invitation_by_ticket(tx, b->in, b->ticket, &b->found);
}

static struct result accept_tx(struct tx *tx, void *arg)
{
    struct bed *b = arg;
    TRY(find_tx(tx, arg));
    return invitation_accept(tx, &b->found, &b->organization, &b->user);
}

static void test_ticket(void **state)
{
    struct bed b;
    (void)state;
    open(&b);
    testing_ok(testing_read(&b.t, find_tx, &b), "its ticket");
    b.in = b.other.id;
    kind_check("in another organization", testing_read(&b.t, find_tx, &b), ERR_INEXISTENT_INVITATION);
    b.in = b.organization.id;
    b.ticket = STR("no such ticket");
    kind_check("no ticket", testing_read(&b.t, find_tx, &b), ERR_INEXISTENT_INVITATION);
    b.ticket = json_get_text(b.made, STR("ticket_id"));
    b.t.now_us += 59 * US_PER_S;
    testing_ok(testing_read(&b.t, find_tx, &b), "in its last second");
    b.t.now_us += US_PER_S;
    kind_check("expired", testing_read(&b.t, find_tx, &b), ERR_INEXISTENT_INVITATION);
    testing_close(&b.t);
}

#define ENTRIES "SELECT COUNT(*) FROM logs WHERE type = 'organization_member_added' AND body LIKE '%\"reason\":\"invitation\"%' " \
                "AND body LIKE '%\"organization_name\":\"acme\"%'"

#define USERS "SELECT COUNT(*) FROM users WHERE doc LIKE '%\"email_verified\":true%' AND doc LIKE '%\"plan\":\"gold\"%' " \
              "AND doc LIKE '%\"lang\":\"de\"%'"

static void test_accept(void **state)
{
    struct bed b;
    (void)state;
    open(&b);
    testing_ok(testing_write(&b.t, accept_tx, &b), "accept");
    assert_int_equal(testing_count(&b.t, "SELECT COUNT(*) FROM relations WHERE kind = 'organization_member'"), 1);
    assert_int_equal(testing_count(&b.t, "SELECT COUNT(*) FROM relations WHERE kind = 'organization_member_role'"), 1);
    assert_int_equal(testing_count(&b.t, ENTRIES), 1);
    assert_int_equal(testing_count(&b.t, USERS), 1);
    kind_check("a second time", testing_write(&b.t, accept_tx, &b), ERR_INEXISTENT_INVITATION);
    testing_ok(testing_write(&b.t, invite_tx, &b), "invite again");
    b.ticket = json_get_text(b.made, STR("ticket_id"));
    testing_ok(testing_write(&b.t, accept_tx, &b), "who is a member already");
    assert_int_equal(testing_count(&b.t, ENTRIES), 1);
    testing_close(&b.t);
}

static struct result delete_role_tx(struct tx *tx, void *arg)
{
    return document_delete(tx, &resource_specs[RESOURCE_ROLE], ((struct bed *)arg)->role.id);
}

static void test_role_gone(void **state)
{
    struct bed b;
    (void)state;
    open(&b);
    testing_ok(testing_write(&b.t, delete_role_tx, &b), "the role goes");
    testing_ok(testing_write(&b.t, accept_tx, &b), "accept without it");
    assert_int_equal(testing_count(&b.t, "SELECT COUNT(*) FROM relations WHERE kind = 'organization_member'"), 1);
    assert_int_equal(testing_count(&b.t, "SELECT COUNT(*) FROM relations WHERE kind = 'organization_member_role'"), 0);
    testing_close(&b.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ticket),
        cmocka_unit_test(test_accept),
        cmocka_unit_test(test_role_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
