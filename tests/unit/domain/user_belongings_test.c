/* What hangs on a user: the parts that no API makes yet, and that all of it goes with the user. */
#include "domain/authentication_method.h"
#include "domain/device_credential.h"
#include "domain/known_device.h"
#include "domain/refresh_token.h"
#include "domain/session.h"
#include "domain/ticket.h"
#include "domain/tokenset.h"
#include "domain/user/belongings.h"
#include "domain/user/block.h"
#include "domain/user/grant.h"
#include "people.h"
#include "shape.h"

struct one {
    str code, mark;
    const char *connection;
    bool flag;
    enum known_device kind;
    struct json *out;
    struct document d;
    struct document_list l;
    const struct user *user;
};

static struct result make_code_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    return recovery_code_make(tx, &p->ann, &((struct one *)p->arg)->code);
}
static struct result use_code_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct one *o = p->arg;
    return recovery_code_use(tx, o->user, o->code, &o->flag);
}

static void a_recovery_code_is_used_once(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct one old = { .user = &p.ann }, now = old;
    people_do(&p, make_code_tx, &old);
    people_do(&p, make_code_tx, &now);
    assert_int_equal(now.code.len, 24);
    people_do(&p, use_code_tx, &old);
    assert_false(old.flag);
    now.user = &p.bob;
    people_do(&p, use_code_tx, &now);
    assert_false(now.flag);
    now.user = &p.ann;
    people_do(&p, use_code_tx, &now);
    assert_true(now.flag);
    people_do(&p, use_code_tx, &now);
    assert_false(now.flag);
    people_close(&p);
}

/* --- known devices ------------------------------------------------------------------ */

static struct result know_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct one *o = p->arg;
    return known_device_add(tx, o->kind, &p->ann, str_from(o->connection), 60, &o->mark);
}
static struct result known_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct one *o = p->arg;
    return known_device_has(tx, o->kind, o->user, str_from(o->connection), o->mark, &o->flag);
}
static struct result forget_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct one *o = p->arg;
    return known_device_forget(tx, o->kind, &p->ann, str_from(o->connection));
}

static bool is_known(struct people *p, struct one *o)
{
    people_do(p, known_tx, o);
    return o->flag;
}

static void test_known_devices(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct one here = { .kind = KNOWN_DEVICE_RISK, .user = &p.ann, .connection = "a" }, there = here, mfa = here;
    there.connection = "b";
    mfa.kind = KNOWN_DEVICE_MFA;
    people_do(&p, know_tx, &here);
    people_do(&p, know_tx, &there);
    people_do(&p, know_tx, &mfa);
    assert_true(is_known(&p, &here));
    struct one wrong = here;
    wrong.user = &p.bob;
    assert_false(is_known(&p, &wrong));
    wrong = here;
    wrong.kind = KNOWN_DEVICE_MFA;
    assert_false(is_known(&p, &wrong));
    wrong = here;
    wrong.connection = "b";
    assert_false(is_known(&p, &wrong));
    people_do(&p, forget_tx, &here);
    assert_false(is_known(&p, &here));
    assert_true(is_known(&p, &there));
    assert_true(is_known(&p, &mfa));
    people_do(&p, forget_tx, &(struct one){ .kind = KNOWN_DEVICE_MFA });
    assert_false(is_known(&p, &mfa));
    p.t.now_us += 60 * 1000000;
    assert_false(is_known(&p, &there));
    people_close(&p);
}

/* --- the vault ---------------------------------------------------------------------------- */

