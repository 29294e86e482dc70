/* Bulk loads: a tenant without users gets very many at once. They go into a copy
 * of its database that nobody else sees, without journal or syncs, and the copy
 * takes the tenant's place in one commit: users are visible all together, or not
 * at all. A crash before that leaves nothing behind (DIR/tmp is emptied at the
 * start). The tenant is used on meanwhile; what was written to it is brought over
 * at the end.
 *
 * One thread at a time. ERR_BUSY of any function: this tenant cannot be loaded in
 * bulk, or not any more, and nothing of the load is to be kept; the caller goes
 * the ordinary way. Any other failure voids the load, too. */
#ifndef STORE_BULK_H
#define STORE_BULK_H

#include "store/store.h"

struct bulk;

/* t is borrowed until bulk_end. ERR_BUSY: it has users, or much else. */
MUST_USE struct result bulk_begin(struct tenant *t, struct bulk **out);
/* A new name in DIR/tmp. */
void bulk_temporary(struct bulk *b, struct arena *a, const char **out);
/* Runs fn on the copy; all runs are one transaction. fn may only add users and
 * what belongs to them. */
MUST_USE struct result bulk_write(struct bulk *b, const struct tx_options *o, tx_fn fn, void *arg);
/* Lets the disk write what there is so far, without waiting for it: called now
 * and then in a long run of fn; bulk_write does it after each. */
void bulk_flush(struct bulk *b);
/* The indexes of a table that its definition does not contain: without them rows
 * come in faster, and making them of all rows is faster still. Whoever drops
 * them makes them again before the end. */
MUST_USE struct result bulk_indexes_drop(struct bulk *b, const char *table);
MUST_USE struct result bulk_indexes_make(struct bulk *b); /* those that were dropped; a second call does nothing */
/* Brings over what the tenant was given meanwhile, runs fn on the copy, and puts
 * it in the tenant's place: durable when this returns. Only for this last part
 * writers of the tenant wait (some tens of milliseconds). ERR_BUSY also: the
 * tenant got users or was restored, or something that the load may have read was
 * changed. */
MUST_USE struct result bulk_publish(struct bulk *b, const struct tx_options *o, tx_fn fn, void *arg);
/* Takes NULL; what was not published is gone. */
void bulk_end(struct bulk *b);

#endif
