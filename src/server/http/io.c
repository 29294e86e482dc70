/* Reading and writing, plain or TLS. */
#include "server/http/conn.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { RECORD_BYTES = 16 * 1024 }; /* the most that one TLS record carries */

static enum io io_of_errno(enum io when_blocked)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return when_blocked;
    return IO_ERROR;
}

static enum io read_plain(struct conn *c, void *to, size_t cap, size_t *out_len)
{
    ssize_t n;
    do
        n = recv(c->fd, to, cap, 0);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return IO_EOF;
    if (n < 0)
        return io_of_errno(IO_WANT_READ);
    *out_len = (size_t)n;
    c->drained = *out_len < cap;
    return IO_OK;
}

static enum io read_tls(struct conn *c, void *to, size_t cap, size_t *out_len)
{
    enum io io = tls_read(c->tls, to, cap, out_len);
    c->drained = io == IO_OK && !tls_has_pending(c->tls);
    return io;
}

/* A short read has emptied the socket. Arming it looks again, so one more read
 * that finds nothing is saved. */
enum io io_read(struct conn *c, void *to, size_t cap, size_t *out_len)
{
    if (c->drained)
        return IO_WANT_READ;
    return c->tls ? read_tls(c, to, cap, out_len) : read_plain(c, to, cap, out_len);
}

static enum io write_plain(struct conn *c, const struct iovec *v, int count, size_t *out_len)
{
    struct msghdr m = { .msg_iov = (struct iovec *)v, .msg_iovlen = (size_t)count };
    ssize_t n;
    do
        n = sendmsg(c->fd, &m, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return io_of_errno(IO_WANT_WRITE);
    *out_len = (size_t)n;
    return IO_OK;
}

/* One record carries head and body of a small answer. After IO_WANT_WRITE the
 * same bytes are gathered again, as OpenSSL demands. */
static enum io write_tls(struct conn *c, const struct iovec *v, int count, size_t *out_len)
{
    char record[RECORD_BYTES];
    if (count == 1 || v[0].iov_len >= sizeof record)
        return tls_write(c->tls, v[0].iov_base, v[0].iov_len, out_len);
    size_t len = 0;
    for (int i = 0; i < count && len < sizeof record; i++) {
        size_t room = sizeof record - len;
        size_t part = v[i].iov_len < room ? v[i].iov_len : room;
        memcpy(record + len, v[i].iov_base, part);
        len += part;
    }
    return tls_write(c->tls, record, len, out_len);
}

enum io io_write(struct conn *c, const struct iovec *v, int count, size_t *out_len)
{
    return c->tls ? write_tls(c, v, count, out_len) : write_plain(c, v, count, out_len);
}
