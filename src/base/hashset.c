#include "base/hashset.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST = 1 << 16 }; /* places; a power of two, at most half of them taken */

struct hashset {
    int fd;
    off_t from; /* of the places in the file: a larger table stands behind the smaller one */
    uint64_t *places; /* 0: free */
    size_t size, count;
};

static struct result trouble(void)
{
    return fail2(ERR_IO, STR("a file of hashes"), str_from(strerror(errno)));
}

/* Blocks are taken now: a full disk must not show as a signal later. */
static struct result map(struct hashset *s, off_t from, size_t size)
{
    size_t bytes = size * sizeof *s->places;
    errno = posix_fallocate(s->fd, from, (off_t)bytes);
    if (errno)
        return trouble();
    void *places = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, from);
    if (places == MAP_FAILED)
        return trouble();
    s->places = places;
    s->size = size;
    s->from = from;
    return OK;
}

struct result hashset_new(const char *path, struct hashset **out)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return trouble();
    unlink(path);
    struct hashset *s = calloc(1, sizeof *s);
    if (!s)
        die("out of memory");
    s->fd = fd;
    struct result r = map(s, 0, FIRST);
    if (failed(r))
        hashset_free(s);
    else
        *out = s;
    return r;
}

void hashset_free(struct hashset *s)
{
    if (!s)
        return;
    if (s->places)
        munmap(s->places, s->size * sizeof *s->places);
    close(s->fd);
    free(s);
}

/* Where the hash is, or would be. */
static uint64_t *place_of(const struct hashset *s, uint64_t hash)
{
    size_t at = hash & (s->size - 1);
    while (s->places[at] && s->places[at] != hash)
        at = (at + 1) & (s->size - 1);
    return &s->places[at];
}

static uint64_t never_zero(uint64_t hash)
{
    return hash ? hash : 1;
}

bool hashset_has(const struct hashset *s, uint64_t hash)
{
    return *place_of(s, never_zero(hash)) != 0;
}

static struct result grow(struct hashset *s)
{
    struct hashset old = *s;
    size_t bytes = old.size * sizeof *old.places;
    TRY(map(s, old.from + (off_t)bytes, 2 * old.size));
    for (size_t i = 0; i < old.size; i++)
        if (old.places[i])
            *place_of(s, old.places[i]) = old.places[i];
    munmap(old.places, bytes);
    return OK;
}

struct result hashset_add(struct hashset *s, uint64_t hash)
{
    if (2 * (s->count + 1) > s->size)
        TRY(grow(s));
    uint64_t *place = place_of(s, never_zero(hash));
    s->count += *place == 0;
    *place = never_zero(hash);
    return OK;
}
