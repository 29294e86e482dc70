/* The store: one data directory, a database a tenant, and system.db for what
 * stands above them (tenants, hosts, wrapped keys). No query crosses tenants.
 * Everything acknowledged is durable: a write returns after its commit was
 * synced (group commit: docs/design.md, decision 9). */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "crypto/seal.h"
#include "store/sql.h"

struct store;
struct tenant; /* an open tenant, counted; freed when the last user lets go */
struct actor;  /* who acts, for the log: domain/log.h */

struct tenant_info {
    str name, domain; /* domain: HOST[:PORT], the public name; lower case */
    int64_t created_at_us;
};

struct store_config {
    str data_dir;
    str database_url;    /* "sqlite:" for files in the data directory */
    str master_key_file; /* empty: DIR/master.key */
    unsigned writer_threads;     /* 0: the default */
    unsigned open_tenants_max;   /* handles kept open */
    unsigned readers_per_tenant; /* pooled read connections */
};

/* Opens an existing data directory. Errors: ERR_STORE_MISSING, ERR_STORE_LOCKED,
 * ERR_STORE_NEWER, ERR_MASTER_KEY, ERR_IO; args[0] names the path. */
MUST_USE struct result store_open(const struct store_config *cfg, struct store **out);
void store_close(struct store *s); /* waits for pending commits */

struct tx;
typedef struct result (*tx_fn)(struct tx *tx, void *arg);

/* A new data directory with its first tenant: built under a temporary name,
 * synced and renamed, so that it is whole or absent whenever the power goes. An
 * empty directory that is there already is filled, system.db last. fill as in
 * store_tenant_create; afterwards files(dir, arg), when given, writes what else
 * belongs into the directory, which until the end is called dir; they need no
 * sync of their own. The store is not open afterwards. Errors: ERR_STORE_EXISTS (a store, or anything else, is
 * there), what fill and files answer, and as below. */
struct store_first {
    struct tenant_info tenant;
    tx_fn fill;
    struct result (*files)(const char *dir, void *arg);
    void *arg;
};
MUST_USE struct result store_init(const struct store_config *cfg, const struct store_first *first);
bool store_exists(str data_dir);
const char *store_dir(const struct store *s);

/* A new empty tenant (schema, data key). Its contents are written by
 * domain/bootstrap.c through `fill`, in the tenant's first transaction; nothing
 * of the tenant is visible before that commit. Errors: ERR_TENANT_EXISTS,
 * ERR_TENANT_NAME, ERR_DOMAIN_TAKEN. fill's tx has no arena but a scratch one;
 * fill reaches other memory through arg. It runs once. */
MUST_USE struct result store_tenant_create(struct store *s, const struct tenant_info *info, tx_fn fill, void *arg);
MUST_USE struct result store_tenant_delete(struct store *s, str name);
MUST_USE struct result store_tenant_list(struct store *s, struct arena *a, struct tenant_info **out, size_t *out_count);
/* The names of tenants to look after now and then: all that are open (what
 * happens, happens there), and of the others the next closed_max after *round,
 * which starts as 0 and is 0 again when the last was given. So nobody opens
 * thousands of files at once. In a. */
void store_tenant_some(struct store *s, struct arena *a, size_t closed_max, int64_t *round, str **out, size_t *out_count);
/* One file with everything of the tenant, its wrapped data key too. to_file is
 * replaced when it exists. The tenant is used on meanwhile. */
MUST_USE struct result store_tenant_snapshot(struct store *s, str name, const char *to_file);
/* Puts the tenant back to a snapshot, of this or of another tenant under the
 * same master key, and bumps its generation. Requests wait meanwhile; those
 * that come after see the old or the new state, never a mixture. Errors:
 * ERR_TENANT_UNKNOWN, ERR_IO, ERR_MASTER_KEY, ERR_STORE_NEWER, ERR_SNAPSHOT. */
MUST_USE struct result store_tenant_restore(struct store *s, str name, const char *from_file);
/* A data directory like this one at to_dir, which must not exist. The master
 * key goes along when it stands in the data directory; one that the operator
 * keeps elsewhere stays there. */
MUST_USE struct result store_backup(struct store *s, const char *to_dir);

/* RSA keys made ahead of need (private DER), kept sealed. take removes the key
 * durably before it answers, so that none is given out twice; *out_found is
 * false when there is none. der lives in secret. */
MUST_USE struct result store_spare_key_put(struct store *s, str der);
MUST_USE struct result store_spare_key_take(struct store *s, struct arena *secret, str *out_der, bool *out_found);
MUST_USE struct result store_spare_key_count(struct store *s, int64_t *out_count);

