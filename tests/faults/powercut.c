/* Power cuts: powercut --seed N --count M [--lies] [--keep]
 *
 * Each run lets a child process use the product's store on a disk that forgets
 * (disk.h): a first start, tenants made and deleted, writes of several threads,
 * snapshots and restores, bulk loads, close and reopen. At a seeded operation the power
 * goes. The parent then opens what is left and checks it against the facts that
 * the child noted outside that disk: what was begun, and what was answered.
 *
 * With --lies syncs do nothing: a run that still finds everything would mean
 * that these checks see nothing, so then at least one failure is demanded. */
#include "disk.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "store/bulk.h"
#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    THREADS = 4,
    ROWS = 3,          /* of one transaction */
    ROUNDS = 14,
    WRITES_A_ROUND = 12,
    FACTS_MAX = 20000,
    LOADED = 300,      /* users of a bulk load */
    RUN_LIMIT_S = 60,
    EARLY_OPS = 120,   /* about as many as the first start takes */
    ALL_OPS = 8000,
};

/* --- facts ------------------------------------------------------------------------ */

enum fact_kind {
    FACT_INIT_DONE,
    FACT_WRITE_BEGUN, FACT_WRITE_DONE, FACT_WRITE_REFUSED, /* number: the transaction */
    FACT_MAKE_BEGUN, FACT_MAKE_DONE,                       /* number: the tenant */
    FACT_DELETE_BEGUN, FACT_DELETE_DONE,
    FACT_MARK_BEGUN, FACT_MARK_DONE,                       /* number: what the marked tenant holds then */
    FACT_KEY_PUT, FACT_KEY_TAKE_BEGUN, FACT_KEY_TAKEN,
    FACT_BESIDE_DONE, FACT_LOAD_BEGUN, FACT_LOAD_DONE,     /* number: the tenant */
};

struct fact {
    int kind;
    int64_t number;
};

static struct fact facts[FACTS_MAX];
static size_t fact_count;
static pthread_mutex_t facts_lock = PTHREAD_MUTEX_INITIALIZER;
static char facts_path[256];

static void note(enum fact_kind kind, int64_t number)
{
    pthread_mutex_lock(&facts_lock);
    if (fact_count < FACTS_MAX)
        facts[fact_count++] = (struct fact){ (int)kind, number };
    pthread_mutex_unlock(&facts_lock);
}

/* The disk stands still; a fact being noted right now is waited for. */
static void save_facts(void)
{
    pthread_mutex_lock(&facts_lock);
    FILE *f = fopen(facts_path, "wb");
    if (!f || (fact_count && fwrite(facts, sizeof facts[0], fact_count, f) != fact_count))
        abort();
    fclose(f);
}

static void load_facts(void)
{
    FILE *f = fopen(facts_path, "rb");
    fact_count = f ? fread(facts, sizeof facts[0], FACTS_MAX, f) : 0;
    if (f)
        fclose(f);
}

static bool noted(enum fact_kind kind, int64_t number)
{
    for (size_t i = 0; i < fact_count; i++)
        if (facts[i].kind == (int)kind && facts[i].number == number)
            return true;
    return false;
}

/* --- the transactions --------------------------------------------------------------- */

static struct result write_rows(struct tx *tx, int64_t number, const char *kind)
{
    for (int i = 0; i < ROWS; i++)
        TRY(sql_run(tx->sql, "INSERT INTO outbox (kind, body, due_at) VALUES (?, ?, ?)",
                    SQL_ARGS(sql_text(str_from(kind)), sql_text(STR("some text that fills a part of a page")),
                             sql_int(number)),
                    NULL));
    return OK;
}

static struct result write_kept(struct tx *tx, void *arg)
{
    return write_rows(tx, *(int64_t *)arg, "w");
}

static struct result write_refused(struct tx *tx, void *arg)
{
    TRY(write_rows(tx, *(int64_t *)arg, "w"));
    return fail(ERR_USAGE);
}

static struct result fill_tenant(struct tx *tx, void *arg)
{
    return write_rows(tx, *(int64_t *)arg, "fill");
}

