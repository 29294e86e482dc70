/* Durable files: content, refusals, and what a failing system leaves behind. */
#include "base/arena.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[96], other[96];
static struct arena *arena;

static int begin(void **state)
{
    (void)state;
    arena = arena_new(0);
    snprintf(dir, sizeof dir, "/tmp/doorward-file-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/one", dir);
    snprintf(other, sizeof other, "%s/two", dir);
    return 0;
}

static int end(void **state)
{
    (void)state;
    file_set_ops(NULL);
    arena_free(arena);
    return failed(file_remove_tree(dir)) || file_exists(dir);
}

static void assert_content(const char *of, str want)
{
    str got;
    assert_int_equal(file_read(arena, of, 1 << 20, &got).kind, ERR_NONE);
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.p, want.p, want.len);
}

static unsigned entries(void)
{
    unsigned count = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    while (readdir(d))
        count++;
    closedir(d);
    return count - 2;
}

static void written_files_are_read_back(void **state)
{
    struct stat st;
    (void)state;
    assert_int_equal(file_write_durable(path, STR("first"), 0600).kind, ERR_NONE);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(file_write_durable(path, STR(""), 0600).kind, ERR_NONE);
    assert_content(path, STR(""));
    assert_int_equal(file_write_durable(path, STR("a\0b"), 0600).kind, ERR_NONE);
    assert_content(path, STR("a\0b"));
    assert_int_equal(entries(), 1); /* no temporary file stays */
}

static void large_files_are_copied(void **state)
{
    enum { LARGE = 300 * 1000 };
    (void)state;
    char *p = arena_raw(arena, LARGE);
    for (size_t i = 0; i < LARGE; i++)
        p[i] = (char)(i * 7 >> 2);
    str all = { p, LARGE };
    assert_int_equal(file_write_durable(path, all, 0600).kind, ERR_NONE);
    assert_int_equal(file_copy_durable(path, other, 0640).kind, ERR_NONE);
    assert_content(other, all);
    assert_int_equal(file_write_durable(other, STR("short"), 0640).kind, ERR_NONE);
    assert_int_equal(file_copy(path, other, 0640).kind, ERR_NONE);
    assert_content(other, all);
}

static void reading_is_bounded(void **state)
{
    str out = STR("untouched");
    (void)state;
    assert_int_equal(file_write_durable(path, STR("12345"), 0600).kind, ERR_NONE);
    assert_int_equal(file_read(arena, path, 4, &out).kind, ERR_IO);
    assert_true(str_eq(out, STR("untouched")));
    assert_int_equal(file_read(arena, path, 5, &out).kind, ERR_NONE);
}

static void reasons_are_told(void **state)
{
    str out;
    (void)state;
    struct result r = file_read(arena, path, 10, &out);
    assert_int_equal(r.kind, ERR_IO);
    assert_true(str_eq(r.args.v[0], str_from(path)));
    assert_true(str_eq(r.args.v[1], STR("No such file or directory")));
    r = file_read(arena, dir, 10, &out);
    assert_true(str_eq(r.args.v[1], STR("Is a directory")));
    assert_int_equal(file_create(path, 0600).kind, ERR_NONE);
    r = file_create(path, 0600);
    assert_true(str_eq(r.args.v[1], STR("File exists")));
    r = file_mkdir(path, 0700);
    assert_true(str_eq(r.args.v[1], STR("File exists")));
    assert_int_equal(file_mkdir(dir, 0700).kind, ERR_NONE);
}

static void moving_and_removing(void **state)
{
    char sub[128];
    (void)state;
    assert_int_equal(file_write_durable(path, STR("x"), 0600).kind, ERR_NONE);
    assert_int_equal(file_rename_durable(path, other).kind, ERR_NONE);
    assert_false(file_exists(path));
    assert_content(other, STR("x"));
    assert_int_equal(file_rename_durable(path, other).kind, ERR_IO);
    assert_int_equal(file_remove_durable(path).kind, ERR_NONE);
    assert_int_equal(file_remove_durable(other).kind, ERR_NONE);
    assert_int_equal(file_mkdir(path, 0700).kind, ERR_NONE);
    snprintf(sub, sizeof sub, "%s/deep", path);
    assert_int_equal(file_mkdir(sub, 0700).kind, ERR_NONE);
    snprintf(sub, sizeof sub, "%s/deep/file", path);
    assert_int_equal(file_write_durable(sub, STR("x"), 0600).kind, ERR_NONE);
    assert_int_equal(file_remove_tree(path).kind, ERR_NONE);
    assert_int_equal(entries(), 0);
    assert_int_equal(file_remove_tree(path).kind, ERR_NONE);
}

/* A tree is removed, not what its links point to. */
static void links_are_not_followed(void **state)
{
    char link_path[128];
    (void)state;
    assert_int_equal(file_write_durable(other, STR("x"), 0600).kind, ERR_NONE);
    assert_int_equal(file_mkdir(path, 0700).kind, ERR_NONE);
    snprintf(link_path, sizeof link_path, "%s/link", path);
    assert_int_equal(symlink(dir, link_path), 0);
    assert_int_equal(file_remove_tree(path).kind, ERR_NONE);
    assert_content(other, STR("x"));
}

/* --- when the system fails ---------------------------------------------------- */

static int fail_fsync(int fd)
{
    (void)fd;
    errno = EIO;
    return -1;
}

