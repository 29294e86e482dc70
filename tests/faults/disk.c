/* The disk that forgets: see disk.h. */
#include "disk.h"

#include "base/file.h"
#include "store/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512, FDS_MAX = 1024, PATH_MAX_LEN = 4096 };

struct change { /* of a file's content, not yet synced */
    struct change *next;
    int64_t at;   /* where, or the new size */
    int64_t len;  /* -1: a truncation */
    unsigned char bytes[];
};

struct name {
    struct name *next;
    struct node *node;
    char text[];
};

struct node {
    bool is_dir;
    struct name *live, *durable; /* of a directory */
    unsigned char *bytes;        /* of a file: synced */
    int64_t len;
    struct change *changes, **changes_end;
};

/* A change of entries not yet synced: a rename is two at once. node NULL: gone. */
struct entry_op {
    struct entry_op *next;
    struct {
        struct node *dir, *node;
        char text[256];
    } part[2];
};

static struct disk_plan plan;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct node *root;
static struct entry_op *ops, **ops_end = &ops;
static struct node *fd_nodes[FDS_MAX];
static int64_t fd_at[FDS_MAX];
static long op_count;
static uint64_t random_state;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * 0x2545f4914f6cdd1du;
}

static unsigned random_below(unsigned n)
{
    return (unsigned)(random_next() >> 33) % n;
}

static void *need(void *p)
{
    if (!p)
        abort();
    return p;
}

/* --- the tree ------------------------------------------------------------------- */

static struct node *node_new(bool is_dir)
{
    struct node *n = need(calloc(1, sizeof *n));
    n->is_dir = is_dir;
    n->changes_end = &n->changes;
    return n;
}

static struct name **name_find(struct name **list, const char *text)
{
    while (*list && strcmp((*list)->text, text) != 0)
        list = &(*list)->next;
    return list;
}

static void name_set(struct name **list, const char *text, struct node *node)
{
    struct name **at = name_find(list, text);
    if (*at && !node) {
        *at = (*at)->next;
    } else if (*at) {
        (*at)->node = node;
    } else if (node) {
        struct name *n = need(calloc(1, sizeof *n + strlen(text) + 1));
        memcpy(n->text, text, strlen(text) + 1);
        n->node = node;
        *at = n;
    }
}

/* The path below root, NULL when it is elsewhere. */
static const char *below_root(const char *path)
{
    size_t len = strlen(plan.root);
    if (strncmp(path, plan.root, len) != 0 || (path[len] != '/' && path[len] != '\0'))
        return NULL;
    return path + len;
}

/* Walks to the directory of path's last part; that part goes to *out_last. */
static struct node *parent_of(const char *path, char out_last[256])
{
    struct node *dir = root;
    const char *at = below_root(path);
    if (!at)
        return NULL;
    for (;;) {
        while (*at == '/')
            at++;
        size_t len = strcspn(at, "/");
        if (len == 0 || len > 255)
            return NULL;
        memcpy(out_last, at, len);
        out_last[len] = '\0';
        at += len;
        if (*at == '\0')
            return dir;
        struct name *next = *name_find(&dir->live, out_last);
        if (!next || !next->node->is_dir)
            return NULL;
        dir = next->node;
    }
}

static struct node *node_at(const char *path)
{
    char last[256];
    const char *below = below_root(path);
    if (below && below[strspn(below, "/")] == '\0')
        return root;
    struct node *dir = parent_of(path, last);
    struct name *n = dir ? *name_find(&dir->live, last) : NULL;
    return n ? n->node : NULL;
}

static struct entry_op *op_new(struct node *dir, const char *text, struct node *node)
{
    struct entry_op *op = need(calloc(1, sizeof *op));
    op->part[0].dir = dir;
    op->part[0].node = node;
    snprintf(op->part[0].text, sizeof op->part[0].text, "%s", text);
    *ops_end = op;
    ops_end = &op->next;
    name_set(&dir->live, text, node);
    return op;
}

static void op_apply(const struct entry_op *op)
{
    for (int i = 0; i < 2; i++)
        if (op->part[i].dir)
            name_set(&op->part[i].dir->durable, op->part[i].text, op->part[i].node);
}

