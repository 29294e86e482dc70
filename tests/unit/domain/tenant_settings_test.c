#include "domain/tenant_settings.h"
#include "shape.h"

static struct result patch_tx(struct tx *tx, void *arg)
{
    struct step *s = arg;
    return tenant_settings_patch(tx, step_body(tx, s), &s->out);
}
static struct result read_tx(struct tx *tx, void *arg)
{
    return tenant_settings_read(tx, &((struct step *)arg)->out);
}

static const struct {
    const char *name, *patch, *want;
} rows[] = {
    { "nothing written yet", NULL,
      "{\"enabled_locales\":[\"en\"],\"session_lifetime\":168,\"idle_session_lifetime\":72,\"friendly_name\":null,"
      "\"sandbox_versions_available\":[\"22\",\"18\"],\"flags\":{\"enable_sso\":true,\"disable_impersonation\":true}}" },
    { "a member", "{\"friendly_name\":\"T\"}", "{\"friendly_name\":\"T\",\"session_lifetime\":168}" },
    { "flags merge", "{\"flags\":{\"enable_sso\":false,\"genai_trial\":true}}",
      "{\"flags\":{\"enable_sso\":false,\"genai_trial\":true,\"disable_impersonation\":true}}" },
    { "null takes a flag", "{\"flags\":{\"genai_trial\":null}}", "{\"flags\":{\"genai_trial\":null,\"enable_sso\":false}}" },
    { "other objects are replaced", "{\"country_codes\":{\"list\":[\"US\"],\"mode\":\"allow\"}}",
      "{\"country_codes\":{\"list\":[\"US\"],\"mode\":\"allow\"}}" },
    { "… whole", "{\"country_codes\":{\"list\":[\"FR\"]}}", "{\"country_codes\":{\"list\":[\"FR\"],\"mode\":null}}" },
    { "null takes a member", "{\"country_codes\":null}", "{\"country_codes\":null,\"friendly_name\":\"T\"}" },
    { "minutes are hours", "{\"idle_ephemeral_session_lifetime_in_minutes\":15}",
      "{\"idle_ephemeral_session_lifetime\":0.25,\"idle_ephemeral_session_lifetime_in_minutes\":null}" },
    { "an hour by minutes", "{\"session_lifetime_in_minutes\":60}", "{\"session_lifetime\":1}" },
    { "what is only shown does not come from storage", "{\"support_url\":\"https://s\"}", "{\"sandbox_versions_available\":[\"22\",\"18\"]}" },
};

static void test_patches(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    for (size_t i = 0; i < TESTING_ARRAY_LEN(rows); i++) {
        if (rows[i].patch)
            testing_ok(step_write(&t, patch_tx, STR_NONE, rows[i].patch, &out), rows[i].name);
        testing_ok(step_write(&t, read_tx, STR_NONE, "", &out), rows[i].name);
        shape_check(&t, rows[i].name, out, rows[i].want);
    }
    testing_close(&t);
}

/* As JavaScript writes it: the shortest digits that read back the same. */
static void test_five_minutes(void **state)
{
    struct testing t;
    struct json *out;
    (void)state;
    testing_open(&t);
    testing_ok(step_write(&t, patch_tx, STR_NONE, "{\"idle_ephemeral_session_lifetime_in_minutes\":5}", &out), "patch");
    str text = json_dump(t.arena, json_get(out, STR("idle_ephemeral_session_lifetime")));
    assert_string_equal(str_cstr(t.arena, text), "0.08333333333333333");
    testing_close(&t);
}

static void test_flag(void **state)
{
    struct testing t;
    (void)state;
    testing_open(&t);
    const struct json *settings = testing_json(t.arena, "{\"flags\":{\"a\":true,\"b\":false}}");
    assert_true(tenant_settings_flag(settings, STR("a")));
    assert_false(tenant_settings_flag(settings, STR("b")));
    assert_false(tenant_settings_flag(settings, STR("c")));
    testing_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_patches), cmocka_unit_test(test_five_minutes), cmocka_unit_test(test_flag) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
