#include "cli/control.h"

#include "base/log.h"
#include "contract/contract.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 1 << 20, READ_TIMEOUT_S = 10 };

static bool socket_address(const char *data_dir, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    static const char name[] = "/control.sock";
    size_t len = strlen(data_dir);
    if (len + sizeof name > sizeof out->sun_path)
        return false;
    memcpy(out->sun_path, data_dir, len);
    memcpy(out->sun_path + len, name, sizeof name);
    return true;
}

struct result control_run(struct control_context *c, const struct json *args, struct json **out)
{
    str name = json_get_text(args, STR("command"));
    for (size_t i = 0; i < control_command_count; i++)
        if (str_eq(control_commands[i].name, name))
            return control_commands[i].run(c, args, out);
    return fail1(ERR_USAGE, str_fmt(c->arena, "unknown command %.*s (see --help)", STR_ARG(name)));
}

/* --- lines ------------------------------------------------------------------------- */

static bool send_line(int fd, str line)
{
    while (line.len) {
        ssize_t n = send(fd, line.p, line.len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        line = str_sub(line, (size_t)n, line.len);
    }
    return send(fd, "\n", 1, MSG_NOSIGNAL) == 1;
}

static bool read_line(int fd, struct buf *b)
{
    char part[4096];
    for (;;) {
        ssize_t n = recv(fd, part, sizeof part, 0);
        if (n <= 0)
            return false;
        buf_add(b, (str){ part, (size_t)n });
        if (b->full)
            return false;
        if (part[n - 1] == '\n')
            return true;
    }
}

/* --- the server's side ----------------------------------------------------------------- */

struct control_server {
    struct control_context shared;
    int listen_fd, stop_pipe[2];
    pthread_t thread;
};

str control_words(struct arena *a, struct result r)
{
    int status;
    const struct err_args *args = &r.args;
    if (!err_rows[r.kind].log || !args->v[0].len)
        return json_get_text(error_body(a, API_V2, r, &status), STR("message"));
    return args->v[1].len ? str_fmt(a, "%.*s: %.*s", STR_ARG(args->v[0]), STR_ARG(args->v[1])) : args->v[0];
}

static void serve_one(struct control_server *s, int fd)
{
    struct arena *a = arena_new_secret(0);
    struct control_context c = s->shared;
    struct json *args, *answer = NULL, *reply = json_object(a);
    struct buf line;
    c.arena = a;
    buf_init(&line, LINE_BYTES_MAX);
    if (read_line(fd, &line)) {
        struct result r = json_parse(a, str_trim(buf_str(&line)), &args);
        if (!failed(r))
            r = control_run(&c, args, &answer);
        if (failed(r))
            json_set_text(a, reply, r.kind == ERR_USAGE ? STR("usage") : STR("error"), control_words(a, r));
        else
            json_set(a, reply, STR("answer"), answer ? answer : json_object(a));
        send_line(fd, json_dump(a, reply));
    }
    buf_free(&line);
    arena_free(a);
}

static void *accept_loop(void *arg)
{
    struct control_server *s = arg;
    struct pollfd fds[2] = { { .fd = s->listen_fd, .events = POLLIN }, { .fd = s->stop_pipe[0], .events = POLLIN } };
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (fds[1].revents)
            return NULL;
        int fd = fds[0].revents ? accept(s->listen_fd, NULL, NULL) : -1;
        if (fd < 0)
            continue;
        struct timeval limit = { .tv_sec = READ_TIMEOUT_S };
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        serve_one(s, fd);
        close(fd);
    }
}

static int listen_on(const char *data_dir)
{
    struct sockaddr_un address;
    if (!socket_address(data_dir, &address))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(address.sun_path); /* the lock file has shown that no other server lives */
    mode_t before = umask(0177);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 16) == 0;
    umask(before);
    if (bound)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

struct result control_server_start(const struct control_context *shared, struct control_server **out)
{
    struct control_server *s = calloc(1, sizeof *s);
    if (!s)
        die("out of memory");
    s->shared = *shared;
    s->listen_fd = listen_on(shared->data_dir);
    if (s->listen_fd < 0 || pipe(s->stop_pipe) != 0 || pthread_create(&s->thread, NULL, accept_loop, s) != 0) {
        free(s);
        return fail2(ERR_LISTEN, STR("DIR/control.sock"), str_from("the socket cannot be made (is the path too long?)"));
    }
    *out = s;
    return OK;
}

void control_server_stop(struct control_server *s)
{
    struct sockaddr_un address;
    if (!s)
        return;
    close(s->stop_pipe[1]);
    pthread_join(s->thread, NULL);
    close(s->stop_pipe[0]);
    close(s->listen_fd);
    if (socket_address(s->shared.data_dir, &address))
        unlink(address.sun_path);
    free(s);
}

/* --- the asking side ----------------------------------------------------------------------- */

struct result control_ask(struct arena *a, const char *data_dir, const struct json *args, struct json **out, bool *out_served)
{
    struct sockaddr_un address;
    struct json *reply;
    struct buf line;
    *out_served = false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || !socket_address(data_dir, &address) || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        if (fd >= 0)
            close(fd);
        return OK;
    }
    *out_served = true;
    buf_init(&line, LINE_BYTES_MAX);
    bool answered = send_line(fd, json_dump(a, args)) && read_line(fd, &line);
    close(fd);
    str text = str_dup(a, str_trim(buf_str(&line)));
    buf_free(&line);
    if (!answered)
        return fail1(ERR_BAD_REQUEST, STR("the running server did not answer"));
    TRY(json_parse(a, text, &reply));
    *out = json_get(reply, STR("answer"));
    if (*out)
        return OK;
    str usage = json_get_text(reply, STR("usage"));
    return usage.p ? fail1(ERR_USAGE, usage) : fail1(ERR_BAD_REQUEST, json_get_text(reply, STR("error")));
}
