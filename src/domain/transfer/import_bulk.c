/* The bulk load of a tenant without users (store/bulk.h): they are seen all
 * together, at the end. What goes wrong on the way costs time and nothing else:
 * the ordinary way begins from the beginning. */
#include "base/clock.h"
#include "base/hashset.h"
#include "base/log.h"
#include "base/lowly.h"
#include "base/map.h"
#include "domain/transfer/import_work.h"
#include "search/load.h"
#include "store/bulk.h"

enum {
    FILE_MIN = 1 << 20,     /* below it the copies and syncs cost more than they save */
    TELL_US = 500 * 1000,   /* between two notes of how far it is */
    READ_PERCENT = 75,      /* of the time: the rest writes the index */
};

struct loading {
    struct importing *im;
    struct bulk *bulk;
    struct index_load *index;
    struct hashset *keys; /* of all identities */
    struct import_feed *feed;
    struct import_part part;
    int64_t counts[IMPORT_OUTCOME_MAX];
    int64_t told_us;
    bool broken;
    struct result result;
};

/* --- users -------------------------------------------------------------------------------- */

/* A user who was written by this batch may be changed by it; an older one is
 * indexed already. */
static struct result note_user(void *ctx, int64_t user, const struct json *before, const struct json *after)
{
    struct import_batch *b = ((struct loading *)ctx)->part.batch;
    struct import_doc *last = b->doc_count ? &b->docs[b->doc_count - 1] : NULL;
    if (!after || (before && (!last || last->user != user)))
        return fail(ERR_BUSY);
    if (!before)
        last = &b->docs[b->doc_count++];
    *last = (struct import_doc){ user, after };
    return OK;
}

/* --- keys ------------------------------------------------------------------------------- */

static uint64_t key_hash(enum tx_key kind, str scope, str value)
{
    uint64_t h = hash_bytes(scope) + (uint64_t)kind;
    return hash_bytes(value) ^ (h << 31 | h >> 33);
}

static struct result key_added(void *ctx, enum tx_key kind, str scope, str value)
{
    return hashset_add(((struct loading *)ctx)->keys, key_hash(kind, scope, value));
}

/* The first second one costs the indexes: from then on they are kept. */
static struct result key_asked(void *ctx, enum tx_key kind, str scope, str value, bool *out)
{
    struct loading *l = ctx;
    *out = hashset_has(l->keys, key_hash(kind, scope, value));
    return *out && kind != TX_KEY_IDENTITY ? bulk_indexes_make(l->bulk) : OK;
}

/* --- batches ------------------------------------------------------------------------------ */

static struct result index_batch(void *ctx, const struct import_batch *b)
{
    const struct loading *l = ctx;
    for (size_t i = 0; i < b->doc_count; i++)
        TRY(index_load_user(l->index, b->docs[i].user, b->docs[i].doc));
    return OK;
}

static struct result write_part(struct tx *tx, void *arg)
{
    struct loading *l = arg;
    const struct tx_bulk bulk = { note_user, key_added, key_asked, l };
    struct job j;
    struct import_target t;
    tx->bulk = &bulk;
    TRY(job_by_id(tx, l->im->id, &j));
    TRY(import_target_read(tx, &j, &t));
    return import_part_write(tx, &t, &l->part);
}

static struct result write_batch(struct loading *l, struct import_batch *b)
{
    struct tx_options o = { .arena = b->arena, .now_us = clock_now_us() };
    l->part = (struct import_part){ .batch = b, .until = b->count };
    TRY(bulk_write(l->bulk, &o, write_part, l));
    for (size_t i = 0; i < IMPORT_OUTCOME_MAX; i++)
        l->counts[i] += l->part.counts[i];
    return OK;
}

/* --- how far it is --------------------------------------------------------------------------- */

static struct result tell_tx(struct tx *tx, void *arg)
{
    struct importing *im = arg;
    struct job j;
    TRY(import_job_find(tx, im, &j));
    if (im->gone)
        return OK;
    if (import_is_late(tx, &j))
        return fail(ERR_BUSY);
    import_progress_tell(tx, im, &j);
    return job_update(tx, &j);
}

/* Stopping and an end of the job are no errors here: the ordinary way finds them. */
static struct result tell(struct loading *l, int64_t position)
{
    struct importing *im = l->im;
    if (atomic_load(im->stop))
        return fail(ERR_BUSY);
    if (clock_monotonic_us() - l->told_us < TELL_US)
        return OK;
    l->told_us = clock_monotonic_us();
    im->position = position * READ_PERCENT / 100;
    TRY(import_in_tx(im, tell_tx));
    return im->gone ? fail(ERR_BUSY) : OK;
}

