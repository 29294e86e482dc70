/* search_bench FILE [ROUNDS [WORD]]: first pages of 50 over what search_fill
 * made; a line a kind of query (whose name holds WORD) with the 50th and 99th
 * percentile in milliseconds, of the wall clock and of this thread's CPU time:
 * the second is the one to trust on a busy machine. */
#include "base/clock.h"
#include "base/log.h"
#include "search/search.h"
#include "store/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* %lld is a number that changes with every round. query NULL: API v1's language;
 * empty and unsorted: long_query. */
static const struct {
    const char *name, *query, *sort;
    size_t offset;
    bool total;
} kinds[] = {
    { "equality, one hit", "user_metadata.address.city:\"city %lld\" AND app_metadata.rare:r%lld", NULL, 0, false },
    { "equality, 200 hits", "app_metadata.rare:r%lld", NULL, 0, false },
    { "equality, 200 hits, total", "app_metadata.rare:r%lld", NULL, 0, true },
    { "equality, half of all", "app_metadata.plan:gold", NULL, 0, false },
    { "equality, half of all, total", "app_metadata.plan:gold", NULL, 0, true },
    { "prefix, few hits", "email:jane.%lld*", NULL, 0, false },
    { "prefix, a tenth", "email:jane*", NULL, 0, false },
    { "prefix, a tenth, total", "email:jane*", NULL, 0, true },
    { "few AND half", "app_metadata.rare:r%lld AND app_metadata.plan:gold", NULL, 0, false },
    { "fifth AND half", "app_metadata.group:g0 AND app_metadata.plan:gold", NULL, 0, false },
    { "fifth AND half, total", "app_metadata.group:g0 AND app_metadata.plan:gold", NULL, 0, true },
    { "prefix AND fifth", "email:jane* AND app_metadata.group:g0", NULL, 0, false },
    { "prefix AND prefix", "email:jane* AND name:jane*", NULL, 0, false },
    { "contradiction of two large ones", "app_metadata.group:g1 AND app_metadata.plan:free", NULL, 0, false },
    { "OR of equalities", "app_metadata.rare:r%lld OR app_metadata.group:g1", NULL, 0, false },
    { "OR of few", "app_metadata.rare:r%lld OR email:jane.%lld*", NULL, 0, false },
    { "bare term", "jane%lld", NULL, 0, false },
    { "NOT", "NOT app_metadata.group:g2", NULL, 0, false },
    { "NOT, rare", "NOT app_metadata.group:(g0 OR g1 OR g2)", NULL, 0, false },
    { "exists", "_exists_:last_login", NULL, 0, false },
    { "missing", "NOT _exists_:last_login", NULL, 0, false },
    { "range of dates", "created_at:[2018-03 TO 2018-04]", NULL, 0, false },
    { "range of numbers", "logins_count:[90 TO *]", NULL, 0, false },
    { "leading wildcard", "email:*.%lld@*", NULL, 0, false },
    { "leading wildcard, many", "email:*1@d%lld*", NULL, 0, false },
    { "leading wildcard, total", "email:*1@d%lld*", NULL, 0, true },
    { "NOT, total", "NOT app_metadata.group:g2", NULL, 0, true },
    { "all, sorted", "", "name", 0, false },
    { "all, offset 950", "*", NULL, 950, false },
    { "200 hits, sorted", "app_metadata.rare:r%lld", "name", 0, false },
    { "few-hit prefix, sorted", "email:jane.%lld*", "name", 0, false },
    { "1/1000, sorted", "email.domain:d%lld.example", "name", 0, false },
    { "twentieth, sorted", "app_metadata.group:g1", "name", 0, false },
    { "fifth, sorted", "app_metadata.group:g0", "name", 0, false },
    { "twentieth, sorted, offset 950", "app_metadata.group:g1", "name", 950, false },
    { "tenth by prefix, sorted", "email:jane*", "created_at", 0, false },
    { "1/900 by prefix, sorted by its like", "email:jane.17*", "name", 0, false },
    { "1/90 by prefix, sorted by its like", "email:jane.5*", "name", 0, false },
    { "1/45 by prefix, sorted by its like", "email:(jane.5* OR jane.6*)", "name", 0, false },
    { "tenth by prefix, sorted by its like", "email:jane*", "name", 0, false },
    { "range of dates, sorted by them", "created_at:[2018-03 TO 2018-04]", "created_at", 0, false },
    { "tenth by prefix, sorted by itself", "email:john*", "email", 0, false },
    { "1/90 by prefix, sorted by login", "email:jane.5*", "last_login", 0, false },
    { "200 terms", "", NULL, 0, false },
    { "ten thousand letters", "", NULL, 0, false },
    { "v1 plain text", NULL, NULL, 0, false },
};

