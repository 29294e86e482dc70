#include "domain/user/inside.h"

#include <string.h>

enum { USERNAME_MIN = 1, USERNAME_MAX = 15, USERNAME_LIMIT = 128, EMAIL_LOCAL_MAX = 64, EMAIL_MAX = 254 };

/* --- reading ---------------------------------------------------------------------- */

static bool is_identifier(const struct json *attribute)
{
    return json_get_true(json_get(attribute, STR("identifier")), STR("active"));
}

static unsigned length_of(const struct json *object, const char *name, unsigned otherwise)
{
    int64_t v = json_get_int(object, str_from(name), otherwise);
    return v < 1 ? 1 : v > USERNAME_LIMIT ? USERNAME_LIMIT : (unsigned)v;
}

/* options.requires_username: the address and, when asked for, a username. */
static void read_older(const struct json *options, struct user_rules *r)
{
    const struct json *limits = json_get(json_get(options, STR("validation")), STR("username"));
    r->is_older = true;
    r->email_is_identifier = true;
    r->takes_username = r->needs_username = r->username_is_identifier = json_get_true(options, STR("requires_username"));
    r->needs_email = !r->needs_username;
    r->username_min = length_of(limits, "min", USERNAME_MIN);
    r->username_max = length_of(limits, "max", USERNAME_MAX);
}

/* options.attributes: which of the three identify, which the profile needs. */
static void read_attributes(const struct json *attributes, struct user_rules *r)
{
    const struct json *email = json_get(attributes, STR("email")), *phone = json_get(attributes, STR("phone_number")),
                      *username = json_get(attributes, STR("username"));
    const struct json *unique = json_get(email, STR("unique"));
    r->email_is_identifier = is_identifier(email) && (!unique || json_true(unique));
    r->phone_is_identifier = is_identifier(phone);
    r->username_is_identifier = is_identifier(username);
    r->needs_email = json_get_true(email, STR("profile_required"));
    r->needs_phone = json_get_true(phone, STR("profile_required"));
    r->needs_username = json_get_true(username, STR("profile_required"));
    r->needs_any = true;
    r->takes_username = username != NULL;
    const struct json *limits = json_get(username, STR("validation")), *types = json_get(limits, STR("allowed_types"));
    r->username_min = length_of(limits, "min_length", USERNAME_MIN);
    r->username_max = length_of(limits, "max_length", USERNAME_MAX);
    r->username_may_be_email = json_get_true(types, STR("email"));
    r->username_may_be_phone = json_get_true(types, STR("phone_number"));
}

static void read_passwordless(const struct connection *c, struct user_rules *r)
{
    bool by_email = str_eq(c->strategy, STR("email"));
    r->email_is_identifier = r->needs_email = by_email;
    r->phone_is_identifier = r->needs_phone = !by_email;
}

void user_rules_read(const struct connection *c, struct user_rules *out)
{
    *out = (struct user_rules){ .username_min = USERNAME_MIN, .username_max = USERNAME_MAX };
    if (c->is_passwordless)
        read_passwordless(c, out);
    if (!c->is_database)
        return;
    const struct json *attributes = json_get(c->options, STR("attributes"));
    const struct json *by_password = json_at(c->options, "authentication_methods.password");
    const struct json *enabled = json_get(by_password, STR("enabled"));
    out->takes_password = !enabled || json_true(enabled);
    out->needs_password = out->takes_password && !str_eq(json_get_text(by_password, STR("api_behavior")), STR("optional"));
    if (json_count(attributes))
        read_attributes(attributes, out);
    else
        read_older(c->options, out);
}

/* --- checking ------------------------------------------------------------------------ */

static struct result refuse(struct arena *a, const char *member, const char *what)
{
    return fail1(ERR_INVALID_BODY, str_fmt(a, "Payload validation error: '%s' on property %s.", what, member));
}

static bool looks_like_email(str s)
{
    ptrdiff_t at = str_find_char(s, '@');
    if (at <= 0)
        return false;
    str domain = str_sub(s, (size_t)at + 1, s.len);
    ptrdiff_t dot = str_find_char(domain, '.');
    return dot > 0 && (size_t)dot + 1 < domain.len;
}

static bool looks_like_phone(str s)
{
    size_t i = s.len && s.p[0] == '+';
    for (; i < s.len && s.p[i] >= '0' && s.p[i] <= '9'; i++)
        ;
    return s.len > 1 && s.p[0] == '+' && i == s.len;
}

/* AUTH-REFERENCE 19.3 */
static bool is_username_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("@^$.!`-#+'~_", c));
}

struct result user_rules_check_username(struct arena *a, const struct user_rules *r, const struct connection *c, str username)
{
    if (!r->takes_username)
        return fail1(ERR_INVALID_BODY, c->is_database && r->is_older
                                           ? STR("Cannot set username for connection without requires_username.")
                                           : STR("Cannot set username for this connection."));
    if (username.len < r->username_min)
        return refuse(a, "username", "String is too short");
    if (username.len > r->username_max)
        return refuse(a, "username", "String is too long");
    for (size_t i = 0; i < username.len; i++)
        if (!is_username_char(username.p[i]))
            return refuse(a, "username", "Username holds a character that is not allowed");
    if (!r->username_may_be_email && looks_like_email(username))
        return refuse(a, "username", "Username must not be an e-mail address");
    if (!r->username_may_be_phone && looks_like_phone(username))
        return refuse(a, "username", "Username must not be a phone number");
    return OK;
}

struct result user_rules_check_email(struct arena *a, str email)
{
    ptrdiff_t at = str_find_char(email, '@');
    for (size_t i = 0; i < email.len; i++)
        if ((unsigned char)email.p[i] <= ' ' || email.p[i] == 0x7f)
            return refuse(a, "email", "Object didn't pass validation for format email");
    if (at <= 0 || at > EMAIL_LOCAL_MAX || email.len > EMAIL_MAX || (size_t)at + 1 == email.len)
        return refuse(a, "email", "Object didn't pass validation for format email");
    return OK;
}

str user_fold(struct arena *a, str text)
{
    return text.p ? str_lower(a, text) : text;
}

struct result user_rules_check_enabled(struct tx *tx, const struct connection *c)
{
    struct relation_row *rows;
    size_t count;
    TRY(connection_clients(tx, c->id, 0, 1, &rows, &count));
    str client = tx->actor && tx->actor->client_id.len ? tx->actor->client_id : STR("none");
    return count ? OK : fail2(ERR_CONNECTION_DISABLED, client, c->name);
}

struct result user_connection(struct tx *tx, str name, struct connection *out)
{
    bool found;
    TRY(connection_find_by_name(tx, name, out, &found));
    return found ? OK : fail(ERR_INEXISTENT_CONNECTION_NAME);
}
