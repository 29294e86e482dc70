#include "search/field.h"

enum { FOLDED = 1u << 0, DATE = 1u << 1, HIDDEN = 1u << 2 };

/* Case: AUTH-REFERENCE 22, row "case"; every name not listed is sensitive to it. */
static const struct {
    str name;
    unsigned flags;
} fields[] = {
    { STR_INIT("email"), FOLDED },
    { STR_INIT("email.domain"), FOLDED },
    { STR_INIT("name"), FOLDED },
    { STR_INIT("given_name"), FOLDED },
    { STR_INIT("family_name"), FOLDED },
    { STR_INIT("nickname"), FOLDED },
    { STR_INIT("created_at"), DATE },
    { STR_INIT("updated_at"), DATE },
    { STR_INIT("last_login"), DATE },
    { STR_INIT("last_password_reset"), DATE },
    { STR_INIT("multifactor_last_modified"), DATE },
    { STR_INIT("date"), DATE }, /* of log entries */
    { STR_INIT("picture"), HIDDEN },
    { STR_INIT("identities.profileData"), HIDDEN },
};

/* The normalized profile's texts; never metadata. */
static const str user_defaults[] = {
    STR_INIT("email"),       STR_INIT("name"),     STR_INIT("given_name"), STR_INIT("family_name"),
    STR_INIT("nickname"),    STR_INIT("username"), STR_INIT("user_id"),    STR_INIT("phone_number"),
};

static unsigned field_flags(str field)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (str_eq(fields[i].name, field))
            return fields[i].flags;
    return 0;
}

bool field_is_folded(str field)
{
    return field_flags(field) & FOLDED;
}

bool field_is_date(str field)
{
    return field_flags(field) & DATE;
}

bool field_is_hidden(str field)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        str name = fields[i].name;
        if ((fields[i].flags & HIDDEN) && str_starts(field, name) &&
            (field.len == name.len || field.p[name.len] == '.'))
            return true;
    }
    return false;
}

const str *field_user_defaults(size_t *out_count)
{
    *out_count = sizeof user_defaults / sizeof user_defaults[0];
    return user_defaults;
}

str field_email_domain(str email)
{
    for (size_t at = email.len; at > 0; at--)
        if (email.p[at - 1] == '@')
            return str_sub(email, at, email.len);
    return STR_NONE;
}
