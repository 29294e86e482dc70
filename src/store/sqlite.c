/* The SQLite driver behind sql.h and driver.h.
 *
 * Connections of one file live in this process only (the data directory's lock
 * sees to that), so the VFS "unix-excl" keeps the WAL's index in memory and
 * takes no file locks between connections. */
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "store/driver.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum {
    CACHED_MAX = 160,         /* statements kept by a connection */
    CACHE_BUCKETS = 256,      /* a power of two */
    PROGRESS_STEPS = 2000,    /* VM steps between two looks at the clock, ~100 us */
    BUSY_MS = 10000,
    TIDY_FRAMES = 1000,       /* WAL pages that make a checkpoint worth its syncs */
    RESTART_FRAMES = 8192,    /* so many (32 MiB), and readers are waited for: while there is always one, the log never starts anew */
    RESTART_WAIT_MS = 100,
};

struct cached {
    sqlite3_stmt *stmt;
    uint64_t hash;
    struct cached *next_in_bucket;
    struct cached *newer, *older; /* order of use */
    bool in_use, kept;            /* kept: in the cache, else finalized at close */
};

struct sql {
    sqlite3 *handle;
    int64_t deadline_us;
    int wal_frames, tidy_at; /* pages in the WAL; how many make the next checkpoint */
    unsigned open_rows;
    unsigned cached_count;
    struct cached *buckets[CACHE_BUCKETS];
    struct cached *newest, *oldest;
};

static const char *vfs_name = "unix-excl";

void sql_set_vfs(const char *name)
{
    vfs_name = name ? name : "unix-excl";
}

/* --- errors ------------------------------------------------------------------ */

static bool is_unique_refusal(int extended)
{
    return extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
           extended == SQLITE_CONSTRAINT_ROWID;
}

/* What the last call on db said. SQLite's messages name tables and columns,
 * never values. */
static struct result failure_of(struct sql *db, const char *text)
{
    int extended = sqlite3_extended_errcode(db->handle);
    if (is_unique_refusal(extended))
        return fail(ERR_UNIQUE);
    if (extended == SQLITE_INTERRUPT && db->deadline_us)
        return fail(ERR_TIMEOUT);
    log_error("database: %s (%d) in: %.200s", sqlite3_errmsg(db->handle), extended, text);
    return fail(ERR_DATABASE);
}

/* --- statements ---------------------------------------------------------------- */

static void list_remove(struct sql *db, struct cached *c)
{
    *(c->newer ? &c->newer->older : &db->newest) = c->older;
    *(c->older ? &c->older->newer : &db->oldest) = c->newer;
}

static void list_add_newest(struct sql *db, struct cached *c)
{
    c->newer = NULL;
    c->older = db->newest;
    *(db->newest ? &db->newest->newer : &db->oldest) = c;
    db->newest = c;
}

static void cached_free(struct cached *c)
{
    sqlite3_finalize(c->stmt);
    free(c);
}

static void cache_drop(struct sql *db, struct cached *c)
{
    struct cached **at = &db->buckets[c->hash & (CACHE_BUCKETS - 1)];
    while (*at != c)
        at = &(*at)->next_in_bucket;
    *at = c->next_in_bucket;
    list_remove(db, c);
    db->cached_count--;
    cached_free(c);
}

static void cache_make_room(struct sql *db)
{
    for (struct cached *c = db->oldest, *newer; c && db->cached_count >= CACHED_MAX; c = newer) {
        newer = c->newer;
        if (!c->in_use)
            cache_drop(db, c);
    }
}

static void cache_add(struct sql *db, struct cached *c)
{
    cache_make_room(db);
    struct cached **bucket = &db->buckets[c->hash & (CACHE_BUCKETS - 1)];
    c->kept = true;
    c->next_in_bucket = *bucket;
    *bucket = c;
    list_add_newest(db, c);
    db->cached_count++;
}

static struct cached *cache_find(struct sql *db, const char *text, uint64_t hash)
{
    struct cached *c = db->buckets[hash & (CACHE_BUCKETS - 1)];
    while (c && (c->hash != hash || strcmp(sqlite3_sql(c->stmt), text) != 0))
        c = c->next_in_bucket;
    return c;
}

