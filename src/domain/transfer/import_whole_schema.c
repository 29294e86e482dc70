/* A whole user, as `users export` writes them (docs/users-files.md): the stored
 * document with what hangs on it. */
#include "domain/transfer/import_inside.h"
#include "domain/transfer/import_shape.h"
#include "domain/transfer/imported_hash.h"

#define END { .name = { NULL, 0 } }
#define TEXT(n) { .name = STR_INIT(n) }
#define BOOLEAN(n) { .name = STR_INIT(n), .type = IMPORT_BOOLEAN }
#define DATE(n) { .name = STR_INIT(n), .form = &import_date }
#define FREE_OBJECT(n) { .name = STR_INIT(n), .type = IMPORT_OBJECT }
#define ARRAY_OF(n, shape) { .name = STR_INIT(n), .type = IMPORT_ARRAY, .items = (shape) }

static const struct import_shape any_text = { .type = IMPORT_STRING };

static const struct import_shape identity_members[] = {
    { .name = STR_INIT("connection"), .is_required = true },
    { .name = STR_INIT("user_id"), .is_required = true },
    { .name = STR_INIT("provider"), .is_required = true },
    BOOLEAN("isSocial"), FREE_OBJECT("profileData"), END,
};
static const struct import_shape permission_members[] = {
    { .name = STR_INIT("resource_server_identifier"), .is_required = true },
    { .name = STR_INIT("permission_name"), .is_required = true },
    END,
};
static const struct import_shape organization_members[] = {
    { .name = STR_INIT("name"), .is_required = true },
    BOOLEAN("is_member"), ARRAY_OF("roles", &any_text), END,
};
static const struct import_shape block_members[] = {
    { .name = STR_INIT("identifier"), .is_required = true },
    { .name = STR_INIT("connection"), .is_required = true },
    { .name = STR_INIT("ip"), .is_required = true },
    { .name = STR_INIT("failures"), .type = IMPORT_INTEGER, .min = 1, .max = INT64_MAX, .is_required = true },
    { .name = STR_INIT("blocked"), .type = IMPORT_BOOLEAN, .is_required = true },
    { .name = STR_INIT("ends_at"), .form = &import_date, .is_required = true },
    END,
};
static const str method_types[] = {
    STR_INIT("phone"),   STR_INIT("email"),         STR_INIT("totp"), STR_INIT("webauthn-roaming"),
    STR_INIT("passkey"), STR_INIT("recovery-code"), { NULL, 0 },
};
static const struct import_shape method_members[] = {
    { .name = STR_INIT("id"), .is_required = true },
    { .name = STR_INIT("type"), .is_required = true, .one_of = method_types },
    TEXT("name"), TEXT("phone_number"), TEXT("email"), { .name = STR_INIT("totp_secret"), .form = &import_base32 },
    TEXT("preferred_authentication_method"), ARRAY_OF("authentication_methods", NULL), BOOLEAN("confirmed"), DATE("created_at"),
    DATE("enrolled_at"), DATE("last_auth_at"), TEXT("link_id"), TEXT("key_id"), TEXT("public_key"), TEXT("aaguid"),
    TEXT("relying_party_identifier"), TEXT("credential_device_type"), BOOLEAN("credential_backed_up"), TEXT("identity_user_id"),
    TEXT("user_agent"), TEXT("user_handle"), ARRAY_OF("transports", &any_text), END,
};
static const struct import_shape history_members[] = {
    TEXT("identity"), { .name = STR_INIT("changed_at"), .form = &import_date, .is_required = true },
    TEXT("password_hash"), FREE_OBJECT("custom_password_hash"), END,
};
static const struct import_shape identity_secret_members[] = {
    { .name = STR_INIT("identity"), .is_required = true },
    TEXT("password_hash"), FREE_OBJECT("custom_password_hash"), TEXT("access_token"), TEXT("access_token_secret"), TEXT("refresh_token"), END,
};

static const struct import_shape identity = { .type = IMPORT_OBJECT, .members = identity_members },
                                 permission = { .type = IMPORT_OBJECT, .members = permission_members },
                                 organization = { .type = IMPORT_OBJECT, .members = organization_members },
                                 block = { .type = IMPORT_OBJECT, .members = block_members },
                                 method = { .type = IMPORT_OBJECT, .members = method_members },
                                 history = { .type = IMPORT_OBJECT, .members = history_members },
                                 identity_secret = { .type = IMPORT_OBJECT, .members = identity_secret_members };

