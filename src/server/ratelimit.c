#include "server/ratelimit.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "json/json.h"

#include <pthread.h>
#include <stdlib.h>

enum { BUCKETS_MAX = 16, PROFILE_BYTES_MAX = 64 << 10 };

struct rule {
    str bucket;
    int64_t burst;
    double per_second;
};

struct rate_limits {
    struct rule rules[BUCKETS_MAX];
    size_t count;
    bool real;
    struct arena *arena;
};

struct profile {
    const char *name;
    bool real;
    struct rule rules[5];
};
static const struct profile profiles[] = {
    { "generous", false,
      { { STR_INIT("management"), 100000, 100000 },
        { STR_INIT("authentication"), 100000, 100000 },
        { STR_INIT("token"), 100000, 100000 },
        { STR_INIT("discovery"), 100000, 100000 } } },
    { "production", true,
      { { STR_INIT("management"), 50, 16 },
        { STR_INIT("authentication"), 100, 100 },
        { STR_INIT("token"), 100, 100 },
        { STR_INIT("discovery"), 20, 20 } } },
    { "free", true,
      { { STR_INIT("management"), 10, 2 },
        { STR_INIT("authentication"), 300, 5 },
        { STR_INIT("token"), 30, 30 },
        { STR_INIT("discovery"), 20, 20 } } },
    { "off", false, { { STR_INIT(""), 0, 0 } } },
};

/* A tenant's buckets, by rule. */
struct levels {
    pthread_mutex_t lock;
    struct {
        double left;
        int64_t at_us; /* 0: full */
    } v[BUCKETS_MAX];
};

static void *levels_make(struct tenant *t)
{
    (void)t;
    struct levels *l = calloc(1, sizeof *l);
    if (!l)
        die("out of memory");
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

static void levels_free(void *p)
{
    struct levels *l = p;
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static struct result add_rule(struct rate_limits *r, str bucket, int64_t burst, double per_second)
{
    if (r->count == BUCKETS_MAX || burst < 1 || !(per_second > 0))
        return fail1(ERR_USAGE, STR("--rate-limits: a bucket needs burst >= 1 and per_second > 0"));
    r->rules[r->count++] = (struct rule){ bucket, burst, per_second };
    return OK;
}

static struct result from_file(struct rate_limits *r, const char *path)
{
    str text;
    struct json *v;
    struct json_member *m;
    if (failed(file_read(r->arena, path, PROFILE_BYTES_MAX, &text)) || failed(json_parse(r->arena, text, &v)) ||
        !json_is(v, JSON_OBJECT))
        return fail1(ERR_USAGE, STR("--rate-limits takes generous, production, free, off, or a readable JSON file"));
    JSON_EACH_MEMBER(v, i, m)
        TRY(add_rule(r, m->key, json_get_int(m->value, STR("burst"), 0), json_to_double(json_get(m->value, STR("per_second")))));
    return OK;
}

static const struct profile *find_profile(const char *name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        if (str_eq(str_from(profiles[i].name), str_from(name)))
            return &profiles[i];
    return NULL;
}

struct result rate_limits_new(const char *profile, struct rate_limits **out)
{
    struct arena *a = arena_new(0);
    struct rate_limits *r = ARENA_NEW(a, struct rate_limits);
    const struct profile *known = find_profile(profile ? profile : "generous");
    struct result result = OK;
    r->arena = a;
    r->real = known && known->real;
    for (size_t i = 0; known && known->rules[i].bucket.len; i++)
        r->rules[r->count++] = known->rules[i];
    if (!known)
        result = from_file(r, profile);
    if (failed(result))
        arena_free(a);
    else
        *out = r;
    return result;
}

bool rate_limits_are_real(const struct rate_limits *r)
{
    return r->real;
}

void rate_limits_free(struct rate_limits *r)
{
    if (r)
        arena_free(r->arena);
}

static ptrdiff_t rule_of(const struct rate_limits *r, str bucket)
{
    for (size_t i = 0; i < r->count; i++)
        if (str_eq(r->rules[i].bucket, bucket))
            return (ptrdiff_t)i;
    return -1;
}

struct rate_verdict rate_limits_charge(struct rate_limits *r, struct tenant *t, str bucket, int64_t now_us)
{
    ptrdiff_t at = rule_of(r, bucket);
    if (at < 0)
        return (struct rate_verdict){ 0 };
    const struct rule *rule = &r->rules[at];
    struct levels *l = tenant_slot(t, TENANT_SLOT_LIMITS, levels_make, levels_free);
    pthread_mutex_lock(&l->lock);
    double full = (double)rule->burst;
    /* A clock that was set back refills nothing and takes nothing. */
    int64_t elapsed_us = now_us > l->v[at].at_us ? now_us - l->v[at].at_us : 0;
    double left = l->v[at].at_us ? l->v[at].left + (double)elapsed_us / US_PER_S * rule->per_second : full;
    left = left > full ? full : left;
    bool exceeded = left < 1;
    if (!exceeded)
        left -= 1;
    l->v[at].left = left;
    l->v[at].at_us = now_us;
    pthread_mutex_unlock(&l->lock);
    return (struct rate_verdict){ .limited = true,
                                  .exceeded = exceeded,
                                  .limit = rule->burst,
                                  .remaining = (int64_t)left,
                                  .reset_s = now_us / US_PER_S + 1 + (int64_t)((full - left) / rule->per_second),
                                  .retry_after_s = 1 + (int64_t)((1 - left) / rule->per_second) };
}
