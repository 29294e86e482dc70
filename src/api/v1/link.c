#include "api/v1/link.h"

#include "domain/bewit.h"

#include <string.h>

enum { URL_BYTES_MAX = 64 << 10 };

/* What old clients leave alone when they parse and print a URL, without the
 * comma, on which they split the header. Everything else goes percent-encoded,
 * so that the signed text is what they send. */
static bool stays(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~%=+:@/!*();$?", c));
}

static void add_encoded(struct buf *b, str raw)
{
    for (size_t i = 0; i < raw.len; i++)
        if (stays(raw.p[i]))
            buf_add_char(b, raw.p[i]);
        else
            buf_fmt(b, "%%%02X", (unsigned char)raw.p[i]);
}

/* A name that is written in another way may be a credential's, too. */
static bool is_plain(str name)
{
    return str_find_char(name, '%') < 0 && str_find_char(name, '+') < 0;
}

static bool is_replaced(str name, const struct link_parameter *parameters, size_t count)
{
    static const str credentials[] = { STR_INIT("access_token"), STR_INIT("bewit") };
    for (size_t i = 0; i < sizeof credentials / sizeof *credentials; i++)
        if (str_eq(credentials[i], name))
            return true;
    for (size_t i = 0; i < count; i++)
        if (str_eq(str_from(parameters[i].name), name))
            return true;
    return false;
}

static str next_query(struct call *c, const struct link_parameter *parameters, size_t count)
{
    struct buf b;
    str rest = c->raw_query.len ? c->raw_query : STR_NONE, value;
    buf_init(&b, URL_BYTES_MAX);
    for (size_t i = 0; i < count; i++)
        buf_fmt(&b, "%s%s=%.*s", i ? "&" : "", parameters[i].name, STR_ARG(parameters[i].value));
    while (rest.p) {
        str pair = str_cut(rest, '&', &rest);
        str name = str_cut(pair, '=', &value);
        if (name.len == 0 || !is_plain(name) || is_replaced(name, parameters, count))
            continue;
        buf_add_char(&b, '&');
        add_encoded(&b, pair);
    }
    str query = str_dup(c->arena, buf_str(&b));
    buf_free(&b);
    return query;
}

static str next_path(struct call *c)
{
    struct buf b;
    buf_init(&b, URL_BYTES_MAX);
    add_encoded(&b, c->path);
    str path = str_dup(c->arena, buf_str(&b));
    buf_free(&b);
    return path;
}

void v1_link_next(struct call *c, const struct link_parameter *parameters, size_t count)
{
    str path = next_path(c), query = next_query(c, parameters, count);
    str bewit = bewit_make(c->tenant, c->arena, path, query, &c->caller, c->now_us);
    str domain = tenant_get_info(c->tenant)->domain;
    call_header(c, STR("Link"),
                str_fmt(c->arena, "<https://%.*s%.*s?%.*s&bewit=%.*s>; rel=\"next\"", STR_ARG(domain), STR_ARG(path), STR_ARG(query),
                        STR_ARG(bewit)));
}
