/* Lanes: bounded places for slow work (password hashing, outbound calls), so
 * that it cannot starve the rest (docs/design.md, decision 3). Whoever wants a
 * place waits on its own thread, but all lanes together let at most half of the
 * server's threads wait; beyond that lane_enter fails at once with
 * ERR_LANE_FULL and the request is parked (server/http.h). */
#ifndef BASE_LANE_H
#define BASE_LANE_H

#include "base/result.h"

struct lane;

/* The lane of password hashing: as many places as cores. */
struct lane *lane_hash(void);
struct lane *lane_new(unsigned places);
void lane_free(struct lane *l);
/* How many threads may wait in all lanes together; set once at start. */
void lane_set_waiters_max(unsigned count);

MUST_USE struct result lane_enter(struct lane *l);
void lane_leave(struct lane *l);
/* notify(ctx) is called once, from any thread, as soon as a place is free
 * (at once when one is now). */
void lane_when_free(struct lane *l, void (*notify)(void *ctx), void *ctx);
/* Whoever was notified says, when done, that it may be the next one's turn: it
 * need not have entered, and then nobody would leave. */
void lane_pass(struct lane *l);

#endif
