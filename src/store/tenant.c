/* Tenants: the map from hosts and names, and the open ones among them. */
#include "store/inside.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/waits.h"

#include <stdio.h>
#include <string.h>

enum { OPENING_WAITERS_MAX = 16 };

/* --- entries -------------------------------------------------------------------- */

struct entry *entry_new(const struct tenant_info *info, str key_id, str wrapped_key)
{
    struct arena *a = arena_new(512);
    struct entry *e = ARENA_NEW(a, struct entry);
    *e = (struct entry){
        .arena = a,
        .info = { str_dup(a, info->name), str_dup(a, info->domain), info->created_at_us },
        .key_id = str_dup(a, key_id),
        .wrapped_key = str_dup(a, wrapped_key),
    };
    return e;
}

void entry_free(struct entry *e)
{
    if (e)
        arena_free(e->arena);
}

void entry_add(struct store *s, struct entry *e)
{
    *s->last = e;
    s->last = &e->next;
    map_set(s->by_name, e->info.name, e);
    map_set(s->by_domain, e->info.domain, e);
}

static void forget_domains(struct store *s, const struct entry *e)
{
    size_t at = 0;
    str host;
    void *value;
    while (map_next(s->by_domain, &at, &host, &value))
        if (value == e)
            map_remove(s->by_domain, host);
}

void entry_remove(struct store *s, struct entry *e)
{
    struct entry **at = &s->first;
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    if (!e->next)
        s->last = at;
    map_remove(s->by_name, e->info.name);
    forget_domains(s, e);
}

struct entry *entry_by_name(struct store *s, str name)
{
    return map_get(s->by_name, name);
}

void entry_file(const struct store *s, str name, int64_t file_no, char out[STORE_PATH_MAX])
{
    char part[128];
    snprintf(part, sizeof part, "tenants/%.*s.%lld.db", STR_ARG(name), (long long)file_no);
    store_path(s, part, out);
}

/* --- open tenants ----------------------------------------------------------------- */

struct result tenant_set_key(struct tenant *t, str key_id, str wrapped_key)
{
    unsigned char key[SEAL_KEY_LEN];
    TRY(data_key_unwrap(t->store->master, key_id, wrapped_key, key));
    memcpy(t->key, key, sizeof key);
    explicit_bzero(key, sizeof key);
    t->key_id = str_dup(t->arena, key_id);
    return OK;
}

static void tenant_free(struct tenant *t)
{
    for (size_t i = 0; i < TENANT_SLOT_MAX; i++) {
        void *value = atomic_load(&t->slots[i].value);
        if (value && t->slots[i].dispose)
            t->slots[i].dispose(value);
    }
    pool_destroy(&t->pool);
    if (atomic_load(&t->deleted))
        ignore_result(file_remove_durable(t->pool.path), "system.db does not know the file any more");
    pthread_mutex_destroy(&t->slot_lock);
    explicit_bzero(t->key, sizeof t->key);
    arena_free(t->arena);
}

void tenant_retain(struct tenant *t)
{
    atomic_fetch_add(&t->users, 1);
}

void tenant_release(struct tenant *t)
{
    if (t && atomic_fetch_sub(&t->users, 1) == 1)
        tenant_free(t);
}

struct result tenant_make(struct store *s, const struct entry *e, const char *path, struct tenant **out)
{
    struct arena *a = arena_new(sizeof(struct tenant) + 512);
    struct tenant *t = ARENA_NEW(a, struct tenant);
    t->store = s;
    t->arena = a;
    t->info = (struct tenant_info){ str_dup(a, e->info.name), str_dup(a, e->info.domain), e->info.created_at_us };
    t->issuer = str_fmt(a, "https://%.*s/", STR_ARG(e->info.domain));
    atomic_init(&t->users, 1);
    pthread_mutex_init(&t->slot_lock, NULL);
    write_queue_init(&t->queue);
    pool_init(&t->pool, path, s->readers_max);
    tenant_generation_next(t);
    struct result r = tenant_set_key(t, e->key_id, e->wrapped_key);
    if (failed(r))
        tenant_release(t);
    else
        *out = t;
    return r;
}

static struct result upgrade(struct tenant *t)
{
    struct sql *db;
    TRY(pool_take_writer(&t->pool, &db));
    struct result r = migrate(db, &tenant_schema, t->pool.path);
    pool_give_writer(&t->pool);
    return result_about(r, str_from(t->store->dir));
}

