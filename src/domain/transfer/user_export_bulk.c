#include "domain/transfer/user_export_inside.h"
#include "domain/user/inside.h"

/* The closed schema of the real bulk import (AUTH-REFERENCE 21.1), in its order. */
static const str members[] = {
    STR_INIT("email"),      STR_INIT("email_verified"), STR_INIT("phone_number"), STR_INIT("phone_verified"), STR_INIT("username"),
    STR_INIT("given_name"), STR_INIT("family_name"),    STR_INIT("name"),         STR_INIT("nickname"),       STR_INIT("picture"),
    STR_INIT("blocked"),    STR_INIT("app_metadata"),   STR_INIT("user_metadata"),
};
enum { FACTORS_MAX = 10 };

static const struct {
    str type, from, member;
} factors[] = {
    { STR_INIT("totp"), STR_INIT("totp_secret"), STR_INIT("secret") },
    { STR_INIT("phone"), STR_INIT("phone_number"), STR_INIT("value") },
    { STR_INIT("email"), STR_INIT("email"), STR_INIT("value") },
};

static void add_factor(struct arena *a, struct json *line, const struct json *method)
{
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        struct json *value = json_get(method, factors[i].from), *one, *inner;
        if (!value || !str_eq(json_get_text(method, STR("type")), factors[i].type))
            continue;
        one = json_object(a);
        inner = json_object(a);
        json_set(a, inner, factors[i].member, value);
        json_set(a, one, factors[i].type, inner);
        struct json *all = exported_array(a, line, STR("mfa_factors"));
        if (json_count(all) < FACTORS_MAX)
            json_push(a, all, one);
    }
}

static void add_factors(struct arena *a, struct json *line, const struct json *of)
{
    const struct json *all = json_get(of, STR("authentication_methods")), *one;
    JSON_EACH_ITEM(all, i, one)
        add_factor(a, line, one);
}

static void add_hash(struct exported_batch *b, const struct exported_user *u, struct json *line)
{
    static const str hashes[] = { STR_INIT("password_hash"), STR_INIT("custom_password_hash") };
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        struct json *hash = json_get(u->secrets, hashes[i]);
        bool is_ours_only = str_eq(json_get_text(hash, STR("algorithm")), STR("firebase-scrypt"));
        b->ex->left_out += is_ours_only;
        if (hash && !is_ours_only)
            json_set(b->tx->arena, line, hashes[i], hash);
    }
}

/* Users whose own connection it is: one that only has a linked identity there would come in without the rest. */
struct result user_export_bulk_line(struct exported_batch *b, struct exported_user *u, str *out)
{
    struct arena *a = b->tx->arena;
    struct json *doc, *line = json_object(a);
    TRY(json_parse(a, u->doc, &doc));
    *out = STR_NONE;
    if (!str_eq(json_get_text(user_doc_identity(doc, 0), STR("connection")), b->ex->connection))
        return OK;
    json_set_text(a, line, STR("user_id"), user_native_id(u->uid));
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (json_get(doc, members[i]))
            json_set(a, line, members[i], json_get(doc, members[i]));
    add_hash(b, u, line);
    add_factors(a, line, u->members);
    add_factors(a, line, u->secrets);
    *out = json_dump(a, line);
    return OK;
}
