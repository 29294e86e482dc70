/* The q of searches for organizations and APIs: Lucene, or filters as in SCIM
 * (RFC 7644 §3.4.2.2), which are written anew in Lucene. */
#ifndef API_V2_SEARCH_QUERY_H
#define API_V2_SEARCH_QUERY_H

#include "search/search.h"

/* parser: "scim" or "lucene"; empty: lucene. *out: NULL for all. Errors: ERR_INVALID_QUERY. */
MUST_USE struct result search_query_parse(struct arena *a, str q, str parser, struct search_node **out);
/* bare: the members that words without a field look into. NULL matches everything. */
bool search_query_matches(const struct search_node *query, const struct json *object, const str *bare, size_t bare_count);

#endif
