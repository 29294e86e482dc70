#include "cli/users_work.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/setup.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { POLL_FIRST_US = 5 * 1000, POLL_US = 200 * 1000, KEY_BYTES_MAX = 16 << 10 };

struct result users_tenant(struct control_context *c, const struct json *args, struct tenant **out)
{
    struct result r = store_tenant_by_name(c->store, json_get_text(args, STR("tenant")), out);
    return r.kind == ERR_TENANT_UNKNOWN ? fail1(ERR_USAGE, STR("There is no tenant of that name (--tenant)")) : r;
}

struct result users_read_key(const struct options *o, struct box_key *out, bool *out_given)
{
    str pem;
    *out_given = *o->with_secrets != '\0';
    if (!*out_given)
        return OK;
    if (failed(file_read(o->arena, o->with_secrets, KEY_BYTES_MAX, &pem)))
        return fail1(ERR_USAGE, str_fmt(o->arena, "%s cannot be read", o->with_secrets));
    if (!box_key_read(o->arena, pem, out))
        return fail1(ERR_USAGE, str_fmt(o->arena, "%s is no X25519 key in PEM (doorward users key FILE makes one)", o->with_secrets));
    return OK;
}

/* --- who works ------------------------------------------------------------------------------ */

struct session {
    const struct options *o;
    const struct users_work *work;
    struct store *store; /* NULL: the server has it */
    /* of the worker here */
    struct tenant *tenant;
    str id;
    atomic_bool over;
    struct result result;
};

static struct result ask(struct session *s, struct arena *a, const struct json *args, struct json **out)
{
    struct control_context c = { .store = s->store, .arena = a, .data_dir = s->o->data };
    bool served;
    if (s->store)
        return control_run(&c, args, out);
    TRY(control_ask(a, s->o->data, args, out, &served));
    return served ? OK : fail1(ERR_USAGE, str_from(s->work->goes_on));
}

static void *work_here(void *arg)
{
    static const atomic_bool never = false;
    struct session *s = arg;
    s->result = s->work->run(s->tenant, s->id, &never);
    atomic_store(&s->over, true);
    return NULL;
}

/* --- how far ----------------------------------------------------------------------------------- */

struct progress {
    bool shown;
    int64_t began_us, began_users;
};

static int64_t users_of(const struct json *job)
{
    return json_get_int(job, STR("users"), json_get_int(json_get(job, STR("summary")), STR("total"), 0));
}

static bool is_over(const struct json *job)
{
    str status = json_get_text(job, STR("status"));
    return str_eq(status, STR("completed")) || str_eq(status, STR("failed"));
}

static void show(struct progress *p, const struct json *job)
{
    int64_t users = users_of(job), now_us = clock_monotonic_us();
    if (!p->shown)
        return;
    if (!p->began_us)
        *p = (struct progress){ .shown = true, .began_us = now_us, .began_users = users };
    int64_t spent_us = now_us - p->began_us;
    fprintf(stderr, "\r%3lld %%  %lld users  %lld users/s\033[K", (long long)json_get_int(job, STR("percentage_done"), is_over(job) ? 100 : 0),
            (long long)users, (long long)(spent_us > US_PER_MS ? (users - p->began_users) * US_PER_S / spent_us : 0));
}

/* Until the job is over, or whoever works on it here has ended without that. */
static struct result follow(struct session *s, const struct json *args, struct json **out)
{
    struct progress p = { .shown = isatty(STDERR_FILENO) };
    struct arena *a = arena_new_secret(0);
    struct json *job = NULL;
    struct result r = OK;
    bool over = false;
    for (useconds_t wait_us = POLL_FIRST_US; !failed(r) && !over;) {
        bool ended = s->store && atomic_load(&s->over);
        arena_clear(a);
        r = ask(s, a, args, &job);
        over = failed(r) || is_over(job) || ended;
        if (!failed(r))
            show(&p, job);
        if (!over)
            usleep(wait_us);
        wait_us = wait_us * 2 < POLL_US ? wait_us * 2 : POLL_US;
    }
    if (p.shown)
        fputs("\n", stderr);
    if (failed(r)) /* its words must outlive the arena */
        r.args.v[0] = str_dup(s->o->arena, r.args.v[0]);
    else
        *out = json_copy(s->o->arena, job);
    arena_free(a);
    return r;
}

static struct result follow_here(struct session *s, const struct json *args, struct json **out)
{
    struct control_context c = { .store = s->store, .arena = s->o->arena, .data_dir = s->o->data };
    pthread_t thread;
    TRY(users_tenant(&c, args, &s->tenant));
    if (pthread_create(&thread, NULL, work_here, s) != 0)
        die("cannot start a thread");
    struct result r = follow(s, args, out);
    pthread_join(thread, NULL);
    tenant_release(s->tenant);
    return failed(s->result) ? fail(s->result.kind) : r; /* its words went with the worker */
}

static struct result work(struct session *s, struct json *args, struct json **out)
{
    struct arena *a = s->o->arena;
    struct json *look = json_object(a), *made;
    TRY(ask(s, a, args, &made));
    s->id = json_get_text(made, STR("id"));
    json_set_text(a, look, STR("command"), str_from(s->work->look));
    json_set_text(a, look, STR("tenant"), json_get_text(args, STR("tenant")));
    json_set_text(a, look, STR("job"), s->id);
    return s->store ? follow_here(s, look, out) : follow(s, look, out);
}

static struct result is_served(const struct options *o, bool *out)
{
    struct json *args = json_object(o->arena), *answer;
    json_set_text(o->arena, args, STR("command"), STR("tenant list"));
    return control_ask(o->arena, o->data, args, &answer, out);
}

struct result users_work(const struct options *o, const struct users_work *w, struct json *args, struct json **out)
{
    struct session s = { .o = o, .work = w };
    bool served;
    json_set_text(o->arena, args, STR("command"), str_from(w->make));
    json_set_text(o->arena, args, STR("tenant"), str_from(o->tenant));
    TRY(is_served(o, &served));
    if (!served)
        TRY(setup_open(o, &s.store));
    struct result r = work(&s, args, out);
    if (s.store)
        store_close(s.store);
    return r;
}
