#include "base/gzip.h"

#include "base/log.h"

#include <stdlib.h>
#include <zlib.h>

enum { LEVEL = 3, WINDOW_BITS_GZIP = 15 + 16, MEM_LEVEL = 8, ROOM = 64 << 10 };

struct gzip_stream {
    z_stream z;
};

struct gzip_stream *gzip_stream_new(void)
{
    struct gzip_stream *g = calloc(1, sizeof *g);
    if (!g || deflateInit2(&g->z, LEVEL, Z_DEFLATED, WINDOW_BITS_GZIP, MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        die("out of memory");
    return g;
}

void gzip_stream_free(struct gzip_stream *g)
{
    if (!g)
        return;
    deflateEnd(&g->z);
    free(g);
}

void gzip_stream_add(struct gzip_stream *g, str piece, bool last, struct buf *out)
{
    int state;
    g->z.next_in = (Bytef *)piece.p;
    g->z.avail_in = (uInt)piece.len;
    do {
        if (!buf_reserve(out, ROOM))
            return;
        g->z.next_out = (Bytef *)out->p + out->len;
        g->z.avail_out = ROOM;
        state = deflate(&g->z, last ? Z_FINISH : Z_NO_FLUSH);
        out->len += ROOM - g->z.avail_out;
    } while (g->z.avail_out == 0 || (last && state == Z_OK));
}
