/* A request's body as it comes in: in memory while small, else in a file
 * without a name that is mapped when whole, so that an upload of gigabytes
 * costs no memory that the system cannot take back. */
#ifndef SERVER_BODY_H
#define SERVER_BODY_H

#include "base/buf.h"

enum { BODY_IN_MEMORY_MAX = 1 << 20 };

struct body {
    struct buf mem;
    size_t len, limit;
    int fd;    /* of the file, -1: none */
    void *map; /* NULL: none */
    const char *spool_dir;
};

void body_init(struct body *b, const char *spool_dir);
void body_clear(struct body *b, size_t keep); /* keeps at most keep bytes of memory */
/* False: over the limit, or (failed: true) the file cannot be written. */
bool body_add(struct body *b, str piece, bool *out_failed);
/* The whole, until body_clear. False: it cannot be mapped. */
bool body_whole(struct body *b, str *out);

#endif
