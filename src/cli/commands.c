/* What commands do to an open store, wherever they run (control.h). */
#include "cli/control.h"
#include "cli/doctor.h"

#include "base/clock.h"
#include "cli/setup.h"
#include "cli/users.h"
#include "domain/bootstrap.h"

static struct result tenant_create(struct control_context *c, const struct json *args, struct json **out)
{
    struct arena *a = c->arena;
    struct bootstrap b;
    str name = json_get_text(args, STR("name")), domain = json_get_text(args, STR("domain"));
    struct tenant_info info = { .name = name,
                                .domain = domain.len ? str_lower(a, domain) : str_fmt(a, "%.*s.localhost:8443", STR_ARG(name)),
                                .created_at_us = clock_now_us() };
    bootstrap_prepare(&b, a);
    TRY(store_tenant_create(c->store, &info, bootstrap_fill, &b));
    struct credentials_place place = { .ca_file = str_fmt(a, "%s/tls/ca.pem", setup_absolute(a, c->data_dir)) };
    *out = bootstrap_credentials(a, &b, &info, &place);
    return OK;
}

static struct result tenant_list(struct control_context *c, const struct json *args, struct json **out)
{
    (void)args;
    struct tenant_info *tenants;
    size_t count;
    TRY(store_tenant_list(c->store, c->arena, &tenants, &count));
    *out = json_array(c->arena);
    for (size_t i = 0; i < count; i++) {
        struct json *o = json_object(c->arena);
        json_set_text(c->arena, o, STR("name"), tenants[i].name);
        json_set_text(c->arena, o, STR("domain"), tenants[i].domain);
        json_set_text(c->arena, o, STR("created_at"), clock_iso(c->arena, tenants[i].created_at_us));
        json_push(c->arena, *out, o);
    }
    return OK;
}

static struct result answer_name(struct control_context *c, const struct json *args, struct json **out)
{
    *out = json_object(c->arena);
    json_set_text(c->arena, *out, STR("name"), json_get_text(args, STR("name")));
    return OK;
}

/* A host that no tenant has is "Not Found" on the wire; here the name was wrong. */
static struct result name_unknown(struct control_context *c, const struct json *args, struct result r)
{
    if (r.kind != ERR_TENANT_UNKNOWN)
        return r;
    return fail1(ERR_USAGE, str_fmt(c->arena, "There is no tenant named %.*s", STR_ARG(json_get_text(args, STR("name")))));
}

static struct result tenant_delete(struct control_context *c, const struct json *args, struct json **out)
{
    TRY(name_unknown(c, args, store_tenant_delete(c->store, json_get_text(args, STR("name")))));
    return answer_name(c, args, out);
}

static struct result tenant_snapshot(struct control_context *c, const struct json *args, struct json **out)
{
    const char *file = str_cstr(c->arena, json_get_text(args, STR("file")));
    TRY(name_unknown(c, args, store_tenant_snapshot(c->store, json_get_text(args, STR("name")), file)));
    return answer_name(c, args, out);
}

static struct result tenant_restore(struct control_context *c, const struct json *args, struct json **out)
{
    const char *file = str_cstr(c->arena, json_get_text(args, STR("file")));
    TRY(name_unknown(c, args, store_tenant_restore(c->store, json_get_text(args, STR("name")), file)));
    return answer_name(c, args, out);
}

static struct result backup(struct control_context *c, const struct json *args, struct json **out)
{
    TRY(store_backup(c->store, str_cstr(c->arena, json_get_text(args, STR("file")))));
    *out = json_object(c->arena);
    json_set_text(c->arena, *out, STR("directory"), json_get_text(args, STR("file")));
    return OK;
}

const struct control_command control_commands[] = {
    { STR_INIT("tenant create"), tenant_create },     { STR_INIT("tenant list"), tenant_list },
    { STR_INIT("tenant delete"), tenant_delete },     { STR_INIT("tenant snapshot"), tenant_snapshot },
    { STR_INIT("tenant restore"), tenant_restore },   { STR_INIT("backup"), backup },
    { STR_INIT("doctor"), doctor_run },
    { STR_INIT("users import make"), users_import_make }, { STR_INIT("users import look"), users_import_look },
    { STR_INIT("users export make"), users_export_make }, { STR_INIT("users export look"), users_export_look },
};
const size_t control_command_count = sizeof control_commands / sizeof *control_commands;
