#include "base/map.h"

#include "base/arena.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>

enum { SLOTS_FIRST = 16 };

struct slot {
    str key; /* p == NULL: free */
    uint64_t hash;
    void *value; /* NULL with a key: removed */
};

struct map {
    struct arena *arena;
    struct slot *slots;
    size_t capacity, used, live; /* used counts removed slots too */
};

static uint64_t seed[2];

static void seed_once(void)
{
    if (getrandom(seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed[0] = (uint64_t)(uintptr_t)&seed;
}

static uint64_t mix(uint64_t x, uint64_t y)
{
    __uint128_t product = (__uint128_t)(x ^ seed[0]) * (y ^ seed[1] ^ 0x9e3779b97f4a7c15u);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash_bytes(str s)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, seed_once);
    uint64_t h = mix(s.len, 0x2545f4914f6cdd1du);
    size_t i = 0;
    for (; i + 8 <= s.len; i += 8) {
        uint64_t word;
        memcpy(&word, s.p + i, 8);
        h = mix(h, word);
    }
    uint64_t tail = 0;
    if (i < s.len)
        memcpy(&tail, s.p + i, s.len - i);
    return mix(h, tail);
}

static void slots_make(struct map *m, size_t capacity)
{
    m->slots = ARENA_ARRAY(m->arena, struct slot, capacity);
    m->capacity = capacity;
    m->used = m->live = 0;
}

struct map *map_new(struct arena *a)
{
    struct map *m = ARENA_NEW(a, struct map);
    m->arena = a;
    slots_make(m, SLOTS_FIRST);
    return m;
}

/* The slot that holds key, or the free one where it would go. */
static struct slot *slot_find(const struct map *m, str key, uint64_t hash)
{
    for (size_t i = hash & (m->capacity - 1);; i = (i + 1) & (m->capacity - 1)) {
        struct slot *s = &m->slots[i];
        if (!s->key.p || (s->hash == hash && str_eq(s->key, key)))
            return s;
    }
}

void *map_get(const struct map *m, str key)
{
    return slot_find(m, key, hash_bytes(key))->value;
}

static void grow(struct map *m)
{
    struct slot *old = m->slots;
    size_t count = m->capacity;
    slots_make(m, m->live * 4 > m->capacity ? m->capacity * 2 : m->capacity);
    for (size_t i = 0; i < count; i++) {
        if (!old[i].value)
            continue;
        *slot_find(m, old[i].key, old[i].hash) = old[i];
        m->used++;
        m->live++;
    }
}

void map_set(struct map *m, str key, void *value)
{
    if ((m->used + 1) * 4 > m->capacity * 3)
        grow(m);
    uint64_t hash = hash_bytes(key);
    struct slot *s = slot_find(m, key, hash);
    if (!s->key.p) {
        str own = str_dup(m->arena, key.p ? key : STR(""));
        *s = (struct slot){ .key = own, .hash = hash };
        m->used++;
    }
    if (value && !s->value)
        m->live++;
    if (!value && s->value)
        m->live--;
    s->value = value;
}

void *map_remove(struct map *m, str key)
{
    struct slot *s = slot_find(m, key, hash_bytes(key));
    void *was = s->value;
    if (was) {
        s->value = NULL;
        m->live--;
    }
    return was;
}

size_t map_count(const struct map *m)
{
    return m->live;
}

bool map_next(const struct map *m, size_t *at, str *out_key, void **out_value)
{
    for (; *at < m->capacity; ++*at) {
        const struct slot *s = &m->slots[*at];
        if (!s->value)
            continue;
        *out_key = s->key;
        *out_value = s->value;
        ++*at;
        return true;
    }
    return false;
}
