/* The Link header of API v1's lists (V1-REFERENCE 1.6): the next page, as a URL
 * that opens without any other credential. */
#ifndef API_V1_LINK_H
#define API_V1_LINK_H

#include "api/call.h"

struct link_parameter {
    const char *name;
    str value;
};

/* The request's own URL with these parameters in place of what it had under
 * their names, and a fresh bewit. */
void v1_link_next(struct call *c, const struct link_parameter *parameters, size_t count);

#endif
