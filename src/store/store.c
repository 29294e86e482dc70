/* Opening and closing a data directory:
 *
 *   lock             flock'ed by the process that uses the directory
 *   system.db        there is a store exactly when this file is there
 *   master.key       unless kept elsewhere
 *   tenants/NAME.N.db
 *   template-V.db    the empty tenant of schema version V; made anew when missing
 *   tmp/             emptied at each opening */
#include "store/store.h"

#include "base/file.h"
#include "base/log.h"
#include "store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { OPEN_TENANTS_DEFAULT = 256, READERS_DEFAULT = 8, NAMES_ROOM = 512 };

bool store_dir_fits(str dir)
{
    return dir.len > 0 && dir.len < STORE_PATH_MAX - NAMES_ROOM && !memchr(dir.p, '\0', dir.len);
}

void store_path(const struct store *s, const char *part, char out[STORE_PATH_MAX])
{
    int n = snprintf(out, STORE_PATH_MAX, "%s/%s", s->dir, part);
    if (n < 0 || n >= STORE_PATH_MAX)
        die("a path in the data directory is too long");
}

void store_temporary(struct store *s, char out[STORE_PATH_MAX])
{
    char part[64];
    snprintf(part, sizeof part, "tmp/%llu.db", atomic_fetch_add(&s->temporary_no, 1));
    store_path(s, part, out);
}

struct result store_put(const struct store *s, const char *from, const char *to)
{
    return s->building ? file_rename(from, to) : file_rename_durable(from, to);
}

struct result store_sync(const struct store *s, const char *path)
{
    return s->building ? OK : file_sync(path);
}

struct store *store_new(const struct store_config *cfg, const char *dir)
{
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        die("out of memory");
    snprintf(s->dir, sizeof s->dir, "%s", dir);
    if (cfg->master_key_file.len > 0)
        snprintf(s->key_path, sizeof s->key_path, "%.*s", STR_ARG(cfg->master_key_file));
    else
        store_path(s, "master.key", s->key_path);
    s->lock_fd = -1;
    s->open_max = cfg->open_tenants_max ? cfg->open_tenants_max : OPEN_TENANTS_DEFAULT;
    s->readers_max = cfg->readers_per_tenant ? cfg->readers_per_tenant : READERS_DEFAULT;
    s->arena = arena_new(0);
    s->by_name = map_new(s->arena);
    s->by_domain = map_new(s->arena);
    s->last = &s->first;
    s->next_file = 1;
    pthread_mutex_init(&s->admin_lock, NULL);
    pthread_mutex_init(&s->open_lock, NULL);
    pthread_cond_init(&s->opened, NULL);
    pthread_rwlock_init(&s->lock, NULL);
    return s;
}

static void close_tenants(struct store *s)
{
    for (struct entry *e = s->first, *next; e; e = next) {
        next = e->next;
        if (e->open && atomic_load(&e->open->users) > 1)
            log_warn("store: tenant %.*s is still in use at close", STR_ARG(e->info.name));
        tenant_release(e->open);
        entry_free(e);
    }
}

void store_free(struct store *s)
{
    if (!s)
        return;
    writers_stop(s->writers);
    s->writers = NULL;
    close_tenants(s);
    sql_disconnect(s->system);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    pthread_mutex_destroy(&s->admin_lock);
    pthread_mutex_destroy(&s->open_lock);
    pthread_cond_destroy(&s->opened);
    pthread_rwlock_destroy(&s->lock);
    arena_free(s->arena);
    explicit_bzero(s->master, sizeof s->master);
    free(s);
}

void store_close(struct store *s)
{
    store_free(s);
}

static struct result take_lock(struct store *s, str data_dir)
{
    char path[STORE_PATH_MAX];
    store_path(s, "lock", path);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0)
        return fail2(ERR_IO, data_dir, str_from(strerrordesc_np(errno)));
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return OK;
    return fail1(ERR_STORE_LOCKED, data_dir);
}

static struct result open_system(struct store *s, str data_dir)
{
    char path[STORE_PATH_MAX];
    store_path(s, "system.db", path);
    return result_about(system_open(s, path, false), data_dir);
}

static struct result open_master(struct store *s, const struct store_config *cfg)
{
    str about = cfg->master_key_file.len ? cfg->master_key_file : cfg->data_dir;
    struct arena *a = arena_new(0);
    str check;
    struct result r = master_load(s->key_path, s->master);
    if (!failed(r))
        r = system_meta_get(s, a, "master_check", &check);
    if (!failed(r) && !master_check(a, s->master, check))
        r = fail(ERR_MASTER_KEY);
    arena_free(a);
    return result_about(r, about);
}

/* A newer program may have brought some tenants, but not system.db, forward. */
static struct result check_tenant_version(struct store *s, str data_dir)
{
    struct arena *a = arena_new(0);
    str text;
    int64_t version = 0;
    struct result r = system_meta_get(s, a, "tenant_version", &text);
    if (!failed(r) && str_int(text, &version) && version > tenant_schema.version)
        r = fail1(ERR_STORE_NEWER, data_dir);
    if (!failed(r) && version < tenant_schema.version)
        r = system_meta_set(s, "tenant_version", str_fmt(a, "%lld", (long long)tenant_schema.version));
    arena_free(a);
    return r;
}

static struct result empty_tmp(struct store *s, str data_dir)
{
    char path[STORE_PATH_MAX];
    store_path(s, "tmp", path);
    struct result r = file_remove_tree(path);
    if (!failed(r))
        r = file_mkdir(path, 0700);
    return result_about(r, data_dir);
}

static struct result open_all(struct store *s, const struct store_config *cfg)
{
    TRY(take_lock(s, cfg->data_dir));
    TRY(open_system(s, cfg->data_dir));
    TRY(check_tenant_version(s, cfg->data_dir));
    TRY(open_master(s, cfg));
    TRY(empty_tmp(s, cfg->data_dir));
    TRY(system_load(s));
    s->writers = writers_start(cfg->writer_threads);
    return OK;
}

struct result store_open(const struct store_config *cfg, struct store **out)
{
    if (!store_exists(cfg->data_dir))
        return fail1(ERR_STORE_MISSING, cfg->data_dir);
    char dir[STORE_PATH_MAX];
    snprintf(dir, sizeof dir, "%.*s", STR_ARG(cfg->data_dir));
    struct store *s = store_new(cfg, dir);
    struct result r = open_all(s, cfg);
    if (failed(r))
        store_free(s);
    else
        *out = s;
    return r;
}

bool store_exists(str data_dir)
{
    char path[STORE_PATH_MAX];
    if (!store_dir_fits(data_dir))
        return false;
    snprintf(path, sizeof path, "%.*s/system.db", STR_ARG(data_dir));
    return file_exists(path);
}

const char *store_dir(const struct store *s)
{
    return s->dir;
}
