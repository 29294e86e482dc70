/* What llhttp lets through and two readers could take in two ways
 * (docs/design.md; RFC 9112). Host picks the tenant, so it is held to one
 * plain form. */
#include "server/http/parse.h"

#include <string.h>

enum { T = 1u << 0, V = 1u << 1, U = 1u << 2, H = 1u << 3 }; /* token, value, target, host */

/* RFC 9110 §5.6.2 (token), §5.5 (values: no controls but tab), RFC 3986 (a
 * target is visible ASCII without a fragment); hosts: names, addresses, ports. */
static const unsigned char classes[256] = {
    ['\t'] = V, [' '] = V, ['!'] = T | V | U, ['"'] = V | U, ['#'] = T | V, ['$' ... '\''] = T | V | U,
    ['(' ... ')'] = V | U, ['*' ... '+'] = T | V | U, [','] = V | U, ['-' ... '.'] = T | V | U | H, ['/'] = V | U,
    ['0' ... '9'] = T | V | U | H, [':'] = V | U | H, [';' ... '@'] = V | U, ['A' ... 'Z'] = T | V | U | H,
    ['['] = V | U | H, ['\\'] = V | U, [']'] = V | U | H, ['^'] = T | V | U, ['_'] = T | V | U | H, ['`'] = T | V | U,
    ['a' ... 'z'] = T | V | U | H, ['{'] = V | U, ['|'] = T | V | U, ['}'] = V | U, ['~'] = T | V | U,
    [0x80 ... 0xff] = V,
};

static const struct refusal fine = { 0, { NULL, 0 } };

static struct refusal bad(str reason)
{
    return (struct refusal){ 400, reason };
}

static size_t span(str s, unsigned char_class)
{
    size_t n = 0;
    while (n < s.len && classes[(unsigned char)s.p[n]] & char_class)
        n++;
    return n;
}

static bool all(str s, unsigned char_class)
{
    return span(s, char_class) == s.len;
}

/* --- lines --------------------------------------------------------------------- */

/* One line without its CRLF. False when there is no whole line, or a bare LF. */
static bool take_line(str *rest, str *out)
{
    const char *lf = rest->len ? memchr(rest->p, '\n', rest->len) : NULL;
    if (!lf || lf == rest->p || lf[-1] != '\r')
        return false;
    *out = (str){ rest->p, (size_t)(lf - 1 - rest->p) };
    *rest = str_sub(*rest, (size_t)(lf + 1 - rest->p), rest->len);
    return true;
}

/* METHOD SP target SP version, single spaces, nothing else. */
static bool request_line_holds(str line)
{
    size_t spaces = 0;
    for (size_t i = 0; i < line.len; i++)
        spaces += line.p[i] == ' ';
    return spaces == 2 && all(line, V) && !memchr(line.p, '\t', line.len)
        && (str_ends(line, STR(" HTTP/1.1")) || str_ends(line, STR(" HTTP/1.0")) || strict_version(line).status == 505);
}

struct refusal strict_version(str line)
{
    ptrdiff_t at = str_find(line, STR(" HTTP/"));
    str version = at < 0 ? STR_NONE : str_sub(line, (size_t)at + 6, 3);
    bool formed = version.len == 3 && version.p[0] >= '0' && version.p[0] <= '9' && version.p[1] == '.'
        && version.p[2] >= '0' && version.p[2] <= '9';
    if (!formed || str_eq(version, STR("1.0")) || str_eq(version, STR("1.1")))
        return bad(STR("request_line"));
    return (struct refusal){ 505, STR("version") };
}

static bool field_line_holds(str line)
{
    size_t name = span(line, T);
    return name > 0 && name < line.len && line.p[name] == ':' && all(str_sub(line, name + 1, line.len), V);
}

struct refusal strict_lines(str head)
{
    str rest = head, line = STR_NONE;
    while (take_line(&rest, &line) && line.len == 0)
        ; /* RFC 9112 §2.2: empty lines before the request line are skipped */
    if (line.len == 0 || !request_line_holds(line))
        return bad(STR("request_line"));
    while (take_line(&rest, &line)) {
        if (line.len == 0)
            return rest.len ? bad(STR("header")) : fine;
        if (!field_line_holds(line))
            return bad(STR("header"));
    }
    return bad(STR("header"));
}

/* --- fields --------------------------------------------------------------------- */

struct counted {
    size_t count;
    str first;
};

static bool digits_only(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.len > 0;
}

static bool host_holds(str host)
{
    return host.len > 0 && host.len <= 255 && all(host, H);
}