/* What of op is in dir becomes durable. True when nothing of it is left. */
static bool op_sync(struct entry_op *op, const struct node *dir)
{
    for (int i = 0; i < 2; i++) {
        if (op->part[i].dir != dir)
            continue;
        name_set(&op->part[i].dir->durable, op->part[i].text, op->part[i].node);
        op->part[i].dir = NULL;
    }
    return !op->part[0].dir && !op->part[1].dir;
}

/* A rename to another directory: each of the two keeps its own part. */
static void dir_synced(const struct node *dir)
{
    for (struct entry_op **at = &ops; *at && !plan.lies;) {
        struct entry_op *op = *at;
        if (!op_sync(op, dir)) {
            at = &op->next;
            continue;
        }
        *at = op->next;
        free(op);
    }
    for (ops_end = &ops; *ops_end;)
        ops_end = &(*ops_end)->next;
}

/* --- content ----------------------------------------------------------------------- */

static void note_change(struct node *n, const void *bytes, int64_t len, int64_t at)
{
    struct change *c = need(calloc(1, sizeof *c + (len > 0 ? (size_t)len : 0)));
    c->at = at;
    c->len = len;
    if (len > 0)
        memcpy(c->bytes, bytes, (size_t)len);
    *n->changes_end = c;
    n->changes_end = &c->next;
}

static void resize(struct node *n, int64_t len)
{
    n->bytes = need(realloc(n->bytes, (size_t)len + 1));
    if (len > n->len)
        memset(n->bytes + n->len, 0, (size_t)(len - n->len));
    n->len = len;
}

static void put_bytes(struct node *n, const unsigned char *bytes, int64_t len, int64_t at)
{
    if (at + len > n->len)
        resize(n, at + len);
    memcpy(n->bytes + at, bytes, (size_t)len);
}

static void change_apply(struct node *n, const struct change *c)
{
    if (c->len < 0)
        resize(n, c->at);
    else
        put_bytes(n, c->bytes, c->len, c->at);
}

static void content_synced(struct node *n)
{
    for (struct change *c = plan.lies ? NULL : n->changes, *next; c; c = next) {
        next = c->next;
        change_apply(n, c);
        free(c);
        n->changes = next;
        if (!next)
            n->changes_end = &n->changes;
    }
}

/* --- the cut --------------------------------------------------------------------------- */

/* Some sectors of a write reach the platter, others do not. */
static void change_tear(struct node *n, const struct change *c)
{
    for (int64_t done = 0; done < c->len;) {
        int64_t len = SECTOR - (c->at + done) % SECTOR;
        if (len > c->len - done)
            len = c->len - done;
        if (random_below(2))
            put_bytes(n, c->bytes + done, len, c->at + done);
        done += len;
    }
}

static void content_settle(struct node *n)
{
    unsigned mode = random_below(4); /* nothing, everything, some writes, some sectors */
    for (struct change *c = n->changes; c; c = c->next) {
        if (mode == 1 || (mode == 2 && random_below(2)) || (mode == 3 && c->len < 0 && random_below(2)))
            change_apply(n, c);
        else if (mode == 3)
            change_tear(n, c);
    }
}

static void entries_settle(void)
{
    unsigned mode = random_below(4); /* nothing, everything, the first ones, some */
    for (struct entry_op *op = ops; op; op = op->next) {
        if (mode == 2 && random_below(8) == 0)
            mode = 0;
        if (mode == 1 || mode == 2 || (mode == 3 && random_below(2)))
            op_apply(op);
    }
}

static void write_out(struct node *n, const char *path)
{
    if (n->is_dir) {
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            abort();
        for (struct name *e = n->durable; e; e = e->next) {
            char child[PATH_MAX_LEN];
            snprintf(child, sizeof child, "%s/%s", path, e->text);
            write_out(e->node, child);
        }
        return;
    }
    content_settle(n);
    FILE *f = need(fopen(path, "wb"));
    if (n->len > 0 && fwrite(n->bytes, (size_t)n->len, 1, f) != 1)
        abort();
    fclose(f);
}

static _Noreturn void cut_locked(void)
{
    entries_settle();
    write_out(root, plan.out);
    plan.at_cut();
    _exit(0);
}

void disk_cut(void)
{
    pthread_mutex_lock(&lock);
    cut_locked();
}

