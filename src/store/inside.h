/* The store's own structures: nothing outside src/store includes this.
 *
 * Locks, in the order in which they may be taken together:
 *   admin_lock    creating, deleting, restoring, copying; use of `system`
 *   open_lock     which tenants are being opened; evicting them
 *   lock          the maps and what is reachable from them
 *   a pool's or the writers' own lock
 * A tenant is counted: the store holds one count while it is in the maps, each
 * user one, each place in the writers' lists one. */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include "base/map.h"
#include "store/driver.h"
#include "store/migrate.h"
#include "store/store.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum { STORE_PATH_MAX = 4096, HOST_TEXT_MAX = 262 }; /* name 255, colon, port */

/* --- pool.c: the connections of one tenant ------------------------------------ */

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char path[STORE_PATH_MAX];
    struct sql **idle;
    unsigned idle_count, open, max; /* readers; open counts those lent out */
    struct sql *writer;             /* NULL until the first write */
    bool writing, paused, held;
};

void pool_init(struct pool *p, const char *path, unsigned max_readers);
void pool_destroy(struct pool *p); /* nobody may use it any more */
/* A reader. Waits for one until the deadline (monotonic; 0: a default), then ERR_BUSY. */
MUST_USE struct result pool_take(struct pool *p, int64_t deadline_us, struct sql **out);
void pool_give(struct pool *p, struct sql *db);
/* The writer: only one thread has it at a time (commit.c sees to that). */
MUST_USE struct result pool_take_writer(struct pool *p, struct sql **out);
void pool_give_writer(struct pool *p);
/* Waits until nobody writes, and keeps writers waiting until pool_let_go; reading
 * goes on. One holder at a time (admin_lock sees to that). */
void pool_hold_writer(struct pool *p);
void pool_let_go(struct pool *p);
/* Waits until nobody uses a connection, closes all and keeps newcomers waiting
 * until pool_resume, from which on they open `path`. */
void pool_pause(struct pool *p);
void pool_resume(struct pool *p, const char *path);

/* --- commit.c: the writers ------------------------------------------------------ */

struct write;
struct write_list {
    struct write *head, **tail;
    unsigned count;
};
struct write_queue { /* of one tenant; guarded by the writers' lock */
    struct write_list now, later, lowly;
    int64_t later_due_us;
    bool lowly_turn; /* one waited while others had the last transaction */
    bool scheduled;  /* in the ready list, or a writer is on it */
    bool in_later;   /* in the list of tenants with something due */
    unsigned careful; /* functions that still get savepoints; the writer's that is on it */
    struct tenant *next_ready, *next_later;
};
struct writers;

struct writers *writers_start(unsigned threads);
void writers_stop(struct writers *w); /* commits all that waits; takes NULL */
void write_queue_init(struct write_queue *q);

/* --- tenant.c -------------------------------------------------------------------- */

struct tenant {
    struct store *store;
    struct arena *arena;
    struct tenant_info info;
    str issuer;
    str key_id; /* of the data key; stands for the tenant in seal places, so that a
                   snapshot opens under another name too */
    unsigned char key[SEAL_KEY_LEN];
    atomic_uint users;
    atomic_bool deleted;
    _Atomic(uint64_t) generation;
    _Atomic(int64_t) last_used_us;
    struct pool pool;
    struct write_queue queue;
    pthread_mutex_t slot_lock;
    struct {
        _Atomic(void *) value;
        void (*dispose)(void *);
    } slots[TENANT_SLOT_MAX];
};

/* One tenant of system.db, open or not. */
struct entry {
    struct arena *arena; /* holds the entry and its text */
    struct tenant_info info;
    int64_t seq, file_no;
    str key_id, wrapped_key;
    struct tenant *open;
    bool opening; /* under open_lock; it may take long (a WAL to recover, an upgrade): the entry stays, others wait */
    struct entry *next;      /* of the store's list, oldest first */
    struct entry *next_open; /* of the open ones */
};

/* A tenant object of its own count, outside the maps. */
MUST_USE struct result tenant_make(struct store *s, const struct entry *e, const char *path, struct tenant **out);
/* Opens its first connection and brings the file to the newest version. */
MUST_USE struct result tenant_connect(struct tenant *t);
/* Under open_lock, which is let go meanwhile: until nobody opens e. */
void entry_wait_opened(struct store *s, const struct entry *e);
void tenant_retain(struct tenant *t);
void tenant_generation_next(struct tenant *t);
MUST_USE struct result tenant_set_key(struct tenant *t, str key_id, str wrapped_key);
void entry_file(const struct store *s, str name, int64_t file_no, char out[STORE_PATH_MAX]);
/* Under the write lock: the tenant leaves the maps; its count goes to the
 * caller. NULL when it is not open. */
struct tenant *entry_take_open(struct store *s, struct entry *e);
void entry_add(struct store *s, struct entry *e);    /* under the write lock */
void entry_remove(struct store *s, struct entry *e); /* same; does not free it */
struct entry *entry_new(const struct tenant_info *info, str key_id, str wrapped_key);
void entry_free(struct entry *e);
struct entry *entry_by_name(struct store *s, str name); /* under the lock */

/* What failed names a path of a frame that is gone: name one that the caller knows. */
static inline struct result result_about(struct result r, str what)
{
    if (failed(r))
        r.args.v[0] = what;
    return r;
}

