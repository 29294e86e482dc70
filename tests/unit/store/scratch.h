/* A scratch directory for one test, removed at the end; and a store in it with
 * one tenant `default` (domain localhost:8443). */
#ifndef TEST_STORE_SCRATCH_H
#define TEST_STORE_SCRATCH_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* cmocka's: ours is base/result.h */
#define test_fail(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

struct scratch {
    char root[64];       /* the directory */
    char dir[96];        /* root/data */
    struct store_config cfg;
    struct store *store; /* NULL while closed */
    struct arena *arena;
};

#define assert_ok(call) assert_int_equal((call).kind, ERR_NONE)

static inline void scratch_make(struct scratch *x)
{
    memset(x, 0, sizeof *x);
    snprintf(x->root, sizeof x->root, "/tmp/doorward-test-XXXXXX");
    assert_non_null(mkdtemp(x->root));
    snprintf(x->dir, sizeof x->dir, "%s/data", x->root);
    x->cfg = (struct store_config){ .data_dir = str_from(x->dir) };
    x->arena = arena_new(0);
}

static inline void scratch_open(struct scratch *x)
{
    assert_ok(store_open(&x->cfg, &x->store));
}

static inline void scratch_close(struct scratch *x)
{
    store_close(x->store);
    x->store = NULL;
}

static inline void scratch_store(struct scratch *x, tx_fn fill, void *arg)
{
    scratch_make(x);
    struct store_first first = { .tenant = { STR("default"), STR("localhost:8443"), 0 }, .fill = fill, .arg = arg };
    assert_ok(store_init(&x->cfg, &first));
    scratch_open(x);
}

static inline void scratch_drop(struct scratch *x)
{
    scratch_close(x);
    arena_free(x->arena);
    assert_ok(file_remove_tree(x->root));
}

static inline struct tenant *scratch_tenant(struct scratch *x, const char *name)
{
    struct tenant *t;
    assert_ok(store_tenant_by_name(x->store, str_from(name), &t));
    return t;
}

/* Tests keep their rows in `settings`: name and body. */
struct setting {
    const char *name;
    str body; /* in: to write; out: read (STR_NONE: absent) */
};

static inline struct result setting_put(struct tx *tx, void *arg)
{
    const struct setting *v = arg;
    return sql_run(tx->sql,
                   "INSERT INTO settings (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
                   SQL_ARGS(sql_text(str_from(v->name)), sql_text(v->body)), NULL);
}

static inline struct result setting_get(struct tx *tx, void *arg)
{
    struct setting *v = arg;
    struct sql_value out;
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT body FROM settings WHERE name = ?", SQL_ARGS(sql_text(str_from(v->name))),
                &out, 1, &found));
    v->body = found ? out.s : STR_NONE;
    return OK;
}

static inline void put(struct scratch *x, struct tenant *t, const char *name, const char *body)
{
    struct setting v = { name, str_from(body) };
    struct tx_options o = { .arena = x->arena };
    assert_ok(store_write(t, &o, setting_put, &v));
}

static inline void expect(struct scratch *x, struct tenant *t, const char *name, const char *body)
{
    struct setting v = { name, STR_NONE };
    struct tx_options o = { .arena = x->arena };
    assert_ok(store_read(t, &o, setting_get, &v));
    if (!body) {
        assert_null(v.body.p);
        return;
    }
    assert_non_null(v.body.p);
    assert_string_equal(str_cstr(x->arena, v.body), body);
}

#endif