/* Those that frame, and those by which a proxy in front may have judged another
 * request than we read (RFC 9110 §5.3: one line each). */
enum framing_field { FIELD_HOST, FIELD_LENGTH, FIELD_CODING, FIELD_EXPECT, FIELD_TYPE, FIELD_CREDENTIAL, FIELD_MAX };

static void count_fields(const struct http_request *rq, struct counted out[FIELD_MAX])
{
    static const str names[FIELD_MAX] = {
        [FIELD_HOST] = STR_INIT("host"), [FIELD_LENGTH] = STR_INIT("content-length"),
        [FIELD_CODING] = STR_INIT("transfer-encoding"), [FIELD_EXPECT] = STR_INIT("expect"),
        [FIELD_TYPE] = STR_INIT("content-type"), [FIELD_CREDENTIAL] = STR_INIT("authorization"),
    };
    for (size_t i = 0; i < rq->header_count; i++)
        for (size_t f = 0; f < FIELD_MAX; f++)
            if (rq->headers[i].name.len == names[f].len && str_eq_nocase(rq->headers[i].name, names[f])
                && out[f].count++ == 0)
                out[f].first = rq->headers[i].value;
}

static struct refusal check_fields(struct http_request *rq, bool http_1_0)
{
    struct counted f[FIELD_MAX] = { 0 };
    count_fields(rq, f);
    if (f[FIELD_HOST].count > 1 || (f[FIELD_HOST].count == 0 && !http_1_0))
        return bad(STR("host"));
    if (f[FIELD_HOST].count && !host_holds(f[FIELD_HOST].first))
        return bad(STR("host"));
    if (f[FIELD_LENGTH].count > 1 || (f[FIELD_LENGTH].count && !digits_only(f[FIELD_LENGTH].first)))
        return bad(STR("content_length"));
    /* RFC 9112 §6.1: a 1.0 sender cannot mean it; with a length it is smuggling */
    if (f[FIELD_CODING].count && (http_1_0 || f[FIELD_LENGTH].count))
        return bad(STR("transfer_encoding"));
    if (f[FIELD_CODING].count > 1 || (f[FIELD_CODING].count && !str_eq_nocase(f[FIELD_CODING].first, STR("chunked"))))
        return bad(STR("transfer_encoding"));
    if (f[FIELD_EXPECT].count && !str_eq_nocase(f[FIELD_EXPECT].first, STR("100-continue")))
        return (struct refusal){ 417, STR("expect") };
    if (f[FIELD_TYPE].count > 1 || f[FIELD_CREDENTIAL].count > 1)
        return bad(STR("twice"));
    rq->host = f[FIELD_HOST].first;
    return fine;
}

/* --- the target (RFC 9112 §3.2) ---------------------------------------------------- */

/* Shorten http://authority/path to /path. The authority must be what Host says:
 * a proxy in front may have gone by either. */
static struct refusal cut_absolute(struct http_request *rq)
{
    ptrdiff_t colon = str_find(rq->target, STR("://"));
    str scheme = colon < 0 ? STR_NONE : str_sub(rq->target, 0, (size_t)colon);
    if (!str_eq_nocase(scheme, STR("http")) && !str_eq_nocase(scheme, STR("https")))
        return bad(STR("target"));
    str after = str_sub(rq->target, (size_t)colon + 3, rq->target.len);
    size_t authority_len = 0;
    while (authority_len < after.len && after.p[authority_len] != '/' && after.p[authority_len] != '?')
        authority_len++;
    str authority = str_sub(after, 0, authority_len);
    if (!host_holds(authority) || (rq->host.p && !str_eq_nocase(authority, rq->host)))
        return bad(STR("host"));
    if (authority_len < after.len && after.p[authority_len] == '?')
        return bad(STR("target"));
    rq->host = authority;
    rq->target = authority_len == after.len ? STR("/") : str_sub(after, authority_len, after.len);
    return fine;
}

struct refusal strict_request(struct http_request *rq, bool http_1_0)
{
    struct refusal r = check_fields(rq, http_1_0);
    if (r.status)
        return r;
    if (rq->target.len == 0 || !all(rq->target, U))
        return bad(STR("target"));
    bool asterisk = str_eq(rq->target, STR("*"));
    if (asterisk && rq->method != HTTP_OPTIONS)
        return bad(STR("target"));
    if (!asterisk && rq->target.p[0] != '/') {
        r = cut_absolute(rq);
        if (r.status)
            return r;
    }
    rq->path = str_cut(rq->target, '?', &rq->query);
    return fine;
}
