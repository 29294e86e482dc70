/* A client as API v1 shows it, and what v1 sends in v2's words
 * (V1-REFERENCE 7, V1-V2-SEMANTICS 5). */
#ifndef API_V1_CLIENT_SHAPE_H
#define API_V1_CLIENT_SHAPE_H

#include "api/call.h"
#include "domain/client/client.h"

MUST_USE struct result v1_client_present(struct call *c, const struct client *client, struct json **out);
/* The members of a v1 body that set something, as a v2 body. was: NULL for a new client. */
struct json *v1_client_translate(struct arena *a, const struct json *body, const struct client *was);

#endif
