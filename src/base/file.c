/* Durable files: see file.h. */
#include "base/file.h"

#include "base/arena.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BLOCK = 64 * 1024, TREE_DEPTH_MAX = 16, PATH_LEN_MAX = 4096, SYNCS_AT_ONCE = 15 };

static int system_fsync_dir(const char *path);

static int system_open(const char *path, int flags, mode_t mode)
{
    return open(path, flags | O_CLOEXEC, mode);
}

#define SYSTEM_OPS \
    { \
    .fsync = fsync, \
    .fsync_dir = system_fsync_dir, \
    .rename = rename, \
    .unlink = unlink, \
    .open = system_open, \
    .write = write, \
    .mkdir = mkdir, \
    .rmdir = rmdir, \
    }
static const struct file_ops system_ops = SYSTEM_OPS;
static struct file_ops ops = SYSTEM_OPS;

void file_set_ops(const struct file_ops *o)
{
    ops = system_ops;
    if (!o)
        return;
    ops.fsync = o->fsync ? o->fsync : ops.fsync;
    ops.fsync_dir = o->fsync_dir ? o->fsync_dir : ops.fsync_dir;
    ops.rename = o->rename ? o->rename : ops.rename;
    ops.unlink = o->unlink ? o->unlink : ops.unlink;
    ops.open = o->open ? o->open : ops.open;
    ops.write = o->write ? o->write : ops.write;
    ops.mkdir = o->mkdir ? o->mkdir : ops.mkdir;
    ops.rmdir = o->rmdir ? o->rmdir : ops.rmdir;
}

/* The path lives as long as the caller's; the reason is the system's static text. */
static struct result io_failure(const char *path)
{
    return fail2(ERR_IO, str_from(path), str_from(strerrordesc_np(errno)));
}

static int system_fsync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = fsync(fd);
    int saved = errno;
    close(fd);
    errno = saved;
    return rc;
}

