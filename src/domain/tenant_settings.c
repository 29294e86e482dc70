#include "domain/tenant_settings.h"

#include <stdio.h>
#include <stdlib.h>

/* What a new tenant answers (recorded 2026), as far as it is not of one tenant. */
static const str defaults = STR_INIT(
    "{\"enabled_locales\":[\"en\"],"
    "\"flags\":{\"allow_changing_enable_sso\":false,\"disable_impersonation\":true,\"enable_sso\":true,"
    "\"enable_idtoken_api2\":true,\"enable_client_connections\":false,\"universal_login\":true,"
    "\"revoke_refresh_token_grant\":false,\"disable_clickjack_protection_headers\":false},"
    "\"session_lifetime\":168,\"idle_session_lifetime\":72,"
    "\"sandbox_version\":\"22\","
    "\"oidc_logout\":{\"rp_logout_end_session_endpoint_discovery\":true},"
    "\"resource_parameter_profile\":\"audience\",\"client_id_metadata_document_supported\":false,"
    "\"phone_consolidated_experience\":false}");

/* Shown, never written. */
static const str sandbox_versions = STR_INIT("[\"22\",\"18\"]");

static const struct {
    str minutes, hours;
} lifetimes[] = {
    { STR_INIT("session_lifetime_in_minutes"), STR_INIT("session_lifetime") },
    { STR_INIT("idle_session_lifetime_in_minutes"), STR_INIT("idle_session_lifetime") },
    { STR_INIT("ephemeral_session_lifetime_in_minutes"), STR_INIT("ephemeral_session_lifetime") },
    { STR_INIT("idle_ephemeral_session_lifetime_in_minutes"), STR_INIT("idle_ephemeral_session_lifetime") },
};
enum { LIFETIME_COUNT = sizeof lifetimes / sizeof *lifetimes };

static struct result read_stored(struct tx *tx, struct json **out)
{
    struct sql_value row[1];
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT body FROM settings WHERE name = 'tenant'", SQL_NO_ARGS, row, 1, &found));
    return json_parse(tx->arena, found ? row[0].s : defaults, out);
}

static struct result show(struct tx *tx, struct json *stored, struct json **out)
{
    struct json *versions;
    TRY(json_parse(tx->arena, sandbox_versions, &versions));
    *out = json_copy_shallow(tx->arena, stored);
    json_set(tx->arena, *out, STR("sandbox_versions_available"), versions);
    return OK;
}

struct result tenant_settings_read(struct tx *tx, struct json **out)
{
    struct json *stored;
    TRY(read_stored(tx, &stored));
    return show(tx, stored, out);
}

bool tenant_settings_flag(const struct json *settings, str flag)
{
    return json_get_true(json_get(settings, STR("flags")), flag);
}

/* --- changing ------------------------------------------------------------------ */

/* The shortest text that reads back as the same number, as the real API writes it. */
static struct json *number(struct arena *a, double v)
{
    str text = STR_NONE;
    for (int digits = 15; digits <= 17; digits++) {
        text = str_fmt(a, "%.*g", digits, v);
        if (strtod(str_cstr(a, text), NULL) == v)
            break;
    }
    return json_number(a, text);
}

static void minutes_to_hours(struct arena *a, struct json *now)
{
    for (size_t i = 0; i < LIFETIME_COUNT; i++) {
        const struct json *minutes = json_get(now, lifetimes[i].minutes);
        if (json_is(minutes, JSON_NUMBER))
            json_set(a, now, lifetimes[i].hours, number(a, json_to_double(minutes) / 60));
        json_remove(now, lifetimes[i].minutes);
    }
}

static void merge_member(struct arena *a, struct json *into, const struct json_member *m)
{
    if (m->value->type == JSON_NULL)
        json_remove(into, m->key);
    else
        json_set(a, into, m->key, m->value);
}

static void merge_flags(struct arena *a, struct json *now, const struct json *patch)
{
    struct json *flags = json_get(now, STR("flags"));
    const struct json_member *m;
    flags = json_is(flags, JSON_OBJECT) ? json_copy_shallow(a, flags) : json_object(a);
    JSON_EACH_MEMBER(patch, i, m)
        merge_member(a, flags, m);
    json_set(a, now, STR("flags"), flags);
}

static void merge(struct arena *a, struct json *now, const struct json *patch)
{
    const struct json_member *m;
    JSON_EACH_MEMBER(patch, i, m)
        if (str_eq(m->key, STR("flags")) && json_is(m->value, JSON_OBJECT))
            merge_flags(a, now, m->value);
        else
            merge_member(a, now, m);
    minutes_to_hours(a, now);
}

struct result tenant_settings_patch(struct tx *tx, const struct json *patch, struct json **out)
{
    struct json *now;
    TRY(read_stored(tx, &now));
    merge(tx->arena, now, patch);
    tx_bump_generation(tx);
    TRY(sql_run(tx->sql,
                "INSERT INTO settings (name, body) VALUES ('tenant', ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
                SQL_ARGS(sql_text(json_dump(tx->arena, now))), NULL));
    return show(tx, now, out);
}
