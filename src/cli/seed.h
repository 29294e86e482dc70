/* `--seed DIR`: what the first start fills the default tenant with, as a tenant
 * directory of the deploy tool (npm auth0-deploy-cli, directory mode). docs/seed.md
 * tells the format. Two steps, so that most faults show before anything is made:
 * reading the files, and applying them inside the tenant's first transaction. */
#ifndef CLI_SEED_H
#define CLI_SEED_H

#include "store/store.h"

struct seed;

/* Reads every file, replaces keywords, hashes passwords. What has no place here
 * is warned of. Lives in a, which should be a secret one. Errors: ERR_USAGE with
 * "FILE: what is wrong", ERR_IO. */
MUST_USE struct result seed_read(struct arena *a, const char *dir, struct seed **out);
/* In the tenant's first transaction, after bootstrap_fill: what the bootstrap made
 * and the directory names too is changed, the rest is created. Bodies go through
 * the contract as those of requests do. Errors: ERR_USAGE as above. */
MUST_USE struct result seed_apply(struct tx *tx, const struct seed *s);

#endif
