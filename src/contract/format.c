/* The table of formats. tools/contract.py reads its rows: a format that stands
 * here can be used in contract/. */
#include "contract/format.h"

#include "base/clock.h"

struct format {
    str name;
    bool (*ok)(const struct format *f, str s);
    const char *prefix;  /* of ids */
    unsigned min, max;   /* letters and digits after the prefix; bytes of texts */
    unsigned flags;      /* URI_… */
};

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool all_of(str s, bool (*one)(char))
{
    for (size_t i = 0; i < s.len; i++)
        if (!one(s.p[i]))
            return false;
    return true;
}

static bool is_id(const struct format *f, str s)
{
    str prefix = str_from(f->prefix);
    return str_starts(s, prefix) && s.len - prefix.len >= f->min && s.len - prefix.len <= f->max &&
           all_of(str_sub(s, prefix.len, s.len), is_alnum);
}

static bool is_word_char(char c)
{
    return is_alnum(c) || c == '_' || c == '-';
}

/* 32 letters and digits when made by the server, but more was seen ("test_client"). */
static bool is_word(const struct format *f, str s)
{
    return s.len >= f->min && s.len <= f->max && all_of(s, is_word_char);
}

static bool is_text(const struct format *f, str s)
{
    return s.len >= f->min && s.len <= f->max;
}

/* provider|native id */
static bool is_user_id(const struct format *f, str s)
{
    ptrdiff_t bar = str_find_char(s, '|');
    return bar > 0 && (size_t)bar + 1 < s.len && s.len <= f->max;
}

static bool is_uuid(const struct format *f, str s)
{
    (void)f;
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.p[i] != '-' : !is_hex(s.p[i]))
            return false;
    }
    return true;
}

static bool is_hex_text(const struct format *f, str s)
{
    return s.len >= f->min && s.len <= f->max && all_of(s, is_hex);
}

/* #abc or #aabbcc; flags: also with alpha */
static bool is_color(const struct format *f, str s)
{
    if (s.len == 0 || s.p[0] != '#' || !all_of(str_sub(s, 1, s.len), is_hex))
        return false;
    return s.len == 4 || s.len == 7 || (f->flags && (s.len == 5 || s.len == 9));
}

static bool is_date(const struct format *f, str s)
{
    (void)f;
    int64_t us;
    return s.len == 10 && clock_parse_iso(s, &us);
}

/* RFC 3339: a whole date and time with an offset. */
static bool is_date_time(const struct format *f, str s)
{
    (void)f;
    int64_t us;
    if (s.len < 20 || (s.p[10] != 'T' && s.p[10] != 't') || s.p[16] != ':')
        return false;
    bool zoned = s.p[s.len - 1] == 'Z' || s.p[s.len - 1] == 'z' ||
                 (s.p[s.len - 3] == ':' && (s.p[s.len - 6] == '+' || s.p[s.len - 6] == '-'));
    return zoned && clock_parse_iso(s, &us);
}

static bool is_email(const struct format *f, str s)
{
    return text_is_email(s) || (f->flags && s.len == 0);
}

static bool is_hostname(const struct format *f, str s)
{
    (void)f;
    return text_is_hostname(s);
}

static bool is_ipv4(const struct format *f, str s)
{
    (void)f;
    return text_is_ipv4(s);
}

static bool is_ipv6(const struct format *f, str s)
{
    (void)f;
    return text_is_ipv6(s);
}

static bool is_cidr(const struct format *f, str s)
{
    return text_is_cidr(s, f->flags);
}

static bool is_uri(const struct format *f, str s)
{
    return text_is_uri(s, f->flags);
}

static bool is_uri_or_empty(const struct format *f, str s)
{
    return s.len == 0 || text_is_uri(s, f->flags);
}

static bool is_https_or_empty(const struct format *f, str s)
{
    return s.len == 0 || text_is_uri(s, f->flags | URI_HTTPS | URI_NEEDS_HOST);
}

/* Where a browser is sent: any scheme (apps have their own), but none that runs what follows it. */
static bool is_callback(const struct format *f, str s)
{
    static const str running[] = { STR_INIT("javascript:"), STR_INIT("data:"), STR_INIT("vbscript:") };
    for (size_t i = 0; i < sizeof running / sizeof *running; i++)
        if (s.len >= running[i].len && str_eq_nocase(str_sub(s, 0, running[i].len), running[i]))
            return false;
    return text_is_uri(s, f->flags);
}

/* Lower-case letters, digits, - and _; not the look of an id. */
static bool is_organization_name(const struct format *f, str s)
{
    if (s.len < f->min || s.len > f->max || str_starts(s, STR("org_")) || !is_alnum(s.p[0]) || !is_alnum(s.p[s.len - 1]))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!is_word_char(s.p[i]) || (s.p[i] >= 'A' && s.p[i] <= 'Z'))
            return false;
    return true;
}

static bool is_expression(const struct format *f, str s)
{
    (void)f;
    return str_starts(s, STR("{{")) && str_ends(s, STR("}}"));
}

static bool is_extension(const struct format *f, str s)
{
    return s.len >= f->min && s.len <= f->max && s.p[0] == '.' && all_of(str_sub(s, 1, s.len), is_alnum);
}

enum { TEXT_MAX = 1 << 20 };

