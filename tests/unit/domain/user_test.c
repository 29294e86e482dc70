#include "crypto/password.h"
#include "domain/user/user.h"
#include "testing.h"

#include <string.h>

/* --- running one operation in its own transaction ------------------------------------ */

struct operation_arg {
    struct testing *t;
    const char *text;  /* JSON body */
    str id;
    struct user_password *password;
    struct user user, out;
    bool found, flag;
    str value;
    struct search_node *query;
    const struct caller *caller;
    struct user *list;
    size_t count;
};

static struct result create_tx(struct tx *tx, void *arg)
{
    struct operation_arg *o = arg;
    struct user_new n;
    struct json *body;
    TRY(json_parse(tx->arena, str_from(o->text), &body));
    user_new_from_body(body, &n);
    n.password = o->password;
    return user_create(tx, &n, &o->out);
}

static struct result prepare(struct operation_arg *o, str connection)
{
    struct json *body = testing_json(o->t->arena, o->text);
    const struct json *password = json_get(body, STR("password"));
    o->password = NULL;
    if (!json_is(password, JSON_STRING))
        return OK;
    const struct user_password_request rq = { .text = json_text(password), .connection = connection, .user_id = o->id, .body = body };
    return user_password_prepare(o->t->tenant, o->t->arena, o->t->now_us, &rq, &o->password);
}

static struct result try_create(struct testing *t, const char *text, struct user *out)
{
    struct operation_arg o = { .t = t, .text = text };
    TRY(prepare(&o, json_get_text(testing_json(t->arena, text), STR("connection"))));
    TRY(testing_write(t, create_tx, &o));
    *out = o.out;
    return OK;
}

static struct user create(struct testing *t, const char *text)
{
    struct user u = { 0 };
    testing_ok(try_create(t, text, &u), text);
    return u;
}

static struct result patch_tx(struct tx *tx, void *arg)
{
    struct operation_arg *o = arg;
    struct user_change change = { .password = o->password };
    struct json *body;
    TRY(json_parse(tx->arena, str_from(o->text), &body));
    change.body = body;
    return user_patch(tx, o->id, &change, &o->out);
}

static struct result try_patch(struct testing *t, str id, const char *text, struct user *out)
{
    struct operation_arg o = { .t = t, .text = text, .id = id };
    TRY(prepare(&o, json_get_text(testing_json(t->arena, text), STR("connection"))));
    TRY(testing_write(t, patch_tx, &o));
    *out = o.out;
    return OK;
}

static struct user patch(struct testing *t, str id, const char *text)
{
    struct user u = { 0 };
    testing_ok(try_patch(t, id, text, &u), text);
    return u;
}

static struct result find_tx(struct tx *tx, void *arg)
{
    struct operation_arg *o = arg;
    return user_find_by_id(tx, o->id, &o->out, &o->found);
}

static bool find(struct testing *t, str id, struct user *out)
{
    struct operation_arg o = { .t = t, .id = id };
    testing_ok(testing_read(t, find_tx, &o), "find");
    *out = o.out;
    return o.found;
}

static struct result delete_tx(struct tx *tx, void *arg)
{
    struct operation_arg *o = arg;
    return user_delete_by_id(tx, o->id, &o->found);
}

static bool delete_user(struct testing *t, str id)
{
    struct operation_arg o = { .t = t, .id = id };
    testing_ok(testing_write(t, delete_tx, &o), "delete");
    return o.found;
}

#define DB "Username-Password-Authentication"
#define PLAIN "{\"name\":\"plain\",\"strategy\":\"auth0\",\"options\":{\"passwordPolicy\":\"low\"}}"
#define WITH_NAMES "{\"name\":\"with-names\",\"strategy\":\"auth0\",\"options\":{\"requires_username\":true,\"passwordPolicy\":\"good\"}}"
#define WITH_ATTRIBUTES                                                                                                        \
    "{\"name\":\"with-attributes\",\"strategy\":\"auth0\",\"options\":{\"passwordPolicy\":\"none\",\"attributes\":{"            \
    "\"email\":{\"identifier\":{\"active\":true},\"profile_required\":false},"                                                  \
    "\"phone_number\":{\"identifier\":{\"active\":true}},"                                                                      \
    "\"username\":{\"identifier\":{\"active\":true},\"validation\":{\"min_length\":3,\"max_length\":20}}}}}"
#define WITH_HISTORY                                                                                                           \
    "{\"name\":\"with-history\",\"strategy\":\"auth0\",\"options\":{\"passwordPolicy\":\"none\","                               \
    "\"password_history\":{\"enable\":true,\"size\":2}}}"

static void expect_json(struct arena *a, const struct json *got, const char *want, const char *name)
{
    str text = json_dump(a, got);
    if (!str_eq(text, str_from(want)))
        print_error("%s\n got %.*s\nwant %s\n", name, STR_ARG(text), want);
    assert_true(str_eq(text, str_from(want)));
}

/* --- creating ------------------------------------------------------------------------------ */

