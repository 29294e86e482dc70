/* What a user search found, as an array in the shape of the API that asked. */
#ifndef API_HITS_H
#define API_HITS_H

#include "api/call.h"
#include "domain/user/user.h"
#include "search/search.h"

typedef struct result (*present_user_fn)(struct call *c, const struct user *u, struct json **out);
MUST_USE struct result hits_present(struct call *c, const struct search_page *page, present_user_fn present, struct json **out);

#endif
