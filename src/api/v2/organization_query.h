/* The q of GET /organizations/search: Lucene, or filters as in SCIM
 * (RFC 7644 §3.4.2.2), which are written anew in Lucene. */
#ifndef API_V2_ORGANIZATION_QUERY_H
#define API_V2_ORGANIZATION_QUERY_H

#include "search/search.h"

/* parser: "scim" or "lucene"; empty: lucene. *out: NULL for all. Errors: ERR_INVALID_QUERY. */
MUST_USE struct result organization_query_parse(struct arena *a, str q, str parser, struct search_node **out);
/* Bare words look into name and display_name. */
bool organization_query_matches(const struct search_node *query, const struct json *organization);

#endif
