/* gzip, the one door to zlib. A stream's state is a quarter of a megabyte, so
 * a few are kept and cleaned rather than made for each answer. */
#include "server/http/conn.h"

#include "base/log.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum { LEVEL = 5, WINDOW_BITS_GZIP = 15 + 16, MEM_LEVEL = 8, SPARE_MAX = 2 };

static struct {
    pthread_mutex_t lock;
    z_stream *spare[SPARE_MAX];
    unsigned count;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

static z_stream *stream_take(void)
{
    pthread_mutex_lock(&pool.lock);
    z_stream *z = pool.count ? pool.spare[--pool.count] : NULL;
    pthread_mutex_unlock(&pool.lock);
    if (z)
        return z;
    z = calloc(1, sizeof *z);
    if (!z || deflateInit2(z, LEVEL, Z_DEFLATED, WINDOW_BITS_GZIP, MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        die("out of memory");
    return z;
}

static void stream_free(z_stream *z)
{
    deflateEnd(z);
    free(z);
}

static void stream_give(z_stream *z)
{
    deflateReset(z);
    pthread_mutex_lock(&pool.lock);
    bool keep = pool.count < SPARE_MAX;
    if (keep)
        pool.spare[pool.count++] = z;
    pthread_mutex_unlock(&pool.lock);
    if (!keep)
        stream_free(z);
}

/* In one go into room that is one byte short of the original: what does not
 * end there is not worth sending. */
bool gzip_pack(str from, struct buf *out)
{
    size_t room = from.len - 1;
    if (from.len > UINT_MAX || !buf_reserve(out, room))
        return false;
    z_stream *z = stream_take();
    z->next_in = (Bytef *)from.p;
    z->avail_in = (uInt)from.len;
    z->next_out = (Bytef *)out->p;
    z->avail_out = (uInt)room;
    bool ended = deflate(z, Z_FINISH) == Z_STREAM_END;
    out->len = ended ? room - z->avail_out : 0;
    stream_give(z);
    return ended;
}

void gzip_drop_spare(void)
{
    pthread_mutex_lock(&pool.lock);
    while (pool.count)
        stream_free(pool.spare[--pool.count]);
    pthread_mutex_unlock(&pool.lock);
}