static void creates_as_recorded(void **state)
{
    struct testing *t = *state;
    struct user u = create(t, "{\"connection\":\"" DB "\",\"email\":\"Byron_Schaden@Example.ORG\",\"password\":\"WbNpNwM12e0Xw9S\","
                              "\"name\":\"byron.schaden\",\"user_id\":\"6132829d7b569700698af981\"}");
    expect_json(t->arena, u.doc,
                "{\"created_at\":\"2023-11-14T22:13:20.000Z\",\"email\":\"byron_schaden@example.org\",\"email_verified\":false,"
                "\"identities\":[{\"connection\":\"" DB "\",\"user_id\":\"6132829d7b569700698af981\",\"provider\":\"auth0\","
                "\"isSocial\":false}],\"name\":\"byron.schaden\",\"nickname\":\"byron_schaden\","
                "\"picture\":\"https://s.gravatar.com/avatar/7c3beea6ac5f14d7de99b38fc48cdb56?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com"
                "%2Favatars%2Fby.png\",\"updated_at\":\"2023-11-14T22:13:20.000Z\",\"user_id\":\"auth0|6132829d7b569700698af981\"}",
                "order and defaults");
    struct user again;
    assert_true(find(t, u.uid, &again));
    assert_true(json_equal(u.doc, again.doc));
}

static const struct {
    const char *name, *text;
    enum err_kind want;
} create_rows[] = {
    { "unknown connection", "{\"connection\":\"nowhere\",\"email\":\"a@b.example\",\"password\":\"abcdef\"}", ERR_INEXISTENT_CONNECTION_NAME },
    { "social connection", "{\"connection\":\"social\",\"email\":\"a@b.example\"}", ERR_USER_CREATION_NOT_SUPPORTED },
    { "switched off", "{\"connection\":\"off\",\"email\":\"a@b.example\",\"password\":\"Abcdef12\"}", ERR_CONNECTION_DISABLED },
    { "no e-mail", "{\"connection\":\"plain\",\"password\":\"abcdef\"}", ERR_INVALID_BODY },
    { "no password", "{\"connection\":\"" DB "\",\"email\":\"a@b.example\"}", ERR_INVALID_BODY },
    { "weak password", "{\"connection\":\"" DB "\",\"email\":\"a@b.example\",\"password\":\"abcde\"}", ERR_PASSWORD_TOO_WEAK },
    { "username not taken here", "{\"connection\":\"plain\",\"email\":\"a@b.example\",\"password\":\"abcdef\",\"username\":\"jane\"}",
      ERR_INVALID_BODY },
    { "username missing", "{\"connection\":\"with-names\",\"email\":\"a@b.example\",\"password\":\"Abcdef12\"}", ERR_INVALID_BODY },
    { "username too long", "{\"connection\":\"with-names\",\"username\":\"sixteen-letters-\",\"password\":\"Abcdef12\"}", ERR_INVALID_BODY },
    { "username with a blank", "{\"connection\":\"with-names\",\"username\":\"ja ne\",\"password\":\"Abcdef12\"}", ERR_INVALID_BODY },
    { "username like an address", "{\"connection\":\"with-names\",\"username\":\"jane@b.example\",\"password\":\"Abcdef12\"}", ERR_INVALID_BODY },
    { "reserved metadata", "{\"connection\":\"" DB "\",\"email\":\"a@b.example\",\"password\":\"abcdef\",\"app_metadata\":{\"blocked\":1}}",
      ERR_INVALID_BODY },
    { "dotted key, deep", "{\"connection\":\"" DB "\",\"email\":\"a@b.example\",\"password\":\"abcdef\",\"user_metadata\":{\"x\":[{\"a.b\":1}]}}",
      ERR_INVALID_BODY },
    { "passwordless with a password", "{\"connection\":\"email\",\"email\":\"a@b.example\",\"password\":\"abcdef\"}", ERR_INVALID_BODY },
    { "sms without a number", "{\"connection\":\"sms\"}", ERR_INVALID_BODY },
    { "no identifier at all", "{\"connection\":\"with-attributes\",\"password\":\"x\"}", ERR_INVALID_BODY },
    { "taken e-mail in other case", "{\"connection\":\"" DB "\",\"email\":\"Taken@b.example\",\"password\":\"abcdef\"}", ERR_USER_EXISTS },
    { "taken id", "{\"connection\":\"" DB "\",\"email\":\"free@b.example\",\"password\":\"abcdef\",\"user_id\":\"taken\"}", ERR_USER_EXISTS },
    { "taken username", "{\"connection\":\"with-attributes\",\"username\":\"TAKEN\",\"password\":\"x\"}", ERR_USER_EXISTS },
    { "taken phone", "{\"connection\":\"with-attributes\",\"phone_number\":\"+4917\",\"password\":\"x\"}", ERR_USER_EXISTS },
    { "the same address elsewhere", "{\"connection\":\"with-attributes\",\"email\":\"taken@b.example\",\"password\":\"x\"}", ERR_NONE },
    { "a password that is optional", "{\"connection\":\"optional\",\"email\":\"a@b.example\"}", ERR_NONE },
    { "a password where none is taken", "{\"connection\":\"passkeys\",\"email\":\"a@b.example\",\"password\":\"Abcdef12\"}", ERR_INVALID_BODY },
    { "none where none is taken", "{\"connection\":\"passkeys\",\"email\":\"a@b.example\"}", ERR_NONE },
    { "passwordless", "{\"connection\":\"email\",\"email\":\"a@b.example\"}", ERR_NONE },
    { "sms", "{\"connection\":\"sms\",\"phone_number\":\"+4917\"}", ERR_NONE },
    { "username instead of e-mail", "{\"connection\":\"with-names\",\"username\":\"jane\",\"password\":\"Abcdef12\"}", ERR_NONE },
};

