#include "search/run.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ROW_BYTES = 32,        /* of most rows: so many places a run has */
    BLOCK_MAX = 128 << 10, /* read of a run at once */
    BLOCK_MIN = 2 * RUN_KEY_MAX,
    BLOCKS_BYTES = 8 << 20, /* of all runs together */
};

/* A row as it is written: this, then the key. */
struct head {
    int64_t user;
    uint32_t field;
    uint32_t key_len;
};

/* prefix: the key's first bytes as a number, so that most comparisons end there. */
struct place {
    uint64_t prefix;
    uint32_t field, at;
};

struct run {
    int64_t from, until; /* in the file */
};

struct run_file {
    int fd;
    int64_t size;
    char *text; /* of one run: the rows as they are written … */
    size_t text_len, text_max;
    struct place *places; /* … and where they begin */
    size_t count, places_max;
    struct run *runs;
    size_t run_count, run_cap;
};

static void *memory(void *p)
{
    if (!p)
        die("out of memory");
    return p;
}

static struct result trouble(void)
{
    return fail2(ERR_IO, STR("a file for sorting"), str_from(strerror(errno)));
}

struct result run_file_new(const char *path, size_t run_bytes, struct run_file **out)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return trouble();
    unlink(path);
    struct run_file *f = memory(calloc(1, sizeof *f));
    f->fd = fd;
    f->text_max = run_bytes;
    f->places_max = run_bytes / ROW_BYTES;
    f->text = memory(malloc(f->text_max));
    f->places = memory(malloc(f->places_max * sizeof *f->places));
    *out = f;
    return OK;
}

static void free_buffers(struct run_file *f)
{
    free(f->text);
    free(f->places);
    f->text = NULL;
    f->places = NULL;
}

void run_file_free(struct run_file *f)
{
    if (!f)
        return;
    close(f->fd);
    free_buffers(f);
    free(f->runs);
    free(f);
}

/* --- one run ------------------------------------------------------------------------------ */

static uint64_t prefix_of(str key)
{
    unsigned char first[8] = { 0 };
    uint64_t prefix = 0;
    memcpy(first, key.p, key.len < sizeof first ? key.len : sizeof first);
    for (size_t i = 0; i < sizeof first; i++)
        prefix = prefix << 8 | first[i];
    return prefix;
}

static void head_read(const char *text, struct head *out, str *out_key)
{
    memcpy(out, text, sizeof *out);
    *out_key = (str){ text + sizeof *out, out->key_len };
}

static int rows_cmp(const char *x, const char *y)
{
    struct head a, b;
    str key_a, key_b;
    head_read(x, &a, &key_a);
    head_read(y, &b, &key_b);
    int order = str_cmp(key_a, key_b);
    return order ? order : (a.user > b.user) - (a.user < b.user);
}

static int places_cmp(const void *x, const void *y, void *text)
{
    const struct place *a = x, *b = y;
    if (a->field != b->field)
        return a->field < b->field ? -1 : 1;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return rows_cmp((const char *)text + a->at, (const char *)text + b->at);
}

