#include "search/idset.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

struct idset *idset_new(int64_t id_max)
{
    size_t words = (size_t)(id_max < 0 ? 0 : id_max) / 64 + 1;
    struct idset *s = malloc(sizeof *s);
    uint64_t *bits = calloc(words, sizeof *bits);
    if (!s || !bits)
        die("out of memory");
    *s = (struct idset){ .words = bits, .word_count = words };
    return s;
}

void idset_free(struct idset *s)
{
    if (!s)
        return;
    free(s->words);
    free(s);
}

void idset_clear(struct idset *s)
{
    memset(s->words, 0, s->word_count * sizeof *s->words);
    s->complement = false;
}

static bool fits(const struct idset *s, int64_t id)
{
    return id >= 0 && (uint64_t)id / 64 < s->word_count;
}

void idset_add(struct idset *s, int64_t id)
{
    if (fits(s, id))
        s->words[id / 64] |= (uint64_t)1 << (id % 64);
}

void idset_remove(struct idset *s, int64_t id)
{
    if (fits(s, id))
        s->words[id / 64] &= ~((uint64_t)1 << (id % 64));
}

bool idset_has(const struct idset *s, int64_t id)
{
    bool bit = fits(s, id) && (s->words[id / 64] >> (id % 64) & 1);
    return bit != s->complement;
}

size_t idset_bits(const struct idset *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->word_count; i++)
        n += (size_t)__builtin_popcountll(s->words[i]);
    return n;
}

/* With ' for complement: a|b as it is, a'|b' = (a&b)', a'|b = (a&~b)', a|b' = (b&~a)'. */
void idset_or(struct idset *into, const struct idset *other)
{
    for (size_t i = 0; i < into->word_count; i++) {
        uint64_t a = into->words[i], b = other->words[i];
        if (into->complement)
            into->words[i] = other->complement ? a & b : a & ~b;
        else
            into->words[i] = other->complement ? b & ~a : a | b;
    }
    into->complement |= other->complement;
}

/* a&b = (a'|b')' */
void idset_and(struct idset *into, const struct idset *other)
{
    struct idset inverse = *other;
    inverse.complement = !other->complement;
    into->complement = !into->complement;
    idset_or(into, &inverse);
    into->complement = !into->complement;
}

static int64_t next_up(const struct idset *s, int64_t at)
{
    if (at < 0)
        at = 0;
    if (!fits(s, at))
        return -1;
    size_t i = (size_t)at / 64;
    uint64_t word = s->words[i] >> (at % 64) << (at % 64);
    while (!word)
        if (++i == s->word_count)
            return -1;
        else
            word = s->words[i];
    return (int64_t)i * 64 + __builtin_ctzll(word);
}

static int64_t next_down(const struct idset *s, int64_t at)
{
    if (at < 0)
        return -1;
    if (!fits(s, at))
        at = (int64_t)s->word_count * 64 - 1;
    size_t i = (size_t)at / 64;
    int above = 63 - (int)(at % 64);
    uint64_t word = s->words[i] << above >> above;
    while (!word)
        if (i-- == 0)
            return -1;
        else
            word = s->words[i];
    return (int64_t)i * 64 + 63 - __builtin_clzll(word);
}

int64_t idset_next(const struct idset *s, int64_t at, bool downwards)
{
    return downwards ? next_down(s, at) : next_up(s, at);
}
