#include "contract/format.h"

#include <arpa/inet.h>
#include <string.h>

enum { EMAIL_LOCAL_MAX = 64, EMAIL_MAX = 254, HOST_MAX = 253, LABEL_MAX = 63 };

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* White space, controls and the rest that a URI never holds unescaped. */
static bool has_unsafe(str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '"' || c == '\\' || c == '^' || c == '`')
            return true;
    }
    return false;
}

static bool is_label(str s)
{
    if (s.len == 0 || s.len > LABEL_MAX || s.p[0] == '-' || s.p[s.len - 1] == '-')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_' && !(s.p[i] & 0x80))
            return false;
    return true;
}

bool text_is_hostname(str s)
{
    if (s.len == 0 || s.len > HOST_MAX)
        return false;
    str rest = s;
    while (rest.p)
        if (!is_label(str_cut(rest, '.', &rest)))
            return false;
    return true;
}

/* --- e-mail (RFC 5321 §4.1.2 without quoted parts; UTF-8 as in RFC 6531) ----- */

static bool is_local_char(char c)
{
    return is_alnum(c) || (c & 0x80) || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool is_local_part(str s)
{
    if (s.len == 0 || s.len > EMAIL_LOCAL_MAX || s.p[0] == '.' || s.p[s.len - 1] == '.' || str_find(s, STR("..")) >= 0)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!is_local_char(s.p[i]))
            return false;
    return true;
}

bool text_is_email(str s)
{
    str domain, local = str_cut(s, '@', &domain);
    return s.len <= EMAIL_MAX && is_local_part(local) && text_is_hostname(domain) && str_find_char(domain, '.') > 0 &&
           str_utf8_valid(s);
}

/* --- addresses ------------------------------------------------------------------ */

static bool is_address(str s, int family)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];
    if (s.len == 0 || s.len >= sizeof text || memchr(s.p, 0, s.len))
        return false;
    memcpy(text, s.p, s.len);
    text[s.len] = 0;
    return inet_pton(family, text, address) == 1;
}

bool text_is_ipv4(str s)
{
    return is_address(s, AF_INET);
}

bool text_is_ipv6(str s)
{
    return is_address(s, AF_INET6);
}

bool text_is_cidr(str s, bool v6)
{
    str bits, address = str_cut(s, '/', &bits);
    int64_t n;
    return bits.len && bits.len <= 3 && str_int(bits, &n) && n >= 0 && n <= (v6 ? 128 : 32) &&
           is_address(address, v6 ? AF_INET6 : AF_INET);
}

/* --- URIs (RFC 3986 §3) ------------------------------------------------------------- */

static bool is_scheme(str s)
{
    if (s.len == 0 || !is_alnum(s.p[0]) || (s.p[0] >= '0' && s.p[0] <= '9'))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.p[i]) && s.p[i] != '+' && s.p[i] != '-' && s.p[i] != '.')
            return false;
    return true;
}

static size_t authority_len(str s)
{
    size_t n = 0;
    while (n < s.len && s.p[n] != '/' && s.p[n] != '?' && s.p[n] != '#')
        n++;
    return n;
}

static bool is_port(str s)
{
    int64_t n;
    return s.len == 0 || (s.len <= 5 && str_int(s, &n) && n >= 0 && n <= 65535);
}

/* Labels as in text_is_hostname, a * or a {name} standing for letters. */
static bool is_host_with_placeholders(str s)
{
    char plain[HOST_MAX];
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (n == sizeof plain)
            return false;
        if (s.p[i] == '{') {
            ptrdiff_t close = str_find_char(str_sub(s, i, s.len), '}');
            if (close < 2)
                return false;
            i += (size_t)close;
            plain[n++] = 'x';
        } else {
            plain[n++] = s.p[i] == '*' ? 'x' : s.p[i];
        }
    }
    return text_is_hostname((str){ plain, n });
}

static bool is_authority(str s, unsigned flags)
{
    ptrdiff_t at = str_find_char(s, '@');
    if (at >= 0)
        s = str_sub(s, (size_t)at + 1, s.len);
    if (s.len && s.p[0] == '[') {
        ptrdiff_t close = str_find_char(s, ']');
        str after = close > 0 ? str_sub(s, (size_t)close + 1, s.len) : STR_NONE;
        return close > 0 && text_is_ipv6(str_sub(s, 1, (size_t)close - 1)) &&
               (after.len == 0 || (after.p[0] == ':' && is_port(str_sub(after, 1, after.len))));
    }
    str port, host = str_cut(s, ':', &port);
    bool host_ok = flags & URI_PLACEHOLDERS ? is_host_with_placeholders(host) : text_is_hostname(host);
    return host_ok && is_port(port);
}

bool text_is_uri(str s, unsigned flags)
{
    str rest, scheme = str_cut(s, ':', &rest);
    if (has_unsafe(s) || !is_scheme(scheme) || rest.len == 0)
        return false;
    if ((flags & URI_HTTPS) && !str_eq_nocase(scheme, STR("https")))
        return false;
    bool is_web = str_eq_nocase(scheme, STR("https")) || str_eq_nocase(scheme, STR("http"));
    if (!str_starts(rest, STR("//")))
        return !is_web && !(flags & URI_NEEDS_HOST);
    rest = str_sub(rest, 2, rest.len);
    str authority = str_sub(rest, 0, authority_len(rest));
    if (authority.len == 0) /* file:///… and app:///… */
        return !is_web && !(flags & URI_NEEDS_HOST);
    return is_authority(authority, is_web ? flags : flags | URI_PLACEHOLDERS);
}