/* --- store ------------------------------------------------------------------------ */

struct store {
    char dir[STORE_PATH_MAX];
    char key_path[STORE_PATH_MAX];
    int lock_fd;
    unsigned char master[SEAL_KEY_LEN];
    struct sql *system;
    pthread_mutex_t admin_lock, open_lock;
    pthread_cond_t opened;   /* an opening has ended */
    unsigned opening_waiters;
    pthread_rwlock_t lock;
    struct arena *arena; /* of the maps */
    struct map *by_name, *by_domain; /* to struct entry */
    struct entry *first, **last, *first_open;
    unsigned open_count, open_max, readers_max;
    int64_t next_file;
    _Atomic(uint64_t) generation; /* shared by all tenants: no value comes twice */
    atomic_ullong temporary_no;
    bool building; /* store_init: nobody relies on the directory before it is synced as a whole */
    struct writers *writers;
};

/* The structure without anything on disk, for store_open and store_init. dir
 * fits (store_dir_fits). */
struct store *store_new(const struct store_config *cfg, const char *dir);
void store_free(struct store *s); /* closes what is open */
bool store_dir_fits(str dir);

/* DIR/part; dies when it does not fit (store_open checked the length). */
void store_path(const struct store *s, const char *part, char out[STORE_PATH_MAX]);
/* file_rename_durable and file_sync, which a directory that is being built does
 * without: it is synced at its end. */
MUST_USE struct result store_put(const struct store *s, const char *from, const char *to);
MUST_USE struct result store_sync(const struct store *s, const char *path);
/* A new name under DIR/tmp, which is emptied when the store opens. */
void store_temporary(struct store *s, char out[STORE_PATH_MAX]);

/* host.c. Host header to lower-case "host:port" and "host" in buf. */
struct host_name {
    char text[HOST_TEXT_MAX];
    str with_port; /* p == NULL: there was none */
    str alone;
    bool loopback;
};
bool host_parse(str header, struct host_name *out);
/* What may be registered: a host with or without a port, already lower case. */
bool host_is_domain(str domain);

/* master.c. Errors: ERR_MASTER_KEY, ERR_IO. */
MUST_USE struct result master_load(const char *path, unsigned char out[SEAL_KEY_LEN]);
/* The same, and makes the file when it is not there; durably, or without a sync. */
MUST_USE struct result master_ensure(const char *path, bool durable, unsigned char out[SEAL_KEY_LEN]);
str master_check_value(struct arena *a, const unsigned char master[SEAL_KEY_LEN]);
bool master_check(struct arena *a, const unsigned char master[SEAL_KEY_LEN], str check_value);
str data_key_wrap(struct arena *a, const unsigned char master[SEAL_KEY_LEN], str key_id,
                  const unsigned char key[SEAL_KEY_LEN]);
MUST_USE struct result data_key_unwrap(const unsigned char master[SEAL_KEY_LEN], str key_id, str wrapped,
                                       unsigned char out[SEAL_KEY_LEN]);

/* system.c. All under admin_lock. */
MUST_USE struct result system_open(struct store *s, const char *path, bool create);
MUST_USE struct result system_meta_get(struct store *s, struct arena *a, const char *name, str *out); /* STR_NONE: absent */
MUST_USE struct result system_meta_set(struct store *s, const char *name, str value);
MUST_USE struct result system_load(struct store *s); /* fills the maps */
MUST_USE struct result system_tenant_add(struct store *s, struct entry *e); /* sets e->seq; durable */
MUST_USE struct result system_tenant_remove(struct store *s, struct entry *e);
MUST_USE struct result system_tenant_replace(struct store *s, const struct entry *e, int64_t file_no, str key_id,
                                             str wrapped_key);

/* snapshot.c. A consistent, durable copy as a new file at path. */
MUST_USE struct result tenant_copy(struct tenant *t, const char *path);
/* A database file that is to take the place of a tenant's. */
struct incoming {
    char path[STORE_PATH_MAX]; /* under DIR/tmp until it is sound, and then durable */
    str key_id, wrapped_key;
};
/* Under admin_lock and open_lock: system.db switches over in one commit,
 * requests wait meanwhile, the generation grows. Errors: ERR_TENANT_UNKNOWN (it
 * was deleted), ERR_IO, ERR_DATABASE. */
MUST_USE struct result tenant_file_replace(struct store *s, struct tenant *t, const struct incoming *in);
/* bulk_merge.c. What became of the database attached as "base" to make it the one
 * attached as "live" is done to the main one, too, inside a transaction. ERR_BUSY:
 * that cannot be done. a: scratch. */
MUST_USE struct result bulk_merge(struct sql *db, struct arena *a);
/* create.c. Errors: ERR_TENANT_NAME, ERR_TENANT_DOMAIN. */
MUST_USE struct result tenant_info_check(const struct tenant_info *info);
/* The empty tenant that new ones are copied from. */
MUST_USE struct result template_ensure(struct store *s, char out_path[STORE_PATH_MAX]);
/* A tenant's file at path, filled by fill; durable, but not yet known to system.db. */
MUST_USE struct result tenant_file_build(struct store *s, const struct entry *e, const char *path, tx_fn fill, void *arg);

#endif
