/* Token buckets by tenant and operation group (AUTH-REFERENCE 25). Profiles:
 * "generous" (default), "free", "production" copy the shape of the real tiers;
 * a file holds {"bucket": {"burst": n, "per_second": x}}; "off" switches all off. */
#ifndef SERVER_RATELIMIT_H
#define SERVER_RATELIMIT_H

#include "base/result.h"
#include "store/store.h"

struct rate_limits;
struct rate_verdict {
    bool limited;  /* false: no limit applies, no headers */
    bool exceeded;
    int64_t limit, remaining, reset_s; /* reset: Unix seconds when the bucket is full again */
    int64_t retry_after_s;
};

/* Errors: ERR_USAGE. */
MUST_USE struct result rate_limits_new(const char *profile, struct rate_limits **out);
/* Does the profile copy a tier of the real service? */
bool rate_limits_are_real(const struct rate_limits *r);
void rate_limits_free(struct rate_limits *r);
/* Takes one token of the tenant's bucket. */
struct rate_verdict rate_limits_charge(struct rate_limits *r, struct tenant *t, str bucket, int64_t now_us);

#endif
