/* A bewit: a short-lived signature that the server puts into a URL of its own
 * (v1 Link headers, impersonation), so that a GET of exactly that URL needs no
 * other credential (V1-REFERENCE 1.2, 1.6). It says for whom it was made. */
#ifndef DOMAIN_BEWIT_H
#define DOMAIN_BEWIT_H

#include "domain/caller.h"

enum { BEWIT_LIFETIME_S = 300 };

/* For GET path?query (as they will be sent, without the bewit itself). Inside a
 * transaction. */
str bewit_make(struct tenant *t, struct arena *a, str path, str query, const struct caller *for_whom, int64_t now_us);
/* query: as sent, with the bewit in it. The client must still be what it was
 * (caller_of_v1_client). Errors: ERR_INVALID_TOKEN. */
MUST_USE struct result bewit_check(struct tenant *t, struct arena *a, str path, str query, str bewit, int64_t now_us,
                                   struct caller *out);

#endif