static void create_is_checked(void **state)
{
    struct testing *t = *state;
    testing_connection(t, PLAIN);
    testing_connection(t, WITH_NAMES);
    testing_connection(t, WITH_ATTRIBUTES);
    testing_connection(t, "{\"name\":\"off\",\"strategy\":\"auth0\",\"enabled_clients\":[]}");
    testing_connection(t, "{\"name\":\"optional\",\"strategy\":\"auth0\",\"options\":{\"authentication_methods\":{\"password\":{\"enabled\":true,"
                          "\"api_behavior\":\"optional\"}}}}");
    testing_connection(t, "{\"name\":\"passkeys\",\"strategy\":\"auth0\",\"options\":{\"authentication_methods\":{\"password\":{\"enabled\":false},"
                          "\"passkey\":{\"enabled\":true}}}}");
    testing_connection(t, "{\"name\":\"social\",\"strategy\":\"github\"}");
    testing_connection(t, "{\"name\":\"email\",\"strategy\":\"email\"}");
    testing_connection(t, "{\"name\":\"sms\",\"strategy\":\"sms\"}");
    create(t, "{\"connection\":\"" DB "\",\"email\":\"taken@b.example\",\"password\":\"abcdef\",\"user_id\":\"taken\"}");
    create(t, "{\"connection\":\"with-attributes\",\"username\":\"Taken\",\"phone_number\":\"+4917\",\"password\":\"x\"}");
    for (size_t i = 0; i < TESTING_ARRAY_LEN(create_rows); i++) {
        int64_t before = testing_count(t, "SELECT count(*) FROM users");
        struct user u;
        struct result r = try_create(t, create_rows[i].text, &u);
        if (r.kind != create_rows[i].want)
            print_error("%s: kind %d (%.*s)\n", create_rows[i].name, (int)r.kind, STR_ARG(r.args.v[0]));
        assert_int_equal(r.kind, create_rows[i].want);
        assert_int_equal(testing_count(t, "SELECT count(*) FROM users"), before + (r.kind == ERR_NONE));
    }
}

static void create_logs_and_mails(void **state)
{
    struct testing *t = *state;
    static const struct {
        const char *name, *text;
        int mails;
    } rows[] = {
        { "unverified", "{\"connection\":\"" DB "\",\"email\":\"u@b.example\",\"password\":\"abcdef\"}", 1 },
        { "verified", "{\"connection\":\"" DB "\",\"email\":\"v@b.example\",\"password\":\"abcdef\",\"email_verified\":true}", 0 },
        { "not wanted", "{\"connection\":\"" DB "\",\"email\":\"w@b.example\",\"password\":\"abcdef\",\"verify_email\":false}", 0 },
    };
    for (size_t i = 0; i < TESTING_ARRAY_LEN(rows); i++) {
        int64_t mails = testing_count(t, "SELECT count(*) FROM outbox WHERE kind = 'verify_email'");
        int64_t entries = testing_count(t, "SELECT count(*) FROM logs WHERE type = 'ss'");
        create(t, rows[i].text);
        assert_int_equal(testing_count(t, "SELECT count(*) FROM outbox WHERE kind = 'verify_email'"), mails + rows[i].mails);
        assert_int_equal(testing_count(t, "SELECT count(*) FROM logs WHERE type = 'ss'"), entries + 1);
    }
    assert_int_equal(testing_count(t, "SELECT count(*) FROM logs WHERE body LIKE '%abcdef%'"), 0);
    assert_int_equal(testing_count(t, "SELECT count(*) FROM users WHERE doc LIKE '%abcdef%' OR doc LIKE '%$2b$%'"), 0);
}

/* --- ids ----------------------------------------------------------------------------------- */

