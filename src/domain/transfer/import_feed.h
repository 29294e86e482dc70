/* Batches of users out of a file, read and checked by a thread of its own while
 * the one before is written: two cores work on one import, and no more than a
 * few batches are in memory. */
#ifndef DOMAIN_IMPORT_FEED_H
#define DOMAIN_IMPORT_FEED_H

#include "domain/transfer/import_inside.h"

enum { IMPORT_BATCH_MAX = 1000, IMPORT_BATCH_BYTES = 256 << 10 };

struct import_doc {
    int64_t user;
    const struct json *doc;
};

struct import_batch {
    struct arena *arena; /* holds all of it; whoever has the batch uses it */
    struct import_item items[IMPORT_BATCH_MAX];
    int64_t until[IMPORT_BATCH_MAX]; /* position in the file behind each */
    size_t count;
    bool at_end; /* nothing comes after it; it may be empty */
    bool broken; /* the file is no JSON from here on */
    int64_t position; /* behind it */
    struct import_doc docs[IMPORT_BATCH_MAX]; /* filled in by whoever writes it, for `after` */
    size_t doc_count;
};

struct import_feed_plan {
    struct import_reader *reader; /* the feed's alone until its end */
    const struct import_source *source;
    int64_t from;
    bool ahead; /* by a thread of the lowest priority; else within import_feed_next */
    /* What is done with a batch that was written, in their order, on the feed's
     * thread; may be NULL. A failure ends the feed. */
    struct result (*after)(void *ctx, const struct import_batch *b);
    void *ctx;
};

struct import_feed;
struct import_feed *import_feed_start(const struct import_feed_plan *p);
/* The next batch, the caller's until import_feed_give_back. Errors: what `after` answered. */
MUST_USE struct result import_feed_next(struct import_feed *f, struct import_batch **out);
/* written: `after` gets it. */
void import_feed_give_back(struct import_feed *f, struct import_batch *b, bool written);
/* Waits for what `after` still has to do, and frees. */
MUST_USE struct result import_feed_end(struct import_feed *f);

#endif
