#include "domain/token_plan.h"

#include "base/log.h"
#include "base/map.h"
#include "domain/client/grant.h"
#include "domain/tenant_settings.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* --- reading ---------------------------------------------------------------------- */

struct reading {
    const struct token_request *rq;
    struct token_plan *plan;
};

/* The method that the client is registered with decides what counts. */
static bool authenticated(const struct client *c, const struct client_auth *auth)
{
    if (c->is_public || !auth->secret.p)
        return false;
    if (str_eq(c->auth_method, STR("client_secret_basic")) && !auth->by_basic)
        return false;
    if (str_eq(c->auth_method, STR("client_secret_post")) && auth->by_basic)
        return false;
    bool by_secret = c->auth_method.len == 0 || str_starts(c->auth_method, STR("client_secret_"));
    return by_secret && client_secret_check(c, auth->secret);
}

static struct result find_client(struct tx *tx, const struct reading *r)
{
    bool found;
    TRY(client_find(tx, r->rq->client.client_id, &r->plan->client, &found));
    if (!found)
        return fail(ERR_CLIENT_UNAUTHORIZED);
    if (r->plan->client.is_public)
        return fail1(ERR_GRANT_NOT_ALLOWED, STR("client_credentials"));
    return authenticated(&r->plan->client, &r->rq->client) ? OK : fail(ERR_CLIENT_UNAUTHORIZED);
}

/* Without an audience the kind of token is v1's, unless the tenant has switched
 * v1 off for ordinary clients; then its default audience counts
 * (V1-V2-SEMANTICS 2; docs/design.md, decision 8). */
static struct result choose_audience(struct tx *tx, const struct reading *r)
{
    struct token_plan *p = r->plan;
    struct json *settings;
    p->audience = str_dup(tx->arena, r->rq->audience);
    if (p->audience.len)
        return OK;
    TRY(tenant_settings_read(tx, &settings));
    bool v1_closed = tenant_settings_flag(settings, STR("disable_v1_for_ordinary_clients"));
    if (p->client.is_global || !v1_closed) {
        p->for_v1 = true;
        return p->client.is_global || p->client.is_first_party ? OK : fail(ERR_V1_NOT_ALLOWED);
    }
    p->audience = json_get_text(settings, STR("default_audience"));
    return p->audience.len ? OK : fail(ERR_V1_NOT_ALLOWED);
}

static str join_scopes(struct arena *a, const struct json *list, bool of_objects)
{
    struct json *item;
    struct buf b;
    buf_init(&b, 1 << 20);
    JSON_EACH_ITEM(list, i, item) {
        if (b.len)
            buf_add_char(&b, ' ');
        buf_add(&b, of_objects ? json_get_text(item, STR("value")) : json_text(item));
    }
    str out = str_dup(a, buf_str(&b));
    buf_free(&b);
    return out;
}

enum { SCOPE_BYTES_MAX = 20000 }; /* of a request; every scope of API v2 together has 8 KB */

static bool grants(const struct client_grant *g, const struct resource_server *api, str scope)
{
    return g->allow_all_scopes ? resource_server_has_scope(api, scope) : client_grant_allows(g, scope);
}

static void add_name(struct buf *b, str separator, str name)
{
    if (b->len)
        buf_add(b, separator);
    buf_add(b, name);
}

static bool names_have(str names, str wanted)
{
    while (names.p)
        if (str_eq(str_cut(names, ' ', &names), wanted))
            return true;
    return false;
}

/* Each scope that was asked for once, in the order of the request. */
static struct result narrow_scopes(struct tx *tx, const struct reading *r, const struct client_grant *g)
{
    struct buf granted, missing;
    str rest = r->rq->scope;
    buf_init(&granted, SCOPE_BYTES_MAX);
    buf_init(&missing, 2 * SCOPE_BYTES_MAX);
    while (rest.p) {
        str one = str_cut(rest, ' ', &rest);
        if (one.len && !grants(g, &r->plan->api, one))
            add_name(&missing, STR(", "), one);
        else if (one.len && !names_have(buf_str(&granted), one))
            add_name(&granted, STR(" "), one);
    }
    str words = str_dup(tx->arena, buf_str(&missing));
    r->plan->scope = str_dup(tx->arena, buf_str(&granted));
    buf_free(&granted);
    buf_free(&missing);
    return words.len ? fail1(ERR_SCOPES_NOT_GRANTED, words) : OK;
}