static void three_ids_find_the_user(void **state)
{
    struct testing *t = *state;
    testing_connection(t, "{\"name\":\"email\",\"strategy\":\"email\"}");
    struct user db = create(t, "{\"connection\":\"" DB "\",\"email\":\"a@b.example\",\"password\":\"abcdef\"}");
    struct user mail = create(t, "{\"connection\":\"email\",\"email\":\"a@b.example\"}");
    const struct user *both[] = { &db, &mail };
    struct user u;
    for (size_t i = 0; i < 2; i++) {
        str v1 = user_v1_id(t->arena, both[i]), v2 = user_v2_id(t->arena, both[i]);
        assert_int_equal(v1.len, 32);
        assert_true(str_starts(v2, STR("usr_")));
        assert_true(find(t, both[i]->uid, &u) && u.row == both[i]->row);
        assert_true(find(t, v1, &u) && u.row == both[i]->row);
        assert_true(find(t, v2, &u) && u.row == both[i]->row);
    }
    assert_false(find(t, STR("usr_nobody"), &u));
    assert_false(find(t, STR("00000000000000000000000000000000"), &u));
    assert_false(find(t, STR("a@b.example"), &u));
    str gone = user_v1_id(t->arena, &mail);
    assert_true(delete_user(t, mail.uid));
    create(t, "{\"connection\":\"email\",\"email\":\"other@b.example\"}"); /* takes over the row number */
    assert_false(find(t, gone, &u));
}

/* --- patching -------------------------------------------------------------------------------- */

static const struct {
    const char *name, *text;
    enum err_kind want;
    const char *words; /* in the message; NULL: any */
} patch_rows[] = {
    { "password and email", "{\"password\":\"abcdefg\",\"email\":\"x@b.example\"}", ERR_INVALID_BODY, "Cannot update password and email simultaneously" },
    { "password and email_verified", "{\"password\":\"abcdefg\",\"email_verified\":true}", ERR_INVALID_BODY,
      "Cannot update password and email_verified simultaneously" },
    { "username and email", "{\"username\":\"x\",\"email\":\"x@b.example\"}", ERR_INVALID_BODY, "Cannot update username and email simultaneously" },
    { "username and password", "{\"username\":\"x\",\"password\":\"abcdefg\"}", ERR_INVALID_BODY, "Cannot update username and password simultaneously" },
    { "unknown connection", "{\"connection\":\"nowhere\",\"email\":\"x@b.example\"}", ERR_INEXISTENT_CONNECTION_NAME, NULL },
    { "connection of nobody's identity", "{\"connection\":\"with-names\",\"email\":\"x@b.example\"}", ERR_INEXISTENT_CONNECTION_NAME, NULL },
    { "taken e-mail", "{\"email\":\"TAKEN@b.example\"}", ERR_USER_EXISTS, NULL },
    { "weak password", "{\"password\":\"a\"}", ERR_PASSWORD_TOO_WEAK, NULL },
    { "username not taken here", "{\"username\":\"jane\"}", ERR_INVALID_BODY, NULL },
    { "the e-mail is needed", "{\"email\":null}", ERR_INVALID_BODY, NULL },
    { "reserved name", "{\"app_metadata\":{\"identities\":[]}}", ERR_INVALID_BODY, NULL },
    { "metadata of another type", "{\"user_metadata\":[]}", ERR_INVALID_BODY, NULL },
    { "its own address", "{\"email\":\"PATCHED@b.example\"}", ERR_NONE, NULL },
    { "email and email_verified", "{\"email\":\"new@b.example\",\"email_verified\":true}", ERR_NONE, NULL },
    { "with its connection", "{\"connection\":\"plain\",\"email\":\"newer@b.example\"}", ERR_NONE, NULL },
};

static void patch_is_checked(void **state)
{
    struct testing *t = *state;
    testing_connection(t, PLAIN);
    testing_connection(t, WITH_NAMES);
    create(t, "{\"connection\":\"plain\",\"email\":\"taken@b.example\",\"password\":\"abcdef\"}");
    struct user u = create(t, "{\"connection\":\"plain\",\"email\":\"patched@b.example\",\"password\":\"abcdef\"}"), out;
    for (size_t i = 0; i < TESTING_ARRAY_LEN(patch_rows); i++) {
        struct result r = try_patch(t, u.uid, patch_rows[i].text, &out);
        if (r.kind != patch_rows[i].want)
            print_error("%s: kind %d (%.*s)\n", patch_rows[i].name, (int)r.kind, STR_ARG(r.args.v[0]));
        assert_int_equal(r.kind, patch_rows[i].want);
        if (patch_rows[i].words)
            assert_true(str_eq(r.args.v[0], str_from(patch_rows[i].words)));
    }
    assert_int_equal(try_patch(t, STR("auth0|nobody"), "{}", &out).kind, ERR_INEXISTENT_USER);
}

static void patch_merges_and_removes(void **state)
{
    struct testing *t = *state;
    struct user u = create(t, "{\"connection\":\"" DB "\",\"email\":\"m@b.example\",\"password\":\"abcdef\",\"given_name\":\"Jane\","
                              "\"user_metadata\":{\"a\":{\"deep\":1,\"more\":2},\"b\":2,\"n\":null},\"app_metadata\":{\"c\":3}}");
    expect_json(t->arena, json_get(u.doc, STR("user_metadata")), "{\"a\":{\"deep\":1,\"more\":2},\"b\":2}", "null at creation");
    t->now_us += 1000000;
    u = patch(t, u.uid, "{\"user_metadata\":{\"a\":{\"deep\":null},\"b\":null,\"d\":4},\"app_metadata\":null,\"given_name\":null,\"blocked\":true}");
    expect_json(t->arena, json_get(u.doc, STR("user_metadata")), "{\"a\":{\"deep\":null},\"d\":4}", "first level only");
    assert_null(json_get(u.doc, STR("app_metadata")));
    assert_null(json_get(u.doc, STR("given_name")));
    assert_true(user_is_blocked(&u));
    assert_true(str_eq(json_get_text(u.doc, STR("updated_at")), STR("2023-11-14T22:13:21.000Z")));
    assert_true(str_eq(json_get_text(u.doc, STR("created_at")), STR("2023-11-14T22:13:20.000Z")));
    u = patch(t, u.uid, "{\"user_metadata\":{\"a\":null,\"d\":null}}");
    expect_json(t->arena, json_get(u.doc, STR("user_metadata")), "{}", "the object stays");
}