/* Each operation begins here and ends with unlocking. */
static void operation(void)
{
    pthread_mutex_lock(&lock);
    if (++op_count >= plan.cut_at)
        cut_locked();
}

static int done(int rc)
{
    int saved = errno;
    pthread_mutex_unlock(&lock);
    errno = saved;
    return rc;
}

/* --- base/file.h's operations ---------------------------------------------------------- */

static int disk_open(const char *path, int flags, mode_t mode)
{
    operation();
    char last[256];
    struct node *n = node_at(path);
    int fd = open(path, flags | O_CLOEXEC, mode);
    if (fd < 0 || fd >= FDS_MAX)
        return done(fd);
    struct node *dir = parent_of(path, last);
    if (!n && dir && (flags & O_CREAT)) {
        n = node_new(false);
        op_new(dir, last, n);
    } else if (n && (flags & O_TRUNC)) {
        note_change(n, NULL, -1, 0);
    }
    fd_nodes[fd] = n;
    fd_at[fd] = 0;
    return done(fd);
}

static ssize_t disk_write(int fd, const void *p, size_t len)
{
    operation();
    ssize_t n = write(fd, p, len);
    if (n > 0 && fd < FDS_MAX && fd_nodes[fd]) {
        note_change(fd_nodes[fd], p, n, fd_at[fd]);
        fd_at[fd] += n;
    }
    done(0);
    return n;
}

static int disk_fsync(int fd)
{
    operation();
    if (fd < FDS_MAX && fd_nodes[fd])
        content_synced(fd_nodes[fd]);
    return done(0);
}

static int disk_fsync_dir(const char *path)
{
    operation();
    struct node *n = node_at(path);
    if (n)
        dir_synced(n);
    return done(0);
}

static int disk_rename(const char *from, const char *to)
{
    operation();
    char from_last[256], to_last[256];
    struct node *n = node_at(from), *from_dir = parent_of(from, from_last), *to_dir = parent_of(to, to_last);
    int rc = rename(from, to);
    if (rc == 0 && n && from_dir && to_dir) {
        struct entry_op *op = op_new(to_dir, to_last, n);
        op->part[1].dir = from_dir;
        memcpy(op->part[1].text, from_last, sizeof from_last);
        name_set(&from_dir->live, from_last, NULL);
    }
    return done(rc);
}

static int forget_name(const char *path, int rc)
{
    char last[256];
    struct node *dir = parent_of(path, last);
    if (rc == 0 && dir)
        op_new(dir, last, NULL);
    return rc;
}

static int disk_unlink(const char *path)
{
    operation();
    return done(forget_name(path, unlink(path)));
}

static int disk_rmdir(const char *path)
{
    operation();
    return done(forget_name(path, rmdir(path)));
}

static int disk_mkdir(const char *path, mode_t mode)
{
    operation();
    char last[256];
    int rc = mkdir(path, mode);
    struct node *dir = parent_of(path, last);
    if (rc == 0 && dir)
        op_new(dir, last, node_new(true));
    return done(rc);
}

/* --- the VFS ----------------------------------------------------------------------------- */

struct vfs_file {
    sqlite3_file base;
    struct node *node;
    struct node *sync_dir; /* of a journal: SQLite's own VFS syncs the entry with the first content */
    sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs vfs;

#define REAL(file) (((struct vfs_file *)(file))->real)
#define FORWARD(file, method, ...) REAL(file)->pMethods->method(REAL(file), ##__VA_ARGS__)

static int f_close(sqlite3_file *f)
{
    return FORWARD(f, xClose);
}

static int f_read(sqlite3_file *f, void *p, int len, sqlite3_int64 at)
{
    return FORWARD(f, xRead, p, len, at);
}

static int f_write(sqlite3_file *f, const void *p, int len, sqlite3_int64 at)
{
    operation();
    int rc = FORWARD(f, xWrite, p, len, at);
    if (rc == SQLITE_OK && ((struct vfs_file *)f)->node)
        note_change(((struct vfs_file *)f)->node, p, len, at);
    return done(rc);
}

static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    operation();
    int rc = FORWARD(f, xTruncate, size);
    if (rc == SQLITE_OK && ((struct vfs_file *)f)->node)
        note_change(((struct vfs_file *)f)->node, NULL, -1, size);
    return done(rc);
}

