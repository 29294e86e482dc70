#include "domain/background.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/key.h"
#include "domain/signing_key.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

enum {
    START_MS = 100,          /* the first answers come first */
    SWEEP_EVERY_MS = 60000,
    CLOSED_A_SWEEP = 16,     /* tenants that nobody uses: 10,000 of them within half a day */
    ROWS_A_SWEEP = 1000,
};

struct background {
    struct store *store;
    struct background_config cfg;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
    int64_t round; /* where among the tenants the sweep is */
};

static bool stopping(struct background *b)
{
    pthread_mutex_lock(&b->lock);
    bool stop = b->stop;
    pthread_mutex_unlock(&b->lock);
    return stop;
}

/* --- keys ------------------------------------------------------------------------ */

/* The default tenant's keys first: the first token waits for them. */
static void make_default_keys(struct background *b)
{
    struct tenant *t;
    struct key_set *set;
    if (failed(store_tenant_by_name(b->store, STR("default"), &t)))
        return;
    struct result r = key_set_get(t, &set);
    if (failed(r))
        log_error("the default tenant has no signing keys: %.*s", STR_ARG(r.args.v[0]));
    else
        key_set_release(set);
    tenant_release(t);
}

static struct result make_spare(struct background *b)
{
    struct sign_key *k;
    TRY(sign_key_generate(KEY_RSA2048, &k));
    struct arena *a = arena_new_secret(0);
    struct result r = store_spare_key_put(b->store, sign_key_to_der(a, k));
    sign_key_free(k);
    arena_free(a);
    return r;
}

static void fill_pool(struct background *b)
{
    int64_t count;
    while (!stopping(b) && !failed(store_spare_key_count(b->store, &count)) && count < (int64_t)b->cfg.spare_keys)
        if (failed(make_spare(b)))
            return;
}

/* --- retention ---------------------------------------------------------------------- */

struct sweep {
    const struct background_config *cfg;
    int64_t removed;
};

/* Rows that are worth nothing any more: what says so, what removes some of them. */
static const struct ended {
    const char *any, *remove;
} ended[] = {
#define ENDED(table, key, end) { "SELECT 1 FROM " table " WHERE " end " < ? LIMIT 1", \
    "DELETE FROM " table " WHERE " key " IN (SELECT " key " FROM " table " WHERE " end " < ? LIMIT ?)" }
    ENDED("tokens", "hash", "expires_at"),
    ENDED("sessions", "seq", "ends_at"),
    ENDED("refresh_tokens", "seq", "ends_at"),
    ENDED("login_failures", "(identifier, connection, ip)", "ends_at"),
    ENDED("blocked_addresses", "ip", "ends_at"),
};

static struct result sweep_ended(struct tx *tx, struct sweep *s)
{
    for (size_t i = 0; i < sizeof ended / sizeof *ended; i++) {
        int64_t removed;
        TRY(sql_run(tx->sql, ended[i].remove, SQL_ARGS(sql_int(tx->now_us), sql_int(ROWS_A_SWEEP)), &removed));
        if (removed > s->removed)
            s->removed = removed;
    }
    return OK;
}

static struct result sweep_tx(struct tx *tx, void *arg)
{
    struct sweep *s = arg;
    int64_t old, many;
    int64_t horizon = tx->now_us - s->cfg->log_retention_days * 86400 * US_PER_S;
    TRY(sql_run(tx->sql, "DELETE FROM logs WHERE seq IN (SELECT seq FROM logs WHERE date < ? ORDER BY date LIMIT ?)",
                SQL_ARGS(sql_int(horizon), sql_int(ROWS_A_SWEEP)), &old));
    TRY(sql_run(tx->sql,
                "DELETE FROM logs WHERE seq IN (SELECT seq FROM logs WHERE seq <= (SELECT MAX(seq) FROM logs) - ? ORDER BY seq LIMIT ?)",
                SQL_ARGS(sql_int(s->cfg->log_max_rows), sql_int(ROWS_A_SWEEP)), &many));
    s->removed = old > many ? old : many;
    return sweep_ended(tx, s);
}

/* Is there anything to remove? Asked first, so that an idle tenant is not written. */
static struct result look_tx(struct tx *tx, void *arg)
{
    struct sweep *s = arg;
    struct sql_value row[2];
    bool found;
    int64_t horizon = tx->now_us - s->cfg->log_retention_days * 86400 * US_PER_S;
    TRY(sql_row(tx->sql, tx->arena,
                "SELECT EXISTS (SELECT 1 FROM logs WHERE date < ?), COALESCE((SELECT MAX(seq) - MIN(seq) FROM logs), 0)",
                SQL_ARGS(sql_int(horizon)), row, 2, &found));
    s->removed = row[0].i || row[1].i >= s->cfg->log_max_rows ? 1 : 0;
    for (size_t i = 0; i < sizeof ended / sizeof *ended && !s->removed; i++) {
        TRY(sql_row(tx->sql, tx->arena, ended[i].any, SQL_ARGS(sql_int(tx->now_us)), row, 1, &found));
        s->removed = found;
    }
    return OK;
}

static void sweep_tenant(struct background *b, str name)
{
    struct tenant *t;
    struct sweep s = { .cfg = &b->cfg };
    struct arena *a = arena_new(0);
    struct tx_options o = { .arena = a, .now_us = clock_now_us() };
    if (failed(store_tenant_by_name(b->store, name, &t))) {
        arena_free(a);
        return;
    }
    struct result r = store_read(t, &o, look_tx, &s);
    while (!failed(r) && s.removed && !stopping(b)) {
        r = store_write(t, &o, sweep_tx, &s);
        if (s.removed < ROWS_A_SWEEP)
            break;
    }
    tenant_release(t);
    arena_free(a);
}

static void sweep_some(struct background *b)
{
    struct arena *a = arena_new(0);
    str *names;
    size_t count;
    store_tenant_some(b->store, a, CLOSED_A_SWEEP, &b->round, &names, &count);
    for (size_t i = 0; i < count && !stopping(b); i++)
        sweep_tenant(b, names[i]);
    arena_free(a);
}

/* --- the thread ---------------------------------------------------------------------- */

static void sleep_ms(struct background *b, int ms)
{
    int64_t until_us = clock_monotonic_us() + ms * US_PER_MS;
    struct timespec until = { .tv_sec = until_us / US_PER_S, .tv_nsec = until_us % US_PER_S * 1000 };
    pthread_mutex_lock(&b->lock);
    while (!b->stop && pthread_cond_timedwait(&b->wake, &b->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&b->lock);
}

static void *run(void *arg)
{
    struct background *b = arg;
    sleep_ms(b, START_MS);
    if (!stopping(b))
        make_default_keys(b);
    struct sched_param idle = { 0 };
    pthread_setschedparam(pthread_self(), SCHED_IDLE, &idle); /* never before a request */
    while (!stopping(b)) {
        fill_pool(b);
        sleep_ms(b, SWEEP_EVERY_MS);
        if (!stopping(b))
            sweep_some(b);
    }
    return NULL;
}

struct background *background_start(struct store *s, const struct background_config *cfg)
{
    struct background *b = calloc(1, sizeof *b);
    if (!b)
        die("out of memory");
    b->store = s;
    b->cfg = *cfg;
    pthread_mutex_init(&b->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&b->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&b->thread, NULL, run, b) != 0)
        die("cannot start a thread");
    return b;
}

void background_stop(struct background *b)
{
    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    b->stop = true;
    pthread_cond_signal(&b->wake);
    pthread_mutex_unlock(&b->lock);
    pthread_join(b->thread, NULL);
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->wake);
    free(b);
}
