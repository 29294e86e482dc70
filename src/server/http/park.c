/* A request whose lane had no place to wait gives its thread back and is
 * handled again when the lane has room (base/lane.h). */
#include "server/http/conn.h"

#include <sys/epoll.h>

void http_park(struct http_request *rq, struct lane *l)
{
    struct message *m = (struct message *)((char *)rq - offsetof(struct message, rq));
    m->lane = l;
    m->park = true;
}

/* Any thread. The connection is not armed, so nobody else touches it. Waiting
 * for room to write wakes one of the layer's threads at once; a peer that
 * does not even take what was sent before can wait. */
static void wake(void *ctx)
{
    struct conn *c = ctx;
    struct http_server *s = c->server;
    struct epoll_event ev = { .events = EPOLLOUT | EPOLLONESHOT, .data.ptr = c };
    int epoll_fd = s->epoll_fd, fd = c->fd;
    atomic_fetch_sub(&s->parked, 1);
    timer_set(c);
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &ev);
}

void park_conn(struct conn *c)
{
    struct lane *l = c->msg->lane;
    atomic_fetch_add(&c->server->parked, 1);
    lane_when_free(l, wake, c);
}
