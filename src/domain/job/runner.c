#include "domain/job/runner.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/lowly.h"
#include "domain/transfer/export.h"
#include "domain/transfer/import.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    NOTICES_MAX = 64,           /* tenants; beyond that the next look finds them */
    NOTICE_US = 5 * 1000 * 1000, /* how long a transaction may take from the notice to its commit */
    LOOK_EVERY_MS = 5,
    SOME_EVERY_US = 60 * 1000 * 1000,
    FIRST_ROUND_US = 100 * 1000, /* between two looks until all tenants have been seen once: jobs of an earlier run */
    CLOSED_A_LOOK = 16,
    NAME_MAX_LEN = 64,
    FILE_KEPT_S = 3600,         /* a file without a job may be one whose job is just being made */
};

struct notice {
    char tenant[NAME_MAX_LEN];
    int64_t until_us;
};

struct worker {
    struct job_runner *runner;
    enum job_type type;
    pthread_t thread;
    struct notice notices[NOTICES_MAX];
    unsigned notice_count;
    int64_t some_at_us; /* when to look at tenants unasked next */
    int64_t round;
    bool seen_all;
};

struct job_runner {
    struct store *store;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_bool stop;
    struct worker workers[2];
};

static pthread_mutex_t current_lock = PTHREAD_MUTEX_INITIALIZER;
static struct job_runner *current;

typedef struct result (*run_fn)(struct tenant *t, str id, const atomic_bool *stop);
static const run_fn run_fns[JOB_TYPE_MAX] = { [JOB_USERS_IMPORT] = import_run, [JOB_USERS_EXPORT] = export_run };

/* --- one job ---------------------------------------------------------------------------- */

struct running {
    struct tenant *tenant;
    enum job_type type;
    str id;
    const atomic_bool *stop;
    struct result result;
};

static void *run_it(void *arg)
{
    struct running *r = arg;
    r->result = run_fns[r->type](r->tenant, r->id, r->stop);
    return NULL;
}

/* An export is never before a request. An import has threads of its own for what takes
 * long; its transactions are the writers' matter, and what it does while others wait
 * must be done soon. */
static struct result run_job(struct running *r)
{
    if (r->type == JOB_USERS_IMPORT)
        run_it(r);
    else if (!lowly_run(run_it, r))
        return fail(ERR_BUSY);
    return r->result;
}

/* --- one tenant ------------------------------------------------------------------------ */

struct look {
    enum job_type type;
    struct job job;
    bool found;
};

static struct result look_tx(struct tx *tx, void *arg)
{
    struct look *l = arg;
    return job_next(tx, l->type, &l->job, &l->found);
}

/* All that waits there. A job that fails for a reason that is none of its own
 * stays; the next look takes it up again. */
static void work_on(struct worker *w, str name)
{
    const atomic_bool *stop = &w->runner->stop;
    struct tenant *t;
    if (failed(store_tenant_by_name(w->runner->store, name, &t)))
        return;
    struct arena *a = arena_new(0);
    bool more = true;
    while (more && !atomic_load(stop)) {
        struct tx_options o = { .arena = a, .now_us = clock_now_us() };
        struct look l = { .type = w->type };
        struct result r = store_read(t, &o, look_tx, &l);
        more = !failed(r) && l.found;
        if (more)
            r = run_job(&(struct running){ .tenant = t, .type = w->type, .id = l.job.id, .stop = stop });
        if (failed(r)) {
            log_error("a job could not go on (error kind %d)", (int)r.kind);
            more = false;
        }
        arena_clear(a);
    }
    arena_free(a);
    tenant_release(t);
}

/* --- what is over -------------------------------------------------------------------------- */

struct sweep {
    bool more;
    str id;
    struct job job;
};

static struct result sweep_tx(struct tx *tx, void *arg)
{
    struct sweep *s = arg;
    return job_sweep(tx, &s->more);
}

static struct result ended_tx(struct tx *tx, void *arg)
{
    bool *any = arg;
    struct sql_value row;
    return sql_row(tx->sql, tx->arena, "SELECT 1 FROM jobs WHERE ends_at < ? LIMIT 1", SQL_ARGS(sql_int(tx->now_us)), &row, 1, any);
}

static void sweep_rows(struct worker *w, str name)
{
    struct tenant *t;
    struct sweep s = { .more = false };
    struct arena *a = arena_new(0);
    struct tx_options o = { .arena = a, .now_us = clock_now_us() };
    if (!failed(store_tenant_by_name(w->runner->store, name, &t))) {
        struct result r = store_read(t, &o, ended_tx, &s.more);
        while (!failed(r) && s.more && !atomic_load(&w->runner->stop))
            r = store_write(t, &o, sweep_tx, &s);
        tenant_release(t);
    }
    arena_free(a);
}

static struct result by_id_tx(struct tx *tx, void *arg)
{
    struct sweep *s = arg;
    return job_by_id(tx, s->id, &s->job);
}

/* TENANT.ID.SUFFIX: does its job still need it? */
static bool is_needed(struct store *store, struct arena *a, str file)
{
    str id, suffix, tenant = str_cut(file, '.', &id);
    struct tenant *t;
    if (!id.p || failed(store_tenant_by_name(store, tenant, &t)))
        return false;
    struct sweep s = { .id = str_cut(id, '.', &suffix) };
    struct tx_options o = { .arena = a, .now_us = clock_now_us() };
    struct result r = store_read(t, &o, by_id_tx, &s);
    tenant_release(t);
    bool is_input = suffix.p && str_eq(suffix, STR("users"));
    return failed(r) ? r.kind != ERR_INEXISTENT_JOB : s.job.active || !is_input;
}

