/* doorward users export FILE */
#include "base/clock.h"
#include "cli/setup.h"
#include "cli/users.h"
#include "cli/users_work.h"
#include "domain/job/runner.h"
#include "domain/transfer/export.h"
#include "domain/transfer/user_export_job.h"

#include <stdio.h>
#include <string.h>

/* --- in the process that has the store open ------------------------------------------------- */

struct making {
    const struct json *args;
    struct user_export_new n;
    struct json *body;
};

static struct result make_tx(struct tx *tx, void *arg)
{
    struct making *m = arg;
    return user_export_create(tx, &m->n, &m->body);
}

struct result users_export_make(struct control_context *c, const struct json *args, struct json **out)
{
    struct tenant *t;
    struct box_key key;
    str pem = json_get_text(args, STR("key")), connection = json_get_text(args, STR("connection"));
    struct making m = { .args = args,
                        .n = { .file = str_cstr(c->arena, json_get_text(args, STR("file"))),
                               .connection = connection.len ? connection : STR_NONE,
                               .format = json_get_true(args, STR("bulk")) ? USER_EXPORT_BULK : USER_EXPORT_WHOLE,
                               .secrets = json_get_true(args, STR("plain")) ? USER_FILE_PLAIN : USER_FILE_NO_SECRETS } };
    if (pem.len && !box_key_read(c->arena, pem, &key))
        return fail1(ERR_USAGE, STR("The key is no X25519 key"));
    if (pem.len) {
        m.n.key = &key;
        m.n.secrets = USER_FILE_SEALED;
    }
    TRY(users_tenant(c, args, &t));
    struct tx_options o = { .arena = c->arena, .now_us = clock_now_us() };
    struct result r = store_write(t, &o, make_tx, &m);
    if (!failed(r))
        job_runner_notify(t);
    tenant_release(t);
    *out = m.body;
    return r;
}

struct looking {
    const struct json *args;
    struct json *body;
};

static struct result look_tx(struct tx *tx, void *arg)
{
    struct looking *l = arg;
    struct job j;
    TRY(job_by_id(tx, json_get_text(l->args, STR("job")), &j));
    user_export_tell(tx->arena, tx->tenant, &j, j.body);
    l->body = j.body;
    return OK;
}

struct result users_export_look(struct control_context *c, const struct json *args, struct json **out)
{
    struct tenant *t;
    struct looking l = { .args = args };
    struct tx_options o = { .arena = c->arena, .now_us = clock_now_us() };
    TRY(users_tenant(c, args, &t));
    struct result r = store_read(t, &o, look_tx, &l);
    tenant_release(t);
    *out = l.body;
    return r;
}

/* --- the command ------------------------------------------------------------------------------ */

static void show_words(const char *file, const struct json *job)
{
    int64_t left_out = json_get_int(job, STR("hashes_left_out"), 0), views = json_get_int(job, STR("views"), 1);
    printf("%lld users are in %s\n", (long long)json_get_int(job, STR("users"), 0), file);
    if (views > 1)
        printf("They were read in %lld parts: each user is as it was when its part was read.\n", (long long)views);
    if (left_out)
        printf("%lld password hashes are left out: the bulk schema has no form for them.\n", (long long)left_out);
}

static struct result read_args(const struct options *o, struct json *args)
{
    struct arena *a = o->arena;
    struct box_key key;
    bool has_key, is_bulk = strcmp(o->format, "bulk") == 0;
    TRY(users_read_key(o, &key, &has_key));
    if (!is_bulk && strcmp(o->format, "whole") != 0)
        return fail1(ERR_USAGE, STR("--format takes whole or bulk"));
    if (has_key && o->plain_secrets)
        return fail1(ERR_USAGE, STR("--with-secrets and --plain-secrets exclude each other"));
    if (is_bulk && has_key)
        return fail1(ERR_USAGE, STR("--format bulk has no place for sealed secrets: --plain-secrets writes what its reader needs"));
    if (is_bulk && !*o->connection)
        return fail1(ERR_USAGE, STR("--format bulk is of one connection: --connection NAME"));
    json_set_text(a, args, STR("file"), str_from(setup_absolute(a, o->words[2])));
    json_set_text(a, args, STR("connection"), str_from(o->connection));
    json_set_bool(a, args, STR("bulk"), is_bulk);
    json_set_bool(a, args, STR("plain"), o->plain_secrets);
    if (has_key)
        json_set_text(a, args, STR("key"), box_key_public_pem(a, &key));
    return OK;
}

struct result users_export_run(const struct options *o)
{
    static const struct users_work work = { "users export make", "users export look", export_run,
                                            "the server stopped; it goes on with the export when it starts again" };
    struct json *args = json_object(o->arena), *job;
    TRY(read_args(o, args));
    TRY(users_work(o, &work, args, &job));
    str details = json_get_text(job, STR("status_details"));
    if (o->json)
        printf("%.*s\n", STR_ARG(json_dump(o->arena, job)));
    else if (!details.p)
        show_words(o->words[2], job);
    return details.p ? fail1(ERR_USAGE, details) : OK;
}
