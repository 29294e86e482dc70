/* For tests of the domain: a real store in a temporary directory with one
 * tenant, as `doorward init` makes it, and ways to run functions inside its
 * transactions. Included by one test file each, so everything is static. */
#ifndef TESTS_DOMAIN_TESTING_H
#define TESTS_DOMAIN_TESTING_H

#include "base/file.h"
#include "domain/bootstrap.h"
#include "domain/connection/connection.h"
#include "domain/log.h"
#include "json/json.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct testing {
    char dir[64];
    struct arena *arena;
    struct store *store;
    struct tenant *tenant;
    struct bootstrap made; /* ids and secrets of the tenant's first clients */
    struct actor actor;
    int64_t now_us;        /* of the next transaction; a test moves it */
};

#define TESTING_ARRAY_LEN(a) (sizeof(a) / sizeof *(a))

static inline void testing_ok(struct result r, const char *what)
{
    if (r.kind != ERR_NONE)
        print_error("%s: error kind %d (%.*s)\n", what, (int)r.kind, STR_ARG(r.args.v[0]));
    assert_int_equal(r.kind, ERR_NONE);
}

static inline struct json *testing_json(struct arena *a, const char *text)
{
    struct json *v = NULL;
    testing_ok(json_parse(a, str_from(text), &v), text);
    return v;
}

static inline void testing_open(struct testing *t)
{
    *t = (struct testing){ .dir = "/tmp/doorward-test-XXXXXX", .arena = arena_new(0), .now_us = 1700000000000000 };
    assert_non_null(mkdtemp(t->dir));
    const struct store_config cfg = { .data_dir = str_fmt(t->arena, "%s/data", t->dir), .database_url = STR("sqlite:") };
    bootstrap_prepare(&t->made, t->arena);
    const struct store_first first = { .tenant = { .name = STR("default"), .domain = STR("localhost:8443"), .created_at_us = t->now_us },
                                       .fill = bootstrap_fill,
                                       .arg = &t->made };
    testing_ok(store_init(&cfg, &first), "store_init");
    testing_ok(store_open(&cfg, &t->store), "store_open");
    testing_ok(store_tenant_by_name(t->store, STR("default"), &t->tenant), "tenant");
    t->actor = (struct actor){ .ip = STR("192.0.2.7"), .client_id = t->made.management_id };
}

static inline void testing_close(struct testing *t)
{
    tenant_release(t->tenant);
    store_close(t->store);
    ignore_result(file_remove_tree(t->dir), "a directory left under /tmp fails no test");
    arena_free(t->arena);
}

static inline struct tx_options testing_options(struct testing *t)
{
    return (struct tx_options){ .arena = t->arena, .now_us = t->now_us, .actor = &t->actor };
}

static inline struct result testing_write(struct testing *t, tx_fn fn, void *arg)
{
    struct tx_options o = testing_options(t);
    return store_write(t->tenant, &o, fn, arg);
}

static inline struct result testing_read(struct testing *t, tx_fn fn, void *arg)
{
    struct tx_options o = testing_options(t);
    return store_read(t->tenant, &o, fn, arg);
}

/* A number that a SELECT of one row and one column answers. */
struct testing_count {
    const char *sql;
    int64_t out;
};
static inline struct result testing_count_tx(struct tx *tx, void *arg)
{
    struct testing_count *c = arg;
    struct sql_value v = { .i = 0 };
    bool found;
    TRY(sql_row(tx->sql, tx->arena, c->sql, SQL_NO_ARGS, &v, 1, &found));
    c->out = v.i;
    return OK;
}
static inline int64_t testing_count(struct testing *t, const char *sql)
{
    struct testing_count c = { .sql = sql };
    testing_ok(testing_read(t, testing_count_tx, &c), sql);
    return c.out;
}

/* body: a v2 connection as JSON text; enabled for the client Default App unless it names clients. */
struct testing_connection {
    const struct testing *t;
    const char *body;
    struct connection out;
};
static inline struct result testing_connection_tx(struct tx *tx, void *arg)
{
    struct testing_connection *c = arg;
    struct json *body;
    TRY(json_parse(tx->arena, str_from(c->body), &body));
    if (!json_get(body, STR("enabled_clients"))) {
        struct json *clients = json_array(tx->arena);
        json_push_text(tx->arena, clients, c->t->made.default_app_id);
        json_set(tx->arena, body, STR("enabled_clients"), clients);
    }
    return connection_create(tx, body, &c->out);
}
static inline struct connection testing_connection(struct testing *t, const char *body)
{
    struct testing_connection c = { .t = t, .body = body };
    testing_ok(testing_write(t, testing_connection_tx, &c), body);
    return c.out;
}

#endif
