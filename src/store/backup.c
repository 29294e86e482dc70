/* A backup is a data directory: copies of system.db and of every tenant, each a
 * consistent view, and the other files (tls, credentials.json, a master key
 * that is kept inside). No tenant is made, restored or deleted meanwhile. */
#include "base/file.h"
#include "store/inside.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 4 };

/* dir + "/" + name; false when it does not fit. */
static bool join(const char *dir, const char *name, char out[STORE_PATH_MAX])
{
    int n = snprintf(out, STORE_PATH_MAX, "%s/%s", dir, name);
    return n > 0 && n < STORE_PATH_MAX;
}

static bool is_stores_own(const char *name)
{
    static const char *const own[] = { "lock", "tenants", "tmp" };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(name, own[i]) == 0)
            return true;
    return strncmp(name, "system.db", 9) == 0 || strncmp(name, "template-", 9) == 0;
}

static struct result copy_others(const char *from, const char *to, unsigned depth);

static struct result copy_other(const char *from_dir, const char *to_dir, const char *name, unsigned depth)
{
    char from[STORE_PATH_MAX], to[STORE_PATH_MAX];
    struct stat st;
    if (!join(from_dir, name, from) || !join(to_dir, name, to) || lstat(from, &st) != 0)
        return fail(ERR_IO);
    if (S_ISREG(st.st_mode))
        return file_copy_durable(from, to, st.st_mode & 0777);
    if (!S_ISDIR(st.st_mode) || depth >= DEPTH_MAX)
        return OK; /* sockets are made by the server that uses them */
    TRY(file_mkdir(to, st.st_mode & 0777));
    return copy_others(from, to, depth + 1);
}

static struct result copy_others(const char *from, const char *to, unsigned depth)
{
    DIR *d = opendir(from);
    if (!d)
        return fail2(ERR_IO, STR_NONE, str_from(strerrordesc_np(errno)));
    struct result r = OK;
    for (struct dirent *e; !failed(r) && (e = readdir(d));) {
        bool dots = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
        if (!dots && !(depth == 0 && is_stores_own(e->d_name)))
            r = copy_other(from, to, e->d_name, depth);
    }
    closedir(d);
    return r;
}

static struct result copy_system(struct store *s, const char *to_dir)
{
    char path[STORE_PATH_MAX];
    if (!join(to_dir, "system.db", path))
        return fail(ERR_IO);
    TRY(file_create(path, 0600));
    TRY(sql_copy(s->system, path));
    return file_sync(path);
}

static struct result copy_tenant(struct store *s, const struct entry *e, const char *to_dir)
{
    char from[STORE_PATH_MAX], to[STORE_PATH_MAX];
    struct tenant *t;
    entry_file(s, e->info.name, e->file_no, from);
    if (!join(to_dir, from + strlen(s->dir) + 1, to))
        return fail(ERR_IO);
    TRY(store_tenant_by_name(s, e->info.name, &t));
    struct result r = tenant_copy(t, to);
    tenant_release(t);
    return r;
}

static struct result copy_all(struct store *s, const char *to_dir)
{
    char tenants[STORE_PATH_MAX];
    if (!join(to_dir, "tenants", tenants))
        return fail(ERR_IO);
    TRY(file_mkdir(to_dir, 0700));
    TRY(file_mkdir(tenants, 0700));
    TRY(copy_system(s, to_dir));
    for (const struct entry *e = s->first; e; e = e->next)
        TRY(copy_tenant(s, e, to_dir));
    TRY(copy_others(s->dir, to_dir, 0));
    TRY(file_sync_dir(tenants));
    return file_sync_dir(to_dir);
}

struct result store_backup(struct store *s, const char *to_dir)
{
    char temporary[STORE_PATH_MAX];
    int n = snprintf(temporary, sizeof temporary, "%s.new", to_dir);
    if (n < 0 || n >= STORE_PATH_MAX || file_exists(to_dir))
        return fail2(ERR_IO, str_from(to_dir), STR("exists already"));
    pthread_mutex_lock(&s->admin_lock);
    struct result r = file_remove_tree(temporary);
    if (!failed(r))
        r = copy_all(s, temporary);
    pthread_mutex_unlock(&s->admin_lock);
    if (!failed(r))
        r = file_rename_durable(temporary, to_dir);
    if (failed(r))
        ignore_result(file_remove_tree(temporary), "the failure is told already");
    return r.kind == ERR_IO ? result_about(r, str_from(to_dir)) : r;
}
