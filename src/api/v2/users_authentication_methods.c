/* /api/v2/users/{id}/authentication-methods. */
#include "domain/authentication_method.h"
#include "domain/enrollment.h"
#include "api/v2/user_path.h"

static bool is_hidden(str member)
{
    return str_eq(member, STR("user_id")) || str_eq(member, STR("totp_secret"));
}

static struct json *show(struct arena *a, const struct document *d)
{
    struct json *o = json_object(a);
    const struct json_member *m;
    JSON_EACH_MEMBER(d->body, i, m)
        if (!is_hidden(m->key))
            json_set(a, o, m->key, m->value);
    return o;
}

/* Where somebody reads them, addresses and numbers are masked. */
static struct json *show_masked(struct arena *a, const struct document *d)
{
    struct json *o = show(a, d);
    str phone = json_get_text(o, STR("phone_number")), email = json_get_text(o, STR("email"));
    if (phone.p)
        json_set_text(a, o, STR("phone_number"), enrollment_mask_phone(a, phone));
    if (email.p)
        json_set_text(a, o, STR("email"), enrollment_mask_email(a, email));
    return o;
}

struct result v2_users_methods_list(struct call *c)
{
    struct call_page p;
    struct user u;
    struct json *items = json_array(c->arena);
    TRY(call_get_page(c, &p));
    TRY(v2_user_of_path(c, &u));
    struct document_list l = { .offset = p.offset, .limit = p.limit };
    TRY(authentication_method_list(c->tx, &u, &l));
    for (size_t i = 0; i < l.count && p.limit; i++)
        json_push(c->arena, items, show_masked(c->arena, &l.items[i]));
    return call_reply_page(c, &p, items, l.total, 0, l.more);
}

struct result v2_users_methods_create(struct call *c)
{
    struct user u;
    struct document d;
    TRY(v2_user_of_path(c, &u));
    TRY(authentication_method_create(c->tx, &u, json_copy(c->arena, c->body), &d));
    return call_reply(c, 201, show_masked(c->arena, &d));
}

/* What was just sent comes back unmasked (recorded). */
struct result v2_users_methods_replace(struct call *c)
{
    struct user u;
    struct json *made = json_array(c->arena);
    const struct json *one;
    TRY(v2_user_of_path(c, &u));
    TRY(authentication_method_delete_all(c->tx, &u));
    JSON_EACH_ITEM(c->body, i, one) {
        struct document d;
        TRY(authentication_method_create(c->tx, &u, json_copy(c->arena, one), &d));
        json_push(c->arena, made, show(c->arena, &d));
    }
    return call_reply(c, 200, made);
}

struct result v2_users_methods_delete_all(struct call *c)
{
    struct user u;
    TRY(v2_user_of_path(c, &u));
    TRY(authentication_method_delete_all(c->tx, &u));
    return call_reply_empty(c, 204);
}

struct result v2_users_methods_read(struct call *c)
{
    struct user u;
    struct document d;
    TRY(v2_user_of_path(c, &u));
    TRY(authentication_method_read(c->tx, &u, call_param(c, "authentication_method_id"), &d));
    return call_reply(c, 200, show_masked(c->arena, &d));
}

struct result v2_users_methods_patch(struct call *c)
{
    struct user u;
    struct document d;
    TRY(v2_user_of_path(c, &u));
    TRY(authentication_method_patch(c->tx, &u, call_param(c, "authentication_method_id"), c->body, &d));
    return call_reply(c, 200, show_masked(c->arena, &d));
}

struct result v2_users_methods_delete(struct call *c)
{
    struct user u;
    TRY(v2_user_of_path(c, &u));
    TRY(authentication_method_delete(c->tx, &u, call_param(c, "authentication_method_id")));
    return call_reply_empty(c, 204);
}
