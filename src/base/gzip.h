/* A gzip stream, piece by piece into a buffer: for what is too long to be
 * packed in one go (src/server/http/gzip.c packs answers). */
#ifndef BASE_GZIP_H
#define BASE_GZIP_H

#include "base/buf.h"

struct gzip_stream;
struct gzip_stream *gzip_stream_new(void); /* a quarter of a megabyte */
void gzip_stream_free(struct gzip_stream *g);
/* What is packed of it by now is added to out; last: and the end. */
void gzip_stream_add(struct gzip_stream *g, str piece, bool last, struct buf *out);

#endif