static const struct import_shape user_members[] = {
    /* the document */
    BOOLEAN("blocked"), DATE("created_at"), { .name = STR_INIT("email"), .form = &import_email }, BOOLEAN("email_verified"),
    TEXT("family_name"), TEXT("gender"), TEXT("given_name"),
    { .name = STR_INIT("identities"), .type = IMPORT_ARRAY, .items = &identity, .count_min = 1, .is_required = true },
    TEXT("issuer"), TEXT("locale"), TEXT("name"), TEXT("nickname"), { .name = STR_INIT("phone_number"), .form = &import_phone },
    BOOLEAN("phone_verified"), TEXT("picture"), DATE("updated_at"), { .name = STR_INIT("user_id"), .is_required = true },
    FREE_OBJECT("user_metadata"), TEXT("username"), ARRAY_OF("multifactor", &any_text), DATE("multifactor_last_modified"),
    DATE("last_password_reset"), DATE("last_login"), TEXT("last_ip"),
    { .name = STR_INIT("logins_count"), .type = IMPORT_INTEGER, .min = 0, .max = INT64_MAX }, FREE_OBJECT("app_metadata"),
    /* beside it */
    ARRAY_OF("roles", &any_text), ARRAY_OF("permissions", &permission), ARRAY_OF("organizations", &organization), ARRAY_OF("blocks", &block),
    ARRAY_OF("authentication_methods", &method),
    /* secrets; imported_hash_read looks into the hashes */
    TEXT("password_hash"), FREE_OBJECT("custom_password_hash"), ARRAY_OF("password_history", &history),
    ARRAY_OF("identity_secrets", &identity_secret), { .name = STR_INIT("recovery_code_hash"), .form = &import_digest }, END,
};
static const struct import_shape whole = { .type = IMPORT_OBJECT, .members = user_members };

/* --- what no table says -------------------------------------------------------------------- */

static bool has_identity(struct arena *a, const struct json *user, str uid)
{
    const struct json *all = json_get(user, STR("identities")), *one;
    JSON_EACH_ITEM(all, i, one)
        if (str_eq(user_identity_uid(a, one), uid))
            return true;
    return false;
}

static void check_ids(struct arena *a, const struct json *user, struct json *faults)
{
    const struct json *all = json_get(user, STR("identity_secrets")), *past = json_get(user, STR("password_history")), *one;
    str uid = json_get_text(user, STR("user_id"));
    if (!str_eq(uid, user_identity_uid(a, user_doc_identity(user, 0))))
        import_fault(a, faults, STR("NOT_PASSED"), STR("user_id"), STR("It is not that of the first identity"));
    JSON_EACH_ITEM(all, i, one)
        if (!has_identity(a, user, json_get_text(one, STR("identity"))))
            import_fault(a, faults, STR("NOT_PASSED"), STR("identity_secrets"), STR("The user has no such identity"));
    JSON_EACH_ITEM(past, i, one)
        if (json_get(one, STR("identity")) && !has_identity(a, user, json_get_text(one, STR("identity"))))
            import_fault(a, faults, STR("NOT_PASSED"), STR("password_history"), STR("The user has no such identity"));
}

static void check_hashes(struct arena *a, const struct json *list, struct json *faults)
{
    const struct json *one;
    str ignored;
    bool good = true;
    JSON_EACH_ITEM(list, i, one)
        good = imported_hash_read(a, one, faults, &ignored) && good; /* whose faults are in the list then */
}

static void check_metadata(struct arena *a, const struct json *user, struct json *faults)
{
    static const str names[] = { STR_INIT("user_metadata"), STR_INIT("app_metadata") };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct result r = user_metadata_check(a, json_get(user, names[i]), i == 1);
        if (failed(r))
            import_fault(a, faults, STR("NOT_PASSED"), names[i], r.args.v[0]);
    }
}

void import_check_whole(struct arena *a, const struct json *user, struct json **errors, str *hash)
{
    struct json *faults = json_array(a);
    *errors = faults;
    *hash = STR_NONE;
    import_shape_check(a, &whole, STR(""), user, faults);
    if (json_count(faults))
        return;
    check_ids(a, user, faults);
    check_metadata(a, user, faults);
    check_hashes(a, json_get(user, STR("identity_secrets")), faults);
    check_hashes(a, json_get(user, STR("password_history")), faults);
    if (!imported_hash_read(a, user, faults, hash))
        *hash = STR_NONE; /* its fault is among the others */
}