/* The marked tenant holds one number, in two places. */
static struct result write_mark(struct tx *tx, void *arg)
{
    static const char upsert[] = "INSERT INTO settings (name, body) VALUES (?, ?)"
                                 " ON CONFLICT (name) DO UPDATE SET body = excluded.body";
    str text = str_fmt(tx->arena, "%lld", (long long)*(int64_t *)arg);
    TRY(sql_run(tx->sql, upsert, SQL_ARGS(sql_text(STR("mark-a")), sql_text(text)), NULL));
    return sql_run(tx->sql, upsert, SQL_ARGS(sql_text(STR("mark-b")), sql_text(text)), NULL);
}

static struct result write_credentials(const char *dir, void *arg)
{
    char path[512];
    (void)arg;
    snprintf(path, sizeof path, "%s/credentials.json", dir);
    return file_write(path, STR("{\"whole\": true}"), 0600);
}

/* Whether the first start finds an empty directory, as a volume's mount point. */
static bool in_place;

/* --- the child ------------------------------------------------------------------------ */

static void must(struct result r, const char *what)
{
    if (!failed(r))
        return;
    fprintf(stderr, "powercut: %s failed before the cut: kind %d %.*s\n", what, (int)r.kind, STR_ARG(r.args.v[0]));
    _exit(3);
}

struct worker {
    struct store *store;
    unsigned seed;
    int64_t from;
};

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct arena *a = arena_new(0);
    struct tenant *t;
    must(store_tenant_by_name(w->store, STR("default"), &t), "finding the tenant");
    for (int64_t n = w->from; n < w->from + WRITES_A_ROUND; n++) {
        struct tx_options o = { .arena = a };
        if (rand_r(&w->seed) % 8 == 0) {
            note(FACT_WRITE_REFUSED, n);
            ignore_result(store_write(t, &o, write_refused, &n), "it is refused");
            continue;
        }
        note(FACT_WRITE_BEGUN, n);
        must(store_write(t, &o, write_kept, &n), "a write");
        note(FACT_WRITE_DONE, n);
    }
    tenant_release(t);
    arena_free(a);
    return NULL;
}

static void tenant_name(int64_t number, char out[32], char out_domain[64])
{
    snprintf(out, 32, "tenant-%lld", (long long)number);
    snprintf(out_domain, 64, "%s.example.com", out);
}

static void make_tenant(struct store *s, int64_t number)
{
    char name[32], domain[64];
    tenant_name(number, name, domain);
    struct tenant_info info = { str_from(name), str_from(domain), 0 };
    note(FACT_MAKE_BEGUN, number);
    must(store_tenant_create(s, &info, fill_tenant, &number), "making a tenant");
    note(FACT_MAKE_DONE, number);
}

static void delete_tenant(struct store *s, int64_t number)
{
    char name[32], domain[64];
    tenant_name(number, name, domain);
    note(FACT_DELETE_BEGUN, number);
    must(store_tenant_delete(s, str_from(name)), "deleting a tenant");
    note(FACT_DELETE_DONE, number);
}

/* --- a bulk load: nobody or all, and what was written to the tenant beside it --- */

static struct result load_users(struct tx *tx, void *arg)
{
    (void)arg;
    for (int i = 0; i < LOADED; i++) {
        str uid = str_fmt(tx->arena, "auth0|%d", i * 7919 % 1000);
        TRY(sql_run(tx->sql, "INSERT INTO users (uid, doc) VALUES (?, ?)", SQL_ARGS(sql_text(uid), sql_text(STR("{\"some\": \"text\"}"))), NULL));
        TRY(sql_run(tx->sql, "INSERT INTO identities (provider, native_id, user, connection) VALUES ('auth0', ?, ?, 'c')",
                    SQL_ARGS(sql_text(uid), sql_int(sql_last_id(tx->sql))), NULL));
    }
    return OK;
}

static struct result end_load(struct tx *tx, void *arg)
{
    return write_rows(tx, *(int64_t *)arg, "loaded");
}

static struct result write_beside(struct tx *tx, void *arg)
{
    return write_rows(tx, *(int64_t *)arg, "beside");
}

