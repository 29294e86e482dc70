/* The Host header (RFC 9110 §7.2, RFC 3986 §3.2.2), which picks the tenant: what
 * is not plainly a host is refused. */
#include "store/inside.h"

#include <arpa/inet.h>
#include <string.h>

/* Port digits after the colon: none is allowed by RFC 3986 and means no port. */
static bool port_is_sound(str port)
{
    int64_t n;
    if (port.len == 0)
        return true;
    if (port.len > 5 || port.p[0] == '-' || !str_int(port, &n))
        return false;
    return n >= 1 && n <= 65535;
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

static bool name_is_sound(str name)
{
    if (name.len == 0 || name.len > 255 || name.p[0] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!name_char(name.p[i]) || (i > 0 && name.p[i] == '.' && name.p[i - 1] == '.'))
            return false;
    return true;
}

static bool v4_is_loopback(str text)
{
    char terminated[INET_ADDRSTRLEN];
    struct in_addr a;
    if (text.len >= sizeof terminated)
        return false;
    memcpy(terminated, text.p, text.len);
    terminated[text.len] = '\0';
    return inet_pton(AF_INET, terminated, &a) == 1 && ntohl(a.s_addr) >> 24 == 127;
}

/* text without brackets. False when it is no address. */
static bool v6_parse(str text, bool *out_loopback)
{
    char terminated[INET6_ADDRSTRLEN];
    struct in6_addr a;
    if (text.len >= sizeof terminated)
        return false;
    memcpy(terminated, text.p, text.len);
    terminated[text.len] = '\0';
    if (strlen(terminated) != text.len || inet_pton(AF_INET6, terminated, &a) != 1)
        return false;
    *out_loopback = IN6_IS_ADDR_LOOPBACK(&a) || (IN6_IS_ADDR_V4MAPPED(&a) && a.s6_addr[12] == 127);
    return true;
}

/* Where the host ends: at the colon before a port, or at the end. */
static size_t host_len(str text)
{
    ptrdiff_t bracket = str_starts(text, STR("[")) ? str_find_char(text, ']') : 0;
    if (bracket < 0)
        return 0;
    ptrdiff_t colon = str_find_char(str_sub(text, (size_t)bracket, text.len), ':');
    return colon < 0 ? text.len : (size_t)(bracket + colon);
}

static bool host_check(str host, bool *out_loopback)
{
    if (str_starts(host, STR("[")))
        return str_ends(host, STR("]")) && v6_parse(str_sub(host, 1, host.len - 2), out_loopback);
    *out_loopback = str_eq(host, STR("localhost")) || v4_is_loopback(host);
    return name_is_sound(host);
}

bool host_parse(str header, struct host_name *out)
{
    if (header.len == 0 || header.len >= sizeof out->text)
        return false;
    for (size_t i = 0; i < header.len; i++) {
        char c = header.p[i];
        out->text[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    str text = { out->text, header.len };
    size_t len = host_len(text);
    str port = str_sub(text, len + 1, text.len);
    if (!port_is_sound(port))
        return false;
    size_t end = len; /* without a trailing dot: the root of DNS */
    if (len > 1 && out->text[len - 1] == '.')
        end--;
    if (end < len) {
        memmove(out->text + end, out->text + len, text.len - len);
        port.p -= len - end;
    }
    out->alone = (str){ out->text, end };
    out->with_port = port.len ? (str){ out->text, end + 1 + port.len } : STR_NONE;
    return host_check(out->alone, &out->loopback);
}

bool host_is_domain(str domain)
{
    struct host_name h;
    return host_parse(domain, &h) && str_eq(domain, h.with_port.p ? h.with_port : h.alone);
}
