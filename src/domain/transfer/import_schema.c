#include "base/clock.h"
#include "domain/transfer/import_inside.h"
#include "domain/transfer/import_shape.h"
#include "domain/transfer/imported_hash.h"

/* --- words ------------------------------------------------------------------------ */

struct json *import_error(struct arena *a, const char *code, str message, str path)
{
    struct json *e = json_object(a);
    json_set_text(a, e, STR("code"), str_from(code));
    json_set_text(a, e, STR("message"), message);
    if (path.len)
        json_set_text(a, e, STR("path"), path);
    return e;
}

struct check {
    struct arena *a;
    struct json *errors;
};

static void add(struct check *c, const char *code, str message, str path)
{
    if (path.len)
        import_fault(c->a, c->errors, str_from(code), path, message);
    else
        json_push(c->a, c->errors, import_error(c->a, code, message, path));
}

static const char *type_name(enum json_type type)
{
    static const char *const names[] = { [JSON_NULL] = "null",     [JSON_BOOL] = "boolean", [JSON_NUMBER] = "number",
                                         [JSON_STRING] = "string", [JSON_ARRAY] = "array",  [JSON_OBJECT] = "object" };
    return names[type];
}

static bool check_type(struct check *c, const struct json *v, enum json_type type, str path)
{
    if (v->type == type)
        return true;
    add(c, "INVALID_TYPE", str_fmt(c->a, "Expected type %s but found type %s", type_name(type), type_name(v->type)), path);
    return false;
}

static void unknown_member(struct check *c, str name, str path)
{
    add(c, "OBJECT_ADDITIONAL_PROPERTIES", str_fmt(c->a, "Additional properties not allowed: %.*s", STR_ARG(name)), path);
}

/* --- texts ------------------------------------------------------------------------- */

static bool is_phone(str s)
{
    for (size_t i = 1; i < s.len; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.len >= 2 && s.len <= 16 && s.p[0] == '+';
}

static bool is_email(str s)
{
    struct arena *a = arena_new(0);
    bool good = !failed(user_rules_check_email(a, s));
    arena_free(a);
    return good;
}

static bool is_secret(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!((s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= '2' && s.p[i] <= '7')))
            return false;
    return s.len > 0;
}

static bool is_date(str s)
{
    int64_t at_us;
    return s.len >= 20 && clock_parse_iso(s, &at_us);
}

static bool is_digest(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'f') || (s.p[i] >= '0' && s.p[i] <= '9')))
            return false;
    return s.len == 64;
}

/* The article calls the first code FORMAT; the service's own answers, quoted by those who got them, say INVALID_FORMAT and
 * show the value. */
const struct import_form import_email = { "INVALID_FORMAT", "Object didn't pass validation for format email", true, is_email },
                         import_phone = { "PATTERN", "String does not match pattern ^\\+[0-9]{1,15}$", false, is_phone },
                         import_base32 = { "PATTERN", "String does not match pattern ^[A-Z2-7]+$", false, is_secret },
                         import_date = { "INVALID_FORMAT", "Object didn't pass validation for format date-time", true, is_date },
                         import_digest = { "PATTERN", "String does not match pattern ^[0-9a-f]{64}$", false, is_digest };

static void check_text(struct check *c, const struct json *v, size_t max, const struct import_form *form, str path)
{
    if (!check_type(c, v, JSON_STRING, path))
        return;
    str s = json_text(v);
    size_t len = str_utf8_len(s);
    if (max && len == 0)
        add(c, "MIN_LENGTH", str_fmt(c->a, "String is too short (0 chars), minimum 1"), path);
    else if (max && len > max)
        add(c, "MAX_LENGTH", str_fmt(c->a, "String is too long (%zu chars), maximum %zu", len, max), path);
    else if (form && !form->holds(s))
        add(c, form->code, form->shows_text ? str_fmt(c->a, "%s: %.*s", form->message, STR_ARG(s)) : str_from(form->message), path);
}

/* --- second factors -------------------------------------------------------------------- */

static const struct factor {
    str name, member;
    const struct import_form *form;
} factors[] = {
    { STR_INIT("totp"), STR_INIT("secret"), &import_base32 },
    { STR_INIT("phone"), STR_INIT("value"), &import_phone },
    { STR_INIT("email"), STR_INIT("value"), &import_email },
};

static const struct factor *find_factor(str name)
{
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        if (str_eq(factors[i].name, name))
            return &factors[i];
    return NULL;
}

static void check_factor_value(struct check *c, const struct factor *f, const struct json *v, str path)
{
    const struct json_member *m;
    if (!check_type(c, v, JSON_OBJECT, path))
        return;
    const struct json *value = json_get(v, f->member);
    str inner = str_fmt(c->a, "%.*s.%.*s", STR_ARG(path), STR_ARG(f->member));
    if (!value)
        add(c, "OBJECT_REQUIRED", str_fmt(c->a, "Missing required property: %.*s", STR_ARG(f->member)), inner);
    else
        check_text(c, value, 300, f->form, inner);
    JSON_EACH_MEMBER(v, i, m)
        if (!str_eq(m->key, f->member))
            unknown_member(c, m->key, path);
}

