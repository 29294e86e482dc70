/* One import being worked on: what both ways of writing share (transfer/import_work.c),
 * the ordinary way (transfer/import_steps.c), and the bulk load (transfer/import_bulk.c). */
#ifndef DOMAIN_IMPORT_WORK_H
#define DOMAIN_IMPORT_WORK_H

#include "domain/transfer/import_feed.h"

#define IMPORT_KEY STR("key") /* in task: opens the file's sealed secrets */

struct importing {
    struct tenant *tenant;
    str id;
    const atomic_bool *stop;
    bool ahead;              /* worth threads of its own */
    struct arena *arena;     /* of the whole work */
    struct arena *scratch;   /* of one transaction beside the batches */
    struct import_reader reader;
    struct import_source source;
    str refusal;             /* why nothing of the file is taken */
    int64_t position;        /* how far the users are written, or read by a bulk load */
    /* out of the transaction */
    bool gone;               /* the job is not there any more, or done */
};

/* A part of a batch: what one transaction writes. */
struct import_part {
    struct import_batch *batch;
    size_t from, until;
    bool give_up; /* a single user that cannot be written: it is only reported */
    int64_t counts[IMPORT_OUTCOME_MAX]; /* set by import_part_write */
};

/* *j is filled in unless the job is gone, which is no error. */
MUST_USE struct result import_job_find(struct tx *tx, struct importing *im, struct job *j);
/* What is the same for all users; the job lives in tx->arena. */
MUST_USE struct result import_target_read(struct tx *tx, const struct job *j, struct import_target *out);
MUST_USE struct result import_part_write(struct tx *tx, const struct import_target *t, struct import_part *p);
void import_counts_add(struct arena *a, struct json *body, const int64_t counts[IMPORT_OUTCOME_MAX]);
void import_progress_tell(struct tx *tx, const struct importing *im, struct job *j);
/* AUTH-REFERENCE 21.1: two hours after its beginning a job has failed. A command's may take as long as it needs. */
bool import_is_late(const struct tx *tx, const struct job *j);
MUST_USE struct result import_finish(struct tx *tx, struct job *j, const struct connection *c, bool completed, str details);

/* Transactions of their own on the tenant. */
MUST_USE struct result import_in_tx(struct importing *im, tx_fn fn);
/* checked: the whole file is known to be JSON. */
MUST_USE struct result import_mark_begun(struct importing *im, bool checked);
/* The job ends, with im->refusal or since the file is no JSON. */
MUST_USE struct result import_mark_broken(struct importing *im);

/* transfer/import_steps.c: from im->position on, in short transactions. checked: as above. */
MUST_USE struct result import_steps(struct importing *im, bool checked);

/* transfer/import_bulk.c: all at once into a tenant without users. *out_done false:
 * nothing was done, and import_steps must. */
MUST_USE struct result import_bulk(struct importing *im, bool *out_done);

#endif