static struct result grant_scopes(struct tx *tx, const struct reading *r)
{
    struct client_grant g;
    struct token_plan *p = r->plan;
    bool found;
    TRY(client_grant_find(tx, p->client.client_id, p->audience, STR("client"), &g, &found));
    if (!found)
        return fail1(ERR_NO_CLIENT_GRANT, p->audience);
    if (r->rq->scope.len > SCOPE_BYTES_MAX)
        return fail1(ERR_BAD_REQUEST, STR("The scope is too long"));
    if (str_trim(r->rq->scope).len)
        return narrow_scopes(tx, r, &g);
    p->scope = g.allow_all_scopes ? join_scopes(tx->arena, p->api.scopes, true) : join_scopes(tx->arena, g.scope, false);
    return OK;
}

static struct result read_plan(struct tx *tx, void *arg)
{
    const struct reading *r = arg;
    struct token_plan *p = r->plan;
    bool found;
    TRY(find_client(tx, r));
    TRY(choose_audience(tx, r));
    if (p->for_v1)
        return OK;
    if (!client_has_grant_type(&p->client, STR("client_credentials")))
        return fail1(ERR_GRANT_NOT_ALLOWED, STR("client_credentials"));
    TRY(resource_server_find(tx, p->audience, &p->api, &found));
    if (!found)
        return fail1(ERR_UNKNOWN_AUDIENCE, p->audience);
    str dialect = json_get_text(p->api.body, STR("token_dialect"));
    p->permissions = json_get_true(p->api.body, STR("enforce_policies")) && str_ends(dialect, STR("_authz"));
    p->profile_9068 = str_starts(dialect, STR("rfc9068_profile"));
    return grant_scopes(tx, r);
}

/* --- the cache: direct mapped by what was asked ------------------------------------------ */

enum { CACHE_SLOTS = 64 };

struct counted_plan {
    struct token_plan plan; /* first: callers hold its address */
    struct arena *arena;
    atomic_uint users;
    uint64_t generation;
    str client_id, audience, scope; /* as asked */
};

struct plan_cache {
    pthread_mutex_t lock;
    struct counted_plan *slots[CACHE_SLOTS];
};

static void plan_release(struct counted_plan *p)
{
    if (p && atomic_fetch_sub(&p->users, 1) == 1)
        arena_free(p->arena);
}

void token_plan_release(const struct token_plan *p)
{
    plan_release((struct counted_plan *)p);
}