static struct result by_email_tx(struct tx *tx, void *arg)
{
    struct operation_arg *o = arg;
    return user_find_by_email(tx, STR(DB), o->value, &o->out, &o->found);
}

static bool has_email(struct testing *t, const char *email)
{
    struct operation_arg o = { .t = t, .value = str_from(email) };
    testing_ok(testing_read(t, by_email_tx, &o), email);
    return o.found;
}

static void email_change_is_unverified(void **state)
{
    struct testing *t = *state;
    struct user u = create(t, "{\"connection\":\"" DB "\",\"email\":\"old@b.example\",\"password\":\"abcdef\",\"email_verified\":true}");
    int64_t mails = testing_count(t, "SELECT count(*) FROM outbox");
    u = patch(t, u.uid, "{\"email\":\"New@b.example\",\"verify_email\":true,\"client_id\":\"for-this-one\"}");
    assert_true(str_eq(json_get_text(u.doc, STR("email")), STR("new@b.example")));
    assert_false(json_get_true(u.doc, STR("email_verified")));
    assert_true(has_email(t, "NEW@b.example"));
    assert_false(has_email(t, "old@b.example"));
    assert_int_equal(testing_count(t, "SELECT count(*) FROM outbox WHERE body LIKE '%for-this-one%'"), 1);
    assert_int_equal(testing_count(t, "SELECT count(*) FROM outbox"), mails + 1);
    assert_int_equal(testing_count(t, "SELECT count(*) FROM logs WHERE type = 'sce'"), 1);
    create(t, "{\"connection\":\"" DB "\",\"email\":\"old@b.example\",\"password\":\"abcdef\"}"); /* free again */
}

/* --- passwords ---------------------------------------------------------------------------------- */

static struct result hash_tx(struct tx *tx, void *arg)
{
    struct operation_arg *o = arg;
    return user_password_hash(tx, o->out.row, o->out.uid, &o->value);
}

static bool has_password(struct testing *t, const struct user *u, const char *password)
{
    struct operation_arg o = { .t = t, .out = *u };
    testing_ok(testing_read(t, hash_tx, &o), "hash");
    return o.value.p && password_verify(str_from(password), o.value);
}

static void password_and_history(void **state)
{
    struct testing *t = *state;
    testing_connection(t, WITH_HISTORY);
    struct user u = create(t, "{\"connection\":\"with-history\",\"email\":\"h@b.example\",\"password\":\"one\"}"), out;
    assert_true(has_password(t, &u, "one"));
    assert_false(has_password(t, &u, "two"));
    assert_int_equal(try_patch(t, u.uid, "{\"password\":\"one\"}", &out).kind, ERR_PASSWORD_USED_BEFORE);
    t->now_us += 1000000;
    u = patch(t, u.uid, "{\"password\":\"two\"}");
    assert_true(has_password(t, &u, "two"));
    assert_true(str_eq(json_get_text(u.doc, STR("last_password_reset")), STR("2023-11-14T22:13:21.000Z")));
    assert_int_equal(try_patch(t, u.uid, "{\"password\":\"one\"}", &out).kind, ERR_PASSWORD_USED_BEFORE);
    t->now_us += 1000000;
    patch(t, u.uid, "{\"password\":\"three\"}");
    assert_int_equal(testing_count(t, "SELECT count(*) FROM user_secrets WHERE kind = 'password_history'"), 1);
    t->now_us += 1000000;
    patch(t, u.uid, "{\"password\":\"one\"}"); /* older than the two that are kept */
}

/* Two changes were prepared against the same history; the second one must not
 * slip past the first one's hash. */
static void prepared_password_sees_later_change(void **state)
{
    struct testing *t = *state;
    testing_connection(t, WITH_HISTORY);
    struct user u = create(t, "{\"connection\":\"with-history\",\"email\":\"h@b.example\",\"password\":\"one\"}");
    struct operation_arg first = { .t = t, .id = u.uid, .text = "{\"password\":\"two\"}" }, second = first;
    testing_ok(prepare(&first, STR_NONE), "first");
    testing_ok(prepare(&second, STR_NONE), "second");
    testing_ok(testing_write(t, patch_tx, &first), "first");
    assert_int_equal(testing_write(t, patch_tx, &second).kind, ERR_BUSY);
}