static void load_tenant(struct store *s, int64_t number)
{
    char name[32], domain[64];
    struct tenant *t;
    struct bulk *b;
    struct arena *a = arena_new(0);
    struct tx_options o = { .arena = a };
    tenant_name(number, name, domain);
    must(store_tenant_by_name(s, str_from(name), &t), "finding a tenant to load");
    must(bulk_begin(t, &b), "beginning a load");
    must(bulk_indexes_drop(b, "identities"), "dropping indexes");
    must(bulk_write(b, &o, load_users, NULL), "loading");
    must(bulk_indexes_make(b), "making indexes");
    must(store_write(t, &o, write_beside, &number), "a write beside a load");
    note(FACT_BESIDE_DONE, number);
    note(FACT_LOAD_BEGUN, number);
    must(bulk_publish(b, &o, end_load, &number), "publishing a load");
    note(FACT_LOAD_DONE, number);
    bulk_end(b);
    tenant_release(t);
    arena_free(a);
}

static void set_mark(struct store *s, int64_t mark)
{
    struct tenant *t;
    struct arena *a = arena_new(0);
    struct tx_options o = { .arena = a };
    must(store_tenant_by_name(s, STR("marked"), &t), "finding the marked tenant");
    note(FACT_MARK_BEGUN, mark);
    must(store_write(t, &o, write_mark, &mark), "marking");
    note(FACT_MARK_DONE, mark);
    tenant_release(t);
    arena_free(a);
}

static void mark_and_restore(struct store *s, const char *snapshot, int64_t mark)
{
    set_mark(s, mark);
    must(store_tenant_snapshot(s, STR("marked"), snapshot), "a snapshot");
    set_mark(s, mark + 1);
    note(FACT_MARK_BEGUN, mark);
    must(store_tenant_restore(s, STR("marked"), snapshot), "a restore");
    note(FACT_MARK_DONE, mark);
}

static void move_spare_keys(struct store *s, struct arena *a, int64_t round)
{
    str der;
    bool found;
    must(store_spare_key_put(s, str_fmt(a, "%lld", (long long)round)), "putting a spare key");
    note(FACT_KEY_PUT, round);
    if (round % 2 == 0)
        return;
    note(FACT_KEY_TAKE_BEGUN, 0);
    must(store_spare_key_take(s, a, &der, &found), "taking a spare key");
    int64_t taken = -1;
    if (found && str_int(der, &taken))
        note(FACT_KEY_TAKEN, taken);
}

static void one_round(struct store *s, const char *snapshot, unsigned seed, int64_t round)
{
    pthread_t threads[THREADS];
    struct worker w[THREADS];
    struct arena *a = arena_new(0);
    for (int i = 0; i < THREADS; i++) {
        w[i] = (struct worker){ s, seed + (unsigned)(round * THREADS + i), (round * THREADS + i) * WRITES_A_ROUND };
        if (pthread_create(&threads[i], NULL, worker_main, &w[i]) != 0)
            abort();
    }
    make_tenant(s, round);
    load_tenant(s, round);
    if (round % 3 == 2)
        delete_tenant(s, round - 1);
    mark_and_restore(s, snapshot, round * 2);
    move_spare_keys(s, a, round);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    arena_free(a);
}

static _Noreturn void child_main(const char *root, const char *snapshot, unsigned seed)
{
    char dir[300];
    struct store *s;
    int64_t zero = 0;
    snprintf(dir, sizeof dir, "%s/data", root);
    struct store_config cfg = { .data_dir = str_from(dir), .writer_threads = 2 };
    struct store_first first = { .tenant = { STR("default"), STR("localhost"), 0 },
                                 .fill = fill_tenant, .files = write_credentials, .arg = &zero };
    if (in_place) {
        must(file_mkdir(dir, 0700), "making a mount point");
        must(file_sync_dir(root), "making a mount point");
    }
    must(store_init(&cfg, &first), "the first start");
    note(FACT_INIT_DONE, 0);
    must(store_open(&cfg, &s), "opening");
    struct tenant_info marked = { STR("marked"), STR("marked.example.com"), 0 };
    must(store_tenant_create(s, &marked, NULL, NULL), "making the marked tenant");
    set_mark(s, 0);
    for (int64_t round = 0; round < ROUNDS; round++) {
        one_round(s, snapshot, seed, round);
        if ((seed + round) % 4 == 0) {
            store_close(s);
            must(store_open(&cfg, &s), "opening again");
        }
    }
    disk_cut();
}

