/* The operations that the document engine does whole: `does:` in the contract. */
#ifndef API_V2_DOCUMENT_H
#define API_V2_DOCUMENT_H

#include "api/call.h"

struct result v2_document_list(struct call *c);
struct result v2_document_read(struct call *c);
struct result v2_document_create(struct call *c);
struct result v2_document_patch(struct call *c);
struct result v2_document_delete(struct call *c);

#endif
