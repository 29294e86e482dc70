/* system.db: what stands above the tenants. Its one connection is used under
 * admin_lock; what requests need of it stands in the store's maps. */
#include "crypto/random.h"
#include "store/inside.h"

struct result system_open(struct store *s, const char *path, bool create)
{
    TRY(sql_connect(path, s->building ? SQL_BUILDER : SQL_WRITER, create, &s->system));
    return migrate(s->system, &system_schema, path);
}

struct result system_meta_get(struct store *s, struct arena *a, const char *name, str *out)
{
    struct sql_value v;
    bool found;
    TRY(sql_row(s->system, a, "SELECT value FROM meta WHERE name = ?", SQL_ARGS(sql_text(str_from(name))), &v, 1, &found));
    *out = found ? v.s : STR_NONE;
    return OK;
}

struct result system_meta_set(struct store *s, const char *name, str value)
{
    return sql_run(s->system,
                   "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                   SQL_ARGS(sql_text(str_from(name)), sql_text(value)), NULL);
}

static struct result load_tenants(struct store *s)
{
    struct sql_rows rows;
    TRY(sql_open(s->system, &rows,
                 "SELECT seq, name, domain, created_at, file_no, key_id, wrapped_key FROM tenants ORDER BY seq", SQL_NO_ARGS));
    while (sql_next(&rows)) {
        struct tenant_info info = { sql_col_text(&rows, 1), sql_col_text(&rows, 2), sql_col_int(&rows, 3) };
        struct entry *e = entry_new(&info, sql_col_text(&rows, 5), sql_col_text(&rows, 6));
        e->seq = sql_col_int(&rows, 0);
        e->file_no = sql_col_int(&rows, 4);
        entry_add(s, e);
    }
    return sql_close(&rows);
}

/* Hosts beside a tenant's own domain. */
static struct result load_domains(struct store *s)
{
    struct sql_rows rows;
    TRY(sql_open(s->system, &rows,
                 "SELECT d.host, t.name FROM domains d JOIN tenants t ON t.seq = d.tenant WHERE d.host <> t.domain",
                 SQL_NO_ARGS));
    while (sql_next(&rows)) {
        struct entry *e = entry_by_name(s, sql_col_text(&rows, 1));
        if (e)
            map_set(s->by_domain, sql_col_text(&rows, 0), e);
    }
    return sql_close(&rows);
}

struct result system_load(struct store *s)
{
    struct arena *a = arena_new(0);
    str next_file;
    struct result r = system_meta_get(s, a, "next_file", &next_file);
    if (!failed(r) && !str_int(next_file, &s->next_file))
        s->next_file = 1;
    arena_free(a);
    TRY(r);
    TRY(load_tenants(s));
    return load_domains(s);
}

/* Runs steps in one durable transaction. */
static struct result in_transaction(struct store *s, struct result (*steps)(struct store *s, void *arg), void *arg)
{
    TRY(sql_begin_write(s->system));
    struct result r = steps(s, arg);
    if (failed(r)) {
        sql_rollback(s->system);
        return r;
    }
    r = sql_commit(s->system);
    sql_tidy(s->system);
    return r;
}

static struct result remember_next_file(struct store *s)
{
    return sql_run(s->system,
                   "INSERT INTO meta (name, value) VALUES ('next_file', ?)"
                   " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                   SQL_ARGS(sql_int(s->next_file)), NULL);
}

static struct result add_steps(struct store *s, void *arg)
{
    struct entry *e = arg;
    TRY(sql_run(s->system,
                "INSERT INTO tenants (name, domain, created_at, file_no, key_id, wrapped_key) VALUES (?, ?, ?, ?, ?, ?)",
                SQL_ARGS(sql_text(e->info.name), sql_text(e->info.domain), sql_int(e->info.created_at_us),
                         sql_int(e->file_no), sql_text(e->key_id), sql_text(e->wrapped_key)),
                NULL));
    e->seq = sql_last_id(s->system);
    TRY(sql_run(s->system, "INSERT INTO domains (host, tenant) VALUES (?, ?)",
                SQL_ARGS(sql_text(e->info.domain), sql_int(e->seq)), NULL));
    return remember_next_file(s);
}

struct result system_tenant_add(struct store *s, struct entry *e)
{
    return in_transaction(s, add_steps, e);
}

static struct result remove_steps(struct store *s, void *arg)
{
    const struct entry *e = arg;
    TRY(sql_run(s->system, "DELETE FROM domains WHERE tenant = ?", SQL_ARGS(sql_int(e->seq)), NULL));
    return sql_run(s->system, "DELETE FROM tenants WHERE seq = ?", SQL_ARGS(sql_int(e->seq)), NULL);
}

struct result system_tenant_remove(struct store *s, struct entry *e)
{
    return in_transaction(s, remove_steps, e);
}

struct replacement {
    const struct entry *entry;
    int64_t file_no;
    str key_id, wrapped_key;
};

static struct result replace_steps(struct store *s, void *arg)
{
    const struct replacement *rp = arg;
    TRY(sql_run(s->system, "UPDATE tenants SET file_no = ?, key_id = ?, wrapped_key = ? WHERE seq = ?",
                SQL_ARGS(sql_int(rp->file_no), sql_text(rp->key_id), sql_text(rp->wrapped_key), sql_int(rp->entry->seq)),
                NULL));
    return remember_next_file(s);
}

struct result system_tenant_replace(struct store *s, const struct entry *e, int64_t file_no, str key_id, str wrapped_key)
{
    struct replacement rp = { e, file_no, key_id, wrapped_key };
    return in_transaction(s, replace_steps, &rp);
}

/* --- spare keys ------------------------------------------------------------------- */

static struct seal_place spare_place(str id)
{
    return (struct seal_place){ STR(""), STR("spare_key"), id, STR("der") };
}

struct result store_spare_key_put(struct store *s, str der)
{
    struct arena *a = arena_new(0);
    str id = random_uuid(a);
    struct seal_place place = spare_place(id);
    str sealed = seal(a, s->master, &place, der);
    pthread_mutex_lock(&s->admin_lock);
    struct result r = sql_run(s->system, "INSERT INTO spare_keys (id, sealed) VALUES (?, ?)",
                              SQL_ARGS(sql_text(id), sql_text(sealed)), NULL);
    pthread_mutex_unlock(&s->admin_lock);
    arena_free(a);
    return r;
}

struct result store_spare_key_take(struct store *s, struct arena *secret, str *out_der, bool *out_found)
{
    struct sql_value row[2];
    bool found;
    pthread_mutex_lock(&s->admin_lock);
    struct result r = sql_row(s->system, secret,
                              "DELETE FROM spare_keys WHERE id = (SELECT min(id) FROM spare_keys) RETURNING id, sealed",
                              SQL_NO_ARGS, row, 2, &found);
    pthread_mutex_unlock(&s->admin_lock);
    TRY(r);
    if (found) {
        struct seal_place place = spare_place(row[0].s);
        TRY(unseal(secret, s->master, &place, row[1].s, out_der));
    }
    *out_found = found;
    return OK;
}

struct result store_spare_key_count(struct store *s, int64_t *out_count)
{
    struct sql_value v;
    bool found;
    pthread_mutex_lock(&s->admin_lock);
    struct result r = sql_row(s->system, NULL, "SELECT count(*) FROM spare_keys", SQL_NO_ARGS, &v, 1, &found);
    pthread_mutex_unlock(&s->admin_lock);
    TRY(r);
    *out_count = v.i;
    return OK;
}