#define FORMAT(format, ...) { STR_INIT(format), __VA_ARGS__ },
/* clang-format off */
static const struct format formats[] = {
    { STR_INIT(""), is_text, NULL, 0, TEXT_MAX, 0 },
    /* --- of JSON Schema --- */
    FORMAT("date-time", is_date_time)
    FORMAT("date", is_date)
    FORMAT("email", is_email)
    FORMAT("hostname", is_hostname)
    FORMAT("ipv4", is_ipv4)
    FORMAT("ipv6", is_ipv6)
    FORMAT("uri", is_uri, .flags = URI_ANY_SCHEME)
    FORMAT("uuid", is_uuid)
    /* --- addresses --- */
    FORMAT("cidr", is_cidr, .flags = false)
    FORMAT("ipv6_cidr", is_cidr, .flags = true)
    FORMAT("hostname-rfc2181", is_hostname)
    FORMAT("email-or-empty", is_email, .flags = true)
    FORMAT("url", is_uri, .flags = URI_NEEDS_HOST)
    FORMAT("url-or-null", is_uri, .flags = URI_NEEDS_HOST)
    FORMAT("url-with-placeholders", is_callback, .flags = URI_PLACEHOLDERS)
    FORMAT("callback-url", is_callback, .flags = URI_PLACEHOLDERS)
    FORMAT("strict-uri", is_uri, .flags = URI_NEEDS_HOST)
    FORMAT("strict-https-uri", is_uri, .flags = URI_HTTPS | URI_NEEDS_HOST)
    FORMAT("strict-https-uri-or-null", is_uri, .flags = URI_HTTPS | URI_NEEDS_HOST)
    FORMAT("absolute-uri-or-empty", is_uri_or_empty, .flags = URI_NEEDS_HOST)
    FORMAT("absolute-https-uri-or-empty", is_https_or_empty)
    FORMAT("absolute-https-uri-with-placeholders-or-empty", is_https_or_empty, .flags = URI_PLACEHOLDERS)
    FORMAT("ec-initiate-login-uri-template-url", is_uri, .flags = URI_HTTPS | URI_NEEDS_HOST | URI_PLACEHOLDERS)
    FORMAT("forms-url-https", is_uri, .flags = URI_HTTPS | URI_NEEDS_HOST)
    /* --- ids --- */
    FORMAT("client-id", is_word, .min = 1, .max = 64)
    FORMAT("client-grant-id", is_id, "cgr_", 16, 16)
    FORMAT("connection-id", is_id, "con_", 16, 16)
    FORMAT("connection-profile-id", is_id, "cop_", 22, 22)
    FORMAT("credential-id", is_id, "cred_", 1, 32)
    FORMAT("event-id", is_id, "evt_", 1, 32)
    FORMAT("event-stream-id", is_id, "est_", 16, 32)
    FORMAT("flow-id", is_id, "af_", 1, 32)
    FORMAT("flow-execution-id", is_word, .min = 1, .max = 64)
    FORMAT("flows-vault-connections-id", is_id, "ac_", 1, 32)
    FORMAT("form-id", is_id, "ap_", 1, 32)
    FORMAT("log-stream-id", is_id, "lst_", 16, 16)
    FORMAT("organization-id", is_id, "org_", 16, 16)
    FORMAT("organization-discovery-domain-id", is_id, "ord_", 1, 32)
    FORMAT("rate-limit-policy-id", is_id, "rlp_", 1, 32)
    FORMAT("role-id", is_id, "rol_", 16, 16)
    FORMAT("token-exchange-profile-id", is_id, "tep_", 16, 16)
    FORMAT("user-attribute-profile-id", is_id, "uap_", 22, 22)
    FORMAT("user-invitation-id", is_id, "uinv_", 16, 16)
    FORMAT("user-id", is_user_id, .max = 1024)
    FORMAT("user-id-with-max-length", is_user_id, .max = 300)
    FORMAT("authenticator-id", is_text, .min = 1, .max = 256)
    FORMAT("session-id", is_text, .min = 1, .max = 256)
    FORMAT("ticket-id", is_text, .min = 1, .max = 256)
    /* --- names and texts --- */
    FORMAT("organization-name", is_organization_name, .min = 1, .max = 50)
    FORMAT("connection-realm", is_text, .min = 1, .max = 256)
    FORMAT("acr", is_text, .min = 1, .max = 256)
    FORMAT("non-empty-string", is_text, .min = 1, .max = TEXT_MAX)
    FORMAT("hexadecimal", is_hex_text, .min = 1, .max = TEXT_MAX)
    FORMAT("html-color", is_color, .flags = true)
    FORMAT("html-color-or-null", is_color, .flags = true)
    FORMAT("forms-hex-color", is_color)
    FORMAT("forms-custom-identifier", is_word, .min = 1, .max = 255)
    FORMAT("forms-expression", is_expression)
    FORMAT("forms-file-extension", is_extension, .min = 2, .max = 32)
};
/* clang-format on */

enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

bool format_ok(unsigned row, str s)
{
    return row >= FORMAT_COUNT || formats[row].ok(&formats[row], s);
}

str format_name(unsigned row)
{
    return row < FORMAT_COUNT ? formats[row].name : STR_NONE;
}

unsigned format_find(str name)
{
    for (unsigned i = 1; i < FORMAT_COUNT; i++)
        if (str_eq(formats[i].name, name))
            return i;
    return 0;
}