struct vault {
    struct connection connection;
    bool is_account;
    struct document d;
    struct json *shown;
};
static struct result vault_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct vault *v = p->arg;
    const struct tokenset_new n = { .user = &p->ann, .connection = &v->connection, .access_token = STR("at-secret"),
                                    .refresh_token = STR("rt-secret"), .scope = STR("email calendar"),
                                    .expires_at_us = p->t.now_us + 3600000000LL, .organization_id = STR_NONE };
    return v->is_account ? connected_account_store(tx, &n, &v->d) : tokenset_store(tx, &n, &v->d);
}
static struct result show_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct vault *v = p->arg;
    struct document_list l = { .limit = 10 };
    if (!v->is_account)
        return tokenset_list(tx, &p->ann, &v->shown);
    TRY(connected_account_list(tx, &p->ann, &l));
    v->shown = json_array(tx->arena);
    for (size_t i = 0; i < l.count; i++)
        json_push(tx->arena, v->shown, connected_account_show(tx->arena, &l.items[i]));
    return OK;
}
static struct result delete_for_bob_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    return tokenset_delete(tx, &p->bob, ((struct vault *)p->arg)->d.id);
}
static struct result delete_for_ann_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    return tokenset_delete(tx, &p->ann, ((struct vault *)p->arg)->d.id);
}

static void test_vault(void **state)
{
    struct people p;
    (void)state;
    people_open(&p);
    struct vault v = { .connection = testing_connection(&p.t, "{\"name\":\"google\",\"strategy\":\"google-oauth2\"}") };
    people_do(&p, vault_tx, &v);
    people_do(&p, vault_tx, &v); /* in place of the older */
    people_do(&p, show_tx, &v);
    assert_int_equal(json_count(v.shown), 1);
    shape_check(&p.t, "a token set", json_item(v.shown, 0),
                "{\"connection\":\"google\",\"scope\":\"email calendar\",\"issued_at\":\"2023-11-14T22:13:20.000Z\","
                "\"expires_at\":\"2023-11-14T23:13:20.000Z\",\"access_token\":null,\"refresh_token\":null,\"user_id\":null}");
    assert_int_equal(testing_count(&p.t, "SELECT COUNT(*) FROM documents WHERE body LIKE '%t-secret%'"), 0);
    people_do(&p, delete_for_bob_tx, &v);
    assert_int_equal(testing_count(&p.t, "SELECT COUNT(*) FROM documents WHERE kind = 'tokenset'"), 1);
    people_do(&p, delete_for_ann_tx, &v);
    assert_int_equal(testing_count(&p.t, "SELECT COUNT(*) FROM documents WHERE kind = 'tokenset'"), 0);
    v.is_account = true;
    people_do(&p, vault_tx, &v);
    people_do(&p, show_tx, &v);
    shape_check(&p.t, "a connected account", json_item(v.shown, 0),
                "{\"connection\":\"google\",\"strategy\":\"google-oauth2\",\"access_type\":\"offline\",\"scopes\":[\"email\",\"calendar\"],"
                "\"created_at\":\"2023-11-14T22:13:20.000Z\",\"access_token\":null,\"refresh_token\":null}");
    people_close(&p);
}

/* --- going ------------------------------------------------------------------------------------ */