/* A statement for text that nobody else uses: from the cache, or prepared. When
 * the cached one is busy (the same text nested in its own loop), a second one
 * is made and not kept. */
static struct result statement_get(struct sql *db, const char *text, struct cached **out)
{
    uint64_t hash = hash_bytes(str_from(text));
    struct cached *c = cache_find(db, text, hash);
    if (c && !c->in_use) {
        list_remove(db, c);
        list_add_newest(db, c);
        *out = c;
        return OK;
    }
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(db->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
        return failure_of(db, text);
    if (!stmt)
        die("an empty SQL statement");
    struct cached *made = calloc(1, sizeof *made);
    if (!made)
        die("out of memory");
    made->stmt = stmt;
    made->hash = hash;
    if (!c)
        cache_add(db, made);
    *out = made;
    return OK;
}

static void statement_give_back(struct sql *db, struct cached *c)
{
    sqlite3_reset(c->stmt); /* repeats the failure of the last step, which was seen there */
    sqlite3_clear_bindings(c->stmt);
    c->in_use = false;
    db->open_rows--;
    if (!c->kept)
        cached_free(c);
}

static int bind_one(sqlite3_stmt *stmt, int at, const struct sql_value *v, sqlite3_destructor_type keep)
{
    switch (v->type) {
    case SQL_NULL:
        return sqlite3_bind_null(stmt, at);
    case SQL_INT:
        return sqlite3_bind_int64(stmt, at, v->i);
    case SQL_TEXT:
        return sqlite3_bind_text64(stmt, at, v->s.p ? v->s.p : "", v->s.len, keep, SQLITE_UTF8);
    case SQL_BLOB:
        return sqlite3_bind_blob64(stmt, at, v->s.p ? v->s.p : "", v->s.len, keep);
    }
    return SQLITE_MISUSE;
}

/* keep: SQLITE_STATIC where args outlive the rows, else SQLITE_TRANSIENT. */
static struct result open_rows(struct sql *db, struct sql_rows *rows, const char *text, const struct sql_value *args,
                               size_t arg_count, sqlite3_destructor_type keep)
{
    struct cached *c = NULL;
    TRY(statement_get(db, text, &c));
    if ((size_t)sqlite3_bind_parameter_count(c->stmt) != arg_count)
        die("SQL with %d parameters got %zu: %.200s", sqlite3_bind_parameter_count(c->stmt), arg_count, text);
    c->in_use = true;
    db->open_rows++;
    struct result r = OK;
    for (size_t i = 0; i < arg_count && !failed(r); i++)
        if (bind_one(c->stmt, (int)i + 1, &args[i], keep) != SQLITE_OK)
            r = failure_of(db, text);
    if (failed(r)) {
        statement_give_back(db, c);
        return r;
    }
    *rows = (struct sql_rows){ .db = db, .stmt = c, .failure = OK };
    return OK;
}

struct result sql_open(struct sql *db, struct sql_rows *rows, const char *text, const struct sql_value *args,
                       size_t arg_count)
{
    return open_rows(db, rows, text, args, arg_count, SQLITE_TRANSIENT);
}

bool sql_next(struct sql_rows *rows)
{
    struct cached *c = rows->stmt;
    if (failed(rows->failure))
        return false;
    int rc = sqlite3_step(c->stmt);
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        rows->failure = failure_of(rows->db, sqlite3_sql(c->stmt));
    return false;
}

struct result sql_close(struct sql_rows *rows)
{
    statement_give_back(rows->db, rows->stmt);
    rows->stmt = NULL;
    return rows->failure;
}

static sqlite3_stmt *stmt_of(const struct sql_rows *rows)
{
    return ((struct cached *)rows->stmt)->stmt;
}

int64_t sql_col_int(const struct sql_rows *rows, int column)
{
    return sqlite3_column_int64(stmt_of(rows), column);
}

/* The bytes first: sqlite3_column_bytes after a type change would move them. */
str sql_col_text(const struct sql_rows *rows, int column)
{
    const char *p = (const char *)sqlite3_column_text(stmt_of(rows), column);
    return p ? (str){ p, (size_t)sqlite3_column_bytes(stmt_of(rows), column) } : STR_NONE;
}

str sql_col_blob(const struct sql_rows *rows, int column)
{
    if (sql_col_is_null(rows, column))
        return STR_NONE;
    const char *p = sqlite3_column_blob(stmt_of(rows), column);
    return (str){ p ? p : "", (size_t)sqlite3_column_bytes(stmt_of(rows), column) };
}

bool sql_col_is_null(const struct sql_rows *rows, int column)
{
    return sqlite3_column_type(stmt_of(rows), column) == SQLITE_NULL;
}

struct result sql_run(struct sql *db, const char *text, const struct sql_value *args, size_t arg_count,
                      int64_t *out_changed)
{
    struct sql_rows rows;
    TRY(open_rows(db, &rows, text, args, arg_count, SQLITE_STATIC));
    while (sql_next(&rows)) {
    }
    TRY(sql_close(&rows));
    if (out_changed)
        *out_changed = sqlite3_changes64(db->handle);
    return OK;
}

static struct sql_value column_copy(const struct sql_rows *rows, struct arena *a, int column)
{
    switch (sqlite3_column_type(stmt_of(rows), column)) {
    case SQLITE_NULL:
        return (struct sql_value){ .type = SQL_NULL };
    case SQLITE_INTEGER:
        return sql_int(sql_col_int(rows, column));
    case SQLITE_BLOB:
        return sql_blob(str_dup(a, sql_col_blob(rows, column)));
    default:
        return sql_text(str_dup(a, sql_col_text(rows, column)));
    }
}

struct result sql_row(struct sql *db, struct arena *a, const char *text, const struct sql_value *args,
                      size_t arg_count, struct sql_value *out, size_t columns, bool *out_found)
{
    struct sql_rows rows;
    TRY(open_rows(db, &rows, text, args, arg_count, SQLITE_STATIC));
    bool found = sql_next(&rows);
    if (found && (size_t)sqlite3_column_count(stmt_of(&rows)) != columns)
        die("SQL gave %d columns, not %zu: %.200s", sqlite3_column_count(stmt_of(&rows)), columns, text);
    for (size_t i = 0; found && i < columns; i++)
        out[i] = column_copy(&rows, a, (int)i);
    while (found && !sqlite3_stmt_readonly(stmt_of(&rows)) && sql_next(&rows)) {
        /* a write with RETURNING runs to its end */
    }
    TRY(sql_close(&rows));
    *out_found = found;
    return OK;
}

int64_t sql_last_id(struct sql *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

static int deadline_passed(void *db)
{
    return clock_monotonic_us() > ((struct sql *)db)->deadline_us;
}

void sql_set_deadline(struct sql *db, int64_t monotonic_us)
{
    if (db->deadline_us == monotonic_us)
        return;
    db->deadline_us = monotonic_us;
    sqlite3_progress_handler(db->handle, monotonic_us ? PROGRESS_STEPS : 0, deadline_passed, db);
}

/* --- transactions ---------------------------------------------------------------- */

/* Rows left open would keep the old view of the data: a mistake of ours, put
 * right and said aloud. */
static void close_forgotten_rows(struct sql *db)
{
    if (db->open_rows == 0)
        return;
    log_error("database: %u statement(s) left open by a transaction", db->open_rows);
    for (sqlite3_stmt *s = NULL; (s = sqlite3_next_stmt(db->handle, s));)
        sqlite3_reset(s);
    for (struct cached *c = db->newest; c; c = c->older)
        c->in_use = false;
    db->open_rows = 0;
}

struct result sql_begin_read(struct sql *db)
{
    return sql_run(db, "BEGIN", SQL_NO_ARGS, NULL);
}

struct result sql_begin_write(struct sql *db)
{
    return sql_run(db, "BEGIN IMMEDIATE", SQL_NO_ARGS, NULL);
}

struct result sql_commit(struct sql *db)
{
    close_forgotten_rows(db);
    struct result r = sql_run(db, "COMMIT", SQL_NO_ARGS, NULL);
    if (failed(r))
        sql_rollback(db);
    return r;
}

void sql_rollback(struct sql *db)
{
    close_forgotten_rows(db);
    if (sql_in_transaction(db))
        ignore_result(sql_run(db, "ROLLBACK", SQL_NO_ARGS, NULL), "the transaction is gone in any case; logged");
}

bool sql_in_transaction(const struct sql *db)
{
    return !sqlite3_get_autocommit(db->handle);
}

int64_t sql_changes(const struct sql *db)
{
    return sqlite3_total_changes64(db->handle);
}

struct result sql_savepoint(struct sql *db)
{
    return sql_run(db, "SAVEPOINT one", SQL_NO_ARGS, NULL);
}

struct result sql_savepoint_keep(struct sql *db)
{
    close_forgotten_rows(db);
    return sql_run(db, "RELEASE one", SQL_NO_ARGS, NULL);
}

struct result sql_savepoint_undo(struct sql *db)
{
    close_forgotten_rows(db);
    TRY(sql_run(db, "ROLLBACK TO one", SQL_NO_ARGS, NULL));
    return sql_run(db, "RELEASE one", SQL_NO_ARGS, NULL);
}

/* --- connections ------------------------------------------------------------------- */

struct result sql_script(struct sql *db, const char *text)
{
    if (sqlite3_exec(db->handle, text, NULL, NULL, NULL) != SQLITE_OK)
        return failure_of(db, text);
    return OK;
}

struct result sql_version_get(struct sql *db, int64_t *out)
{
    struct sql_value v;
    bool found;
    TRY(sql_row(db, NULL, "PRAGMA user_version", SQL_NO_ARGS, &v, 1, &found));
    *out = found ? v.i : 0;
    return OK;
}

struct result sql_version_set(struct sql *db, int64_t version)
{
    char text[64];
    sqlite3_snprintf(sizeof text, text, "PRAGMA user_version = %lld", (long long)version);
    return sql_script(db, text);
}

struct result sql_check(struct sql *db, struct arena *a, str *out_problem)
{
    struct sql_value v;
    bool found;
    TRY(sql_row(db, a, "PRAGMA quick_check(1)", SQL_NO_ARGS, &v, 1, &found));
    *out_problem = found && !str_eq(v.s, STR("ok")) ? v.s : STR_NONE;
    return OK;
}

static int note_wal_size(void *db, sqlite3 *handle, const char *name, int frames)
{
    (void)handle;
    (void)name;
    struct sql *me = db;
    if (frames < me->wal_frames) /* the log has started anew */
        me->tidy_at = TIDY_FRAMES;
    me->wal_frames = frames;
    return SQLITE_OK;
}

void sql_tidy(struct sql *db)
{
    if (db->wal_frames < db->tidy_at)
        return;
    bool large = db->wal_frames >= RESTART_FRAMES;
    sqlite3_busy_timeout(db->handle, large ? RESTART_WAIT_MS : BUSY_MS);
    int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, large ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        log_error("database: checkpoint: %s", sqlite3_errmsg(db->handle));
    db->tidy_at = db->wal_frames + (large && rc == SQLITE_BUSY ? RESTART_FRAMES : TIDY_FRAMES);
}

/* 4 KiB pages: a commit syncs whole pages, and most tenants are small. The WAL
 * keeps at most 16 MiB of disk after a burst. All that SQLite can map is
 * mapped: what lies beyond is read into the small caches page by page, which
 * adds 10 µs to a request among 100,000 users. */
static const char on_create[] = "PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE; PRAGMA journal_mode = WAL;";
static const char on_open[] = "PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
                              "PRAGMA secure_delete = FAST; PRAGMA mmap_size = 2147418112;"
                              "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 16777216;";
static const char *const on_open_role[] = {
    [SQL_READER] = "PRAGMA cache_size = -1024; PRAGMA query_only = ON;",
    [SQL_WRITER] = "PRAGMA cache_size = -4096; PRAGMA synchronous = FULL;",
    [SQL_BUILDER] = "PRAGMA cache_size = -4096; PRAGMA synchronous = OFF;",
    [SQL_LOADER] = "PRAGMA cache_size = -16384; PRAGMA synchronous = OFF; PRAGMA main.journal_mode = OFF;"
                   "PRAGMA main.locking_mode = EXCLUSIVE; PRAGMA mmap_size = 0; PRAGMA temp_store = FILE;",
};

static void configure_once(void)
{
    /* No global counter behind a lock at each allocation; each connection is
     * used by one thread at a time. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    /* Debian's build would give each connection twenty pages ahead of need: 90 KB, for every open tenant. */
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
    if (sqlite3_initialize() != SQLITE_OK)
        die("cannot start SQLite");
}

static struct result set_up(struct sql *db, enum sql_role role, bool create)
{
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, role != SQL_LOADER, NULL); /* it refuses to be without a journal */
    if (create)
        TRY(sql_script(db, on_create));
    TRY(sql_script(db, on_open));
    TRY(sql_script(db, on_open_role[role]));
    db->tidy_at = TIDY_FRAMES;
    sqlite3_wal_hook(db->handle, note_wal_size, db);
    return OK;
}

struct result sql_connect(const char *path, enum sql_role role, bool create, struct sql **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_once);
    struct sql *db = calloc(1, sizeof *db);
    if (!db)
        die("out of memory");
    int rc = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs_name);
    struct result r = OK;
    if (rc != SQLITE_OK) {
        log_error("database: cannot open %s: %s", path, sqlite3_errstr(rc));
        r = fail1(ERR_DATABASE, str_from(path));
    } else {
        r = set_up(db, role, create);
    }
    if (failed(r))
        sql_disconnect(db);
    else
        *out = db;
    return r;
}