static void *cache_make(struct tenant *t)
{
    (void)t;
    struct plan_cache *c = calloc(1, sizeof *c);
    if (!c)
        die("out of memory");
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

static void cache_free(void *ptr)
{
    struct plan_cache *c = ptr;
    for (size_t i = 0; i < CACHE_SLOTS; i++)
        plan_release(c->slots[i]);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static struct counted_plan **slot_of(struct plan_cache *c, const struct token_request *rq)
{
    uint64_t h = hash_bytes(rq->client.client_id) ^ hash_bytes(rq->audience) * 3 ^ hash_bytes(rq->scope) * 5;
    return &c->slots[h % CACHE_SLOTS];
}

static struct counted_plan *cache_get(struct plan_cache *c, const struct token_request *rq, uint64_t generation)
{
    pthread_mutex_lock(&c->lock);
    struct counted_plan *p = *slot_of(c, rq);
    bool hit = p && p->generation == generation && str_eq(p->client_id, rq->client.client_id) && str_eq(p->audience, rq->audience) &&
               str_eq(p->scope, rq->scope);
    if (hit)
        atomic_fetch_add(&p->users, 1);
    pthread_mutex_unlock(&c->lock);
    return hit ? p : NULL;
}

static void cache_put(struct plan_cache *c, const struct token_request *rq, struct counted_plan *p)
{
    atomic_fetch_add(&p->users, 1);
    pthread_mutex_lock(&c->lock);
    struct counted_plan **slot = slot_of(c, rq), *old = *slot;
    *slot = p;
    pthread_mutex_unlock(&c->lock);
    plan_release(old);
}

/* The error's arguments move to the request's arena: the plan's goes. */
static struct result keep_args(struct arena *a, struct result r)
{
    for (size_t i = 0; i < ERR_ARGS_MAX; i++)
        r.args.v[i] = str_dup(a, r.args.v[i]);
    return r;
}

/* What tokens are made of; the documents, a hundred kilobytes for an API with
 * many scopes, go with the arena that they were read into. */
static struct token_plan plan_copy(struct arena *a, const struct token_plan *p)
{
    return (struct token_plan){
        .client = { .seq = p->client.seq,
                    .client_id = str_dup(a, p->client.client_id),
                    .name = str_dup(a, p->client.name),
                    .secret = str_dup(a, p->client.secret),
                    .app_type = str_dup(a, p->client.app_type),
                    .auth_method = str_dup(a, p->client.auth_method),
                    .is_global = p->client.is_global,
                    .is_first_party = p->client.is_first_party,
                    .is_public = p->client.is_public },
        .audience = str_dup(a, p->audience),
        .for_v1 = p->for_v1,
        .api = { .id = str_dup(a, p->api.id),
                 .identifier = str_dup(a, p->api.identifier),
                 .name = str_dup(a, p->api.name),
                 .signing_alg = str_dup(a, p->api.signing_alg),
                 .signing_secret = str_dup(a, p->api.signing_secret),
                 .token_lifetime_s = p->api.token_lifetime_s,
                 .token_lifetime_for_web_s = p->api.token_lifetime_for_web_s,
                 .is_system = p->api.is_system,
                 .allow_offline_access = p->api.allow_offline_access },
        .scope = str_dup(a, p->scope),
        .permissions = p->permissions,
        .profile_9068 = p->profile_9068,
    };
}

static struct counted_plan *plan_keep(const struct token_request *rq, const struct token_plan *read, uint64_t generation)
{
    struct arena *a = arena_new_secret(1 << 10);
    struct counted_plan *p = ARENA_NEW(a, struct counted_plan);
    p->plan = plan_copy(a, read);
    p->arena = a;
    p->generation = generation;
    p->client_id = str_dup(a, rq->client.client_id);
    p->audience = str_dup(a, rq->audience);
    p->scope = str_dup(a, rq->scope);
    atomic_init(&p->users, 1);
    return p;
}

static struct result plan_load(struct tenant *t, const struct token_request *rq, struct counted_plan **out)
{
    struct arena *a = arena_new_secret(16 << 10);
    struct token_plan plan = { .for_v1 = false };
    uint64_t generation = tenant_generation(t); /* read first: a change meanwhile makes it stale, not wrong */
    struct reading reading = { .rq = rq, .plan = &plan };
    struct tx_options o = { .arena = a, .now_us = rq->now_us };
    struct result r = store_read(t, &o, read_plan, &reading);
    if (failed(r))
        r = keep_args(rq->arena, r);
    else
        *out = plan_keep(rq, &plan, generation);
    arena_free(a);
    return r;
}

struct result token_plan_get(struct tenant *t, const struct token_request *rq, const struct token_plan **out)
{
    struct plan_cache *c = tenant_slot(t, TENANT_SLOT_PLANS, cache_make, cache_free);
    struct counted_plan *p = cache_get(c, rq, tenant_generation(t));
    *out = NULL;
    if (!p) {
        TRY(plan_load(t, rq, &p));
        cache_put(c, rq, p);
    } else if (!authenticated(&p->plan.client, &rq->client)) {
        plan_release(p);
        return fail(ERR_CLIENT_UNAUTHORIZED);
    }
    *out = &p->plan;
    return OK;
}
