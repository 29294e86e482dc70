#include "base/arena.h"

#include "base/log.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_DEFAULT = 4096, BLOCK_MAX = 1 << 20 };

struct block {
    struct block *older;
    size_t size, used; /* of bytes[] */
    alignas(max_align_t) unsigned char bytes[];
};

struct hook {
    struct hook *older;
    void (*dispose)(void *);
    void *handle;
};

struct arena {
    struct block *newest, *first;
    struct hook *hooks;
    size_t next_size, used;
    bool secret;
};

static struct block *block_new(size_t size, struct block *older)
{
    struct block *b = malloc(sizeof *b + size);
    if (!b)
        die("out of memory (%zu bytes)", size);
    b->older = older;
    b->size = size;
    b->used = 0;
    return b;
}

static void block_free(struct block *b, bool secret)
{
    if (secret)
        explicit_bzero(b->bytes, b->size);
    free(b);
}

static struct arena *arena_make(size_t first_block, bool secret)
{
    size_t size = first_block ? first_block : BLOCK_DEFAULT;
    struct arena *a = calloc(1, sizeof *a);
    if (!a)
        die("out of memory");
    a->first = a->newest = block_new(size, NULL);
    a->next_size = size * 2;
    a->secret = secret;
    return a;
}

struct arena *arena_new(size_t first_block)
{
    return arena_make(first_block, false);
}

struct arena *arena_new_secret(size_t first_block)
{
    return arena_make(first_block, true);
}

static void run_hooks(struct arena *a)
{
    for (struct hook *h = a->hooks; h; h = h->older)
        h->dispose(h->handle);
    a->hooks = NULL;
}

void arena_clear(struct arena *a)
{
    run_hooks(a);
    while (a->newest != a->first) {
        struct block *older = a->newest->older;
        block_free(a->newest, a->secret);
        a->newest = older;
    }
    if (a->secret)
        explicit_bzero(a->first->bytes, a->first->used);
    a->first->used = 0;
    a->next_size = a->first->size * 2;
    a->used = 0;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    run_hooks(a);
    for (struct block *b = a->newest, *older; b; b = older) {
        older = b->older;
        block_free(b, a->secret);
    }
    free(a);
}

static void *take(struct arena *a, size_t size, size_t align)
{
    struct block *b = a->newest;
    size_t at = (b->used + align - 1) & ~(align - 1);
    if (at > b->size || size > b->size - at) {
        size_t want = a->next_size > size ? a->next_size : size;
        a->newest = b = block_new(want, b);
        if (a->next_size < BLOCK_MAX)
            a->next_size *= 2;
        at = 0;
    }
    b->used = at + size;
    a->used += size;
    return b->bytes + at;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 2)
        die("allocation of %zu bytes", size);
    return memset(take(a, size, alignof(max_align_t)), 0, size);
}

void *arena_raw(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 2)
        die("allocation of %zu bytes", size);
    return take(a, size, 1);
}

void *arena_copy(struct arena *a, const void *from, size_t size)
{
    void *to = take(a, size, alignof(max_align_t));
    return size ? memcpy(to, from, size) : to;
}

void *arena_array(struct arena *a, size_t size, size_t count)
{
    size_t total;
    if (__builtin_mul_overflow(size, count, &total))
        die("allocation of %zu times %zu bytes", count, size);
    return arena_alloc(a, total);
}

void arena_on_free(struct arena *a, void (*dispose)(void *), void *handle)
{
    struct hook *h = ARENA_NEW(a, struct hook);
    *h = (struct hook){ .older = a->hooks, .dispose = dispose, .handle = handle };
    a->hooks = h;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