/* --- the parent: what must hold afterwards ---------------------------------------------- */

static unsigned complaints;

static void complain(const char *what, int64_t number)
{
    complaints++;
    fprintf(stderr, "powercut:   %s (%lld)\n", what, (long long)number);
}

struct counts {
    const char *kind;
    int64_t number, rows;
};

static struct result count_rows(struct tx *tx, void *arg)
{
    struct counts *c = arg;
    struct sql_value v;
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT count(*) FROM outbox WHERE kind = ? AND due_at = ?",
                SQL_ARGS(sql_text(str_from(c->kind)), sql_int(c->number)), &v, 1, &found));
    c->rows = v.i;
    return OK;
}

static int64_t rows_of(struct tenant *t, const char *kind, int64_t number)
{
    struct arena *a = arena_new(0);
    struct tx_options o = { .arena = a };
    struct counts c = { kind, number, 0 };
    if (failed(store_read(t, &o, count_rows, &c)))
        c.rows = -1;
    arena_free(a);
    return c.rows;
}

static void check_writes(struct store *s)
{
    struct tenant *t;
    if (failed(store_tenant_by_name(s, STR("default"), &t))) {
        complain("the default tenant does not open", 0);
        return;
    }
    if (rows_of(t, "fill", 0) != ROWS)
        complain("the default tenant is not filled", 0);
    for (size_t i = 0; i < fact_count; i++) {
        int64_t n = facts[i].number;
        if (facts[i].kind == FACT_WRITE_DONE && rows_of(t, "w", n) != ROWS)
            complain("an acknowledged write is lost", n);
        if (facts[i].kind == FACT_WRITE_BEGUN && rows_of(t, "w", n) != 0 && rows_of(t, "w", n) != ROWS)
            complain("a write is half there", n);
        if (facts[i].kind == FACT_WRITE_REFUSED && rows_of(t, "w", n) != 0)
            complain("a refused write is there", n);
    }
    tenant_release(t);
}

static struct result count_users(struct tx *tx, void *arg)
{
    struct sql_value v;
    bool found;
    TRY(sql_row(tx->sql, tx->arena,
                "SELECT count(*) FROM users AS u JOIN identities AS i INDEXED BY identities_by_user ON i.user = u.id AND i.native_id = u.uid",
                SQL_NO_ARGS, &v, 1, &found));
    *(int64_t *)arg = v.i;
    return OK;
}

static void check_load(struct tenant *t, int64_t number)
{
    int64_t users = -1, rows = rows_of(t, "loaded", number);
    struct arena *a = arena_new(0);
    struct tx_options o = { .arena = a };
    bool done = noted(FACT_LOAD_DONE, number), begun = noted(FACT_LOAD_BEGUN, number);
    if (failed(store_read(t, &o, count_users, &users)) || (users != 0 && users != LOADED) || (users == 0) != (rows == 0))
        complain("a load is half there", number);
    if ((done && users != LOADED) || (!begun && users != 0))
        complain("a load is lost, or there too early", number);
    if (noted(FACT_BESIDE_DONE, number) && rows_of(t, "beside", number) != ROWS)
        complain("a write beside a load is lost", number);
    arena_free(a);
}

static void check_tenant(struct store *s, int64_t number)
{
    char name[32], domain[64];
    struct tenant *t = NULL;
    tenant_name(number, name, domain);
    struct result r = store_tenant_by_name(s, str_from(name), &t);
    if (r.kind == ERR_TENANT_UNKNOWN) {
        if (noted(FACT_MAKE_DONE, number) && !noted(FACT_DELETE_BEGUN, number))
            complain("a tenant is lost", number);
    } else if (failed(r)) {
        complain("a tenant does not open", number);
    } else {
        if (noted(FACT_DELETE_DONE, number))
            complain("a deleted tenant is back", number);
        if (rows_of(t, "fill", number) != ROWS)
            complain("a tenant is not whole", number);
        check_load(t, number);
    }
    tenant_release(t);
}

