#include "crypto/password.h"
#include "domain/session.h"
#include "domain/ticket.h"
#include "domain/user/block.h"
#include "people.h"
#include "shape.h"

struct one {
    const char *body; /* of v2 */
    enum ticket_kind kind;
    const struct user_password *password, *brought;
    struct ticket_new n;
    struct ticket t;
    str text, url;
};

static struct result create_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct one *o = p->arg;
    TRY(ticket_new_from_body(tx, o->kind, testing_json(p->t.arena, o->body), &o->n));
    if (o->brought)
        o->n.ticket.password_hash = o->brought->hash;
    TRY(ticket_create(tx, &o->n, &o->text));
    o->url = ticket_url(tx, o->kind, false, o->text);
    return OK;
}
static struct result check_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    return ticket_check(tx, o->kind, o->text, &o->t);
}
static struct result consume_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    return ticket_consume(tx, o->kind, o->text, &o->t);
}
static struct result verify_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    return ticket_verify_email(tx, o->text, &o->t);
}
static struct result change_tx(struct tx *tx, void *arg)
{
    struct one *o = ((struct people *)arg)->arg;
    return ticket_change_password(tx, o->text, o->password, &o->t);
}
static struct result new_address_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct user now;
    return user_set_email(tx, &p->ann, STR("new@example.com"), false, &now);
}

static const char *body(struct people *p, const char *more)
{
    return str_cstr(p->t.arena, str_fmt(p->t.arena, "{\"user_id\":\"%.*s\"%s}", STR_ARG(p->ann.uid), more));
}

static const struct user_password *prepare(struct people *p, const char *text)
{
    struct user_password *out;
    const struct user_password_request rq = { .text = str_from(text), .connection = STR_NONE, .user_id = p->ann.uid };
    testing_ok(user_password_prepare(p->t.tenant, p->t.arena, p->t.now_us, &rq, &out), text);
    return out;
}

static void test_single_use(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct one o = { .body = body(&p, ",\"result_url\":\"https://a.example/x\",\"includeEmailInRedirect\":false") };
    people_do(&p, create_tx, &o);
    assert_int_equal(o.text.len, TICKET_LEN);
    assert_true(str_eq(o.url, str_fmt(p.t.arena, "https://localhost:8443/u/email-verification?ticket=%.*s#", STR_ARG(o.text))));
    assert_int_equal(testing_count(&p.t, "SELECT COUNT(*) FROM tokens WHERE length(hash) = 32 AND kind = 'ticket_verify_email'"), 1);
    people_do(&p, check_tx, &o);
    people_do(&p, check_tx, &o); /* looking spends nothing */
    assert_true(str_eq(o.t.user.uid, p.ann.uid));
    assert_true(str_eq(o.t.result_url, STR("https://a.example/x")));
    assert_false(o.t.includes_email);
    struct one wrong = o;
    wrong.kind = TICKET_CHANGE_PASSWORD;
    people_want(&p, consume_tx, &wrong, ERR_TICKET_EXPIRED, "a ticket of another kind");
    people_do(&p, consume_tx, &o);
    people_want(&p, consume_tx, &o, ERR_TICKET_SPENT, "a second time");
    people_want(&p, check_tx, &o, ERR_TICKET_SPENT, "a second time");
    o.text = STR("0123456789abcdef0123456789abcdef");
    people_want(&p, consume_tx, &o, ERR_TICKET_EXPIRED, "made up");
    people_close(&p);
}

static void ttl_sec_ends_a_ticket(void **state)
{
    static const struct {
        const char *name, *more;
        int64_t lives_s;
    } rows[] = {
        { "ttl_sec", ",\"ttl_sec\":60", 60 },
        { "0 is the default", ",\"ttl_sec\":0", 432000 },
        { "absent is the default", "", 432000 },
        { "more than a number holds", ",\"ttl_sec\":99999999999999999999999", 10LL * 366 * 86400 },
    };
    (void)state;
    for (size_t i = 0; i < TESTING_ARRAY_LEN(rows); i++) {
        struct people p;
        people_open(&p);
        struct one o = { .body = body(&p, rows[i].more) };
        people_do(&p, create_tx, &o);
        p.t.now_us += rows[i].lives_s * 1000000 - 1;
        people_want(&p, check_tx, &o, ERR_NONE, rows[i].name);
        p.t.now_us += 1;
        people_want(&p, check_tx, &o, ERR_TICKET_EXPIRED, rows[i].name);
        people_want(&p, consume_tx, &o, ERR_TICKET_EXPIRED, rows[i].name);
        people_close(&p);
    }
}

static void test_another_address(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct one o = { .body = body(&p, "") };
    people_do(&p, create_tx, &o);
    people_do(&p, new_address_tx, NULL);
    people_want(&p, verify_tx, &o, ERR_TICKET_EXPIRED, "the mail went to the old address");
    people_do(&p, people_reread_tx, NULL);
    assert_false(json_get_true(p.ann.doc, STR("email_verified")));
    people_close(&p);
}

static void test_verifying(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct one o = { .body = body(&p, "") };
    people_do(&p, create_tx, &o);
    people_do(&p, verify_tx, &o);
    people_do(&p, people_reread_tx, NULL);
    assert_true(json_get_true(p.ann.doc, STR("email_verified")));
    assert_int_equal(testing_count(&p.t, "SELECT COUNT(*) FROM logs WHERE type = 'sv'"), 1);
    people_want(&p, verify_tx, &o, ERR_TICKET_SPENT, "again");
    people_close(&p);
}

