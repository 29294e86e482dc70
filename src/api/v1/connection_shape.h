/* A connection as API v1 shows it: by name, and as one client sees it
 * (V1-REFERENCE 6). Which client that is, is the view. */
#ifndef API_V1_CONNECTION_SHAPE_H
#define API_V1_CONNECTION_SHAPE_H

#include "api/call.h"
#include "domain/connection/connection.h"

struct v1_view {
    str client_id;        /* of the view */
    bool is_whole_tenant; /* the global client's own: no client in particular */
    bool shows_secrets;
};
/* The caller's own view, or that of the query's `client`. Errors: ERR_INVALID_QUERY for a client that is not, or is
 * not the caller's. */
MUST_USE struct result v1_view_read(struct call *c, struct v1_view *out);

/* The connection of that name, when the caller may see it. Errors: ERR_INEXISTENT_CONNECTION. */
MUST_USE struct result v1_connection_find(struct call *c, str name, struct connection *out);
MUST_USE struct result v1_connection_present(struct call *c, const struct connection *connection, const struct v1_view *view,
                                             struct json **out);
/* May the viewing client (any client, for the whole tenant's view) use it? */
MUST_USE struct result v1_connection_status(struct call *c, const struct connection *connection, const struct v1_view *view,
                                            bool *out);

#endif
