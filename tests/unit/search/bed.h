/* An empty tenant database for one test, with a transaction at hand. */
#ifndef TESTS_SEARCH_BED_H
#define TESTS_SEARCH_BED_H

#include "base/file.h"
#include "search/search.h"
#include "store/migrate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

struct bed {
    char path[64];
    struct tx tx;
    struct arena *docs; /* of the documents as they are now */
};

#define assert_ok(call) assert_int_equal((call).kind, ERR_NONE)

static inline void bed_make(struct bed *b)
{
    snprintf(b->path, sizeof b->path, "/tmp/doorward-search-XXXXXX");
    int fd = mkstemp(b->path);
    assert_true(fd >= 0);
    close(fd);
    b->tx = (struct tx){ .arena = arena_new(0), .can_write = true };
    b->docs = arena_new(0);
    assert_ok(sql_connect(b->path, SQL_BUILDER, true, &b->tx.sql));
    assert_ok(migrate(b->tx.sql, &tenant_schema, b->path));
    assert_ok(sql_begin_write(b->tx.sql));
}

static inline void bed_drop(struct bed *b)
{
    sql_disconnect(b->tx.sql);
    arena_free(b->tx.arena);
    arena_free(b->docs);
    assert_ok(file_remove_durable(b->path));
}

static inline struct json *bed_parse(struct bed *b, str text)
{
    struct json *v = NULL;
    assert_ok(json_parse(b->docs, str_dup(b->docs, text), &v));
    return v;
}

/* A new user; its id. */
static inline int64_t bed_add(struct bed *b, str doc)
{
    static unsigned uid;
    assert_ok(sql_run(b->tx.sql, "INSERT INTO users (uid, doc) VALUES (?, ?)",
                      SQL_ARGS(sql_text(str_fmt(b->tx.arena, "u%u", ++uid)), sql_text(doc)), NULL));
    int64_t id = sql_last_id(b->tx.sql);
    assert_ok(search_index_user(&b->tx, id, NULL, bed_parse(b, doc)));
    return id;
}

#endif