/* Bob's identity joins Ann's: a ticket for it verifies bob's address only. */
static struct result link_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct json *out;
    return user_link(tx, &p->ann, STR("auth0"), user_native_id(p->bob.uid), &out);
}
static struct result reread_ann_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    return user_by_id(tx, p->ann.uid, &p->ann);
}

static void test_second_identity(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    people_do(&p, link_tx, NULL);
    str native = user_native_id(p.bob.uid);
    const char *more = str_cstr(p.t.arena, str_fmt(p.t.arena, ",\"identity\":{\"provider\":\"auth0\",\"user_id\":\"%.*s\"}", STR_ARG(native)));
    struct one o = { .body = body(&p, more) };
    people_do(&p, create_tx, &o);
    people_do(&p, check_tx, &o);
    assert_true(str_eq(o.t.email, STR("bob@example.com")));
    people_do(&p, verify_tx, &o);
    people_do(&p, reread_ann_tx, NULL);
    assert_false(json_get_true(p.ann.doc, STR("email_verified")));
    assert_true(json_true(json_at(p.ann.doc, "identities.1.profileData.email_verified")));
    people_close(&p);
}

struct left {
    struct session s;
    bool blocked, fits;
    const char *password;
};
static struct result leave_traces_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct left *l = p->arg;
    const struct session_new n = { .user = &p->ann, .method = STR("pwd") };
    const struct login_attempt at = { STR("ann@example.com"), STR(DATABASE), STR("192.0.2.1") };
    TRY(session_start(tx, &n, &l->s));
    return user_block_count(tx, &at, 1, &l->blocked);
}
static struct result password_fits_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct left *l = p->arg;
    str hash;
    TRY(user_password_hash(tx, p->ann.row, p->ann.uid, &hash));
    l->fits = hash.p && password_verify(str_from(l->password), hash);
    return OK;
}

static void check_changed(struct people *p, const char *password, bool verified)
{
    struct left l = { .password = password };
    people_do(p, password_fits_tx, &l);
    assert_true(l.fits);
    people_do(p, people_reread_tx, NULL);
    assert_int_equal(json_get_true(p->ann.doc, STR("email_verified")), verified);
    assert_non_null(json_get(p->ann.doc, STR("last_password_reset")));
    assert_int_equal(testing_count(&p->t, "SELECT COUNT(*) FROM sessions"), 0);
    assert_int_equal(testing_count(&p->t, "SELECT COUNT(*) FROM login_failures"), 0);
    assert_int_equal(testing_count(&p->t, "SELECT COUNT(*) FROM logs WHERE type = 'scp'"), 1);
}

static void test_chosen_password(void **state)
{
    struct people p;
    struct left l;
    (void)state;
    people_open(&p);
    struct one o = { .kind = TICKET_CHANGE_PASSWORD, .body = body(&p, "") }, other = o, last = o;
    people_do(&p, create_tx, &o);
    people_do(&p, create_tx, &other);
    people_do(&p, leave_traces_tx, &l);
    o.password = prepare(&p, "Chosen-by-ann-1");
    people_do(&p, change_tx, &o);
    check_changed(&p, "Chosen-by-ann-1", false);
    people_want(&p, check_tx, &other, ERR_TICKET_SPENT, "other tickets of the user");
    people_do(&p, create_tx, &last);
    people_want(&p, change_tx, &last, ERR_TICKET_CONNECTION_TYPE, "without a password");
    people_do(&p, check_tx, &last); /* a refusal spends nothing */
    people_close(&p);
}

static void a_changed_password_verifies_the_address(void **state)
{
    struct people p;
    struct left l;
    (void)state;
    people_open(&p);
    struct one o = { .kind = TICKET_CHANGE_PASSWORD, .body = body(&p, ",\"mark_email_as_verified\":true") };
    people_do(&p, create_tx, &o);
    people_do(&p, leave_traces_tx, &l);
    o.password = prepare(&p, "Chosen-by-ann-1");
    people_do(&p, change_tx, &o);
    check_changed(&p, "Chosen-by-ann-1", true);
    people_close(&p);
}

static void new_password_is_set(void **state)
{
    struct people p;
    struct left l;
    (void)state;
    people_open(&p);
    struct one o = { .kind = TICKET_CHANGE_PASSWORD, .body = body(&p, ""), .brought = prepare(&p, "Brought-along-1") };
    people_do(&p, create_tx, &o);
    assert_int_equal(testing_count(&p.t, "SELECT COUNT(*) FROM tokens WHERE body LIKE '%$2%'"), 0); /* sealed */
    l = (struct left){ .password = "Brought-along-1" };
    people_do(&p, password_fits_tx, &l);
    assert_false(l.fits);
    people_do(&p, change_tx, &o);
    check_changed(&p, "Brought-along-1", false);
    people_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_use),
        { "ttl_sec ends a ticket", ttl_sec_ends_a_ticket, NULL, NULL, NULL },
        cmocka_unit_test(test_another_address),
        cmocka_unit_test(test_verifying),
        cmocka_unit_test(test_second_identity),
        cmocka_unit_test(test_chosen_password),
        { "a changed password verifies the address where asked", a_changed_password_verifies_the_address, NULL, NULL, NULL },
        { "new_password is set when the ticket is used", new_password_is_set, NULL, NULL, NULL },
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