/* --- loading ------------------------------------------------------------------------------------ */

static struct result load_next(struct loading *l, bool *out_end)
{
    struct import_batch *b;
    TRY(import_feed_next(l->feed, &b));
    int64_t position = b->position;
    l->broken = b->broken;
    *out_end = b->at_end || b->broken;
    struct result r = l->broken ? OK : write_batch(l, b);
    import_feed_give_back(l->feed, b, !failed(r) && !l->broken);
    return failed(r) ? r : tell(l, position);
}

/* What the file says at its end must hold before anybody sees anything of it. */
static void check_count(struct loading *l)
{
    int64_t users = 0;
    for (size_t i = 0; i < IMPORT_OUTCOME_MAX; i++)
        users += l->counts[i];
    l->broken = l->broken || !import_source_has(&l->im->source, users, &l->im->refusal);
}

static struct result load_users(struct loading *l)
{
    struct importing *im = l->im;
    const struct import_feed_plan plan = { .reader = &im->reader, .source = &im->source, .ahead = true, .after = index_batch, .ctx = l };
    struct result r = OK;
    l->feed = import_feed_start(&plan);
    for (bool end = false; !end && !failed(r);)
        r = load_next(l, &end);
    struct result last = import_feed_end(l->feed);
    return failed(r) ? r : last;
}

static struct result read_fields(struct tx *tx, void *arg)
{
    return index_load_fields(((struct loading *)arg)->index, tx);
}

static bool goes_on(void *ctx)
{
    const struct loading *l = ctx;
    bulk_flush(l->bulk);
    return !atomic_load(l->im->stop);
}

static struct result write_index(struct tx *tx, void *arg)
{
    struct loading *l = arg;
    return index_load_write(l->index, tx, &(struct index_load_watch){ goes_on, l });
}

static struct result load(struct loading *l)
{
    struct importing *im = l->im;
    struct tx_options o = { .arena = im->arena, .now_us = clock_now_us() };
    TRY(bulk_write(l->bulk, &o, read_fields, l));
    TRY(bulk_indexes_drop(l->bulk, "identities"));
    TRY(load_users(l));
    check_count(l);
    if (l->broken)
        return OK;
    TRY(bulk_write(l->bulk, &o, write_index, l));
    index_load_free(l->index); /* its memory is not needed for sorting the others */
    l->index = NULL;
    return bulk_indexes_make(l->bulk);
}

static void *run_load(void *arg)
{
    struct loading *l = arg;
    l->result = load(l);
    return NULL;
}

/* --- the end --------------------------------------------------------------------------------------- */

static struct result end_job(struct tx *tx, void *arg)
{
    struct loading *l = arg;
    struct importing *im = l->im;
    struct job j;
    struct import_target t;
    TRY(import_job_find(tx, im, &j));
    if (im->gone)
        return fail(ERR_BUSY);
    TRY(import_target_read(tx, &j, &t));
    import_counts_add(tx->arena, j.body, l->counts);
    j.position = im->reader.size;
    return import_finish(tx, &j, &t.connection, true, STR_NONE);
}

static struct result load_and_publish(struct loading *l, bool *out_done)
{
    struct importing *im = l->im;
    TRY(import_mark_begun(im, false));
    if (im->gone || !lowly_run(run_load, l) || failed(l->result))
        return OK;
    *out_done = true;
    if (l->broken)
        return import_mark_broken(im);
    struct tx_options o = { .arena = im->arena, .now_us = clock_now_us() };
    struct result r = bulk_publish(l->bulk, &o, end_job, l);
    im->gone = !failed(r);
    *out_done = r.kind != ERR_BUSY;
    return *out_done ? r : OK;
}

static struct result make_files(struct loading *l)
{
    const char *names[3];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        bulk_temporary(l->bulk, l->im->arena, &names[i]);
    TRY(hashset_new(names[0], &l->keys));
    return index_load_new(names[1], names[2], &l->index);
}

struct result import_bulk(struct importing *im, bool *out_done)
{
    struct loading l = { .im = im, .result = OK };
    *out_done = false;
    if (im->reader.size < FILE_MIN || im->position > 0 || failed(bulk_begin(im->tenant, &l.bulk)))
        return OK;
    struct result r = make_files(&l);
    if (!failed(r))
        r = load_and_publish(&l, out_done);
    index_load_free(l.index);
    hashset_free(l.keys);
    bulk_end(l.bulk);
    if (!*out_done) {
        log_info("a bulk load of users goes on in the ordinary way (error kind %d)", (int)l.result.kind);
        im->position = 0;
    }
    return r;
}