static void check_factor(struct check *c, const struct json *v, str path)
{
    const struct json_member *m;
    if (!check_type(c, v, JSON_OBJECT, path))
        return;
    if (json_count(v) != 1)
        add(c, "ANY_OF_MISSING", STR("One of totp, phone and email is expected"), path);
    JSON_EACH_MEMBER(v, i, m) {
        const struct factor *f = find_factor(m->key);
        if (f)
            check_factor_value(c, f, m->value, str_fmt(c->a, "%.*s.%.*s", STR_ARG(path), STR_ARG(m->key)));
        else
            unknown_member(c, m->key, path);
    }
}

static void check_factors(struct check *c, const struct json *v, str path)
{
    const struct json *one;
    enum { MAX = 10 };
    if (!check_type(c, v, JSON_ARRAY, path))
        return;
    if (json_count(v) == 0)
        add(c, "ARRAY_LENGTH_SHORT", STR("Array is too short (0), minimum 1"), path);
    if (json_count(v) > MAX)
        add(c, "ARRAY_LENGTH_LONG", str_fmt(c->a, "Array is too long (%zu), maximum %d", json_count(v), MAX), path);
    else
        JSON_EACH_ITEM(v, i, one)
            check_factor(c, one, str_fmt(c->a, "%.*s[%zu]", STR_ARG(path), i));
}

/* --- metadata ----------------------------------------------------------------- */

static void check_metadata(struct check *c, const struct json *v, str path)
{
    if (!check_type(c, v, JSON_OBJECT, path))
        return;
    struct result r = user_metadata_check(c->a, v, str_eq(path, STR("app_metadata")));
    if (failed(r))
        add(c, "NOT_PASSED", r.args.v[0], path);
}

/* imported_hash_read looks at both of them. */
static void check_nothing(struct check *c, const struct json *v, str path)
{
    (void)c;
    (void)v;
    (void)path;
}

/* --- the user ------------------------------------------------------------------------------ */

static void check_bool(struct check *c, const struct json *v, str path)
{
    check_type(c, v, JSON_BOOL, path);
}

static const struct member {
    str name;
    void (*check)(struct check *c, const struct json *v, str path); /* NULL: a text */
    size_t max;
    const struct import_form *form;
} members[] = {
    { STR_INIT("email"), NULL, 254, &import_email },
    { STR_INIT("email_verified"), check_bool, 0, NULL },
    { STR_INIT("phone_number"), NULL, 16, &import_phone },
    { STR_INIT("phone_verified"), check_bool, 0, NULL },
    { STR_INIT("username"), NULL, 128, NULL },
    { STR_INIT("user_id"), NULL, 255, NULL },
    { STR_INIT("given_name"), NULL, 150, NULL },
    { STR_INIT("family_name"), NULL, 150, NULL },
    { STR_INIT("name"), NULL, 300, NULL },
    { STR_INIT("nickname"), NULL, 350, NULL },
    { STR_INIT("picture"), NULL, 2048, NULL },
    { STR_INIT("blocked"), check_bool, 0, NULL },
    { STR_INIT("password_hash"), check_nothing, 0, NULL },
    { STR_INIT("custom_password_hash"), check_nothing, 0, NULL },
    { STR_INIT("app_metadata"), check_metadata, 0, NULL },
    { STR_INIT("user_metadata"), check_metadata, 0, NULL },
    { STR_INIT("mfa_factors"), check_factors, 0, NULL },
};

static const struct member *find_member(str name)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (str_eq(members[i].name, name))
            return &members[i];
    return NULL;
}

void import_check(struct arena *a, const struct json *user, struct json **errors, str *hash)
{
    struct check c = { a, json_array(a) };
    const struct json_member *m;
    *errors = c.errors;
    *hash = STR_NONE;
    if (!check_type(&c, user, JSON_OBJECT, STR("")))
        return;
    JSON_EACH_MEMBER(user, i, m) {
        const struct member *known = find_member(m->key);
        if (!known)
            unknown_member(&c, m->key, STR(""));
        else if (known->check)
            known->check(&c, m->value, m->key);
        else
            check_text(&c, m->value, known->max, known->form, m->key);
    }
    if (!imported_hash_read(a, user, c.errors, hash))
        *hash = STR_NONE; /* its fault is among the errors */
}

/* --- what is shown of a refused user ------------------------------------------------------------ */

static struct json *masked(struct arena *a, const struct json *v)
{
    const struct json_member *m;
    struct json *item, *out;
    if (v->type == JSON_ARRAY) {
        out = json_array(a);
        JSON_EACH_ITEM(v, i, item)
            json_push(a, out, masked(a, item));
        return out;
    }
    if (v->type != JSON_OBJECT)
        return json_string(a, STR("*****"));
    out = json_object(a);
    JSON_EACH_MEMBER(v, i, m)
        json_set(a, out, m->key, masked(a, m->value));
    return out;
}

struct json *import_report(struct arena *a, const struct json *user, struct json *errors)
{
    static const str secret[] = { STR_INIT("password_hash"),    STR_INIT("custom_password_hash"),   STR_INIT("mfa_factors"),
                                  STR_INIT("password_history"), STR_INIT("identity_secrets"),       STR_INIT("recovery_code_hash"),
                                  STR_INIT("authentication_methods") };
    struct json *report = json_object(a);
    struct json *shown = json_is(user, JSON_OBJECT) ? json_copy_shallow(a, user) : json_object(a);
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++) {
        const struct json *v = json_get(shown, secret[i]);
        if (v)
            json_set(a, shown, secret[i], masked(a, v));
    }
    json_set(a, report, STR("user"), shown);
    json_set(a, report, STR("errors"), errors);
    return report;
}