void sql_disconnect(struct sql *db)
{
    if (!db)
        return;
    if (db->handle && db->open_rows)
        close_forgotten_rows(db);
    for (struct cached *c = db->newest, *older; c; c = older) {
        older = c->older;
        cached_free(c);
    }
    for (sqlite3_stmt *s; (s = sqlite3_next_stmt(db->handle, NULL));)
        sqlite3_finalize(s); /* left open outside the cache, see close_forgotten_rows */
    if (sqlite3_close(db->handle) != SQLITE_OK)
        log_error("database: close: %s", sqlite3_errmsg(db->handle));
    free(db);
}

/* --- copies -------------------------------------------------------------------------- */

/* All pages in one step: the copy is one view of the source. */
static struct result copy_pages(struct sql *from, sqlite3 *to)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from->handle, "main");
    if (b) {
        sqlite3_backup_step(b, -1);
        sqlite3_backup_finish(b);
    }
    int rc = sqlite3_errcode(to);
    if (rc == SQLITE_OK)
        return OK;
    log_error("database: copy: %s", sqlite3_errmsg(to));
    return fail(ERR_DATABASE);
}

struct result sql_copy(struct sql *from, const char *to_path)
{
    struct sql *to;
    TRY(sql_connect(to_path, SQL_BUILDER, false, &to));
    struct result r = sql_script(to, "PRAGMA journal_mode = MEMORY");
    if (!failed(r))
        r = copy_pages(from, to->handle);
    sql_disconnect(to);
    return r;
}