static int fail_dir(const char *p)
{
    (void)p;
    errno = EIO;
    return -1;
}

static int fail_rename(const char *from, const char *to)
{
    (void)from;
    (void)to;
    errno = ENOSPC;
    return -1;
}

static ssize_t fail_write(int fd, const void *p, size_t len)
{
    (void)fd;
    (void)p;
    (void)len;
    errno = ENOSPC;
    return -1;
}

static ssize_t write_little(int fd, const void *p, size_t len)
{
    static bool interrupt;
    interrupt = !interrupt;
    errno = EINTR;
    return interrupt ? -1 : write(fd, p, len > 3 ? 3 : len);
}

static const struct {
    const char *name;
    struct file_ops ops;
    bool old_stays; /* the failure comes before the new content is in place */
} failing[] = {
    { "fsync", { .fsync = fail_fsync }, true },
    { "write", { .write = fail_write }, true },
    { "rename", { .rename = fail_rename }, true },
    { "fsync of the directory", { .fsync_dir = fail_dir }, false },
};

/* What is under the temporary name belongs to somebody else, and gets nothing. */
static void temporary_files_are_new_ones(void **state)
{
    char temporary[112];
    struct stat st;
    (void)state;
    snprintf(temporary, sizeof temporary, "%s.new", path);
    assert_int_equal(file_write(other, STR("theirs"), 0666).kind, ERR_NONE);
    for (int copies = 0; copies < 2; copies++) {
        int (*const plant[])(const char *, const char *) = { symlink, link };
        for (size_t i = 0; i < sizeof plant / sizeof *plant; i++) {
            assert_int_equal(plant[i](other, temporary), 0);
            assert_int_equal((copies ? file_copy_durable("/dev/null", path, 0600) : file_write_durable(path, STR("ours"), 0600)).kind, ERR_NONE);
            assert_content(other, STR("theirs"));
            assert_int_equal(lstat(path, &st), 0);
            assert_true(S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0600 && st.st_nlink == 1);
        }
    }
    assert_int_equal(entries(), 2);
}

static void failures_leave_the_old_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failing / sizeof failing[0]; i++) {
        file_set_ops(NULL);
        assert_int_equal(file_write_durable(path, STR("old"), 0600).kind, ERR_NONE);
        file_set_ops(&failing[i].ops);
        struct result r = file_write_durable(path, STR("new"), 0600);
        file_set_ops(NULL);
        if (r.kind != ERR_IO || !str_eq(r.args.v[0], str_from(path)) || entries() != 1)
            print_error("%s\n", failing[i].name);
        assert_int_equal(r.kind, ERR_IO);
        assert_int_equal(entries(), 1);
        assert_content(path, failing[i].old_stays ? STR("old") : STR("new"));
    }
}

static void short_and_interrupted_writes_go_on(void **state)
{
    static const struct file_ops little = { .write = write_little };
    (void)state;
    file_set_ops(&little);
    assert_int_equal(file_write_durable(path, STR("0123456789"), 0600).kind, ERR_NONE);
    assert_content(path, STR("0123456789"));
}

/* What a tree's sync asked for. */
static atomic_uint synced_files, synced_dirs; /* syncs go side by side */
static unsigned fail_after;

static int count_fsync(int fd)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    unsigned n = S_ISREG(st.st_mode) ? atomic_fetch_add(&synced_files, 1) + 1 : 0;
    return fail_after && n == fail_after ? fail_fsync(fd) : 0;
}

static int count_dir(const char *of)
{
    (void)of;
    atomic_fetch_add(&synced_dirs, 1);
    return 0;
}

static void a_tree_is_synced_at_its_end(void **state)
{
    static const struct file_ops counting = { .fsync = count_fsync, .fsync_dir = count_dir };
    char sub[96], inner[128];
    (void)state;
    snprintf(sub, sizeof sub, "%s/sub", dir);
    snprintf(inner, sizeof inner, "%s/inner", sub);
    synced_files = synced_dirs = 0;
    fail_after = 0;
    file_set_ops(&counting);
    assert_int_equal(file_mkdir(sub, 0700).kind, ERR_NONE);
    assert_int_equal(file_write(path, STR("old"), 0600).kind, ERR_NONE);
    assert_int_equal(file_write(path, STR("a"), 0600).kind, ERR_NONE);
    assert_int_equal(file_rename(path, other).kind, ERR_NONE);
    assert_int_equal(file_write(inner, STR("b"), 0600).kind, ERR_NONE);
    assert_int_equal(synced_files + synced_dirs, 0);
    assert_int_equal(file_sync_tree(dir).kind, ERR_NONE);
    assert_int_equal(synced_files, 2);
    assert_int_equal(synced_dirs, 2);
    assert_content(other, STR("a"));
    synced_files = 0;
    fail_after = 2;
    assert_int_equal(file_sync_tree(dir).kind, ERR_IO);
    assert_int_equal(file_rename(path, other).kind, ERR_IO);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(written_files_are_read_back),
        EACH(large_files_are_copied),
        EACH(reading_is_bounded),
        EACH(reasons_are_told),
        EACH(moving_and_removing),
        EACH(links_are_not_followed),
        EACH(temporary_files_are_new_ones),
        EACH(failures_leave_the_old_file),
        EACH(short_and_interrupted_writes_go_on),
        EACH(a_tree_is_synced_at_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