static int by_size(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

/* Queries that are made: terms without end, a term without end. */
static str long_query(struct arena *a, const char *name, long long number)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    if (strcmp(name, "200 terms") == 0)
        for (long long i = 0; i < 200; i++)
            buf_fmt(&b, "%semail:jane.%lld@*", i ? " OR " : "", number * 1000 + i);
    else
        buf_fmt(&b, "email:jane.%lld* AND NOT name:%09999d", number, 0);
    str q = str_dup(a, buf_str(&b));
    buf_free(&b);
    return q;
}

static void run_once(struct sql *db, size_t kind, long long number, size_t *out_count)
{
    struct arena *a = arena_new(0);
    struct tx tx = { .sql = db, .arena = a };
    struct search_node *q = NULL;
    struct search_page page;
    char text[200];
    struct result r = OK;
    if (kinds[kind].query && !*kinds[kind].query && !kinds[kind].sort) {
        r = search_parse(a, long_query(a, kinds[kind].name, number), SEARCH_V3, &q);
    } else if (kinds[kind].query) {
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, kinds[kind].query, number, number);
        r = search_parse(a, str_from(text), SEARCH_V3, &q);
    } else {
        snprintf(text, sizeof text, "jane R%llx", number % 256);
        r = search_parse_api_v1(a, str_from(text), &q);
    }
    struct search_request rq = { .query = q, .sort_field = str_from(kinds[kind].sort), .descending = true,
                                 .offset = kinds[kind].offset, .limit = 50, .want_total = kinds[kind].total };
    if (!failed(r))
        r = sql_begin_read(db);
    if (!failed(r))
        r = search_users(&tx, &rq, &page);
    if (failed(r))
        die("search_bench: %s: error kind %d%s", kinds[kind].name, (int)r.kind, r.kind == ERR_TIMEOUT ? ", the time-out" : "");
    sql_rollback(db);
    *out_count = kinds[kind].total ? page.total : page.count;
    arena_free(a);
}

/* Dear kinds end after so much CPU time, or after so few rounds. */
enum { KIND_US_MAX = 3 * US_PER_S, ROUNDS_MIN = 30 };

static void run_kind(struct sql *db, size_t kind, int64_t rounds, int64_t *wall, int64_t *cpu)
{
    size_t count = 0;
    int64_t done = 0;
    for (int64_t spent = 0; done < rounds && (done < ROUNDS_MIN || spent < KIND_US_MAX); spent += cpu[done++]) {
        wall[done] = -clock_monotonic_us();
        cpu[done] = -cpu_us();
        run_once(db, kind, (long long)(done * 7919 % 450 + 1), &count);
        wall[done] += clock_monotonic_us();
        cpu[done] += cpu_us();
    }
    qsort(wall, (size_t)done, sizeof *wall, by_size);
    qsort(cpu, (size_t)done, sizeof *cpu, by_size);
    int64_t p50 = done / 2, p99 = done * 99 / 100;
    printf("%-38s %8.2f %8.2f %8.2f %8.2f   (%zu)\n", kinds[kind].name, (double)wall[p50] / 1000, (double)wall[p99] / 1000,
           (double)cpu[p50] / 1000, (double)cpu[p99] / 1000, count);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct sql *db;
    int64_t rounds = 100;
    if (argc < 2 || (argc > 2 && (!str_int(str_from(argv[2]), &rounds) || rounds < 1 || rounds > 1000000))) {
        fputs("usage: search_bench FILE [ROUNDS [WORD]]\n", stderr);
        return 2;
    }
    if (failed(sql_connect(argv[1], SQL_READER, false, &db)))
        die("search_bench: cannot open %s", argv[1]);
    int64_t *times = calloc((size_t)rounds * 2, sizeof *times);
    if (!times)
        die("out of memory");
    printf("%-38s %8s %8s %8s %8s   (hits)\n", "", "p50 ms", "p99 ms", "CPU p50", "CPU p99");
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
        if (argc < 4 || strstr(kinds[kind].name, argv[3]))
            run_kind(db, kind, rounds, times, times + rounds);
    free(times);
    sql_disconnect(db);
    return 0;
}
