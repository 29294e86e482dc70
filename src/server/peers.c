/* Whose X-Forwarded-For counts. */
#include "server/exchange.h"

#include <arpa/inet.h>
#include <string.h>

enum { CIDRS_MAX = 32 };

struct cidr {
    unsigned char address[16]; /* IPv4 as mapped IPv6 */
    unsigned bits;
};
struct cidr_list {
    struct cidr v[CIDRS_MAX];
    size_t count;
};

static bool parse_address(str s, unsigned char out[16], bool *out_v4)
{
    char text[64];
    if (s.len == 0 || s.len >= sizeof text)
        return false;
    memcpy(text, s.p, s.len);
    text[s.len] = '\0';
    memset(out, 0, 10);
    out[10] = out[11] = 0xff;
    *out_v4 = inet_pton(AF_INET, text, out + 12) == 1;
    return *out_v4 || inet_pton(AF_INET6, text, out) == 1;
}

static bool parse_cidr(str s, struct cidr *out)
{
    str bits_text;
    int64_t bits;
    bool v4;
    str address = str_cut(s, '/', &bits_text);
    if (!parse_address(address, out->address, &v4))
        return false;
    if (!bits_text.p)
        bits = v4 ? 32 : 128;
    else if (!str_int(bits_text, &bits) || bits < 0 || bits > (v4 ? 32 : 128))
        return false;
    out->bits = (unsigned)bits + (v4 ? 96 : 0);
    return true;
}

struct cidr_list *cidr_list_parse(struct arena *a, const char *text)
{
    struct cidr_list *l = ARENA_NEW(a, struct cidr_list);
    str rest = str_from(text ? text : "");
    while (rest.p) {
        str one = str_trim(str_cut(rest, ',', &rest));
        if (one.len == 0)
            continue;
        if (l->count == CIDRS_MAX || !parse_cidr(one, &l->v[l->count++]))
            return NULL;
    }
    return l;
}

static bool inside(const struct cidr *c, const unsigned char address[16])
{
    unsigned whole = c->bits / 8, rest = c->bits % 8;
    if (memcmp(c->address, address, whole) != 0)
        return false;
    unsigned char mask = (unsigned char)(0xff00u >> rest);
    return rest == 0 || ((c->address[whole] ^ address[whole]) & mask) == 0;
}

static bool trusted(const struct cidr_list *l, str address)
{
    unsigned char bytes[16];
    bool v4;
    if (!parse_address(address, bytes, &v4))
        return false;
    for (size_t i = 0; i < l->count; i++)
        if (inside(&l->v[i], bytes))
            return true;
    return false;
}

/* From the right: each proxy that we trust vouches for the address before it. */
str exchange_client_ip(const struct exchange *x)
{
    str ip = x->rq->peer_ip;
    str chain = http_header_get(x->rq, STR("X-Forwarded-For"));
    while (chain.len && trusted(x->app->proxies, ip)) {
        size_t from = chain.len;
        while (from > 0 && chain.p[from - 1] != ',')
            from--;
        unsigned char bytes[16];
        bool v4;
        str before = str_trim(str_sub(chain, from, chain.len));
        if (!parse_address(before, bytes, &v4))
            break;
        ip = before;
        chain = from ? str_sub(chain, 0, from - 1) : STR_NONE;
    }
    return ip;
}