/* --- v1's changes ---------------------------------------------------------------------------------- */

static struct result metadata_tx(struct tx *tx, void *arg)
{
    struct operation_arg *o = arg;
    struct json *metadata;
    TRY(user_by_id(tx, o->id, &o->user));
    TRY(json_parse(tx->arena, str_from(o->text), &metadata));
    return user_set_metadata(tx, &o->user, metadata, o->flag, &o->out);
}

static struct result set_metadata(struct testing *t, str id, const char *text, bool merge, struct user *out)
{
    struct operation_arg o = { .t = t, .id = id, .text = text, .flag = merge };
    TRY(testing_write(t, metadata_tx, &o));
    *out = o.out;
    return OK;
}

static void v1_metadata_keeps_nulls(void **state)
{
    struct testing *t = *state;
    struct user u = create(t, "{\"connection\":\"" DB "\",\"email\":\"v@b.example\",\"password\":\"abcdef\",\"app_metadata\":{\"a\":1}}");
    testing_ok(set_metadata(t, u.uid, "{\"b\":null,\"c\":{\"d\":1}}", true, &u), "merge");
    expect_json(t->arena, json_get(u.doc, STR("app_metadata")), "{\"a\":1,\"b\":null,\"c\":{\"d\":1}}", "merge");
    testing_ok(set_metadata(t, u.uid, "{\"e\":2}", false, &u), "put");
    expect_json(t->arena, json_get(u.doc, STR("app_metadata")), "{\"e\":2}", "put");
    assert_int_equal(set_metadata(t, u.uid, "[]", true, &u).kind, ERR_INVALID_BODY);
    assert_int_equal(set_metadata(t, u.uid, "{\"email\":1}", true, &u).kind, ERR_INVALID_BODY);
}

static struct result login_tx(struct tx *tx, void *arg)
{
    struct operation_arg *o = arg;
    TRY(user_by_id(tx, o->id, &o->user));
    return user_record_login(tx, &o->user, STR("192.0.2.9"), &o->out);
}

static void logins_are_counted(void **state)
{
    struct testing *t = *state;
    struct user u = create(t, "{\"connection\":\"" DB "\",\"email\":\"l@b.example\",\"password\":\"abcdef\"}");
    struct operation_arg o = { .t = t, .id = u.uid };
    testing_ok(testing_write(t, login_tx, &o), "first");
    testing_ok(testing_write(t, login_tx, &o), "second");
    assert_int_equal(json_get_int(o.out.doc, STR("logins_count"), 0), 2);
    assert_true(str_eq(json_get_text(o.out.doc, STR("last_ip")), STR("192.0.2.9")));
    assert_true(str_eq(json_get_text(o.out.doc, STR("last_login")), STR("2023-11-14T22:13:20.000Z")));
}

/* --- who sees whom ------------------------------------------------------------------------------------ */

static struct result visible_tx(struct tx *tx, void *arg)
{
    struct operation_arg *o = arg;
    struct search_page page;
    TRY(user_search_visible(tx, o->caller, &o->query));
    TRY(search_users(tx, &(struct search_request){ .query = o->query, .limit = 100 }, &page));
    o->count = page.count;
    return user_by_id_for(tx, o->caller, o->id, &o->out);
}

static void v1_clients_see_their_users(void **state)
{
    struct testing *t = *state;
    testing_connection(t, "{\"name\":\"hidden\",\"strategy\":\"auth0\",\"options\":{\"passwordPolicy\":\"none\"},\"enabled_clients\":[]}");
    struct user u = create(t, "{\"connection\":\"" DB "\",\"email\":\"s@b.example\",\"password\":\"abcdef\"}");
    const struct caller app = { .kind = CALLER_V1_CLIENT, .client_id = t->made.default_app_id };
    const struct caller stranger = { .kind = CALLER_V1_CLIENT, .client_id = t->made.management_id };
    const struct caller global = { .kind = CALLER_V1_GLOBAL };
    struct operation_arg o = { .t = t, .id = u.uid, .caller = &app };
    testing_ok(testing_read(t, visible_tx, &o), "enabled");
    assert_int_equal(o.count, 1);
    o.caller = &global;
    testing_ok(testing_read(t, visible_tx, &o), "global");
    o.caller = &stranger;
    assert_int_equal(testing_read(t, visible_tx, &o).kind, ERR_INEXISTENT_USER);
    assert_int_equal(o.count, 0);
}

static struct result users_by_email_tx(struct tx *tx, void *arg)
{
    struct operation_arg *o = arg;
    return users_by_email(tx, o->value, &o->list, &o->count);
}

static size_t count_by_email(struct testing *t, const char *email)
{
    struct operation_arg o = { .t = t, .value = str_from(email) };
    testing_ok(testing_read(t, users_by_email_tx, &o), email);
    return o.count;
}