struct result sql_attach(struct sql *db, const char *path, const char *name)
{
    return sql_run(db, "ATTACH ? AS ?", SQL_ARGS(sql_text(str_from(path)), sql_text(str_from(name))), NULL);
}

struct result sql_detach(struct sql *db, const char *name)
{
    return sql_run(db, "DETACH ?", SQL_ARGS(sql_text(str_from(name))), NULL);
}

void sql_set_temporary_dir(const char *dir)
{
    sqlite3_free(sqlite3_temp_directory);
    sqlite3_temp_directory = sqlite3_mprintf("%s", dir);
}

struct result sql_share(struct sql *db)
{
    return sql_script(db, "PRAGMA main.locking_mode = NORMAL; PRAGMA main.journal_mode = WAL;");
}

/* --- many rows ------------------------------------------------------------------------ */

/* The rows of a load as a table of its own, read once from the beginning to the
 * end: one INSERT … SELECT takes a quarter of the time of an INSERT a row. */
struct load_table {
    sqlite3_vtab base;
    const struct sql_load *load;
};

struct load_cursor {
    sqlite3_vtab_cursor base;
    const struct sql_load *load;
    struct sql_value row[SQL_LOAD_COLUMNS_MAX];
    bool ended;
};

static int load_connect(sqlite3 *handle, void *load, int argc, const char *const *argv, sqlite3_vtab **out, char **error)
{
    (void)argc;
    (void)argv;
    (void)error;
    struct load_table *t = calloc(1, sizeof *t);
    if (!t)
        die("out of memory");
    t->load = load;
    *out = &t->base;
    return sqlite3_declare_vtab(handle, "CREATE TABLE loaded (c1, c2, c3, c4)");
}

