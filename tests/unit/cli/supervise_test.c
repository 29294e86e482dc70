/* A server that dies: again and again when it served, a few times when it never
 * came up. Each case runs the supervisor in a process of its own. */
#include "cli/supervise.h"

#include "base/clock.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* cmocka's: ours is base/result.h */

enum { CODE = 7 };

/* What a run does: serves or not, then dies; the last one ends with CODE. */
static struct plan {
    const char *name;
    bool serves;
    int deaths;        /* before a run that ends well; -1: all die */
    int stop_at;       /* SIGTERM to the supervisor during this run's pause; 0: never */
    int want_code, want_runs;
} plans[] = {
    { "never up", false, -1, 0, 1, 5 },
    { "up at last", false, 3, 0, CODE, 4 },
    { "it served each time", true, 6, 0, CODE, 7 },
    { "stopped during the pause", true, -1, 6, 0, 6 },
    { "ends by itself at once", false, 0, 0, CODE, 1 },
};
static const struct plan *plan;
static atomic_int *runs;

static struct result run(const struct options *o)
{
    (void)o;
    int n = atomic_fetch_add(runs, 1) + 1;
    if (plan->serves)
        supervise_serving();
    if (plan->deaths < 0 || n <= plan->deaths)
        kill(getpid(), SIGKILL);
    return OK;
}

static _Noreturn void be_the_server(void)
{
    struct result r = supervise(run, NULL);
    _exit(failed(r) ? 2 : CODE);
}

static int64_t stop_in_pause(pid_t pid)
{
    while (atomic_load(runs) < plan->stop_at)
        usleep(2000);
    usleep(100 * 1000); /* its run is over by then, and the pause lasts two seconds */
    kill(pid, SIGTERM);
    return clock_monotonic_us();
}

static void deaths(void **state)
{
    (void)state;
    runs = mmap(NULL, sizeof *runs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(runs, MAP_FAILED);
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        plan = &plans[i];
        atomic_store(runs, 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            be_the_server();
        int status = 0;
        int64_t stopped_us = plan->stop_at ? stop_in_pause(pid) : 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != plan->want_code || atomic_load(runs) != plan->want_runs)
            print_error("%s: status %x, %d runs\n", plan->name, (unsigned)status, atomic_load(runs));
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), plan->want_code);
        assert_int_equal(atomic_load(runs), plan->want_runs);
        if (stopped_us)
            assert_true(clock_monotonic_us() - stopped_us < 1500 * US_PER_MS);
    }
    munmap(runs, sizeof *runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(deaths) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