struct result tenant_connect(struct tenant *t)
{
    struct sql *db;
    int64_t version = 0;
    TRY(pool_take(&t->pool, 0, &db));
    struct result r = sql_version_get(db, &version);
    pool_give(&t->pool, db);
    if (!failed(r) && version != tenant_schema.version)
        r = upgrade(t);
    return r;
}

static void entry_set_open(struct store *s, struct entry *e, struct tenant *t)
{
    e->open = t;
    e->next_open = s->first_open;
    s->first_open = e;
    s->open_count++;
}

struct tenant *entry_take_open(struct store *s, struct entry *e)
{
    struct tenant *t = e->open;
    if (!t)
        return NULL;
    struct entry **at = &s->first_open;
    while (*at != e)
        at = &(*at)->next_open;
    *at = e->next_open;
    e->open = NULL;
    s->open_count--;
    return t;
}

/* Under the write lock: takes the longest unused tenant that nobody has out of
 * the maps when there are too many; its count goes to the caller. */
static struct tenant *evict_one(struct store *s)
{
    struct entry *oldest = NULL;
    if (s->open_count <= s->open_max)
        return NULL;
    for (struct entry *e = s->first_open; e; e = e->next_open) {
        if (atomic_load(&e->open->users) > 1)
            continue;
        if (!oldest || atomic_load(&e->open->last_used_us) < atomic_load(&oldest->open->last_used_us))
            oldest = e;
    }
    return oldest ? entry_take_open(s, oldest) : NULL;
}

static struct tenant *use(struct tenant *t)
{
    tenant_retain(t);
    atomic_store_explicit(&t->last_used_us, clock_monotonic_us(), memory_order_relaxed);
    return t;
}

struct opened {
    struct tenant *tenant;  /* NULL: another thread opened it, or tried to; look again */
    struct tenant *evicted; /* released without a lock: its close may write and sync */
};

static void publish_open(struct store *s, struct entry *e, struct tenant *t, struct opened *out)
{
    pthread_rwlock_wrlock(&s->lock);
    entry_set_open(s, e, t);
    out->tenant = use(t);
    out->evicted = evict_one(s);
    pthread_rwlock_unlock(&s->lock);
}

static struct result make_connected(struct store *s, const struct entry *e, struct tenant **out)
{
    char path[STORE_PATH_MAX];
    struct tenant *t;
    entry_file(s, e->info.name, e->file_no, path);
    TRY(tenant_make(s, e, path, &t));
    struct result r = tenant_connect(t);
    if (failed(r))
        tenant_release(t);
    else
        *out = t;
    return r;
}

/* Under open_lock, but not while the file is opened: what takes seconds there
 * keeps nobody else's tenant waiting. The entry's own words do not change
 * meanwhile (deleting waits; restoring needs an open tenant). */
static struct result open_entry(struct store *s, struct entry *e, struct opened *out)
{
    struct tenant *t;
    e->opening = true;
    pthread_mutex_unlock(&s->open_lock);
    waits_begin();
    struct result r = make_connected(s, e, &t);
    waits_end();
    pthread_mutex_lock(&s->open_lock);
    e->opening = false;
    pthread_cond_broadcast(&s->opened);
    if (!failed(r))
        publish_open(s, e, t, out);
    return r;
}

void entry_wait_opened(struct store *s, const struct entry *e)
{
    while (e->opening)
        pthread_cond_wait(&s->opened, &s->open_lock);
}

/* Under open_lock. Only some may wait, so that threads stay for the others. */
static struct result wait_for_opener(struct store *s)
{
    if (s->opening_waiters == OPENING_WAITERS_MAX)
        return fail(ERR_BUSY);
    s->opening_waiters++;
    waits_begin();
    pthread_cond_wait(&s->opened, &s->open_lock);
    waits_end();
    s->opening_waiters--;
    return OK;
}

typedef struct entry *(*find_fn)(struct store *s, const void *key); /* under the lock */

static struct tenant *find_open(struct store *s, find_fn find, const void *key, struct entry **out_entry)
{
    pthread_rwlock_rdlock(&s->lock);
    struct entry *e = find(s, key);
    struct tenant *t = e && e->open ? use(e->open) : NULL;
    pthread_rwlock_unlock(&s->lock);
    *out_entry = e;
    return t;
}