static struct result write_all(struct run_file *f, const char *p, size_t len)
{
    while (len) {
        ssize_t n = pwrite(f->fd, p, len, f->size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return trouble();
        p += n;
        len -= (size_t)n;
        f->size += n;
    }
    return OK;
}

static struct result write_rows(struct run_file *f, char *block)
{
    size_t used = 0;
    for (size_t i = 0; i < f->count; i++) {
        const char *row = f->text + f->places[i].at;
        struct head head;
        str key;
        head_read(row, &head, &key);
        size_t len = sizeof head + key.len;
        if (used + len > BLOCK_MAX) {
            TRY(write_all(f, block, used));
            used = 0;
        }
        memcpy(block + used, row, len);
        used += len;
    }
    return write_all(f, block, used);
}

static struct result end_run(struct run_file *f)
{
    if (f->count == 0)
        return OK;
    if (f->run_count == f->run_cap) {
        f->run_cap = f->run_cap ? 2 * f->run_cap : 64;
        f->runs = memory(realloc(f->runs, f->run_cap * sizeof *f->runs));
    }
    struct run *run = &f->runs[f->run_count++];
    run->from = f->size;
    qsort_r(f->places, f->count, sizeof *f->places, places_cmp, f->text);
    char *block = memory(malloc(BLOCK_MAX));
    struct result r = write_rows(f, block);
    free(block);
    run->until = f->size;
    f->count = 0;
    f->text_len = 0;
    return r;
}

struct result run_file_add(struct run_file *f, const struct run_row *row)
{
    const struct head head = { row->user, (uint32_t)row->field, (uint32_t)row->key.len };
    if (row->key.len > RUN_KEY_MAX || row->field < 0 || row->field > INT32_MAX)
        die("a row that cannot be sorted: %zu bytes, field %lld", row->key.len, (long long)row->field);
    if (f->count == f->places_max || f->text_len + sizeof head + row->key.len > f->text_max)
        TRY(end_run(f));
    f->places[f->count++] = (struct place){ prefix_of(row->key), head.field, (uint32_t)f->text_len };
    memcpy(f->text + f->text_len, &head, sizeof head);
    if (row->key.len)
        memcpy(f->text + f->text_len + sizeof head, row->key.p, row->key.len);
    f->text_len += sizeof head + row->key.len;
    return OK;
}

/* --- all runs --------------------------------------------------------------------------------- */

struct reader {
    int64_t at, until; /* what of the run is not read yet */
    char *block;
    size_t len, used;
    struct head head;  /* the row it stands at */
    str key;
    uint64_t prefix;
};

struct run_merge {
    struct run_file *file;
    size_t block_bytes, count;
    struct reader *readers, **heap; /* the least row first */
    bool begun;
};

static struct result refill(struct run_merge *m, struct reader *r)
{
    size_t left = r->len - r->used;
    memmove(r->block, r->block + r->used, left);
    r->used = 0;
    r->len = left;
    while (r->len < m->block_bytes && r->at < r->until) {
        size_t want = m->block_bytes - r->len;
        if ((int64_t)want > r->until - r->at)
            want = (size_t)(r->until - r->at);
        ssize_t n = pread(m->file->fd, r->block + r->len, want, r->at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return trouble();
        r->len += (size_t)n;
        r->at += n;
    }
    return OK;
}

static struct result advance(struct run_merge *m, struct reader *r, bool *out_more)
{
    size_t left = r->len - r->used;
    if (left < sizeof r->head + RUN_KEY_MAX && r->at < r->until) {
        TRY(refill(m, r));
        left = r->len - r->used;
    }
    *out_more = left > 0;
    if (!*out_more)
        return OK;
    head_read(r->block + r->used, &r->head, &r->key);
    r->prefix = prefix_of(r->key);
    r->used += sizeof r->head + r->key.len;
    return OK;
}

static bool is_less(const struct reader *a, const struct reader *b)
{
    if (a->head.field != b->head.field)
        return a->head.field < b->head.field;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix;
    int order = str_cmp(a->key, b->key);
    return order ? order < 0 : a->head.user < b->head.user;
}

static void sink(struct run_merge *m, size_t at)
{
    for (size_t kid; (kid = 2 * at + 1) < m->count; at = kid) {
        if (kid + 1 < m->count && is_less(m->heap[kid + 1], m->heap[kid]))
            kid++;
        if (!is_less(m->heap[kid], m->heap[at]))
            return;
        struct reader *up = m->heap[kid];
        m->heap[kid] = m->heap[at];
        m->heap[at] = up;
    }
}

static struct result open_readers(struct run_merge *m)
{
    const struct run_file *f = m->file;
    for (size_t i = 0; i < f->run_count; i++) {
        struct reader *r = &m->readers[i];
        bool more;
        *r = (struct reader){ .at = f->runs[i].from, .until = f->runs[i].until, .block = memory(malloc(m->block_bytes)) };
        TRY(advance(m, r, &more));
        m->heap[m->count++] = r;
    }
    for (size_t i = m->count; i-- > 0;)
        sink(m, i);
    return OK;
}

struct result run_merge_new(struct run_file *f, struct run_merge **out)
{
    TRY(end_run(f));
    free_buffers(f);
    struct run_merge *m = memory(calloc(1, sizeof *m));
    size_t share = f->run_count ? BLOCKS_BYTES / f->run_count : BLOCK_MAX;
    m->file = f;
    m->block_bytes = share > BLOCK_MAX ? BLOCK_MAX : share < BLOCK_MIN ? BLOCK_MIN : share;
    m->readers = memory(calloc(f->run_count + 1, sizeof *m->readers));
    m->heap = memory(calloc(f->run_count + 1, sizeof(struct reader *)));
    struct result r = open_readers(m);
    if (failed(r))
        run_merge_free(m);
    else
        *out = m;
    return r;
}

void run_merge_free(struct run_merge *m)
{
    for (size_t i = 0; i < m->file->run_count; i++)
        free(m->readers[i].block);
    free(m->readers);
    free(m->heap);
    free(m);
}

struct result run_merge_next(struct run_merge *m, struct run_row *out, bool *out_found)
{
    *out_found = false;
    if (m->begun && m->count) {
        bool more;
        TRY(advance(m, m->heap[0], &more));
        if (!more)
            m->heap[0] = m->heap[--m->count];
        sink(m, 0);
    }
    m->begun = true;
    if (!m->count)
        return OK;
    const struct reader *least = m->heap[0];
    *out = (struct run_row){ least->head.field, least->key, least->head.user };
    *out_found = true;
    return OK;
}
