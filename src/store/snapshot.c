/* Snapshots: one tenant as one file, and back. A restore never touches the file
 * in use: the new one gets its own number, system.db switches over in one
 * commit, the old one goes. */
#include "base/file.h"
#include "store/inside.h"

#include <stdio.h>
#include <string.h>

/* A consistent, durable copy of what db sees, at path. */
static struct result copy_to(struct sql *db, const char *path)
{
    TRY(file_create(path, 0600));
    TRY(sql_copy(db, path));
    return file_sync(path);
}

struct result tenant_copy(struct tenant *t, const char *path)
{
    struct sql *db;
    TRY(pool_take(&t->pool, 0, &db));
    struct result r = copy_to(db, path);
    pool_give(&t->pool, db);
    return r;
}

struct result store_tenant_snapshot(struct store *s, str name, const char *to_file)
{
    char temporary[STORE_PATH_MAX];
    struct tenant *t;
    int n = snprintf(temporary, sizeof temporary, "%s.new", to_file);
    if (n < 0 || n >= STORE_PATH_MAX)
        return fail2(ERR_IO, str_from(to_file), STR("the path is too long"));
    TRY(store_tenant_by_name(s, name, &t));
    struct result r = file_remove_durable(temporary);
    if (!failed(r))
        r = tenant_copy(t, temporary);
    if (!failed(r))
        r = file_rename_durable(temporary, to_file);
    if (failed(r))
        ignore_result(file_remove_durable(temporary), "the failure is told already");
    tenant_release(t);
    return r.kind == ERR_IO ? result_about(r, str_from(to_file)) : r;
}

/* --- restore ------------------------------------------------------------------------- */

static struct result self_get(struct sql *db, struct arena *a, const char *name, str *out)
{
    struct sql_value v;
    bool found;
    TRY(sql_row(db, a, "SELECT value FROM self WHERE name = ?", SQL_ARGS(sql_text(str_from(name))), &v, 1, &found));
    if (!found)
        return fail(ERR_SNAPSHOT);
    *out = v.s;
    return OK;
}

static struct result read_incoming(struct sql *db, struct arena *a, struct incoming *in)
{
    int64_t version;
    if (failed(sql_version_get(db, &version)) || version < 1)
        return fail(ERR_SNAPSHOT);
    if (version <= tenant_schema.version && /* another database would not take the steps either */
        (failed(self_get(db, a, "key_id", &in->key_id)) || failed(self_get(db, a, "wrapped_key", &in->wrapped_key))))
        return fail(ERR_SNAPSHOT);
    return migrate(db, &tenant_schema, in->path);
}

/* Copies the snapshot into the data directory, brings it to the newest version
 * and makes sure that its secrets can be opened here. */
static struct result take_in(struct store *s, struct arena *a, const char *from_file, struct incoming *in)
{
    struct sql *db;
    unsigned char key[SEAL_KEY_LEN];
    TRY(file_copy(from_file, in->path, 0600));
    if (failed(sql_connect(in->path, SQL_BUILDER, false, &db)))
        return fail(ERR_SNAPSHOT);
    struct result r = read_incoming(db, a, in);
    sql_disconnect(db);
    TRY(r);
    if (failed(data_key_unwrap(s->master, in->key_id, in->wrapped_key, key)))
        return fail1(ERR_MASTER_KEY, str_from(s->key_path));
    explicit_bzero(key, sizeof key);
    return file_sync(in->path);
}

/* Under all locks, with the tenant's connections closed. */
static struct result switch_over(struct store *s, struct entry *e, struct tenant *t, int64_t file_no,
                                 const struct incoming *in)
{
    TRY(system_tenant_replace(s, e, file_no, in->key_id, in->wrapped_key));
    pthread_rwlock_wrlock(&s->lock);
    e->file_no = file_no;
    e->key_id = str_dup(e->arena, in->key_id);
    e->wrapped_key = str_dup(e->arena, in->wrapped_key);
    pthread_rwlock_unlock(&s->lock);
    TRY(tenant_set_key(t, in->key_id, in->wrapped_key));
    tenant_generation_next(t);
    return OK;
}

struct result tenant_file_replace(struct store *s, struct tenant *t, const struct incoming *in)
{
    char old_path[STORE_PATH_MAX], path[STORE_PATH_MAX];
    struct entry *e = entry_by_name(s, t->info.name);
    if (!e || e->open != t)
        return fail(ERR_TENANT_UNKNOWN); /* deleted meanwhile */
    int64_t file_no = s->next_file++;
    entry_file(s, t->info.name, e->file_no, old_path);
    entry_file(s, t->info.name, file_no, path);
    TRY(file_rename_durable(in->path, path));
    pool_pause(&t->pool);
    struct result r = switch_over(s, e, t, file_no, in);
    pool_resume(&t->pool, failed(r) ? old_path : path);
    if (!failed(r))
        ignore_result(file_remove_durable(old_path), "system.db does not know the file any more");
    return r;
}

struct result store_tenant_restore(struct store *s, str name, const char *from_file)
{
    struct incoming in;
    struct tenant *t;
    TRY(store_tenant_by_name(s, name, &t));
    struct arena *a = arena_new(0);
    store_temporary(s, in.path);
    struct result r = take_in(s, a, from_file, &in);
    if (!failed(r)) {
        pthread_mutex_lock(&s->admin_lock);
        pthread_mutex_lock(&s->open_lock);
        r = tenant_file_replace(s, t, &in);
        pthread_mutex_unlock(&s->open_lock);
        pthread_mutex_unlock(&s->admin_lock);
    }
    if (failed(r))
        ignore_result(file_remove_durable(in.path), "tmp is emptied at the next start");
    arena_free(a);
    tenant_release(t);
    bool about_file = r.kind == ERR_IO || r.kind == ERR_SNAPSHOT || r.kind == ERR_STORE_NEWER;
    return about_file ? result_about(r, str_from(from_file)) : r;
}
