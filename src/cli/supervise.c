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

static volatile sig_atomic_t child_pid; /* 0: none lives */
static volatile sig_atomic_t asked_to_stop;

static void pass_on(int signal_number)
{
    int saved = errno;
    asked_to_stop = 1;
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

/* Signals wait while it is not settled who is who: one that came between fork
 * and child_pid would reach nobody, one after the child's end somebody else. */
static void hold_signals(bool hold)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

/* In the child: dies with the parent, also when that is killed. */
static void become_child(pid_t parent)
{
    struct sigaction act = { .sa_handler = SIG_DFL };
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    hold_signals(false);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
}

/* The dead child keeps its number until nobody can send to it any more. */
static int wait_for(pid_t pid)
{
    int status = 0;
    siginfo_t info;
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
        /* a signal was passed on */
    }
    hold_signals(true);
    child_pid = 0;
    return waitpid(pid, &status, 0) == pid ? status : 0;
}

struct result supervise(struct result (*fn)(const struct options *), const struct options *o)
{
    int restarts = 0;
    int64_t window_from = clock_monotonic_us();
    pid_t parent = getpid();
    watch_signals();
    hold_signals(true);
    for (;;) {
        if (asked_to_stop)
            exit(0);
        pid_t pid = fork();
        if (pid < 0)
            return fn(o);
        if (pid == 0) {
            become_child(parent);
            return fn(o);
        }
        child_pid = pid;
        hold_signals(false);
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