static int load_disconnect(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

static int load_plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedCost = 1;
    return SQLITE_OK;
}

static int load_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    struct load_cursor *c = calloc(1, sizeof *c);
    if (!c)
        die("out of memory");
    c->load = ((struct load_table *)table)->load;
    *out = &c->base;
    return SQLITE_OK;
}

static int load_close(sqlite3_vtab_cursor *cursor)
{
    free(cursor);
    return SQLITE_OK;
}

static int load_next(sqlite3_vtab_cursor *cursor)
{
    struct load_cursor *c = (struct load_cursor *)cursor;
    c->ended = !c->load->next(c->load->ctx, c->row);
    return SQLITE_OK;
}

static int load_begin(sqlite3_vtab_cursor *cursor, int number, const char *text, int argc, sqlite3_value **argv)
{
    (void)number;
    (void)text;
    (void)argc;
    (void)argv;
    return load_next(cursor);
}

static int load_eof(sqlite3_vtab_cursor *cursor)
{
    return ((struct load_cursor *)cursor)->ended;
}

static int load_column(sqlite3_vtab_cursor *cursor, sqlite3_context *out, int column)
{
    const struct sql_value *v = &((struct load_cursor *)cursor)->row[column];
    switch (v->type) {
    case SQL_NULL:
        sqlite3_result_null(out);
        break;
    case SQL_INT:
        sqlite3_result_int64(out, v->i);
        break;
    case SQL_TEXT:
        sqlite3_result_text64(out, v->s.p, v->s.len, SQLITE_STATIC, SQLITE_UTF8);
        break;
    case SQL_BLOB:
        sqlite3_result_blob64(out, v->s.p ? v->s.p : "", v->s.len, SQLITE_STATIC);
        break;
    }
    return SQLITE_OK;
}

static int load_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *out)
{
    (void)cursor;
    *out = 0; /* nobody asks */
    return SQLITE_OK;
}

static const sqlite3_module load_module = {
    .xConnect = load_connect, .xDisconnect = load_disconnect, .xDestroy = load_disconnect, .xBestIndex = load_plan,
    .xOpen = load_open,       .xClose = load_close,           .xFilter = load_begin,       .xNext = load_next,
    .xEof = load_eof,         .xColumn = load_column,         .xRowid = load_rowid,
};

struct result sql_load(struct sql *db, const struct sql_load *load)
{
    static const char *const columns[SQL_LOAD_COLUMNS_MAX + 1] = { "", "c1", "c1, c2", "c1, c2, c3", "c1, c2, c3, c4" };
    char text[256];
    sqlite3_snprintf(sizeof text, text, "INSERT INTO %s SELECT %s FROM loaded", load->into, columns[load->columns]);
    if (sqlite3_create_module(db->handle, "loaded", &load_module, (void *)load) != SQLITE_OK)
        return failure_of(db, text);
    struct result r = sql_script(db, text);
    sqlite3_create_module(db->handle, "loaded", NULL, NULL);
    return r;
}
