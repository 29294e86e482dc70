/* sqlite_rows FROM TO BATCH: the machine's own limit for durable writes. Reads
 * the rows that creating users left in the tenant database FROM into memory,
 * then writes the very same rows into TO (a database of the same schema without
 * them) with nothing but prepared SQLite statements, BATCH users a commit, WAL
 * and synchronous=FULL: the user, its identity, terms and sort keys, both log
 * entries, what goes to the outbox, and the day's counter, which each creation
 * raises. Prints users a second and CPU microseconds a user. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COLUMNS_MAX = 16, TABLES = 6 };

/* rows: the user's number first, then the columns, user by user. The entry about
 * the request (sapi) names the user in its answer only. */
static const struct {
    const char *name, *columns, *rows;
} tables[TABLES] = {
    { "users", "id, uid, doc", "SELECT id, id, uid, doc FROM users ORDER BY 1" },
    { "identities", "provider, native_id, user, connection, email, username, phone",
      "SELECT user, provider, native_id, user, connection, email, username, phone FROM identities ORDER BY 1" },
    { "user_terms", "f, v, id", "SELECT id, f, v, id FROM user_terms ORDER BY 1" },
    { "user_sort_keys", "id, keys", "SELECT id, id, keys FROM user_sort_keys ORDER BY 1" },
    { "logs", "seq, log_id, date, type, user_id, body",
      "SELECT u.id, l.seq, log_id, date, type, user_id, body FROM logs l "
      "JOIN users u ON u.uid = coalesce(l.user_id, json_extract(l.body, '$.details.response.body.user_id')) ORDER BY 1, 2" },
    { "outbox", "seq, kind, body, due_at, attempts",
      "SELECT u.id, o.seq, kind, body, due_at, attempts FROM outbox o "
      "JOIN users u ON u.uid = json_extract(o.body, '$.user_id') ORDER BY 1, 2" },
};
static const char count_one[] = "INSERT INTO daily_stats (day, logins, signups, leaked_passwords, created_at, updated_at) "
                                "VALUES (1, 0, 1, 0, 0, 0) ON CONFLICT (day) DO UPDATE SET signups = signups + excluded.signups";

struct row {
    sqlite3_int64 owner;
    sqlite3_value *values[COLUMNS_MAX];
};

struct rows {
    struct row *v;
    size_t count, room, next;
    sqlite3_stmt *insert;
    int columns;
};

static struct rows all[TABLES];

static void must(sqlite3 *db, int rc, const char *what)
{
    if (rc == SQLITE_OK || rc == SQLITE_DONE)
        return;
    fprintf(stderr, "sqlite_rows: %s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

static double now_s(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void keep(struct rows *rows, sqlite3_stmt *s, sqlite3_int64 owner)
{
    if (rows->count == rows->room) {
        rows->room = rows->room ? rows->room * 2 : 1024;
        rows->v = realloc(rows->v, rows->room * sizeof *rows->v);
        if (!rows->v)
            exit(1);
    }
    struct row *r = &rows->v[rows->count++];
    r->owner = owner;
    for (int i = 0; i < rows->columns; i++)
        r->values[i] = sqlite3_value_dup(sqlite3_column_value(s, i + 1));
}

static void read_table(sqlite3 *db, size_t t)
{
    struct rows *rows = &all[t];
    sqlite3_stmt *s;
    must(db, sqlite3_prepare_v2(db, tables[t].rows, -1, &s, NULL), tables[t].rows);
    rows->columns = sqlite3_column_count(s) - 1;
    while (sqlite3_step(s) == SQLITE_ROW)
        keep(rows, s, sqlite3_column_int64(s, 0));
    sqlite3_finalize(s);
}

static void prepare_insert(sqlite3 *db, size_t t)
{
    static const char marks[] = "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?";
    char *sql = sqlite3_mprintf("INSERT INTO %s (%s) VALUES (%.*s)", tables[t].name, tables[t].columns, 2 * all[t].columns - 1, marks);
    must(db, sqlite3_prepare_v2(db, sql, -1, &all[t].insert, NULL), sql);
    sqlite3_free(sql);
}

static void insert_row(sqlite3 *db, struct rows *rows, const struct row *r)
{
    for (int i = 0; i < rows->columns; i++)
        sqlite3_bind_value(rows->insert, i + 1, r->values[i]);
    must(db, sqlite3_step(rows->insert), "insert");
    sqlite3_reset(rows->insert);
}

static void insert_user(sqlite3 *db, sqlite3_int64 user, sqlite3_stmt *counter)
{
    for (size_t t = 0; t < TABLES; t++)
        while (all[t].next < all[t].count && all[t].v[all[t].next].owner == user)
            insert_row(db, &all[t], &all[t].v[all[t].next++]);
    must(db, sqlite3_step(counter), "count");
    sqlite3_reset(counter);
}

static void check_all_written(void)
{
    for (size_t t = 0; t < TABLES; t++)
        if (all[t].next != all[t].count)
            fprintf(stderr, "sqlite_rows: %zu of %zu rows of %s written\n", all[t].next, all[t].count, tables[t].name);
}

static sqlite3 *open_db(const char *path)
{
    sqlite3 *db;
    must(NULL, sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, "unix-excl"), path);
    must(db, sqlite3_exec(db, "PRAGMA cache_size = -4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", NULL, NULL, NULL), "set up");
    return db;
}

int main(int argc, char **argv)
{
    size_t batch = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    if (batch == 0) {
        fputs("usage: sqlite_rows FROM TO BATCH\n", stderr);
        return 2;
    }
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3 *from = open_db(argv[1]), *to = open_db(argv[2]);
    for (size_t t = 0; t < TABLES; t++)
        read_table(from, t);
    must(to, sqlite3_exec(to, "DELETE FROM search_fields", NULL, NULL, NULL), "clear");
    for (size_t t = 0; t < TABLES; t++)
        prepare_insert(to, t);
    sqlite3_stmt *counter;
    must(to, sqlite3_prepare_v2(to, count_one, -1, &counter, NULL), count_one);
    double start = now_s(CLOCK_MONOTONIC), cpu = now_s(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < all[0].count; i++) {
        if (i % batch == 0)
            must(to, sqlite3_exec(to, "BEGIN IMMEDIATE", NULL, NULL, NULL), "begin");
        insert_user(to, all[0].v[i].owner, counter);
        if (i % batch == batch - 1 || i == all[0].count - 1)
            must(to, sqlite3_exec(to, "COMMIT", NULL, NULL, NULL), "commit");
    }
    double count = (double)all[0].count;
    printf("%.0f %.1f\n", count / (now_s(CLOCK_MONOTONIC) - start), (now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu) / count * 1e6);
    check_all_written();
    sqlite3_close(from);
    return 0;
}