static int f_sync(sqlite3_file *file, int flags)
{
    (void)flags;
    operation();
    struct vfs_file *f = (struct vfs_file *)file;
    if (f->node)
        content_synced(f->node);
    if (f->sync_dir)
        dir_synced(f->sync_dir);
    f->sync_dir = NULL;
    return done(SQLITE_OK);
}

static int f_size(sqlite3_file *f, sqlite3_int64 *out)
{
    return FORWARD(f, xFileSize, out);
}

static int f_lock(sqlite3_file *f, int level)
{
    return FORWARD(f, xLock, level);
}

static int f_unlock(sqlite3_file *f, int level)
{
    return FORWARD(f, xUnlock, level);
}

static int f_check_lock(sqlite3_file *f, int *out)
{
    return FORWARD(f, xCheckReservedLock, out);
}

static int f_control(sqlite3_file *f, int op, void *arg)
{
    return FORWARD(f, xFileControl, op, arg);
}

static int f_sector(sqlite3_file *f)
{
    return FORWARD(f, xSectorSize);
}

static int f_character(sqlite3_file *f)
{
    return FORWARD(f, xDeviceCharacteristics);
}

static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return FORWARD(f, xShmMap, page, size, extend, out);
}

static int f_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return FORWARD(f, xShmLock, at, n, flags);
}

static void f_shm_barrier(sqlite3_file *f)
{
    FORWARD(f, xShmBarrier);
}

static int f_shm_unmap(sqlite3_file *f, int drop)
{
    return FORWARD(f, xShmUnmap, drop);
}

/* Version 2: no memory-mapped reads, which would pass by. */
static const sqlite3_io_methods file_methods = {
    2,         f_close,      f_read,    f_write,     f_truncate, f_sync,    f_size,     f_lock,        f_unlock,
    f_check_lock, f_control, f_sector,  f_character, f_shm_map,  f_shm_lock, f_shm_barrier, f_shm_unmap, NULL, NULL,
};

static int v_open(sqlite3_vfs *v, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
    (void)v;
    struct vfs_file *f = (struct vfs_file *)file;
    char last[256];
    operation();
    *f = (struct vfs_file){ .real = (sqlite3_file *)(f + 1) };
    struct node *dir = path ? parent_of(path, last) : NULL;
    int rc = real_vfs->xOpen(real_vfs, path, f->real, flags, out_flags);
    if (rc != SQLITE_OK)
        return done(rc);
    f->base.pMethods = &file_methods;
    f->node = path ? node_at(path) : NULL;
    if (!f->node && dir && (flags & SQLITE_OPEN_CREATE)) {
        f->node = node_new(false);
        op_new(dir, last, f->node);
    }
    if ((flags & SQLITE_OPEN_CREATE) && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)))
        f->sync_dir = dir;
    return done(rc);
}

static int v_delete(sqlite3_vfs *v, const char *path, int sync_dir)
{
    (void)v;
    char last[256];
    operation();
    struct node *dir = parent_of(path, last);
    int rc = real_vfs->xDelete(real_vfs, path, 0);
    forget_name(path, rc);
    if (rc == SQLITE_OK && sync_dir && dir)
        dir_synced(dir);
    return done(rc);
}

void disk_start(const struct disk_plan *p)
{
    static const struct file_ops file_operations = {
        .fsync = disk_fsync, .fsync_dir = disk_fsync_dir, .rename = disk_rename, .unlink = disk_unlink,
        .open = disk_open, .write = disk_write, .mkdir = disk_mkdir, .rmdir = disk_rmdir,
    };
    plan = *p;
    random_state = p->seed * 2 + 1;
    for (int i = 0; i < 8; i++)
        random_next();
    root = node_new(true);
    file_set_ops(&file_operations);
    sqlite3_initialize();
    real_vfs = sqlite3_vfs_find("unix-excl");
    vfs = *real_vfs;
    vfs.zName = "forgetful";
    vfs.szOsFile = (int)sizeof(struct vfs_file) + real_vfs->szOsFile;
    vfs.xOpen = v_open;
    vfs.xDelete = v_delete;
    vfs.pNext = NULL;
    sqlite3_vfs_register(&vfs, 0);
    sql_set_vfs("forgetful");
}
