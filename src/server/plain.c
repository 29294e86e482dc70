/* Paths that belong to the server itself: health for supervisors, the published
 * contracts, and the test comforts where their flags are given. */
#include "server/exchange.h"

#include "base/clock.h"
#include "base/file.h"

#include <ctype.h>

#include <unistd.h>

typedef struct result (*plain_fn)(struct exchange *x);

static void answer_ok(struct exchange *x, struct json *body)
{
    answer_json(x->rs, 200, body);
}

static struct result health(struct exchange *x)
{
    struct json *o = json_object(x->call.arena);
    json_set_text(x->call.arena, o, STR("status"), STR("ok"));
    answer_ok(x, o);
    return OK;
}

static struct result nothing(struct tx *tx, void *arg)
{
    (void)arg;
    struct sql_value row[1];
    bool found;
    return sql_row(tx->sql, tx->arena, "SELECT COUNT(*) FROM settings", SQL_NO_ARGS, row, 1, &found);
}

/* Ready: the store answers. */
static struct result ready(struct exchange *x)
{
    struct tenant *t;
    struct tx_options o = { .arena = x->call.arena };
    struct result r = store_tenant_by_name(x->app->store, STR("default"), &t);
    if (r.kind == ERR_TENANT_UNKNOWN) /* deleted; the others are served */
        return health(x);
    TRY(r);
    r = store_read(t, &o, nothing, NULL);
    tenant_release(t);
    return failed(r) ? r : health(x);
}

static struct result openapi(struct exchange *x, enum api api)
{
    x->rs->status = 200;
    http_header_add(x->rs, STR("Content-Type"), STR("application/json; charset=utf-8"));
    http_header_add(x->rs, STR("Access-Control-Allow-Origin"), STR("*"));
    buf_add(&x->rs->body, openapi_documents[api]);
    return OK;
}

static struct result openapi_v1(struct exchange *x)
{
    return openapi(x, API_V1);
}

static struct result openapi_v2(struct exchange *x)
{
    return openapi(x, API_V2);
}

static struct result openapi_auth(struct exchange *x)
{
    return openapi(x, API_AUTH);
}

/* --- test comforts ---------------------------------------------------------------- */

static struct result read_object(struct exchange *x, struct json **out)
{
    TRY(json_parse(x->call.arena, x->rq->body, out));
    return json_is(*out, JSON_OBJECT) ? OK : fail1(ERR_BAD_REQUEST, STR("A JSON object is expected"));
}

/* {"freeze": ISO date or true} stops the clock there, {"set": ISO date} lets it
 * run from there, {"advance_s": n} moves it, {"run": true} gives the machine's
 * back. Several may stand together, in that order. Answers {"now"}. */
static struct result test_clock(struct exchange *x)
{
    struct arena *a = x->call.arena;
    struct json *body;
    int64_t at_us = 0, set_us = 0, seconds;
    TRY(read_object(x, &body));
    const struct json *freeze = json_get(body, STR("freeze")), *set = json_get(body, STR("set"));
    if ((json_is(freeze, JSON_STRING) && !clock_parse_iso(json_text(freeze), &at_us)) ||
        (set && !clock_parse_iso(json_text(set), &set_us)))
        return fail1(ERR_BAD_REQUEST, STR("freeze and set take an ISO 8601 date"));
    if (freeze)
        clock_freeze(json_is(freeze, JSON_STRING) ? at_us : clock_now_us());
    if (set)
        clock_advance(set_us - clock_now_us());
    if (json_to_int(json_get(body, STR("advance_s")), &seconds))
        clock_advance(seconds * US_PER_S);
    if (json_get_true(body, STR("run")))
        clock_run();
    struct json *o = json_object(a);
    json_set_text(a, o, STR("now"), clock_iso(a, clock_now_us()));
    answer_ok(x, o);
    return OK;
}

/* {"file": path} is the operator's own word; {"name": word} is kept in the data
 * directory. */
static struct result snapshot_path(struct exchange *x, const struct json *body, const char **out)
{
    struct arena *a = x->call.arena;
    str file = json_get_text(body, STR("file")), name = json_get_text(body, STR("name"));
    if (file.len) {
        *out = str_cstr(a, file);
        return OK;
    }
    for (size_t i = 0; i < name.len; i++)
        if (!isalnum((unsigned char)name.p[i]) && name.p[i] != '-' && name.p[i] != '_')
            name.len = 0;
    if (!name.len)
        return fail1(ERR_BAD_REQUEST, STR("file is missing, or a name of letters, digits, - and _"));
    const char *folder = str_cstr(a, str_fmt(a, "%s/snapshots", store_dir(x->app->store)));
    *out = str_cstr(a, str_fmt(a, "%s/%.*s.db", folder, STR_ARG(name)));
    return file_mkdir(folder, 0700);
}

static struct result test_snapshot(struct exchange *x, bool restore)
{
    struct json *body;
    const char *path;
    TRY(read_object(x, &body));
    TRY(snapshot_path(x, body, &path));
    str tenant = json_get_text(body, STR("tenant"));
    if (!tenant.len)
        tenant = STR("default");
    if (restore && access(path, R_OK) != 0)
        return fail1(ERR_SNAPSHOT, str_from(path));
    TRY(restore ? store_tenant_restore(x->app->store, tenant, path) : store_tenant_snapshot(x->app->store, tenant, path));
    return health(x);
}

static struct result test_snapshot_take(struct exchange *x)
{
    return test_snapshot(x, false);
}

static struct result test_snapshot_restore(struct exchange *x)
{
    return test_snapshot(x, true);
}

/* --- the table ----------------------------------------------------------------------- */

enum needs { ALWAYS, TEST_CLOCK, TEST_SNAPSHOTS };
static const struct {
    enum http_method method;
    str path;
    enum needs needs;
    plain_fn answer;
} rows[] = {
    { HTTP_GET, STR_INIT("/healthz"), ALWAYS, health },
    { HTTP_GET, STR_INIT("/readyz"), ALWAYS, ready },
    { HTTP_GET, STR_INIT("/openapi.json"), ALWAYS, openapi_auth },
    { HTTP_GET, STR_INIT("/api/v1/openapi.json"), ALWAYS, openapi_v1 },
    { HTTP_GET, STR_INIT("/api/v2/openapi.json"), ALWAYS, openapi_v2 },
    { HTTP_POST, STR_INIT("/test/clock"), TEST_CLOCK, test_clock },
    { HTTP_POST, STR_INIT("/test/snapshot"), TEST_SNAPSHOTS, test_snapshot_take },
    { HTTP_POST, STR_INIT("/test/restore"), TEST_SNAPSHOTS, test_snapshot_restore },
};

static bool enabled(const struct app *a, enum needs needs)
{
    switch (needs) {
    case ALWAYS:
        return true;
    case TEST_CLOCK:
        return a->cfg.test_clock;
    case TEST_SNAPSHOTS:
        return a->cfg.test_snapshots;
    }
    return false;
}

bool plain_answer(struct exchange *x)
{
    enum http_method method = x->rq->method == HTTP_HEAD ? HTTP_GET : x->rq->method;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].method != method || !str_eq(rows[i].path, x->rq->path) || !enabled(x->app, rows[i].needs))
            continue;
        struct result r = rows[i].answer(x);
        if (failed(r))
            answer_error(x->rs, x->call.arena, API_V2, r);
        return true;
    }
    return false;
}
