/* The ordinary way: users are seen as their transactions commit. */
#include "base/clock.h"
#include "base/log.h"
#include "base/lowly.h"
#include "domain/transfer/import_work.h"

enum {
    PART_FIRST = 64,      /* users in one transaction */
    PART_US = 60 * 1000,  /* how long one should take: well below the 100 ms that others may wait */
};

struct stepping {
    struct importing *im;
    struct import_part part;
    size_t limit;
};

/* --- the whole file first ------------------------------------------------------------------ */

struct checking {
    struct importing *im;
    bool holds;
};

/* A file that is no JSON to its end changes nothing. */
static void *check_file(void *arg)
{
    struct checking *c = arg;
    struct import_reader *r = &c->im->reader;
    struct arena *a = arena_new(0);
    struct json *v;
    str text;
    int64_t users = 0;
    c->holds = true;
    import_reader_seek(r, 0);
    while (c->holds && !atomic_load(c->im->stop) && import_reader_next(r, &text)) {
        arena_clear(a);
        c->holds = !failed(json_parse(a, text, &v));
        users++;
    }
    c->holds = c->holds && !r->broken;
    if (c->holds && !atomic_load(c->im->stop))
        c->holds = import_source_has(&c->im->source, users, &c->im->refusal);
    arena_free(a);
    return NULL;
}

static bool file_holds(struct importing *im)
{
    struct checking c = { .im = im };
    if (!im->ahead || !lowly_run(check_file, &c))
        check_file(&c);
    return c.holds;
}

/* --- one transaction ------------------------------------------------------------------------- */

static struct result write_part(struct tx *tx, void *arg)
{
    struct stepping *s = arg;
    struct import_part *p = &s->part;
    struct importing *im = s->im;
    struct job j;
    struct import_target t;
    TRY(import_job_find(tx, im, &j));
    if (im->gone)
        return OK;
    struct result r = import_target_read(tx, &j, &t);
    if (r.kind == ERR_INEXISTENT_CONNECTION) {
        im->gone = true;
        json_remove(j.task, IMPORT_KEY);
        return job_end(tx, &j, false, STR("The connection does not exist."));
    }
    TRY(r);
    if (import_is_late(tx, &j)) {
        im->gone = true;
        return import_finish(tx, &j, &t.connection, false, STR("The job took longer than two hours."));
    }
    TRY(import_part_write(tx, &t, p));
    bool is_last = p->batch->at_end && p->until == p->batch->count;
    j.position = p->until == p->batch->count ? p->batch->position : p->batch->until[p->until - 1];
    im->position = j.position;
    import_counts_add(tx->arena, j.body, p->counts);
    import_progress_tell(tx, im, &j);
    if (!is_last)
        return job_update(tx, &j);
    im->gone = true;
    return import_finish(tx, &j, &t.connection, true, STR_NONE);
}

/* Bigger parts where they are quick, smaller ones where others wait. */
static void adapt(struct stepping *s, int64_t took_us)
{
    if (took_us < PART_US / 2 && s->limit < IMPORT_BATCH_MAX)
        s->limit = s->limit * 5 / 4 + 1;
    else if (took_us > PART_US && s->limit > 1)
        s->limit = s->limit * 3 / 4;
    if (s->limit > IMPORT_BATCH_MAX)
        s->limit = IMPORT_BATCH_MAX;
}

static struct result in_tx(struct stepping *s)
{
    struct tx_options o = { .arena = s->part.batch->arena, .now_us = clock_now_us(), .lowly = s->im->ahead };
    return store_write(s->im->tenant, &o, write_part, s);
}

/* A part that cannot be written is tried user by user; one that alone cannot be
 * written is reported. A database that is busy or broken is no user's fault. */
static struct result step(struct stepping *s, bool *out_done)
{
    struct import_part *p = &s->part;
    int64_t began_us = clock_monotonic_us();
    *out_done = false;
    struct result r = in_tx(s);
    if (r.kind == ERR_BUSY || r.kind == ERR_DATABASE || r.kind == ERR_IO)
        return r;
    if (failed(r) && p->until - p->from > 1) {
        s->limit = 1;
        return OK;
    }
    if (failed(r)) {
        log_warn("an imported user was refused (error kind %d)", (int)r.kind);
        p->give_up = true;
        r = in_tx(s);
        p->give_up = false;
    }
    TRY(r);
    adapt(s, clock_monotonic_us() - began_us);
    *out_done = true;
    return OK;
}

/* --- a batch, and all ---------------------------------------------------------------------------- */

static struct result write_batch(struct stepping *s, struct import_batch *b)
{
    size_t from = 0;
    do {
        size_t left = b->count - from;
        bool done;
        s->part = (struct import_part){ .batch = b, .from = from, .until = from + (left < s->limit ? left : s->limit) };
        TRY(step(s, &done));
        if (done)
            from = s->part.until;
    } while (from < b->count && !s->im->gone && !atomic_load(s->im->stop));
    return OK;
}

/* The file was read whole before: what does not parse now is a changed file. */
static struct result write_next(struct stepping *s, struct import_feed *f, bool *out_broken)
{
    struct import_batch *b;
    TRY(import_feed_next(f, &b));
    *out_broken = b->broken;
    struct result r = b->broken ? OK : write_batch(s, b);
    import_feed_give_back(f, b, false);
    return r;
}

static struct result write_all(struct importing *im, bool *out_broken)
{
    struct stepping s = { .im = im, .limit = PART_FIRST };
    const struct import_feed_plan plan = { .reader = &im->reader, .source = &im->source, .from = im->position, .ahead = im->ahead };
    struct import_feed *f = import_feed_start(&plan);
    struct result r = OK;
    while (!im->gone && !*out_broken && !failed(r) && !atomic_load(im->stop))
        r = write_next(&s, f, out_broken);
    struct result end = import_feed_end(f);
    return failed(r) ? r : end;
}

struct result import_steps(struct importing *im, bool checked)
{
    bool broken = !checked && !file_holds(im);
    if (!broken && !checked && !atomic_load(im->stop))
        TRY(import_mark_begun(im, true));
    if (!broken)
        TRY(write_all(im, &broken));
    return broken ? import_mark_broken(im) : OK;
}
