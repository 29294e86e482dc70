/* What the lists of API v1 share (V1-REFERENCE 1.6, 11.2): pages by number,
 * sort=field:1, fields with exclude_fields. */
#ifndef API_V1_PAGE_H
#define API_V1_PAGE_H

#include "api/call.h"

struct v1_page {
    size_t page, per_page, offset;
};
/* per_page and its default are the contract's. Errors: ERR_INVALID_QUERY for a page beyond all counting. */
MUST_USE struct result v1_page_read(const struct call *c, struct v1_page *out);
void v1_page_link_next(struct call *c, const struct v1_page *p);

/* sort of the query; *out_field is STR_NONE when there is none. Errors: ERR_INVALID_QUERY. */
MUST_USE struct result v1_sort_read(const struct call *c, str *out_field, bool *out_descending);

/* fields and exclude_fields applied to an object. long_name: the real name behind one that the query has; NULL: itself. */
struct json *v1_pick_fields(const struct call *c, struct json *object, str (*long_name)(str name));

#endif
