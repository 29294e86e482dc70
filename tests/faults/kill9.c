/* kill -9: kill9 [--runs N]
 *
 * A process writes with several threads and prints each acknowledged number to
 * a pipe; it is killed at some moment, many times over the same data directory.
 * Whatever was printed must be found, each transaction whole. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 6, ROWS = 2, LIFE_MIN_MS = 5, LIFE_SPREAD_MS = 120 };

static char base[64], dir[96];
static struct store_config cfg;

static struct result write_rows(struct tx *tx, void *arg)
{
    for (int i = 0; i < ROWS; i++)
        TRY(sql_run(tx->sql, "INSERT INTO outbox (kind, body, due_at) VALUES ('w', '', ?)", SQL_ARGS(sql_int(*(int64_t *)arg)),
                    NULL));
    return OK;
}

struct worker {
    struct tenant *tenant;
    int64_t number;
    int pipe;
};

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct arena *a = arena_new(0);
    struct tx_options o = { .arena = a };
    for (;; w->number += THREADS) {
        if (failed(store_write(w->tenant, &o, write_rows, &w->number)))
            _exit(3);
        if (write(w->pipe, &w->number, sizeof w->number) != (ssize_t)sizeof w->number)
            _exit(4);
    }
}

static _Noreturn void child_main(int pipe, int64_t from)
{
    struct store *s;
    struct tenant *t;
    pthread_t thread;
    static struct worker workers[THREADS];
    if (failed(store_open(&cfg, &s)) || failed(store_tenant_by_name(s, STR("default"), &t)))
        _exit(5);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ t, from + i, pipe };
        if (pthread_create(&thread, NULL, worker_main, &workers[i]) != 0)
            _exit(6);
    }
    for (;;)
        pause();
}

/* Reads what the child answered until the pipe ends; appends to *numbers. */
static void collect(int pipe, int64_t **numbers, size_t *count)
{
    int64_t n;
    while (read(pipe, &n, sizeof n) == (ssize_t)sizeof n) {
        *numbers = realloc(*numbers, (*count + 1) * sizeof **numbers);
        if (!*numbers)
            abort();
        (*numbers)[(*count)++] = n;
    }
}

/* False when the child ended by itself. */
static bool run_and_kill(int64_t from, unsigned *seed, int64_t **numbers, size_t *count)
{
    int ends[2], status;
    if (pipe(ends) != 0)
        abort();
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        child_main(ends[1], from);
    }
    close(ends[1]);
    usleep((useconds_t)(LIFE_MIN_MS + rand_r(seed) % LIFE_SPREAD_MS) * 1000);
    kill(child, SIGKILL);
    collect(ends[0], numbers, count);
    close(ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status);
}

struct found {
    int64_t number, rows, halves;
};

static struct result look(struct tx *tx, void *arg)
{
    struct found *f = arg;
    struct sql_value v;
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT count(*) FROM outbox WHERE due_at = ?", SQL_ARGS(sql_int(f->number)), &v, 1, &found));
    f->rows = v.i;
    return OK;
}

static struct result look_for_halves(struct tx *tx, void *arg)
{
    struct found *f = arg;
    struct sql_value v;
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT count(*) FROM (SELECT 1 FROM outbox GROUP BY due_at HAVING count(*) <> ?)",
                SQL_ARGS(sql_int(ROWS)), &v, 1, &found));
    f->halves = v.i;
    return OK;
}

static size_t missing(const int64_t *numbers, size_t count)
{
    struct store *s;
    struct tenant *t;
    struct found f = { 0 };
    size_t bad = 0;
    if (failed(store_open(&cfg, &s)))
        return count + 1;
    struct arena *a = arena_new(0);
    struct tx_options o = { .arena = a };
    if (failed(store_tenant_by_name(s, STR("default"), &t)))
        return count + 1;
    for (size_t i = 0; i < count; i++) {
        f.number = numbers[i];
        bad += failed(store_read(t, &o, look, &f)) || f.rows != ROWS;
    }
    if (failed(store_read(t, &o, look_for_halves, &f)) || f.halves != 0)
        bad++;
    tenant_release(t);
    arena_free(a);
    store_close(s);
    return bad;
}

int main(int argc, char **argv)
{
    int64_t runs = 20, *numbers = NULL, failures = 0;
    size_t count = 0;
    unsigned seed = 1;
    if (argc == 3 && strcmp(argv[1], "--runs") == 0 && !str_int(str_from(argv[2]), &runs))
        return fprintf(stderr, "usage: kill9 [--runs N]\n"), 2;
    snprintf(base, sizeof base, "/tmp/doorward-kill9-%d", (int)getpid());
    snprintf(dir, sizeof dir, "%s/data", base);
    cfg = (struct store_config){ .data_dir = str_from(dir) };
    struct store_first first = { .tenant = { STR("default"), STR("localhost"), 0 } };
    if (mkdir(base, 0700) != 0 || failed(store_init(&cfg, &first)))
        return fprintf(stderr, "kill9: no data directory\n"), 1;
    for (int64_t i = 0; i < runs; i++) {
        bool killed = run_and_kill(i << 32, &seed, &numbers, &count);
        size_t bad = missing(numbers, count);
        if (!killed || bad > 0)
            fprintf(stderr, "kill9: run %lld: %s, %zu wrong\n", (long long)i, killed ? "killed" : "ended by itself", bad);
        failures += !killed || bad > 0;
    }
    ignore_result(file_remove_tree(base), "scratch");
    printf("kill9: %lld kills, %zu acknowledged writes, %lld failed\n", (long long)runs, count, (long long)failures);
    free(numbers);
    return failures > 0 || count == 0;
}
