#include "server/http/body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void body_init(struct body *b, const char *spool_dir)
{
    *b = (struct body){ .fd = -1, .spool_dir = spool_dir };
    buf_init(&b->mem, BODY_IN_MEMORY_MAX);
}

void body_clear(struct body *b, size_t keep)
{
    if (b->map)
        munmap(b->map, b->len);
    if (b->fd >= 0)
        close(b->fd);
    b->map = NULL;
    b->fd = -1;
    b->len = 0;
    buf_clear(&b->mem);
    if (b->mem.cap > keep)
        buf_free(&b->mem);
}

static bool write_all(int fd, str s)
{
    while (s.len) {
        ssize_t n = write(fd, s.p, s.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s = str_sub(s, (size_t)n, s.len);
    }
    return true;
}

static bool spool(struct body *b)
{
    const char *dir = b->spool_dir ? b->spool_dir : getenv("TMPDIR");
    b->fd = open(dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (b->fd < 0 || !write_all(b->fd, buf_str(&b->mem)))
        return false;
    buf_free(&b->mem);
    return true;
}

bool body_add(struct body *b, str piece, bool *out_failed)
{
    if (piece.len > b->limit - b->len)
        return false;
    if (b->fd < 0 && b->len + piece.len <= BODY_IN_MEMORY_MAX) {
        buf_add(&b->mem, piece);
    } else if ((b->fd < 0 && !spool(b)) || !write_all(b->fd, piece)) {
        *out_failed = true;
        return false;
    }
    b->len += piece.len;
    return true;
}

bool body_whole(struct body *b, str *out)
{
    if (b->fd < 0) {
        *out = buf_str(&b->mem);
        return true;
    }
    if (!b->map) {
        void *map = mmap(NULL, b->len, PROT_READ, MAP_PRIVATE, b->fd, 0);
        if (map == MAP_FAILED)
            return false;
        b->map = map;
    }
    *out = (str){ b->map, b->len };
    return true;
}
