/* The operations that the document engine does whole: `does:` in the contract. */
#ifndef API_V2_DOCUMENT_H
#define API_V2_DOCUMENT_H

#include "api/call.h"
#include "domain/document.h"

/* A document as a caller sees it: without what the contract hides, with the fields that the query names. */
struct json *v2_document_shown(struct call *c, const struct document *d);

struct result v2_document_list(struct call *c);
struct result v2_document_read(struct call *c);
struct result v2_document_create(struct call *c);
struct result v2_document_patch(struct call *c);
struct result v2_document_delete(struct call *c);

/* The filters of spec that the query sets; out: room for all of them. Answers how many. */
size_t v2_document_filters(const struct call *c, const struct resource_spec *spec, struct document_filter *out);

#endif
