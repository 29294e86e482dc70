#include "store/bulk.h"

#include "base/file.h"
#include "store/inside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PAGES_MAX = 16384,      /* 64 MiB: to be copied and compared while others wait */
    FLUSH_BYTES = 16 << 20,
};

struct bulk {
    struct store *store;
    struct tenant *tenant;
    struct arena *arena;
    int64_t file_no;                  /* the tenant's file when the load began */
    struct incoming in;               /* the copy, which is loaded */
    char base[STORE_PATH_MAX];        /* the tenant as the copy last knew it */
    char present[STORE_PATH_MAX];     /* a later copy, for bringing over the most while nobody waits */
    struct sql *db;                   /* of the copy */
    struct text *dropped;             /* what makes the indexes again */
    int fd;                           /* of the copy, for bulk_flush */
    int64_t flushed;
};

struct text {
    const char *sql;
    struct text *next;
};

/* --- beginning -------------------------------------------------------------------------- */

static struct result check_small(struct sql *db)
{
    struct sql_value pages, users;
    bool found;
    TRY(sql_row(db, NULL, "PRAGMA page_count", SQL_NO_ARGS, &pages, 1, &found));
    TRY(sql_row(db, NULL, "SELECT EXISTS (SELECT 1 FROM users)", SQL_NO_ARGS, &users, 1, &found));
    return pages.i > PAGES_MAX || users.i ? fail(ERR_BUSY) : OK;
}

/* What the tenant is known by; false when it is not there any more. */
static bool read_entry(struct bulk *b, int64_t *out_file_no)
{
    struct store *s = b->store;
    pthread_rwlock_rdlock(&s->lock);
    const struct entry *e = entry_by_name(s, b->tenant->info.name);
    bool there = e && e->open == b->tenant;
    if (there) {
        *out_file_no = e->file_no;
        b->in.key_id = str_dup(b->arena, e->key_id);
        b->in.wrapped_key = str_dup(b->arena, e->wrapped_key);
    }
    pthread_rwlock_unlock(&s->lock);
    return there;
}

static struct result make_copies(struct bulk *b)
{
    struct sql *live;
    TRY(pool_take(&b->tenant->pool, 0, &live));
    struct result r = check_small(live);
    if (!failed(r))
        r = file_create(b->in.path, 0600);
    if (!failed(r))
        r = sql_copy(live, b->in.path);
    pool_give(&b->tenant->pool, live);
    TRY(r);
    return file_copy(b->in.path, b->base, 0600);
}

static struct result begin(struct bulk *b)
{
    char tmp[STORE_PATH_MAX];
    if (!read_entry(b, &b->file_no))
        return fail(ERR_TENANT_UNKNOWN);
    store_path(b->store, "tmp", tmp);
    TRY(make_copies(b));
    sql_set_temporary_dir(tmp);
    b->fd = open(b->in.path, O_RDONLY | O_CLOEXEC);
    return sql_connect(b->in.path, SQL_LOADER, false, &b->db);
}

struct result bulk_begin(struct tenant *t, struct bulk **out)
{
    struct arena *a = arena_new(sizeof(struct bulk) + 512);
    struct bulk *b = ARENA_NEW(a, struct bulk);
    b->store = t->store;
    b->tenant = t;
    b->arena = a;
    b->fd = -1;
    store_temporary(b->store, b->in.path);
    store_temporary(b->store, b->base);
    store_temporary(b->store, b->present);
    struct result r = begin(b);
    if (failed(r))
        bulk_end(b);
    else
        *out = b;
    return r;
}

void bulk_temporary(struct bulk *b, struct arena *a, const char **out)
{
    char path[STORE_PATH_MAX];
    store_temporary(b->store, path);
    *out = str_cstr(a, str_from(path));
}

/* --- filling ------------------------------------------------------------------------------ */

struct result bulk_write(struct bulk *b, const struct tx_options *o, tx_fn fn, void *arg)
{
    struct tx tx = { .sql = b->db, .tenant = b->tenant, .arena = o->arena, .now_us = o->now_us, .actor = o->actor, .can_write = true };
    if (!sql_in_transaction(b->db))
        TRY(sql_begin_write(b->db));
    TRY(fn(&tx, arg));
    bulk_flush(b);
    return OK;
}

/* Most pages are written once, at the file's end: each part of it is handed over
 * once, too. Otherwise the sync at the end would wait for all, and with it every
 * other sync of the machine. */
