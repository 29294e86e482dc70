#include "domain/transfer/import_feed.h"

#include "base/log.h"
#include "base/lowly.h"

#include <stdlib.h>

/* One is written, one waits, one is read or indexed. */
enum { BATCHES = 3, ARENA_BYTES = 1 << 20 };

enum state { FREE, FULL, TAKEN, WRITTEN };

/* The batches go round: each is filled, taken and finished in turn. */
struct import_feed {
    struct import_feed_plan plan;
    struct import_batch batches[BATCHES];
    enum state states[BATCHES];
    unsigned fill_at, take_at, finish_at;
    bool read_out; /* the last batch was filled */
    bool ending;
    struct result failure;
    int64_t position;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
};

/* --- one batch ------------------------------------------------------------------------- */

static bool take_item(struct import_feed *f, struct import_batch *b, str text)
{
    if (failed(import_item_read(b->arena, f->plan.source, str_dup(b->arena, text), &b->items[b->count])))
        return false;
    b->until[b->count++] = import_reader_at(f->plan.reader);
    return true;
}

static void fill(struct import_feed *f, struct import_batch *b)
{
    struct import_reader *r = f->plan.reader;
    str text = STR_NONE;
    size_t bytes = 0;
    arena_clear(b->arena);
    import_reader_seek(r, f->position);
    b->count = b->doc_count = 0;
    b->at_end = b->broken = false;
    while (b->count < IMPORT_BATCH_MAX && bytes < IMPORT_BATCH_BYTES && !b->at_end && !b->broken) {
        b->at_end = !import_reader_next(r, &text);
        b->broken = b->at_end ? r->broken : !take_item(f, b, text);
        bytes += text.len;
    }
    f->position = b->position = import_reader_at(r);
    f->read_out = b->at_end || b->broken;
}

static struct result finish(struct import_feed *f, const struct import_batch *b)
{
    return f->plan.after && b->doc_count ? f->plan.after(f->plan.ctx, b) : OK;
}

/* --- the thread: under the lock but for the work ------------------------------------------- */

static bool do_finish(struct import_feed *f)
{
    if (f->states[f->finish_at] != WRITTEN || failed(f->failure))
        return false;
    pthread_mutex_unlock(&f->lock);
    struct result r = finish(f, &f->batches[f->finish_at]);
    pthread_mutex_lock(&f->lock);
    f->states[f->finish_at] = FREE;
    f->finish_at = (f->finish_at + 1) % BATCHES;
    f->failure = r;
    return true;
}

static bool do_fill(struct import_feed *f)
{
    if (f->states[f->fill_at] != FREE || f->read_out || f->ending)
        return false;
    pthread_mutex_unlock(&f->lock);
    fill(f, &f->batches[f->fill_at]);
    pthread_mutex_lock(&f->lock);
    f->states[f->fill_at] = FULL;
    f->fill_at = (f->fill_at + 1) % BATCHES;
    return true;
}

static void *run(void *arg)
{
    struct import_feed *f = arg;
    pthread_mutex_lock(&f->lock);
    for (;;) {
        if (do_finish(f) || do_fill(f))
            pthread_cond_broadcast(&f->changed);
        else if (f->ending)
            break;
        else
            pthread_cond_wait(&f->changed, &f->lock);
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

/* --- whoever writes -------------------------------------------------------------------------- */

struct import_feed *import_feed_start(const struct import_feed_plan *p)
{
    struct import_feed *f = calloc(1, sizeof *f);
    if (!f)
        die("out of memory");
    f->plan = *p;
    f->position = p->from;
    f->failure = OK;
    for (unsigned i = 0; i < BATCHES; i++)
        f->batches[i].arena = arena_new(ARENA_BYTES);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    f->plan.ahead = p->ahead && lowly_start(&f->thread, run, f);
    return f;
}

struct result import_feed_next(struct import_feed *f, struct import_batch **out)
{
    *out = &f->batches[f->take_at];
    if (!f->plan.ahead) {
        fill(f, *out);
        return OK;
    }
    pthread_mutex_lock(&f->lock);
    while (f->states[f->take_at] != FULL && !failed(f->failure))
        pthread_cond_wait(&f->changed, &f->lock);
    struct result r = f->failure;
    if (!failed(r)) {
        f->states[f->take_at] = TAKEN;
        f->take_at = (f->take_at + 1) % BATCHES;
    }
    pthread_mutex_unlock(&f->lock);
    return r;
}

void import_feed_give_back(struct import_feed *f, struct import_batch *b, bool written)
{
    if (!written)
        b->doc_count = 0;
    if (!f->plan.ahead) {
        f->failure = finish(f, b);
        return;
    }
    pthread_mutex_lock(&f->lock);
    f->states[b - f->batches] = WRITTEN;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

struct result import_feed_end(struct import_feed *f)
{
    pthread_mutex_lock(&f->lock);
    f->ending = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    if (f->plan.ahead)
        pthread_join(f->thread, NULL);
    struct result r = f->failure;
    for (unsigned i = 0; i < BATCHES; i++)
        arena_free(f->batches[i].arena);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f);
    return r;
}