/* Under open_lock. */
static struct result open_or_wait(struct store *s, find_fn find, const void *key, struct opened *out)
{
    struct entry *e;
    out->tenant = find_open(s, find, key, &e);
    if (out->tenant)
        return OK;
    if (!e)
        return fail(ERR_TENANT_UNKNOWN);
    return e->opening ? wait_for_opener(s) : open_entry(s, e, out);
}

static struct result tenant_find(struct store *s, find_fn find, const void *key, struct tenant **out)
{
    struct entry *e;
    struct opened got = { .tenant = find_open(s, find, key, &e) };
    if (!got.tenant && !e)
        return fail(ERR_TENANT_UNKNOWN);
    struct result r = OK;
    if (!got.tenant) {
        pthread_mutex_lock(&s->open_lock);
        while (!failed(r) && !got.tenant)
            r = open_or_wait(s, find, key, &got);
        pthread_mutex_unlock(&s->open_lock);
        tenant_release(got.evicted);
    }
    if (!failed(r))
        *out = got.tenant;
    return r;
}

static struct entry *find_by_name(struct store *s, const void *name)
{
    return entry_by_name(s, *(const str *)name);
}

struct result store_tenant_by_name(struct store *s, str name, struct tenant **out)
{
    return tenant_find(s, find_by_name, &name, out);
}

static struct entry *find_by_host(struct store *s, const void *key)
{
    const struct host_name *h = key;
    struct entry *e = h->with_port.p ? map_get(s->by_domain, h->with_port) : NULL;
    if (!e)
        e = map_get(s->by_domain, h->alone);
    if (!e && h->loopback)
        e = entry_by_name(s, STR("default"));
    return e;
}

struct result store_tenant_by_host(struct store *s, str host, struct tenant **out)
{
    struct host_name h;
    if (!host_parse(host, &h))
        return fail(ERR_TENANT_UNKNOWN);
    return tenant_find(s, find_by_host, &h, out);
}

/* The list goes by age, as seq does. */
void store_tenant_some(struct store *s, struct arena *a, size_t closed_max, int64_t *round, str **out, size_t *out_count)
{
    size_t count = 0;
    int64_t last = 0;
    pthread_rwlock_rdlock(&s->lock);
    str *names = ARENA_ARRAY(a, str, s->open_count + closed_max);
    for (const struct entry *e = s->first; e; e = e->next) {
        bool next = !e->open && e->seq > *round && closed_max > 0;
        if (next) {
            closed_max--;
            last = e->seq;
        }
        if (next || e->open)
            names[count++] = str_dup(a, e->info.name);
    }
    pthread_rwlock_unlock(&s->lock);
    *round = closed_max > 0 ? 0 : last; /* not all were needed: that was the end */
    *out = names;
    *out_count = count;
}

/* --- what others may ask of a tenant --------------------------------------------------- */

const struct tenant_info *tenant_get_info(const struct tenant *t)
{
    return &t->info;
}

str tenant_issuer(const struct tenant *t)
{
    return t->issuer;
}

struct store *tenant_get_store(struct tenant *t)
{
    return t->store;
}

const unsigned char *tenant_data_key(const struct tenant *t)
{
    return t->key;
}

uint64_t tenant_generation(const struct tenant *t)
{
    return atomic_load_explicit(&t->generation, memory_order_acquire);
}

void tenant_generation_next(struct tenant *t)
{
    atomic_store(&t->generation, atomic_fetch_add(&t->store->generation, 1) + 1);
}

void *tenant_slot(struct tenant *t, enum tenant_slot slot, void *(*make)(struct tenant *), void (*dispose)(void *))
{
    void *value = atomic_load_explicit(&t->slots[slot].value, memory_order_acquire);
    if (value)
        return value;
    pthread_mutex_lock(&t->slot_lock);
    value = atomic_load(&t->slots[slot].value);
    if (!value) {
        value = make(t);
        t->slots[slot].dispose = dispose;
        atomic_store_explicit(&t->slots[slot].value, value, memory_order_release);
    }
    pthread_mutex_unlock(&t->slot_lock);
    return value;
}

str tx_seal(struct tx *tx, str kind, str id, str field, str secret)
{
    struct seal_place place = { tx->tenant->key_id, kind, id, field };
    return seal(tx->arena, tx->tenant->key, &place, secret);
}

struct result tx_unseal(struct tx *tx, str kind, str id, str field, str sealed, str *out)
{
    struct seal_place place = { tx->tenant->key_id, kind, id, field };
    return unseal(tx->arena, tx->tenant->key, &place, sealed, out);
}
