#include "domain/enrollment.h"

#include "domain/authentication_method.h"

enum { SHOWN = 4 };

static const struct {
    str type, auth_method;
} factors[] = {
    { STR_INIT("totp"), STR_INIT("authenticator") },
    { STR_INIT("push"), STR_INIT("guardian") },
    { STR_INIT("guardian"), STR_INIT("guardian") },
    { STR_INIT("phone"), STR_INIT("sms") },
    { STR_INIT("webauthn-roaming"), STR_INIT("webauthn-roaming") },
    { STR_INIT("webauthn-platform"), STR_INIT("webauthn-platform") },
};

/* --- masks ---------------------------------------------------------------------- */

static str stars(struct arena *a, char with, size_t count)
{
    char *p = ARENA_ARRAY(a, char, count + 1);
    for (size_t i = 0; i < count; i++)
        p[i] = with;
    return (str){ p, count };
}

str enrollment_mask_phone(struct arena *a, str number)
{
    size_t hidden = number.len > SHOWN ? number.len - SHOWN : number.len;
    return str_cat(a, stars(a, 'X', hidden), str_sub(number, hidden, number.len));
}

/* Of the name all but the last four letters, of the domain the first four. */
str enrollment_mask_email(struct arena *a, str address)
{
    str domain, name = str_cut(address, '@', &domain);
    size_t shown = domain.len > SHOWN ? SHOWN : 0;
    str left = str_cat(a, str_sub(name, 0, name.len > SHOWN ? name.len - SHOWN : 0), stars(a, '*', SHOWN));
    str right = str_cat(a, str_sub(domain, 0, shown), stars(a, '*', domain.len - shown));
    return str_fmt(a, "%.*s@%.*s", STR_ARG(left), STR_ARG(right));
}

/* --- the view ------------------------------------------------------------------------ */

static str auth_method_of(const struct json *body)
{
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        if (str_eq(factors[i].type, json_get_text(body, STR("type"))))
            return factors[i].auth_method;
    return STR_NONE;
}

static struct json *show(struct arena *a, const struct json *body)
{
    static const char *const kept[] = { "name", "enrolled_at" };
    struct json *o = json_object(a);
    str device, phone = json_get_text(body, STR("phone_number")), last = json_get_text(body, STR("last_auth_at"));
    str_cut(json_get_text(body, STR("id")), '|', &device);
    json_set_text(a, o, STR("id"), device);
    json_set_text(a, o, STR("status"), STR("confirmed"));
    json_set_text(a, o, STR("type"), auth_method_of(body));
    json_set_text(a, o, STR("auth_method"), auth_method_of(body));
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_get(body, str_from(kept[i])))
            json_set(a, o, str_from(kept[i]), json_get(body, str_from(kept[i])));
    if (phone.p)
        json_set_text(a, o, STR("phone_number"), enrollment_mask_phone(a, phone));
    if (last.p)
        json_set_text(a, o, STR("last_auth"), last);
    return o;
}

struct result enrollment_first(struct tx *tx, const struct user *u, struct json **out)
{
    struct document_list l = { 0 };
    struct json *all = json_array(tx->arena);
    TRY(authentication_method_list(tx, u, &l));
    for (size_t i = 0; i < l.count && json_count(all) == 0; i++)
        if (auth_method_of(l.items[i].body).p && json_get_true(l.items[i].body, STR("confirmed")))
            json_push(tx->arena, all, show(tx->arena, l.items[i].body));
    *out = all;
    return OK;
}

struct result enrollment_delete_all(struct tx *tx, const struct user *u)
{
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        TRY(authentication_method_delete_type(tx, u, factors[i].type));
    return authentication_method_delete_type(tx, u, STR("recovery-code"));
}
