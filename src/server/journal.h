/* The log entry that a request of the management APIs leaves. Internal to
 * src/server. */
#ifndef SERVER_JOURNAL_H
#define SERVER_JOURNAL_H

#include "api/call.h"

/* In the handler's own transaction: its entry, or the operation's default one. */
MUST_USE struct result journal_append(struct call *c);
/* After a handler refused: the operation's log_failure entry, in a transaction
 * of its own, since the refused one leaves nothing. Durable before the answer. */
void journal_refusal(struct call *c, struct result why);

#endif
