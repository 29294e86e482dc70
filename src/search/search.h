/* User search: query languages compiled to one plan over user_terms, and the
 * index that the plan reads (docs/design.md, decision 11). Exact and current:
 * index rows are written in the user's own transaction.
 *
 * A user document (users.doc) is the v2 user object without secrets: user_id,
 * email, name …, identities[], app_metadata, user_metadata, dates as ISO text.
 * Field names are dotted paths into it; array levels do not count
 * ("identities.provider"). Derived: "email.domain". */
#ifndef SEARCH_SEARCH_H
#define SEARCH_SEARCH_H

#include "json/json.h"
#include "store/store.h"

/* Write the difference between two versions of a user's document to the index
 * (search/index.h: for a writer that keeps the rows itself).
 * before: NULL for a new user, after: NULL for one that goes. */
MUST_USE struct result search_index_user(struct tx *tx, int64_t user, const struct json *before, const struct json *after);

struct search_node; /* a parsed query */
enum search_engine { SEARCH_V1, SEARCH_V2, SEARCH_V3 };

/* Lucene subset (engine v2 or v3) or the prefix search of engine v1. Errors:
 * ERR_INVALID_QUERY with the parser's words. An empty q matches all: *out NULL. */
MUST_USE struct result search_parse(struct arena *a, str q, enum search_engine engine, struct search_node **out);
/* The `search` parameter of API v1 (V1-REFERENCE 1.7). Never fails on unknown
 * attributes; they match nothing. Hand it the form-decoded text: a blank is also
 * read as a plus, and a plus as a blank. ERR_INVALID_QUERY: too long, no UTF-8. */
MUST_USE struct result search_parse_api_v1(struct arena *a, str text, struct search_node **out); /* empty: *out NULL */
/* The same language for the log list of API v1 (11.2): application, connection
 * and user are its fields; any other is ERR_INVALID_QUERY. */
MUST_USE struct result search_parse_api_v1_logs(struct arena *a, str text, struct search_node **out);
/* Building blocks for lists that are searches: `field` equals value. */
struct search_node *search_equals(struct arena *a, str field, str value);
struct search_node *search_any(struct arena *a, struct search_node *const *alternatives, size_t count);
struct search_node *search_and(struct arena *a, struct search_node *x, struct search_node *y); /* either may be NULL = all */
struct search_node *search_not(struct arena *a, struct search_node *x);

/* Does a document (any JSON object: users, log entries) match? The recheck of
 * plans, and log search. default_fields: where bare terms look. */
bool search_matches(const struct search_node *q, const struct json *doc, const str *default_fields, size_t default_field_count);

/* Order: users without the sort field stand last in both directions (as in
 * Elasticsearch); of several values ascending order takes the least, descending
 * the greatest; long texts sort by their first 255 bytes; ties, and the order by
 * creation, go by the users' internal ids, downwards when descending. */
struct search_request {
    const struct search_node *query; /* NULL: all */
    str sort_field;                  /* STR_NONE: by creation */
    bool descending;
    size_t offset, limit;
    bool want_total;
};
struct search_hit {
    int64_t user;
    struct json *doc;
};
struct search_page {
    struct search_hit *hits;
    size_t count, total; /* total: 0 unless it was wanted */
    bool more;
    bool total_is_bound; /* counting took too long: there are at least so many */
};
/* Exact and current: reads user_terms and users in tx, which may be a write
 * transaction. Hits live in tx->arena. Errors: ERR_TIMEOUT for a plan that is
 * too dear (2 s). */
MUST_USE struct result search_users(struct tx *tx, const struct search_request *rq, struct search_page *out);

#endif
