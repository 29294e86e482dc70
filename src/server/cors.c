/* Cross-origin requests: an origin that a client of the tenant names gets the
 * headers, an unknown one gets none (V1-REFERENCE 1.4). */
#include "server/exchange.h"

#include "base/log.h"
#include "base/map.h"
#include "domain/client/client.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The origins of one generation of the tenant. */
struct origins {
    pthread_mutex_t lock;
    uint64_t generation;
    struct arena *arena;
    struct map *known; /* NULL: not loaded */
};

static void *origins_make(struct tenant *t)
{
    (void)t;
    struct origins *o = calloc(1, sizeof *o);
    if (!o)
        die("out of memory");
    pthread_mutex_init(&o->lock, NULL);
    return o;
}

static void origins_free(void *p)
{
    struct origins *o = p;
    arena_free(o->arena);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

/* scheme://host[:port] of a URL. */
static str origin_of(str url)
{
    ptrdiff_t at = str_find(url, STR("://"));
    if (at < 0)
        return STR_NONE;
    size_t from = (size_t)at + 3;
    ptrdiff_t slash = str_find_char(str_sub(url, from, url.len), '/');
    return slash < 0 ? url : str_sub(url, 0, from + (size_t)slash);
}

static void add_origins(struct map *known, const struct json *urls)
{
    struct json *url;
    JSON_EACH_ITEM(urls, i, url) {
        str origin = origin_of(json_text(url));
        if (origin.len)
            map_set(known, origin, known);
    }
}

static struct result load_client(struct tx *tx, const struct client *c, void *known)
{
    (void)tx;
    add_origins(known, json_get(c->body, STR("allowed_origins")));
    add_origins(known, json_get(c->body, STR("web_origins")));
    add_origins(known, json_get(c->body, STR("callbacks")));
    return OK;
}

static struct result load(struct tx *tx, void *known)
{
    return client_each(tx, load_client, known);
}

static void reload(struct origins *o, struct tenant *t, uint64_t generation)
{
    arena_free(o->arena);
    o->arena = arena_new(0);
    o->known = map_new(o->arena);
    struct arena *work = arena_new(0);
    struct tx_options opt = { .arena = work };
    ignore_result(store_read(t, &opt, load, o->known), "an unreadable list means that no origin is known");
    arena_free(work);
    o->generation = generation;
}

static bool origin_known(struct tenant *t, str origin)
{
    uint64_t generation = tenant_generation(t);
    struct origins *o = tenant_slot(t, TENANT_SLOT_ORIGINS, origins_make, origins_free);
    pthread_mutex_lock(&o->lock);
    if (!o->known || o->generation != generation)
        reload(o, t, generation);
    bool known = map_get(o->known, origin) != NULL;
    pthread_mutex_unlock(&o->lock);
    return known;
}

/* Whether the origin is known. */
static bool add_headers(struct exchange *x)
{
    str origin = http_header_get(x->rq, STR("Origin"));
    http_header_add(x->rs, STR("Vary"), STR("Accept-Encoding, Origin"));
    if (!origin.len || !x->call.tenant || !origin_known(x->call.tenant, origin))
        return false;
    http_header_add(x->rs, STR("Access-Control-Allow-Origin"), origin);
    http_header_add(x->rs, STR("Access-Control-Allow-Credentials"), STR("true"));
    http_header_add(x->rs, STR("Access-Control-Expose-Headers"),
                    STR("Link,X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset,Retry-After"));
    return true;
}

void cors_add_headers(struct exchange *x)
{
    add_headers(x);
}

/* An origin that nobody named asked (V1-REFERENCE 1.4). Kept short: it is text
 * from anybody. */
struct stranger {
    uint8_t origin_len, ip_len;
    char origin[200], ip[64];
};

static struct result log_stranger(struct tx *tx, void *arg)
{
    const struct stranger *s = arg;
    const struct actor who = { .ip = { s->ip, s->ip_len } };
    str origin = { s->origin, s->origin_len };
    struct log_entry e = { .type = STR("fco"),
                           .description = str_fmt(tx->arena, "The origin %.*s is not allowed", STR_ARG(origin)) };
    tx->actor = &who;
    struct result r = log_append(tx, &e);
    tx->actor = NULL;
    return r;
}

static void note_stranger(struct exchange *x)
{
    str origin = http_header_get(x->rq, STR("Origin")), ip = exchange_client_ip(x);
    struct stranger s = { 0 };
    if (!origin.len || !str_utf8_valid(origin) || str_utf8_len(origin) != origin.len)
        return;
    s.origin_len = (uint8_t)(origin.len < sizeof s.origin ? origin.len : sizeof s.origin);
    s.ip_len = (uint8_t)(ip.len < sizeof s.ip ? ip.len : sizeof s.ip);
    memcpy(s.origin, origin.p, s.origin_len);
    memcpy(s.ip, ip.p, s.ip_len);
    store_write_later(x->call.tenant, log_stranger, &s, sizeof s);
}

static void allow_request(struct exchange *x)
{
    str asked = http_header_get(x->rq, STR("Access-Control-Request-Headers"));
    http_header_add(x->rs, STR("Access-Control-Allow-Methods"), STR("GET,POST,PUT,PATCH,DELETE,HEAD"));
    if (asked.len)
        http_header_add(x->rs, STR("Access-Control-Allow-Headers"), asked);
    http_header_add(x->rs, STR("Access-Control-Max-Age"), STR("600"));
}

bool cors_preflight(struct exchange *x)
{
    if (x->rq->method != HTTP_OPTIONS)
        return false;
    x->rs->status = 204;
    if (failed(store_tenant_by_host(x->app->store, x->rq->host, &x->call.tenant))) {
        answer_error(x->rs, x->call.arena, x->api, fail(ERR_TENANT_UNKNOWN));
        return true;
    }
    if (add_headers(x))
        allow_request(x);
    else
        note_stranger(x);
    tenant_release(x->call.tenant);
    return true;
}
