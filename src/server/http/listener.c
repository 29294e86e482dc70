/* Listening sockets: from a host name to descriptors, and from them to
 * connections. */
#include "server/http/conn.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_TRIES = 16, ACCEPTS_A_TURN = 64 };

struct address {
    struct sockaddr_storage sa;
    socklen_t len;
};

struct address_list {
    struct address a[ADDRESSES_MAX];
    size_t count;
};

/* --- names ------------------------------------------------------------------------ */

static void list_add(struct address_list *l, const struct sockaddr *sa, socklen_t len)
{
    if (l->count == ADDRESSES_MAX || len > sizeof l->a->sa)
        return;
    for (size_t i = 0; i < l->count; i++)
        if (l->a[i].len == len && memcmp(&l->a[i].sa, sa, len) == 0)
            return; /* resolvers may name one twice */
    memcpy(&l->a[l->count].sa, sa, len);
    l->a[l->count++].len = len;
}

static void list_add_both(struct address_list *l, struct in_addr v4, struct in6_addr v6)
{
    struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_addr = v4 };
    struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_addr = v6 };
    list_add(l, (struct sockaddr *)&a4, sizeof a4);
    list_add(l, (struct sockaddr *)&a6, sizeof a6);
}

/* localhost is never asked of a resolver (RFC 6761 §6.3). 0: done; else for
 * gai_strerror. */
static int resolve(str host, struct address_list *out)
{
    char name[256];
    if (host.len == 0 || str_eq(host, STR("*"))) {
        list_add_both(out, (struct in_addr){ htonl(INADDR_ANY) }, in6addr_any);
        return 0;
    }
    if (str_eq_nocase(host, STR("localhost"))) {
        list_add_both(out, (struct in_addr){ htonl(INADDR_LOOPBACK) }, in6addr_loopback);
        return 0;
    }
    if (host.p[0] == '[' && host.p[host.len - 1] == ']')
        host = str_sub(host, 1, host.len - 2);
    if (host.len >= sizeof name)
        return EAI_NONAME;
    snprintf(name, sizeof name, "%.*s", STR_ARG(host));
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *found = NULL;
    int err = getaddrinfo(name, NULL, &hints, &found);
    for (struct addrinfo *i = err ? NULL : found; i; i = i->ai_next)
        list_add(out, i->ai_addr, i->ai_addrlen);
    if (!err)
        freeaddrinfo(found);
    return err;
}

/* --- binding ---------------------------------------------------------------------- */

static void set_port(struct address *a, uint16_t port)
{
    if (a->sa.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&a->sa)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)&a->sa)->sin_port = htons(port);
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage sa = { 0 };
    socklen_t len = sizeof sa;
    getsockname(fd, (struct sockaddr *)&sa, &len);
    return ntohs(sa.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&sa)->sin6_port : ((struct sockaddr_in *)&sa)->sin_port);
}

/* The descriptor, or -1 with errno. Accepted sockets inherit TCP_NODELAY. */
static int listen_on(const struct address *a)
{
    int fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (a->sa.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&a->sa, a->len) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* The machine lacks the family or the address: no error beside others. */
static bool address_is_absent(int error)
{
    return error == EAFNOSUPPORT || error == EADDRNOTAVAIL || error == EPROTONOSUPPORT;
}

static void close_from(struct http_server *s, size_t first)
{
    while (s->socket_count > first)
        close(s->sockets[--s->socket_count].fd);
}

/* Bind all addresses on one port. 0 or errno; nothing stays open on failure. */
static int bind_list(struct http_server *s, size_t listener, struct address_list *list, uint16_t port)
{
    size_t first = s->socket_count;
    int error = EADDRNOTAVAIL;
    for (size_t i = 0; i < list->count && s->socket_count < ADDRESSES_MAX; i++) {
        set_port(&list->a[i], port);
        int fd = listen_on(&list->a[i]);
        if (fd < 0 && address_is_absent(errno))
            continue;
        if (fd < 0) {
            error = errno;
            close_from(s, first);
            return error;
        }
        port = port ? port : port_of(fd);
        struct listen_socket *l = &s->sockets[s->socket_count++];
        *l = (struct listen_socket){ .fd = fd, .tls = s->cfg.listeners[listener].tls, .listener = listener, .port = port };
    }
    return s->socket_count > first ? 0 : error;
}

static struct result cannot_listen(const struct http_listener *l, const char *why)
{
    static _Thread_local char where[300], reason[200];
    snprintf(where, sizeof where, "%.*s:%u", STR_ARG(str_sub(l->host, 0, 255)), l->port);
    snprintf(reason, sizeof reason, "%s", why);
    return fail2(ERR_LISTEN, str_from(where), str_from(reason));
}

/* A port that the system picks for the first address may be taken on the
 * second: pick again. */
static struct result bind_one(struct http_server *s, size_t listener)
{
    const struct http_listener *l = &s->cfg.listeners[listener];
    struct address_list list = { 0 };
    int unknown = resolve(l->host, &list);
    if (unknown)
        return cannot_listen(l, gai_strerror(unknown));
    int error = bind_list(s, listener, &list, l->port);
    for (int i = 1; i < PORT_TRIES && error == EADDRINUSE && l->port == 0; i++)
        error = bind_list(s, listener, &list, 0);
    char text[100];
    return error ? cannot_listen(l, strerror_r(error, text, sizeof text)) : OK;
}

struct result listener_bind_all(struct http_server *s)
{
    struct result r = OK;
    for (size_t i = 0; i < s->cfg.listener_count && !failed(r); i++)
        r = bind_one(s, i);
    if (failed(r))
        close_from(s, 0);
    return r;
}

/* --- accepting -------------------------------------------------------------------- */

void listener_arm(struct http_server *s, struct listen_socket *l, int epoll_op)
{
    struct epoll_event ev = { .events = EPOLLIN | EPOLLONESHOT, .data.ptr = l };
    if (epoll_ctl(s->epoll_fd, epoll_op, l->fd, &ev) != 0 && errno != ENOENT) /* taken out by the stop */
        log_error("cannot wait for connections: errno %d", errno);
}

/* Out of descriptors: trying at once would spin. The sweep tries again. */
static void rest(struct http_server *s, struct listen_socket *l)
{
    atomic_fetch_add(&s->resting, 1);
    atomic_store(&l->resting, true);
    timer_sweep_soon(s);
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

void listener_accept(struct http_server *s, struct listen_socket *l)
{
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer;
        int fd = accept4(l->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && is_shortage(errno)) {
            rest(s, l);
            return;
        }
        if (fd < 0)
            break; /* EAGAIN, or a connection that went away while waiting */
        struct conn *c = conn_new(s, fd, l->tls, (struct sockaddr *)&peer);
        if (c)
            conn_arm_first(c);
    }
    if (!atomic_load(&s->stopping))
        listener_arm(s, l, EPOLL_CTL_MOD);
}
