/* New tenants, and their end. */
#include "base/clock.h"
#include "base/file.h"
#include "crypto/random.h"
#include "store/inside.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MIN = 3, NAME_MAX_LEN = 63, KEY_ID_LEN = 16 };

/* --- one tenant's file ---------------------------------------------------------------- */

static struct result template_build(const struct store *s, const char *path)
{
    struct sql *db;
    TRY(file_create(path, 0600));
    TRY(sql_connect(path, SQL_BUILDER, true, &db));
    struct result r = migrate(db, &tenant_schema, path);
    sql_disconnect(db);
    if (!failed(r))
        r = store_sync(s, path);
    return r;
}

struct result template_ensure(struct store *s, char out_path[STORE_PATH_MAX])
{
    char part[64], temporary[STORE_PATH_MAX];
    snprintf(part, sizeof part, "template-%lld.db", (long long)tenant_schema.version);
    store_path(s, part, out_path);
    if (file_exists(out_path))
        return OK;
    store_temporary(s, temporary);
    struct result r = template_build(s, temporary);
    if (!failed(r))
        r = store_put(s, temporary, out_path);
    return result_about(r, str_from(s->dir));
}

/* The tenant's first transaction. */
static struct result fill_inside(struct tx *tx, const struct entry *e, tx_fn fill, void *arg)
{
    TRY(sql_run(tx->sql, "INSERT INTO self (name, value) VALUES ('key_id', ?), ('wrapped_key', ?)",
                SQL_ARGS(sql_text(e->key_id), sql_text(e->wrapped_key)), NULL));
    return fill ? fill(tx, arg) : OK;
}

static struct result fill_file(struct tenant *t, const struct entry *e, struct sql *db, tx_fn fill, void *arg)
{
    struct arena *a = arena_new(0);
    struct tx tx = {
        .sql = db, .tenant = t, .arena = a, .now_us = e->info.created_at_us, .can_write = true,
    };
    struct result r = sql_begin_write(db);
    if (!failed(r))
        r = fill_inside(&tx, e, fill, arg);
    if (!failed(r))
        r = sql_commit(db);
    else
        sql_rollback(db);
    arena_free(a);
    return r;
}

struct result tenant_file_build(struct store *s, const struct entry *e, const char *path, tx_fn fill, void *arg)
{
    char template[STORE_PATH_MAX];
    struct sql *db = NULL;
    struct tenant *t = NULL;
    TRY(template_ensure(s, template));
    struct result r = file_copy(template, path, 0600);
    if (!failed(r))
        r = tenant_make(s, e, path, &t);
    if (!failed(r))
        r = sql_connect(path, SQL_BUILDER, false, &db);
    if (!failed(r))
        r = fill_file(t, e, db, fill, arg);
    sql_disconnect(db);
    tenant_release(t);
    if (!failed(r))
        r = store_sync(s, path);
    return r.kind == ERR_IO ? result_about(r, str_from(s->dir)) : r;
}

/* --- a tenant --------------------------------------------------------------------------- */

static bool name_is_valid(str name)
{
    if (name.len < NAME_MIN || name.len > NAME_MAX_LEN)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return name.p[0] != '-' && name.p[name.len - 1] != '-';
}

/* Under admin_lock nobody else adds one. */
static struct result check_free(struct store *s, const struct tenant_info *info)
{
    pthread_rwlock_rdlock(&s->lock);
    bool name_taken = entry_by_name(s, info->name) != NULL;
    bool domain_taken = map_get(s->by_domain, info->domain) != NULL;
    pthread_rwlock_unlock(&s->lock);
    if (name_taken)
        return fail1(ERR_TENANT_EXISTS, info->name);
    return domain_taken ? fail1(ERR_DOMAIN_TAKEN, info->domain) : OK;
}

struct result tenant_info_check(const struct tenant_info *info)
{
    if (!name_is_valid(info->name))
        return fail1(ERR_TENANT_NAME, info->name);
    return host_is_domain(info->domain) ? OK : fail1(ERR_TENANT_DOMAIN, info->domain);
}