/* Host header (name[:port], any case) → tenant. A registered domain wins, with
 * its port before without, then "localhost" and loopback addresses mean
 * "default"; else ERR_TENANT_UNKNOWN. */
MUST_USE struct result store_tenant_by_host(struct store *s, str host, struct tenant **out);
MUST_USE struct result store_tenant_by_name(struct store *s, str name, struct tenant **out);
void tenant_release(struct tenant *t);

const struct tenant_info *tenant_get_info(const struct tenant *t);
str tenant_issuer(const struct tenant *t); /* https://DOMAIN/ */
struct store *tenant_get_store(struct tenant *t);
const unsigned char *tenant_data_key(const struct tenant *t); /* SEAL_KEY_LEN bytes; inside a transaction only */
/* Grows whenever a client, key, grant or the tenant changed: caches of verified
 * tokens and of settings compare it. Bumped through tx_bump_generation, and
 * visible once that transaction is durable. */
uint64_t tenant_generation(const struct tenant *t);
/* One pointer a module may hang on an open tenant (caches); freed with it. */
enum tenant_slot { TENANT_SLOT_KEYS, TENANT_SLOT_TOKENS, TENANT_SLOT_LIMITS, TENANT_SLOT_ORIGINS, TENANT_SLOT_PLANS, TENANT_SLOT_MAX };
/* Returns the slot's pointer, made by make() the first time (once, under a lock:
 * make must not ask for a slot). */
void *tenant_slot(struct tenant *t, enum tenant_slot slot, void *(*make)(struct tenant *), void (*dispose)(void *));

/* A bulk load (store/bulk.h) does at its end, for all users, what else is done for
 * each: it is told here. */
struct json;
enum tx_key { TX_KEY_IDENTITY, TX_KEY_EMAIL, TX_KEY_USERNAME, TX_KEY_PHONE };
struct tx_bulk {
    /* Instead of search_index_user. before and after live as long as the
     * transaction's arena. */
    struct result (*user)(void *ctx, int64_t user, const struct json *before, const struct json *after);
    /* An identity got this key; scope: its provider (TX_KEY_IDENTITY) or connection. */
    struct result (*key_added)(void *ctx, enum tx_key kind, str scope, str value);
    /* false: no identity has it; true: perhaps, and asking the tables is quick. */
    struct result (*key_asked)(void *ctx, enum tx_key kind, str scope, str value, bool *out);
    void *ctx;
};

/* What runs inside a transaction. The arena is the caller's. */
struct tx {
    struct sql *sql;
    struct tenant *tenant;
    struct arena *arena;
    int64_t now_us;            /* fixed for the whole transaction */
    const struct actor *actor; /* may be NULL: the server itself */
    const struct tx_bulk *bulk; /* NULL: everything is done at once */
    bool can_write;
    bool bump_generation;
};

struct tx_options {
    struct arena *arena;
    int64_t now_us;
    const struct actor *actor;
    int64_t deadline_us; /* monotonic; 0 = none */
    bool lowly; /* a write: others of the tenant go first, but for every other transaction, and none shares its own */
};

/* Run fn in a read transaction, on this thread. fn must not call store_read or
 * store_write in turn: it holds one of few connections. Errors: what fn
 * answered, ERR_DATABASE, ERR_BUSY when no connection comes free in time. */
MUST_USE struct result store_read(struct tenant *t, const struct tx_options *o, tx_fn fn, void *arg);
/* Run fn in a write transaction, on a writer's thread, and return when it is
 * durable or has failed (then nothing of it stays). fn may run more than once:
 * it reads inside the transaction what it decides on, writes, fills its out
 * struct and does nothing else (no store_read, no store_write). Errors: what fn
 * answered, ERR_DATABASE, ERR_BUSY when too many transactions wait. */
MUST_USE struct result store_write(struct tenant *t, const struct tx_options *o, tx_fn fn, void *arg);
/* As store_write, but returns at once; commits within 100 ms. Only for log
 * entries of exchanges that change no state. fn writes by one statement at most,
 * its last. arg is copied (size bytes). */
void store_write_later(struct tenant *t, tx_fn fn, const void *arg, size_t size);

static inline void tx_bump_generation(struct tx *tx)
{
    tx->bump_generation = true;
}

/* Secrets of this tenant; the tenant's name is filled in. */
str tx_seal(struct tx *tx, str kind, str id, str field, str secret);
MUST_USE struct result tx_unseal(struct tx *tx, str kind, str id, str field, str sealed, str *out);

#endif