/* The directory part of path, "." when it has none. False when it does not fit. */
static bool dir_of(const char *path, char out[PATH_LEN_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    if (slash == path)
        len = 1; /* the root */
    if (len >= PATH_LEN_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (len)
        memcpy(out, path, len);
    else
        out[len++] = '.';
    out[len] = '\0';
    return true;
}

static struct result sync_parent(const char *path)
{
    char dir[PATH_LEN_MAX];
    if (!dir_of(path, dir) || ops.fsync_dir(dir) != 0)
        return io_failure(path);
    return OK;
}

struct result file_sync_dir(const char *path)
{
    return ops.fsync_dir(path) == 0 ? OK : io_failure(path);
}

static bool write_all(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = ops.write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

/* Reads up to len bytes, fewer only at the file's end; -1 on failure. */
static ssize_t read_all(int fd, char *p, size_t len)
{
    size_t have = 0;
    while (have < len) {
        ssize_t n = read(fd, p + have, len - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

/* Ends a file being written: its content is durable when the answer is OK. */
static struct result finish(int fd, const char *path, bool written, bool durable)
{
    struct result r = OK;
    if (!written || (durable && ops.fsync(fd) != 0))
        r = io_failure(path);
    if (close(fd) != 0 && !failed(r))
        r = io_failure(path);
    return r;
}

static bool temporary_name(const char *path, char out[PATH_LEN_MAX])
{
    int n = snprintf(out, PATH_LEN_MAX, "%s.new", path);
    if (n > 0 && n < PATH_LEN_MAX)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

/* Put a finished temporary file in its place, or take it away after a failure. */
static struct result install(struct result r, const char *temporary, const char *path)
{
    if (!failed(r) && ops.rename(temporary, path) != 0)
        r = io_failure(path);
    if (failed(r)) {
        ops.unlink(temporary);
        return r;
    }
    return sync_parent(path);
}

/* A file of its own: what somebody has put under the temporary name, a link or a
 * file that he keeps open, would get the content. */
static int open_temporary(const char *temporary, mode_t mode)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    int fd = ops.open(temporary, flags, mode);
    if (fd >= 0 || errno != EEXIST || ops.unlink(temporary) != 0)
        return fd;
    return ops.open(temporary, flags, mode);
}

struct result file_write_durable(const char *path, str content, mode_t mode)
{
    char temporary[PATH_LEN_MAX];
    if (!temporary_name(path, temporary))
        return io_failure(path);
    int fd = open_temporary(temporary, mode);
    if (fd < 0)
        return io_failure(path);
    struct result r = finish(fd, path, write_all(fd, content.p, content.len), true);
    return install(r, temporary, path);
}

struct result file_write(const char *path, str content, mode_t mode)
{
    int fd = ops.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    if (fd < 0)
        return io_failure(path);
    return finish(fd, path, write_all(fd, content.p, content.len), false);
}

/* The size of an open regular file of at most max bytes; -1 with errno set. */
static ssize_t size_of(int fd, size_t max)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return -1;
    errno = S_ISREG(st.st_mode) ? EFBIG : EISDIR;
    return S_ISREG(st.st_mode) && (uint64_t)st.st_size <= max ? (ssize_t)st.st_size : -1;
}

struct result file_read(struct arena *a, const char *path, size_t max, str *out)
{
    int fd = ops.open(path, O_RDONLY, 0);
    if (fd < 0)
        return io_failure(path);
    ssize_t len = size_of(fd, max);
    char *p = len < 0 ? NULL : arena_raw(a, (size_t)len + 1);
    if (p)
        len = read_all(fd, p, (size_t)len);
    struct result r = len < 0 ? io_failure(path) : OK;
    if (!failed(r))
        *out = (str){ p, (size_t)len };
    close(fd);
    return r;
}

static bool copy_bytes(int from, int to)
{
    char block[COPY_BLOCK];
    for (;;) {
        ssize_t n = read_all(from, block, sizeof block);
        if (n <= 0)
            return n == 0;
        if (!write_all(to, block, (size_t)n))
            return false;
    }
}

static struct result copy(const char *from, const char *to, mode_t mode, bool durable)
{
    int in = ops.open(from, O_RDONLY, 0);
    if (in < 0)
        return io_failure(from);
    int out = durable ? open_temporary(to, mode) : ops.open(to, O_WRONLY | O_CREAT | O_TRUNC, mode);
    struct result r = out < 0 ? io_failure(to) : finish(out, to, copy_bytes(in, out), durable);
    close(in);
    return r;
}

struct result file_copy(const char *from, const char *to, mode_t mode)
{
    return copy(from, to, mode, false);
}

struct result file_copy_durable(const char *from, const char *to, mode_t mode)
{
    char temporary[PATH_LEN_MAX];
    if (!temporary_name(to, temporary))
        return io_failure(to);
    struct result r = copy(from, temporary, mode, true);
    if (failed(r) && r.args.v[0].p == temporary)
        r.args.v[0] = str_from(to);
    return install(r, temporary, to);
}

struct result file_rename(const char *from, const char *to)
{
    return ops.rename(from, to) == 0 ? OK : io_failure(to);
}

struct result file_rename_durable(const char *from, const char *to)
{
    TRY(file_rename(from, to));
    return sync_parent(to);
}

struct result file_remove_durable(const char *path)
{
    if (ops.unlink(path) != 0)
        return errno == ENOENT ? OK : io_failure(path);
    return sync_parent(path);
}

struct result file_sync(const char *path)
{
    int fd = ops.open(path, O_RDWR, 0);
    if (fd < 0)
        return io_failure(path);
    return finish(fd, path, true, true);
}

struct result file_mkdir(const char *path, mode_t mode)
{
    if (ops.mkdir(path, mode) == 0)
        return OK;
    int saved = errno;
    struct stat st;
    if (saved == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return OK;
    errno = saved;
    return io_failure(path);
}

struct result file_create(const char *path, mode_t mode)
{
    int fd = ops.open(path, O_RDWR | O_CREAT | O_EXCL, mode);
    if (fd < 0)
        return io_failure(path);
    close(fd);
    return OK;
}

/* --- whole trees ------------------------------------------------------------------------- */

/* Called for everything below a path, then for the path: children come first. */
typedef struct result (*visit_fn)(void *ctx, const char *path, bool is_dir);

static struct result walk(const char *path, unsigned depth, visit_fn visit, void *ctx);

static struct result walk_entries(const char *path, DIR *d, unsigned depth, visit_fn visit, void *ctx)
{
    struct result r = OK;
    for (struct dirent *e; !failed(r) && (e = readdir(d));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        char child[PATH_LEN_MAX];
        int n = snprintf(child, sizeof child, "%s/%s", path, e->d_name);
        errno = ENAMETOOLONG;
        bool fits = n > 0 && n < PATH_LEN_MAX;
        r = fits ? walk(child, depth + 1, visit, ctx) : io_failure(path);
        if (failed(r))
            r.args.v[0] = str_from(path); /* child goes with this frame */
    }
    return r;
}

static struct result walk(const char *path, unsigned depth, visit_fn visit, void *ctx)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? OK : io_failure(path);
    if (!S_ISDIR(st.st_mode))
        return visit(ctx, path, false);
    errno = ELOOP;
    DIR *d = depth < TREE_DEPTH_MAX ? opendir(path) : NULL;
    if (!d)
        return io_failure(path);
    struct result r = walk_entries(path, d, depth, visit, ctx);
    closedir(d);
    return failed(r) ? r : visit(ctx, path, true);
}

static struct result remove_one(void *ctx, const char *path, bool is_dir)
{
    (void)ctx;
    return (is_dir ? ops.rmdir(path) : ops.unlink(path)) == 0 ? OK : io_failure(path);
}

struct result file_remove_tree(const char *path)
{
    return walk(path, 0, remove_one, NULL);
}

struct to_sync {
    struct to_sync *next;
    bool is_dir;
    char path[];
};

struct tree_sync {
    struct arena *arena;
    unsigned count;
    pthread_mutex_t lock; /* over what follows */
    struct to_sync *left;
    struct result result;
};

/* The way to the disk begins here; what fails is seen by the sync. */
static struct result note_to_sync(void *ctx, const char *path, bool is_dir)
{
    struct tree_sync *t = ctx;
    struct to_sync *item = arena_alloc(t->arena, sizeof *item + strlen(path) + 1);
    memcpy(item->path, path, strlen(path) + 1);
    item->is_dir = is_dir;
    item->next = t->left;
    t->left = item;
    t->count++;
    int fd = is_dir ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
        close(fd);
    }
    return OK;
}

static void *sync_noted(void *arg)
{
    struct tree_sync *t = arg;
    struct result r = OK;
    for (;;) {
        pthread_mutex_lock(&t->lock);
        struct to_sync *item = t->left;
        if (item)
            t->left = item->next;
        if (failed(r))
            t->result = r;
        pthread_mutex_unlock(&t->lock);
        if (!item)
            return NULL;
        r = item->is_dir ? file_sync_dir(item->path) : file_sync(item->path);
    }
}

/* All at once: the file system then writes its own log once or twice, and not
 * for each file after the other. A thread that does not start is not needed. */
static struct result sync_all_noted(struct tree_sync *t)
{
    pthread_t threads[SYNCS_AT_ONCE];
    unsigned started = 0;
    while (started < SYNCS_AT_ONCE && started + 1 < t->count && pthread_create(&threads[started], NULL, sync_noted, t) == 0)
        started++;
    sync_noted(t);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return t->result;
}

struct result file_sync_tree(const char *path)
{
    struct tree_sync t = { .arena = arena_new(0), .lock = PTHREAD_MUTEX_INITIALIZER, .result = OK };
    struct result r = walk(path, 0, note_to_sync, &t);
    if (!failed(r))
        r = sync_all_noted(&t);
    if (failed(r))
        r.args.v[0] = str_from(path);
    arena_free(t.arena);
    return r;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}
