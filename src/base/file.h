/* Files that survive a power cut. Every write of the product outside SQLite
 * goes through here, so that the fault tests can make it forget what was not
 * synced (tests/faults). Errors: ERR_IO with the path and the system's reason. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/result.h"

#include <sys/types.h>

struct arena;

/* Write a whole file durably: temporary name, fsync, rename, fsync of the
 * directory. mode as in open(2). */
MUST_USE struct result file_write_durable(const char *path, str content, mode_t mode);
/* The same without a sync, and in its place at once: for a directory that is
 * made durable as a whole (file_sync_tree) before anybody may rely on it. */
MUST_USE struct result file_write(const char *path, str content, mode_t mode);
/* Fails with ERR_IO also when the file is larger than max bytes. */
MUST_USE struct result file_read(struct arena *a, const char *path, size_t max, str *out);
MUST_USE struct result file_copy_durable(const char *from, const char *to, mode_t mode);
/* A copy that is not synced: for a file that is changed further, then synced. */
MUST_USE struct result file_copy(const char *from, const char *to, mode_t mode);
/* A new empty file; one that exists is an error. Not synced. */
MUST_USE struct result file_create(const char *path, mode_t mode);
MUST_USE struct result file_rename(const char *from, const char *to); /* not synced */
/* The new name is durable then; after a power cut the old one may be there too. */
MUST_USE struct result file_rename_durable(const char *from, const char *to);
MUST_USE struct result file_remove_durable(const char *path);                 /* absent is no error */
MUST_USE struct result file_sync_dir(const char *path);
MUST_USE struct result file_sync(const char *path); /* a file's content */
/* Everything below path and path itself, once each; path's own name in its
 * parent is not. Much cheaper than one sync a change. */
MUST_USE struct result file_sync_tree(const char *path);
MUST_USE struct result file_mkdir(const char *path, mode_t mode); /* existing is no error */
MUST_USE struct result file_remove_tree(const char *path);        /* absent is no error */
bool file_exists(const char *path);

/* The fault tests put their own functions here; NULL members mean the system's. */
struct file_ops {
    int (*fsync)(int fd);
    int (*fsync_dir)(const char *path);
    int (*rename)(const char *from, const char *to);
    int (*unlink)(const char *path);
    int (*open)(const char *path, int flags, mode_t mode);
    ssize_t (*write)(int fd, const void *p, size_t len);
    int (*mkdir)(const char *path, mode_t mode);
    int (*rmdir)(const char *path);
};
void file_set_ops(const struct file_ops *ops);

#endif
