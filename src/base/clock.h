/* Time: microseconds since 1970 UTC. With --test-clock the wall clock can be
 * frozen and moved; the monotonic one never is. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/str.h"

#define US_PER_S 1000000LL
#define US_PER_MS 1000LL

int64_t clock_now_us(void);       /* wall clock as the product sees it */
int64_t clock_monotonic_us(void); /* for time-outs and measuring */

void clock_freeze(int64_t at_us);   /* test clock only */
void clock_advance(int64_t by_us);  /* frozen or running */
void clock_run(void);               /* back to the machine's clock */

/* ISO-8601 UTC with milliseconds: 2024-03-07T09:12:44.105Z */
str clock_iso(struct arena *a, int64_t at_us);
/* Full dates and prefixes (2024, 2024-03, 2024-03-07, with time, with ms, with
 * Z or offset). False when s is no date. */
bool clock_parse_iso(str s, int64_t *out_us);

#endif