static void address_finds_everybody(void **state)
{
    struct testing *t = *state;
    testing_connection(t, "{\"name\":\"email\",\"strategy\":\"email\"}");
    struct user u = create(t, "{\"connection\":\"" DB "\",\"email\":\"two@b.example\",\"password\":\"abcdef\"}");
    create(t, "{\"connection\":\"email\",\"email\":\"two@b.example\"}");
    assert_int_equal(count_by_email(t, "TWO@b.example"), 2);
    assert_int_equal(count_by_email(t, "tw"), 0);
    patch(t, u.uid, "{\"email\":\"one@b.example\"}");
    assert_int_equal(count_by_email(t, "two@b.example"), 1);
    assert_int_equal(count_by_email(t, "one@b.example"), 1);
}

/* --- tokens of providers ---------------------------------------------------------------------------------- */

static struct result token_tx(struct tx *tx, void *arg)
{
    struct operation_arg *o = arg;
    struct json *doc;
    TRY(user_by_id(tx, o->id, &o->out));
    TRY(user_token_set(tx, &o->out, STR("auth0"), user_native_id(o->id), USER_TOKEN_ACCESS, STR("upstream-token")));
    TRY(user_with_tokens(tx, &o->out, &doc));
    o->value = json_text(json_at(doc, "identities.0.access_token"));
    return OK;
}

static void tokens_are_sealed(void **state)
{
    struct testing *t = *state;
    struct user u = create(t, "{\"connection\":\"" DB "\",\"email\":\"t@b.example\",\"password\":\"abcdef\"}");
    struct operation_arg o = { .t = t, .id = u.uid };
    testing_ok(testing_write(t, token_tx, &o), "token");
    assert_true(str_eq(o.value, STR("upstream-token")));
    assert_null(json_at(o.out.doc, "identities.0.access_token"));
    assert_int_equal(testing_count(t, "SELECT count(*) FROM user_secrets WHERE value LIKE '%upstream-token%'"), 0);
    assert_int_equal(testing_count(t, "SELECT count(*) FROM users WHERE doc LIKE '%upstream-token%'"), 0);
}

/* --- linking --------------------------------------------------------------------------------------------------- */

struct link_arg {
    str primary, secondary;
    struct json *identities;
};

static struct result link_tx(struct tx *tx, void *arg)
{
    struct link_arg *l = arg;
    struct user primary;
    TRY(user_by_id(tx, l->primary, &primary));
    return user_link(tx, &primary, STR("auth0"), user_native_id(l->secondary), &l->identities);
}

static struct result unlink_tx(struct tx *tx, void *arg)
{
    struct link_arg *l = arg;
    struct user primary;
    TRY(user_by_id(tx, l->primary, &primary));
    return user_unlink(tx, &primary, STR("auth0"), user_native_id(l->secondary), &l->identities);
}

static void links_and_unlinks(void **state)
{
    struct testing *t = *state;
    struct user one = create(t, "{\"connection\":\"" DB "\",\"email\":\"one@b.example\",\"password\":\"first-one\",\"user_id\":\"1\"}");
    struct user two = create(t, "{\"connection\":\"" DB "\",\"email\":\"two@b.example\",\"password\":\"second-one\",\"user_id\":\"2\","
                                "\"given_name\":\"Jane\",\"user_metadata\":{\"a\":1}}"), back;
    struct link_arg l = { .primary = one.uid, .secondary = two.uid }, self = { .primary = one.uid, .secondary = one.uid },
                    nobody = { .primary = one.uid, .secondary = STR("auth0|nobody") };
    assert_int_equal(testing_write(t, link_tx, &self).kind, ERR_INVALID_BODY);
    assert_int_equal(testing_write(t, link_tx, &nobody).kind, ERR_INVALID_BODY);
    testing_ok(testing_write(t, link_tx, &l), "link");
    expect_json(t->arena, l.identities,
                "[{\"profileData\":{\"email\":\"one@b.example\",\"email_verified\":false},\"connection\":\"" DB "\",\"user_id\":\"1\","
                "\"provider\":\"auth0\",\"isSocial\":false},{\"profileData\":{\"email\":\"two@b.example\",\"given_name\":\"Jane\","
                "\"email_verified\":false},\"connection\":\"" DB "\",\"user_id\":\"2\",\"provider\":\"auth0\",\"isSocial\":false}]",
                "as recorded");
    assert_false(find(t, two.uid, &back));
    assert_int_equal(count_by_email(t, "two@b.example"), 0);
    assert_true(has_email(t, "two@b.example")); /* a login with it finds the first user */
    assert_int_equal(testing_write(t, link_tx, &l).kind, ERR_IDENTITY_EXISTS);
    assert_int_equal(testing_write(t, unlink_tx, &self).kind, ERR_INVALID_BODY);
    testing_ok(testing_write(t, unlink_tx, &l), "unlink");
    assert_int_equal(json_count(l.identities), 1);
    assert_true(find(t, two.uid, &back));
    assert_true(has_password(t, &back, "second-one"));
    assert_null(json_get(back.doc, STR("user_metadata")));
    assert_true(str_eq(json_get_text(back.doc, STR("name")), STR("two@b.example")));
    assert_true(has_password(t, &one, "first-one"));
    assert_int_equal(count_by_email(t, "two@b.example"), 1);
    testing_ok(testing_write(t, unlink_tx, &l), "again is no error");
}