void bulk_flush(struct bulk *b)
{
    struct stat st;
    if (b->fd < 0 || fstat(b->fd, &st) != 0 || st.st_size - b->flushed < FLUSH_BYTES)
        return;
    sync_file_range(b->fd, b->flushed, st.st_size - b->flushed, SYNC_FILE_RANGE_WRITE);
    b->flushed = st.st_size;
}

static struct result list_indexes(struct bulk *b, const char *table, str *out_names)
{
    struct sql_rows rows;
    *out_names = STR("");
    TRY(sql_open(b->db, &rows, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
                 SQL_ARGS(sql_text(str_from(table)))));
    while (sql_next(&rows)) {
        struct text *t = ARENA_NEW(b->arena, struct text);
        *t = (struct text){ str_cstr(b->arena, sql_col_text(&rows, 1)), b->dropped };
        b->dropped = t;
        *out_names = str_fmt(b->arena, "%.*sDROP INDEX %.*s;", STR_ARG(*out_names), STR_ARG(sql_col_text(&rows, 0)));
    }
    return sql_close(&rows);
}

struct result bulk_indexes_drop(struct bulk *b, const char *table)
{
    str drops;
    if (!sql_in_transaction(b->db))
        TRY(sql_begin_write(b->db));
    TRY(list_indexes(b, table, &drops));
    return sql_script(b->db, str_cstr(b->arena, drops));
}

struct result bulk_indexes_make(struct bulk *b)
{
    for (; b->dropped; b->dropped = b->dropped->next)
        TRY(sql_script(b->db, b->dropped->sql));
    return OK;
}

/* --- taking its place ---------------------------------------------------------------------- */

static struct result bring_over(struct bulk *b, const char *path)
{
    TRY(sql_attach(b->db, b->base, "base"));
    TRY(sql_attach(b->db, path, "live"));
    TRY(sql_begin_write(b->db));
    TRY(bulk_merge(b->db, b->arena));
    TRY(sql_commit(b->db));
    TRY(sql_detach(b->db, "live"));
    return sql_detach(b->db, "base");
}

/* The most of it while nobody waits: users are written out, and what the tenant
 * was given so far is brought over. */
static struct result catch_up(struct bulk *b)
{
    struct sql *live;
    if (sql_in_transaction(b->db))
        TRY(sql_commit(b->db));
    TRY(pool_take(&b->tenant->pool, 0, &live));
    struct result r = file_create(b->present, 0600);
    if (!failed(r))
        r = sql_copy(live, b->present);
    pool_give(&b->tenant->pool, live);
    TRY(r);
    TRY(bring_over(b, b->present));
    TRY(file_copy(b->present, b->base, 0600));
    return file_sync(b->in.path);
}

/* The tenant's writer is held: its file stays as it is. */
static struct result complete(struct bulk *b, const struct tx_options *o, tx_fn fn, void *arg)
{
    TRY(bring_over(b, b->tenant->pool.path));
    TRY(bulk_write(b, o, fn, arg));
    TRY(sql_commit(b->db));
    TRY(sql_share(b->db));
    sql_disconnect(b->db);
    b->db = NULL;
    TRY(file_sync(b->in.path));
    pthread_mutex_lock(&b->store->open_lock);
    struct result r = tenant_file_replace(b->store, b->tenant, &b->in);
    pthread_mutex_unlock(&b->store->open_lock);
    return r;
}

struct result bulk_publish(struct bulk *b, const struct tx_options *o, tx_fn fn, void *arg)
{
    int64_t file_no;
    TRY(catch_up(b));
    pthread_mutex_lock(&b->store->admin_lock);
    struct result r = fail(ERR_BUSY);
    if (read_entry(b, &file_no) && file_no == b->file_no) {
        pool_hold_writer(&b->tenant->pool);
        r = complete(b, o, fn, arg);
        pool_let_go(&b->tenant->pool);
    }
    pthread_mutex_unlock(&b->store->admin_lock);
    return r;
}

void bulk_end(struct bulk *b)
{
    if (!b)
        return;
    sql_disconnect(b->db);
    if (b->fd >= 0)
        close(b->fd);
    const char *const paths[] = { b->in.path, b->base, b->present };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        ignore_result(file_remove_durable(paths[i]), "tmp is emptied at the next start");
    arena_free(b->arena);
}