static struct result fill_tx(struct tx *tx, const struct user *u, const struct connection *c, struct arena *a)
{
    const struct session_new session = { .user = u, .client_id = STR("c1"), .method = STR("pwd") };
    const struct refresh_token_new token = { .user = u, .client_id = STR("c1"), .session_id = STR_NONE, .device_name = STR("phone") };
    const struct user_grant grant = { u->uid, STR("c1"), STR("urn:api"), STR_NONE };
    const struct login_attempt attempt = { json_get_text(u->doc, STR("email")), STR(DATABASE), STR("192.0.2.1") };
    const struct tokenset_new set = { .user = u, .connection = c, .access_token = STR("x"), .refresh_token = STR_NONE, .scope = STR_NONE,
                                      .organization_id = STR_NONE };
    const struct ticket_new ticket = { .ticket = { .kind = TICKET_CHANGE_PASSWORD, .user = *u, .provider = STR_NONE } };
    struct session s;
    struct refresh_token t;
    struct document d;
    struct json *out;
    str text;
    bool flag;
    TRY(session_start(tx, &session, &s));
    TRY(refresh_token_create(tx, &token, &t, &text));
    TRY(user_grant_add(tx, &grant, testing_json(a, "[\"x\"]"), &d));
    TRY(user_block_count(tx, &attempt, 1, &flag));
    TRY(tokenset_store(tx, &set, &d));
    TRY(connected_account_store(tx, &set, &d));
    TRY(ticket_create(tx, &ticket, &text));
    TRY(recovery_code_make(tx, u, &text));
    TRY(authentication_method_create(tx, u, testing_json(a, "{\"type\":\"totp\",\"totp_secret\":\"JBSWY3DPEHPK3PXP\"}"), &d));
    TRY(known_device_add(tx, KNOWN_DEVICE_MFA, u, STR("x"), 60, &text));
    return device_credential_create(tx, u->uid, testing_json(a, "{\"device_name\":\"d\",\"value\":\"k\",\"client_id\":\"c1\"}"), false, &out);
}
static struct result fill_both_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct vault *v = p->arg;
    TRY(fill_tx(tx, &p->ann, &v->connection, p->t.arena));
    return fill_tx(tx, &p->bob, &v->connection, p->t.arena);
}
static struct result delete_all_tx(struct tx *tx, void *arg)
{
    (void)arg;
    return user_delete_all(tx);
}
static struct result link_bob_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    struct json *out;
    return user_link(tx, &p->ann, STR("auth0"), user_native_id(p->bob.uid), &out);
}
static struct result drop_client_tx(struct tx *tx, void *arg)
{
    (void)arg;
    return user_belongings_drop_client(tx, STR("c1"));
}

static const char *const counts[] = {
    "SELECT COUNT(*) FROM sessions",
    "SELECT COUNT(*) FROM refresh_tokens",
    "SELECT COUNT(*) FROM login_failures",
    "SELECT COUNT(*) FROM documents WHERE kind IN ('grant', 'device_credential')",
    "SELECT COUNT(*) FROM documents WHERE kind IN ('authentication_method', 'tokenset', 'connected_account')",
    "SELECT COUNT(*) FROM document_secrets s WHERE (SELECT kind FROM documents d WHERE d.seq = s.seq) IS NULL",
    "SELECT COUNT(*) FROM document_filter WHERE kind IN ('grant', 'device_credential', 'authentication_method', 'tokenset')",
    "SELECT COUNT(*) FROM user_secrets WHERE kind = 'recovery_code'",
    "SELECT COUNT(*) FROM tokens WHERE user IS NOT NULL",
};
enum { COUNTS = sizeof counts / sizeof *counts };

static void test_going(void **state)
{
    static const struct {
        const char *name;
        tx_fn fn;
        int64_t want[COUNTS];
    } rows[] = {
        { "nobody", people_reread_tx, { 2, 2, 2, 4, 8, 0, -1, 2, 4 } },
        { "a user", people_delete_ann_tx, { 1, 1, 1, 2, 4, 0, -1, 1, 2 } },
        { "a user who is linked to another", link_bob_tx, { 1, 1, 1, 2, 4, 0, -1, 1, 2 } },
        { "everybody", delete_all_tx, { 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
        { "a client", drop_client_tx, { 2, 0, 2, 0, 8, 0, -1, 2, 4 } },
    };
    (void)state;
    for (size_t i = 0; i < TESTING_ARRAY_LEN(rows); i++) {
        struct people p;
        people_open(&p);
        struct vault v = { .connection = testing_connection(&p.t, "{\"name\":\"google\",\"strategy\":\"google-oauth2\"}") };
        people_do(&p, fill_both_tx, &v);
        people_want(&p, rows[i].fn, &v, ERR_NONE, rows[i].name);
        for (size_t k = 0; k < COUNTS; k++)
            if (rows[i].want[k] >= 0 && testing_count(&p.t, counts[k]) != rows[i].want[k])
                fail_msg("%s: %s: %lld, wants %lld", rows[i].name, counts[k], (long long)testing_count(&p.t, counts[k]),
                         (long long)rows[i].want[k]);
        people_close(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { { "a recovery code is used once", a_recovery_code_is_used_once, NULL, NULL, NULL },
                                        cmocka_unit_test(test_known_devices), cmocka_unit_test(test_vault), cmocka_unit_test(test_going) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