static struct result read_mark(struct tx *tx, void *arg)
{
    struct sql_value v;
    bool found;
    int64_t *mark = arg;
    static const char text[] = "SELECT a.body FROM settings a JOIN settings b ON b.body = a.body AND b.name = 'mark-b'"
                               " WHERE a.name = 'mark-a'";
    TRY(sql_row(tx->sql, tx->arena, text, SQL_NO_ARGS, &v, 1, &found));
    *mark = -1;
    if (found && !str_int(v.s, mark))
        return fail(ERR_INTERNAL);
    return OK;
}

/* The last mark that was answered, or one begun after it. */
static void check_mark(struct store *s)
{
    struct tenant *t;
    int64_t mark = -2, done = -1, begun = -1;
    for (size_t i = 0; i < fact_count; i++) {
        if (facts[i].kind == FACT_MARK_DONE)
            done = facts[i].number;
        if (facts[i].kind == FACT_MARK_BEGUN)
            begun = facts[i].number;
    }
    struct result r = store_tenant_by_name(s, STR("marked"), &t);
    if (failed(r)) {
        if (done >= 0 || r.kind != ERR_TENANT_UNKNOWN)
            complain("the marked tenant does not open", r.kind);
        return;
    }
    struct arena *a = arena_new(0);
    struct tx_options o = { .arena = a };
    if (failed(store_read(t, &o, read_mark, &mark)) || (mark != done && mark != begun))
        complain("the marked tenant holds a wrong number", mark);
    arena_free(a);
    tenant_release(t);
}

/* Keys that were put and never asked for are there; one given out is not. A
 * take without an answer may have removed one. */
static void check_keys(struct store *s)
{
    struct arena *a = arena_new(0);
    int64_t put = 0, taken = 0, asked = 0, left = 0, key;
    str der;
    for (size_t i = 0; i < fact_count; i++) {
        put += facts[i].kind == FACT_KEY_PUT;
        taken += facts[i].kind == FACT_KEY_TAKEN;
        asked += facts[i].kind == FACT_KEY_TAKE_BEGUN;
    }
    for (bool found = true; found;) {
        if (failed(store_spare_key_take(s, a, &der, &found))) {
            complain("the spare keys cannot be read", 0);
            break;
        }
        if (found && str_int(der, &key) && noted(FACT_KEY_TAKEN, key))
            complain("a spare key would be given out twice", key);
        left += found;
    }
    if (left < put - asked || left > put - taken + 1) /* one more may have been put without an answer */
        complain("a wrong number of spare keys is left", left);
    arena_free(a);
}

static void check_new_write(struct store *s)
{
    struct tenant *t;
    int64_t number = INT64_C(1) << 40;
    struct arena *a = arena_new(0);
    struct tx_options o = { .arena = a };
    struct tenant_info info = { STR("afterwards"), STR("afterwards.example.com"), 0 };
    if (failed(store_tenant_create(s, &info, fill_tenant, &number)) ||
        failed(store_tenant_by_name(s, STR("afterwards"), &t))) {
        complain("no tenant can be made any more", 0);
    } else {
        if (failed(store_write(t, &o, write_kept, &number)) || rows_of(t, "w", number) != ROWS)
            complain("nothing can be written any more", 0);
        tenant_release(t);
    }
    arena_free(a);
}

static void check_open_store(struct store *s)
{
    check_writes(s);
    for (int64_t n = 0; n < ROUNDS; n++)
        check_tenant(s, n);
    check_mark(s);
    check_keys(s);
    check_new_write(s);
}

/* A first start over what an interrupted one left. */
static void check_first_start(const struct store_config *cfg)
{
    int64_t zero = 0;
    struct store_first first = { .tenant = { STR("default"), STR("localhost"), 0 },
                                 .fill = fill_tenant, .files = write_credentials, .arg = &zero };
    if (noted(FACT_INIT_DONE, 0))
        complain("the whole directory is lost", 0);
    else if (failed(store_init(cfg, &first)))
        complain("a new first start fails", 0);
}