/* A patch that names the connection of a second identity changes that one. */
static void patch_of_second_identity(void **state)
{
    struct testing *t = *state;
    testing_connection(t, "{\"name\":\"second\",\"strategy\":\"auth0\",\"options\":{\"passwordPolicy\":\"none\"}}");
    struct user one = create(t, "{\"connection\":\"" DB "\",\"email\":\"one@b.example\",\"password\":\"first-one\",\"user_id\":\"1\"}");
    struct user two = create(t, "{\"connection\":\"second\",\"email\":\"two@b.example\",\"password\":\"x\",\"user_id\":\"2\"}");
    struct link_arg l = { .primary = one.uid, .secondary = two.uid };
    testing_ok(testing_write(t, link_tx, &l), "link");
    struct user u = patch(t, one.uid, "{\"connection\":\"second\",\"password\":\"y\"}");
    assert_true(has_password(t, &one, "first-one"));
    const struct user second = { .row = one.row, .uid = two.uid };
    assert_true(has_password(t, &second, "y"));
    u = patch(t, one.uid, "{\"connection\":\"second\",\"email\":\"three@b.example\"}");
    assert_true(str_eq(json_get_text(u.doc, STR("email")), STR("one@b.example")));
    assert_true(str_eq(json_text(json_at(u.doc, "identities.1.profileData.email")), STR("three@b.example")));
}

/* --- going -------------------------------------------------------------------------------------------------- */

static int64_t rows_of_users(struct testing *t)
{
    return testing_count(t, "SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM identities) + "
                            "(SELECT count(*) FROM user_secrets) + (SELECT count(*) FROM user_terms) + "
                            "(SELECT count(*) FROM user_sort_keys) + "
                            "(SELECT count(*) FROM tokens WHERE user IS NOT NULL)");
}

static void deletion_leaves_nothing(void **state)
{
    struct testing *t = *state;
    struct user u = create(t, "{\"connection\":\"" DB "\",\"email\":\"d@b.example\",\"password\":\"abcdef\"}");
    assert_true(rows_of_users(t) > 3);
    assert_true(delete_user(t, u.uid));
    assert_int_equal(rows_of_users(t), 0);
    assert_false(delete_user(t, u.uid));
    assert_int_equal(testing_count(t, "SELECT count(*) FROM logs WHERE type = 'sdu'"), 1);
}

static struct result delete_all_tx(struct tx *tx, void *arg)
{
    (void)arg;
    return user_delete_all(tx);
}

static void all_go_at_once(void **state)
{
    struct testing *t = *state;
    create(t, "{\"connection\":\"" DB "\",\"email\":\"d1@b.example\",\"password\":\"abcdef\"}");
    create(t, "{\"connection\":\"" DB "\",\"email\":\"d2@b.example\",\"password\":\"abcdef\"}");
    testing_ok(testing_write(t, delete_all_tx, NULL), "all");
    assert_int_equal(rows_of_users(t), 0);
}

static struct result delete_connection_tx(struct tx *tx, void *arg)
{
    struct operation_arg *o = arg;
    return user_delete_of_connection(tx, o->value);
}

static void connection_takes_its_users_along(void **state)
{
    struct testing *t = *state;
    testing_connection(t, "{\"name\":\"email\",\"strategy\":\"email\"}");
    create(t, "{\"connection\":\"" DB "\",\"email\":\"stays@b.example\",\"password\":\"abcdef\"}");
    create(t, "{\"connection\":\"email\",\"email\":\"goes@b.example\"}");
    create(t, "{\"connection\":\"email\",\"email\":\"too@b.example\"}");
    struct operation_arg o = { .t = t, .value = STR("email") };
    testing_ok(testing_write(t, delete_connection_tx, &o), "connection");
    assert_int_equal(testing_count(t, "SELECT count(*) FROM users"), 1);
    assert_int_equal(testing_count(t, "SELECT count(*) FROM identities"), 1);
    assert_true(has_email(t, "stays@b.example"));
}

/* --- ------------------------------------------------------------------------------------------------------- */

static int setup(void **state)
{
    struct testing *t = calloc(1, sizeof *t);
    testing_open(t);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    testing_close(*state);
    free(*state);
    return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(creates_as_recorded),
        TEST(create_is_checked),
        TEST(create_logs_and_mails),
        TEST(three_ids_find_the_user),
        TEST(patch_is_checked),
        TEST(patch_merges_and_removes),
        TEST(email_change_is_unverified),
        TEST(password_and_history),
        TEST(prepared_password_sees_later_change),
        TEST(v1_metadata_keeps_nulls),
        TEST(logins_are_counted),
        TEST(v1_clients_see_their_users),
        TEST(address_finds_everybody),
        TEST(tokens_are_sealed),
        TEST(links_and_unlinks),
        TEST(patch_of_second_identity),
        TEST(deletion_leaves_nothing),
        TEST(all_go_at_once),
        TEST(connection_takes_its_users_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
