/* The first start. Where there is no directory, one is built under a temporary
 * name beside it and renamed. An empty one that is there (a volume's mount point
 * cannot be renamed over) gets its entries out of a folder inside it, one by
 * one, system.db last: before that there is no store, and the next first start
 * does it again. */
#include "base/file.h"
#include "store/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char inside_name[] = ".new";

static struct result make_dirs(const struct store *s)
{
    char path[STORE_PATH_MAX];
    TRY(file_mkdir(s->dir, 0700));
    store_path(s, "tenants", path);
    TRY(file_mkdir(path, 0700));
    store_path(s, "tmp", path);
    return file_mkdir(path, 0700);
}

static struct result make_system(struct store *s)
{
    char path[STORE_PATH_MAX];
    store_path(s, "system.db", path);
    TRY(file_create(path, 0600));
    TRY(system_open(s, path, true));
    struct arena *a = arena_new(0);
    struct result r = system_meta_set(s, "master_check", master_check_value(a, s->master));
    if (!failed(r))
        r = system_meta_set(s, "tenant_version", str_fmt(a, "%lld", (long long)tenant_schema.version));
    arena_free(a);
    return r;
}

static struct result build_directory(struct store *s, const struct store_first *first)
{
    char own_key[STORE_PATH_MAX];
    store_path(s, "master.key", own_key);
    s->building = true;
    TRY(make_dirs(s));
    TRY(master_ensure(s->key_path, strcmp(s->key_path, own_key) != 0, s->master));
    TRY(make_system(s));
    TRY(store_tenant_create(s, &first->tenant, first->fill, first->arg));
    sql_disconnect(s->system);
    s->system = NULL;
    if (first->files)
        TRY(first->files(s->dir, first->arg));
    return file_sync_tree(s->dir);
}

static struct result errno_about(str what)
{
    return fail2(ERR_IO, what, str_from(strerrordesc_np(errno)));
}

/* An empty directory, or one in which a first start was interrupted. */
static struct result check_empty(const char *dir, str about)
{
    DIR *d = opendir(dir);
    if (!d)
        return errno_about(about);
    unsigned others = 0;
    bool interrupted = false, store = false;
    for (struct dirent *e; (e = readdir(d));) {
        bool counts = strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && strcmp(e->d_name, "lost+found") != 0;
        interrupted |= strcmp(e->d_name, inside_name) == 0;
        store |= strcmp(e->d_name, "system.db") == 0;
        others += counts;
    }
    closedir(d);
    return store || (others > 0 && !interrupted) ? fail1(ERR_STORE_EXISTS, about) : OK;
}

static struct result move_up(const char *from_dir, const char *to_dir, const char *name)
{
    char from[STORE_PATH_MAX], to[STORE_PATH_MAX];
    int n = snprintf(from, sizeof from, "%s/%s", from_dir, name);
    int m = snprintf(to, sizeof to, "%s/%s", to_dir, name);
    if (n >= STORE_PATH_MAX || m >= STORE_PATH_MAX)
        return fail(ERR_IO);
    TRY(file_remove_tree(to)); /* of an interrupted first start */
    return file_rename(from, to);
}

static struct result move_all_up(const char *from_dir, const char *to_dir)
{
    DIR *d = opendir(from_dir);
    if (!d)
        return errno_about(STR_NONE);
    struct result r = OK;
    for (struct dirent *e; !failed(r) && (e = readdir(d));)
        if (e->d_name[strspn(e->d_name, ".")] != '\0' && strcmp(e->d_name, "system.db") != 0)
            r = move_up(from_dir, to_dir, e->d_name);
    closedir(d);
    TRY(r);
    TRY(file_sync_dir(to_dir));
    TRY(move_up(from_dir, to_dir, "system.db"));
    TRY(file_sync_dir(to_dir));
    return file_remove_tree(from_dir);
}

/* Builds in `temporary` and puts it in place. */
static struct result build_at(const struct store_config *cfg, const char *temporary, const struct store_first *first,
                              struct result (*put)(const char *from, const char *to), const char *dir)
{
    TRY(result_about(file_remove_tree(temporary), cfg->data_dir)); /* what a crash left behind */
    struct store *s = store_new(cfg, temporary);
    struct result r = build_directory(s, first);
    store_free(s);
    if (!failed(r))
        r = put(temporary, dir);
    if (failed(r))
        ignore_result(file_remove_tree(temporary), "the next first start removes it");
    return r.kind == ERR_IO ? result_about(r, cfg->data_dir) : r;
}

static struct result init_locked(const struct store_config *cfg, const char *dir, const struct store_first *first)
{
    char temporary[STORE_PATH_MAX];
    bool exists = file_exists(dir);
    int n = snprintf(temporary, sizeof temporary, exists ? "%s/%s" : "%s%s", dir, inside_name);
    if (n < 0 || n >= STORE_PATH_MAX)
        return fail2(ERR_IO, cfg->data_dir, STR("the path is too long"));
    if (!exists)
        return build_at(cfg, temporary, first, file_rename_durable, dir);
    TRY(check_empty(dir, cfg->data_dir));
    return build_at(cfg, temporary, first, move_all_up, dir);
}

/* Two first starts at once: the parent directory itself is the lock, so that no
 * lock file stays behind. */
static int lock_parent(const char *dir)
{
    char parent[STORE_PATH_MAX];
    const char *slash = strrchr(dir, '/');
    if (!slash)
        snprintf(parent, sizeof parent, ".");
    else
        snprintf(parent, sizeof parent, "%.*s", slash == dir ? 1 : (int)(slash - dir), dir);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

struct result store_init(const struct store_config *cfg, const struct store_first *first)
{
    char dir[STORE_PATH_MAX];
    str path = cfg->data_dir;
    while (path.len > 1 && path.p[path.len - 1] == '/')
        path.len--;
    if (!store_dir_fits(path))
        return fail2(ERR_IO, cfg->data_dir, STR("the path is too long"));
    snprintf(dir, sizeof dir, "%.*s", STR_ARG(path));
    TRY(tenant_info_check(&first->tenant));
    int lock = lock_parent(dir);
    if (lock < 0)
        return errno_about(cfg->data_dir);
    struct result r = init_locked(cfg, dir, first);
    close(lock);
    return r;
}
