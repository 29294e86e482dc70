#include "cli/supervise.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED_STARTS_MAX = 5, CALM_S = 60 };

/* How long to wait after the first death, the second and so on; the last for all
 * that follow. A server that served for CALM_S begins anew. */
static const int pauses_ms[] = { 0, 100, 200, 500, 1000, 2000, 5000 };

static volatile sig_atomic_t child_pid; /* 0: none lives */
static volatile sig_atomic_t asked_to_stop;
static atomic_bool *serving; /* shared with the child; NULL without a parent */

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

void supervise_serving(void)
{
    if (serving)
        atomic_store(serving, true);
}

struct deaths {
    unsigned row;           /* since it served calmly */
    unsigned failed_starts; /* since it served at all */
};

/* A signal that asks to stop ends the pause, and us. Signals are held. */
static void pause_ms(int ms)
{
    sigset_t set;
    struct timespec span = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigtimedwait(&set, NULL, &span) > 0)
        exit(0);
}

/* Ends us when the child's end was no accident, or when it never comes up. */
static void after_death(struct deaths *d, int status, int64_t lived_us)
{
    bool served = atomic_load(serving);
    size_t last = sizeof pauses_ms / sizeof *pauses_ms - 1;
    if (!WIFSIGNALED(status))
        exit(WEXITSTATUS(status));
    if (WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGINT)
        exit(0);
    d->failed_starts = served ? 0 : d->failed_starts + 1;
    if (d->failed_starts == FAILED_STARTS_MAX) {
        log_error("the server died %d times before it served (signal %d); not started again", FAILED_STARTS_MAX, WTERMSIG(status));
        exit(1);
    }
    if (served && lived_us > CALM_S * US_PER_S)
        d->row = 0;
    int ms = pauses_ms[d->row < last ? d->row : last];
    d->row++;
    log_error("the server died (signal %d) and is started again in %d ms", WTERMSIG(status), ms);
    pause_ms(ms);
}

static void share_a_flag(void)
{
    void *page = mmap(NULL, sizeof *serving, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        die("out of memory");
    serving = page;
}

struct result supervise(struct result (*fn)(const struct options *), const struct options *o)
{
    struct deaths deaths = { 0 };
    pid_t parent = getpid();
    share_a_flag();
    watch_signals();
    hold_signals(true);
    for (;;) {
        int64_t from_us = clock_monotonic_us();
        atomic_store(serving, false);
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
        after_death(&deaths, status, clock_monotonic_us() - from_us);
    }
}