static void sweep_files(struct job_runner *r)
{
    struct arena *a = arena_new(0);
    const char *path = str_cstr(a, str_fmt(a, "%s/jobs", store_dir(r->store)));
    DIR *d = opendir(path);
    time_t horizon = time(NULL) - FILE_KEPT_S;
    for (struct dirent *e; d && (e = readdir(d));) {
        const char *file = str_cstr(a, str_fmt(a, "%s/%s", path, e->d_name));
        struct stat st;
        if (stat(file, &st) == 0 && S_ISREG(st.st_mode) && st.st_mtime < horizon && !is_needed(r->store, a, str_from(e->d_name)))
            ignore_result(file_remove_durable(file), "the next sweep tries again");
    }
    if (d)
        closedir(d);
    arena_free(a);
}

static void look_at_some(struct worker *w)
{
    struct arena *a = arena_new(0);
    str *names;
    size_t count;
    bool sweeps = w->type == JOB_USERS_IMPORT;
    store_tenant_some(w->runner->store, a, CLOSED_A_LOOK, &w->round, &names, &count);
    for (size_t i = 0; i < count && !atomic_load(&w->runner->stop); i++) {
        work_on(w, names[i]);
        if (sweeps)
            sweep_rows(w, names[i]);
    }
    w->seen_all |= w->round == 0;
    if (sweeps && w->seen_all)
        sweep_files(w->runner);
    arena_free(a);
}

/* --- the threads ------------------------------------------------------------------------------- */

static void sleep_a_little(struct worker *w, int64_t now_us)
{
    struct job_runner *r = w->runner;
    struct timespec until;
    int64_t ms = w->notice_count ? LOOK_EVERY_MS : (w->some_at_us - now_us) / US_PER_MS + 1;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    if (!atomic_load(&r->stop))
        pthread_cond_timedwait(&r->wake, &r->lock, &until);
}

/* Copies the tenants that were announced and forgets those whose time is over. Under the lock. */
static unsigned take_notices(struct worker *w, int64_t now_us, char out[NOTICES_MAX][NAME_MAX_LEN])
{
    unsigned kept = 0, count = w->notice_count;
    for (unsigned i = 0; i < count; i++) {
        memcpy(out[i], w->notices[i].tenant, NAME_MAX_LEN);
        if (w->notices[i].until_us > now_us)
            w->notices[kept++] = w->notices[i];
    }
    w->notice_count = kept;
    return count;
}

static void *run(void *arg)
{
    struct worker *w = arg;
    struct job_runner *r = w->runner;
    char names[NOTICES_MAX][NAME_MAX_LEN];
    while (!atomic_load(&r->stop)) {
        int64_t now_us = clock_monotonic_us();
        if (now_us >= w->some_at_us) {
            look_at_some(w);
            w->some_at_us = clock_monotonic_us() + (w->seen_all ? SOME_EVERY_US : FIRST_ROUND_US);
        }
        pthread_mutex_lock(&r->lock);
        unsigned count = take_notices(w, now_us, names);
        pthread_mutex_unlock(&r->lock);
        for (unsigned i = 0; i < count && !atomic_load(&r->stop); i++)
            work_on(w, str_from(names[i]));
        pthread_mutex_lock(&r->lock);
        sleep_a_little(w, clock_monotonic_us());
        pthread_mutex_unlock(&r->lock);
    }
    return NULL;
}

static void add_notice(struct worker *w, str tenant, int64_t until_us)
{
    unsigned i = 0;
    while (i < w->notice_count && !str_eq(str_from(w->notices[i].tenant), tenant))
        i++;
    if (i == NOTICES_MAX || tenant.len >= NAME_MAX_LEN)
        return;
    w->notice_count += i == w->notice_count;
    memset(w->notices[i].tenant, 0, NAME_MAX_LEN);
    memcpy(w->notices[i].tenant, tenant.p, tenant.len);
    w->notices[i].until_us = until_us;
}

void job_runner_notify(const struct tenant *t)
{
    pthread_mutex_lock(&current_lock);
    if (current) {
        pthread_mutex_lock(&current->lock);
        for (size_t i = 0; i < 2; i++)
            add_notice(&current->workers[i], tenant_get_info(t)->name, clock_monotonic_us() + NOTICE_US);
        pthread_cond_broadcast(&current->wake);
        pthread_mutex_unlock(&current->lock);
    }
    pthread_mutex_unlock(&current_lock);
}

struct job_runner *job_runner_start(struct store *s)
{
    static const enum job_type types[] = { JOB_USERS_IMPORT, JOB_USERS_EXPORT };
    struct job_runner *r = calloc(1, sizeof *r);
    if (!r)
        die("out of memory");
    r->store = s;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->wake, NULL);
    for (size_t i = 0; i < 2; i++) {
        r->workers[i] = (struct worker){ .runner = r, .type = types[i], .some_at_us = clock_monotonic_us() + FIRST_ROUND_US };
        if (pthread_create(&r->workers[i].thread, NULL, run, &r->workers[i]) != 0)
            die("cannot start a thread");
    }
    pthread_mutex_lock(&current_lock);
    current = r;
    pthread_mutex_unlock(&current_lock);
    return r;
}

void job_runner_stop(struct job_runner *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&current_lock);
    current = NULL;
    pthread_mutex_unlock(&current_lock);
    pthread_mutex_lock(&r->lock);
    atomic_store(&r->stop, true);
    pthread_cond_broadcast(&r->wake);
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < 2; i++)
        pthread_join(r->workers[i].thread, NULL);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->wake);
    free(r);
}
