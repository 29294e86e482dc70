#include "search/field.h"

#include <string.h>

enum { FOLDED = 1u << 0, DATE = 1u << 1, SORTED = 1u << 2 };

/* Case: AUTH-REFERENCE 22, row "case"; every name not listed is sensitive to it.
 * The ids stand in databases: they never change, and a new one takes the next
 * number. */
static const struct {
    str name;
    int64_t id; /* 0: never in the index */
    unsigned flags;
} fields[] = {
    { STR_INIT("user_id"), 1, SORTED },
    { STR_INIT("email"), 2, FOLDED | SORTED },
    { STR_INIT("email.domain"), 3, FOLDED },
    { STR_INIT("email_verified"), 4, SORTED },
    { STR_INIT("username"), 5, SORTED },
    { STR_INIT("phone_number"), 6, SORTED },
    { STR_INIT("phone_verified"), 7, SORTED },
    { STR_INIT("name"), 8, FOLDED | SORTED },
    { STR_INIT("given_name"), 9, FOLDED | SORTED },
    { STR_INIT("family_name"), 10, FOLDED | SORTED },
    { STR_INIT("nickname"), 11, FOLDED | SORTED },
    { STR_INIT("created_at"), 12, DATE | SORTED },
    { STR_INIT("updated_at"), 13, DATE | SORTED },
    { STR_INIT("last_login"), 14, DATE | SORTED },
    { STR_INIT("last_ip"), 15, SORTED },
    { STR_INIT("logins_count"), 16, SORTED },
    { STR_INIT("last_password_reset"), 17, DATE | SORTED },
    { STR_INIT("multifactor_last_modified"), 18, DATE | SORTED },
    { STR_INIT("blocked"), 19, SORTED },
    { STR_INIT("identities.connection"), 20, 0 },
    { STR_INIT("identities.provider"), 21, 0 },
    { STR_INIT("identities.user_id"), 22, 0 },
    { STR_INIT("identities.isSocial"), 23, 0 },
    { STR_INIT(FIELD_SEVERAL), 24, 0 },
    { STR_INIT("date"), 0, DATE }, /* of log entries */
};

static const str hidden[] = { STR_INIT("picture"), STR_INIT("identities.profileData") };

/* The normalized profile's texts; never metadata. */
static const str user_defaults[] = {
    STR_INIT("email"),    STR_INIT("name"),     STR_INIT("given_name"), STR_INIT("family_name"),
    STR_INIT("nickname"), STR_INIT("username"), STR_INIT("user_id"),    STR_INIT("phone_number"),
};

enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

/* Asked several times for each value of a user that is written: so few names
 * have a length and a last letter in common that hardly any text is compared. */
static size_t find(str field)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        str name = fields[i].name;
        if (name.len == field.len && name.p[name.len - 1] == field.p[name.len - 1] && memcmp(name.p, field.p, name.len) == 0)
            return i;
    }
    return FIELD_COUNT;
}

static bool has_flag(str field, unsigned flag)
{
    size_t i = find(field);
    return i < FIELD_COUNT && (fields[i].flags & flag);
}

bool field_is_folded(str field)
{
    return has_flag(field, FOLDED);
}

bool field_is_date(str field)
{
    return has_flag(field, DATE);
}

bool field_is_sorted(str field)
{
    return has_flag(field, SORTED);
}

static bool is_beneath(str field, str parent)
{
    return field.len > parent.len && field.p[parent.len] == '.' && str_starts(field, parent);
}

bool field_is_hidden(str field)
{
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (str_eq(field, hidden[i]) || is_beneath(field, hidden[i]))
            return true;
    return false;
}

bool field_is_membership(str field)
{
    return str_eq(field, STR("organization_id"));
}

int64_t field_fixed_id(str field)
{
    size_t i = find(field);
    return i < FIELD_COUNT ? fields[i].id : 0;
}

/* One byte, which no key of a value is. */
str field_several_key(int64_t sorted_field)
{
    static const char numbers[] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };
    return (str){ &numbers[sorted_field & 31], 1 };
}

bool field_next_fixed_beneath(str parent, size_t *at, int64_t *out_id)
{
    while (*at < FIELD_COUNT) {
        size_t i = (*at)++;
        *out_id = fields[i].id;
        if (fields[i].id && is_beneath(fields[i].name, parent))
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
