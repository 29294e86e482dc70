/* Work that belongs to no request: keys made ahead of need, log retention,
 * expired tokens. One low-priority thread. */
#ifndef DOMAIN_BACKGROUND_H
#define DOMAIN_BACKGROUND_H

#include "store/store.h"

struct background_config {
    int64_t log_retention_days, log_max_rows;
    unsigned spare_keys; /* how many RSA keys wait for new tenants */
};
struct background;
struct background *background_start(struct store *s, const struct background_config *cfg);
void background_stop(struct background *b);

#endif