static void check(const char *out)
{
    char dir[300], path[340];
    struct store *s;
    str text = STR_NONE;
    struct arena *a = arena_new(0);
    snprintf(dir, sizeof dir, "%s/data", out);
    snprintf(path, sizeof path, "%s/credentials.json", dir);
    struct store_config cfg = { .data_dir = str_from(dir) };
    if (in_place ? !store_exists(cfg.data_dir) : !file_exists(dir))
        check_first_start(&cfg);
    struct result r = store_open(&cfg, &s);
    if (failed(r)) {
        complain("the directory does not open", r.kind);
    } else {
        if (failed(file_read(a, path, 100, &text)) || !str_ends(text, STR("}")))
            complain("credentials.json is not whole", 0);
        check_open_store(s);
        store_close(s);
    }
    arena_free(a);
}

/* --- runs --------------------------------------------------------------------------------- */

static char base[64];

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static bool child_ended_well(pid_t child, uint64_t seed)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    fprintf(stderr, "powercut: seed %llu: the run itself failed (status %d)\n", (unsigned long long)seed, status);
    return false;
}

static bool one_run(uint64_t seed, bool lies, bool keep)
{
    char root[100], out[100], snapshot[128];
    snprintf(root, sizeof root, "%s/live", base);
    snprintf(out, sizeof out, "%s/after", base);
    snprintf(snapshot, sizeof snapshot, "%s/one.snapshot", root);
    snprintf(facts_path, sizeof facts_path, "%s/facts", base);
    ignore_result(file_remove_tree(base), "the first run finds it empty");
    if (mkdir(base, 0700) != 0 || mkdir(root, 0700) != 0 || mkdir(out, 0700) != 0)
        abort();
    uint64_t r = mix(seed + 1);
    struct disk_plan plan = { .root = root, .out = out, .seed = r, .lies = lies, .at_cut = save_facts };
    plan.cut_at = 1 + (long)((r >> 8) % (r % 4 == 0 ? EARLY_OPS : ALL_OPS));
    in_place = r & 16;
    complaints = 0;
    fact_count = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(RUN_LIMIT_S);
        disk_start(&plan);
        child_main(root, snapshot, (unsigned)r);
    }
    if (!child_ended_well(child, seed))
        return false;
    load_facts();
    check(out);
    if (complaints > 0)
        fprintf(stderr, "powercut: seed %llu (cut at %ld): %u complaints\n", (unsigned long long)seed, plan.cut_at, complaints);
    if (complaints > 0 && keep)
        exit(1);
    return complaints == 0;
}

int main(int argc, char **argv)
{
    int64_t seed = 1, count = 20;
    bool lies = false, keep = false;
    for (int i = 1; i < argc; i++) {
        str next = i + 1 < argc ? str_from(argv[i + 1]) : STR_NONE;
        if (strcmp(argv[i], "--lies") == 0)
            lies = true;
        else if (strcmp(argv[i], "--keep") == 0)
            keep = true; /* stop at the first failure and leave its files */
        else if (strcmp(argv[i], "--seed") == 0 && str_int(next, &seed))
            i++;
        else if (strcmp(argv[i], "--count") == 0 && str_int(next, &count))
            i++;
        else
            return fprintf(stderr, "usage: powercut [--seed N] [--count M] [--lies] [--keep]\n"), 2;
    }
    snprintf(base, sizeof base, "/tmp/doorward-powercut-%d", (int)getpid());
    int64_t failures = 0;
    for (int64_t i = 0; i < count; i++)
        failures += !one_run((uint64_t)(seed + i), lies, keep);
    ignore_result(file_remove_tree(base), "scratch");
    printf("powercut: %lld runs from seed %lld%s, %lld failed\n", (long long)count, (long long)seed, lies ? " on a lying disk" : "",
           (long long)failures);
    return lies ? failures == 0 : failures > 0;
}