static struct entry *entry_with_new_key(struct store *s, const struct tenant_info *info)
{
    unsigned char key[SEAL_KEY_LEN];
    struct arena *a = arena_new(0);
    random_bytes(key, sizeof key);
    str key_id = random_text(a, RANDOM_ALNUM, KEY_ID_LEN);
    struct tenant_info complete = *info;
    if (!complete.created_at_us)
        complete.created_at_us = clock_now_us();
    struct entry *e = entry_new(&complete, key_id, data_key_wrap(a, s->master, key_id, key));
    explicit_bzero(key, sizeof key);
    arena_free(a);
    return e;
}

/* The finished file takes its place, and the tenant becomes visible with the
 * commit in system.db. */
static struct result publish(struct store *s, struct entry *e, const char *temporary)
{
    char path[STORE_PATH_MAX], dir[STORE_PATH_MAX];
    e->file_no = s->next_file++;
    entry_file(s, e->info.name, e->file_no, path);
    store_path(s, "tenants", dir);
    TRY(result_about(store_put(s, temporary, path), str_from(s->dir)));
    struct result r = system_tenant_add(s, e);
    if (failed(r))
        return r; /* the file stays: whether the row is in is not sure */
    pthread_rwlock_wrlock(&s->lock);
    entry_add(s, e);
    pthread_rwlock_unlock(&s->lock);
    return OK;
}

static struct result create_locked(struct store *s, struct entry *e, const struct tenant_info *info, const char *temporary)
{
    pthread_mutex_lock(&s->admin_lock);
    struct result r = check_free(s, info);
    if (!failed(r))
        r = publish(s, e, temporary);
    pthread_mutex_unlock(&s->admin_lock);
    return r;
}

struct result store_tenant_create(struct store *s, const struct tenant_info *info, tx_fn fill, void *arg)
{
    char temporary[STORE_PATH_MAX];
    TRY(tenant_info_check(info));
    TRY(check_free(s, info)); /* before the work; and again when it is done */
    struct entry *e = entry_with_new_key(s, info);
    store_temporary(s, temporary);
    struct result r = tenant_file_build(s, e, temporary, fill, arg);
    if (!failed(r))
        r = create_locked(s, e, info, temporary);
    if (failed(r)) {
        entry_free(e);
        ignore_result(file_remove_durable(temporary), "tmp is emptied at the next start");
    }
    return r;
}

/* Under admin_lock and open_lock: out of the maps; files go with the last user. */
static void forget(struct store *s, struct entry *e)
{
    char path[STORE_PATH_MAX];
    pthread_rwlock_wrlock(&s->lock);
    struct tenant *t = entry_take_open(s, e);
    entry_remove(s, e);
    pthread_rwlock_unlock(&s->lock);
    if (t) {
        atomic_store(&t->deleted, true);
        tenant_release(t);
    } else {
        entry_file(s, e->info.name, e->file_no, path);
        ignore_result(file_remove_durable(path), "system.db does not know the file any more");
    }
    entry_free(e);
}

struct result store_tenant_delete(struct store *s, str name)
{
    pthread_mutex_lock(&s->admin_lock);
    pthread_mutex_lock(&s->open_lock);
    struct entry *e = entry_by_name(s, name); /* nobody writes the maps now */
    if (e)
        entry_wait_opened(s, e);
    struct result r = e ? system_tenant_remove(s, e) : fail(ERR_TENANT_UNKNOWN);
    if (!failed(r))
        forget(s, e);
    pthread_mutex_unlock(&s->open_lock);
    pthread_mutex_unlock(&s->admin_lock);
    return r;
}

struct result store_tenant_list(struct store *s, struct arena *a, struct tenant_info **out, size_t *out_count)
{
    pthread_rwlock_rdlock(&s->lock);
    size_t count = 0;
    struct tenant_info *list = ARENA_ARRAY(a, struct tenant_info, map_count(s->by_name));
    for (const struct entry *e = s->first; e; e = e->next)
        list[count++] = (struct tenant_info){
            str_dup(a, e->info.name), str_dup(a, e->info.domain), e->info.created_at_us,
        };
    pthread_rwlock_unlock(&s->lock);
    *out = list;
    *out_count = count;
    return OK;
}
