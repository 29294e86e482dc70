#include "cli/supervise.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RESTARTS_MAX = 5, RESTARTS_WINDOW_S = 60 };

static volatile sig_atomic_t child_pid;

static void pass_on(int signal_number)
{
    int saved = errno;
    if (child_pid > 0)
        kill((pid_t)child_pid, signal_number);
    errno = saved;
}

static void watch_signals(void)
{
    struct sigaction act = { .sa_handler = pass_on };
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
}

/* In the child: dies with the parent, also when that is killed. */
static void become_child(pid_t parent)
{
    struct sigaction act = { .sa_handler = SIG_DFL };
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
}

static int wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 0;
    return status;
}

struct result supervise(struct result (*fn)(const struct options *), const struct options *o)
{
    int restarts = 0;
    int64_t window_from = clock_monotonic_us();
    pid_t parent = getpid();
    watch_signals();
    for (;;) {
        pid_t pid = fork();
        if (pid < 0)
            return fn(o);
        if (pid == 0) {
            become_child(parent);
            return fn(o);
        }
        child_pid = pid;
        int status = wait_for(pid);
        if (!WIFSIGNALED(status))
            exit(WEXITSTATUS(status));
        if (WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGINT)
            exit(0);
        if (clock_monotonic_us() - window_from > RESTARTS_WINDOW_S * US_PER_S) {
            restarts = 0;
            window_from = clock_monotonic_us();
        }
        if (++restarts > RESTARTS_MAX)
            die("the server died %d times within a minute (signal %d); not started again", restarts, WTERMSIG(status));
        log_error("the server died (signal %d) and is started again", WTERMSIG(status));
    }
}
