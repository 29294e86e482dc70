/* Jobs come through a semaphore in place of epoll. */
#include "base/waits.h"
#include "server/http/crew.h"

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

enum { WANTED = 2, THREADS_MAX = 8, PATIENCE_S = 20 };

enum job { JOB_QUICK, JOB_WAITS_ALOUD, JOB_WAITS_SILENTLY };

struct house {
    struct crew crew;
    pthread_t threads[THREADS_MAX];
    unsigned thread_count;
    sem_t jobs, begun, done, go_on;
    atomic_int kind; /* of the jobs to come */
};

static void run_job(struct house *h, enum job kind)
{
    sem_post(&h->begun);
    if (kind == JOB_WAITS_ALOUD)
        waits_begin();
    if (kind != JOB_QUICK)
        sem_wait(&h->go_on);
    if (kind == JOB_WAITS_ALOUD)
        waits_end();
    sem_post(&h->done);
}

static void *thread_main(void *house)
{
    struct house *h = house;
    crew_join(&h->crew);
    while (crew_turn(&h->crew)) {
        sem_wait(&h->jobs);
        crew_polled(&h->crew);
        enum job kind = (enum job)atomic_load(&h->kind);
        if (!atomic_load(&h->crew.stopping))
            run_job(h, kind);
    }
    return NULL;
}

static bool more(void *house)
{
    struct house *h = house;
    return h->thread_count < THREADS_MAX && pthread_create(&h->threads[h->thread_count], NULL, thread_main, h) == 0
        && ++h->thread_count;
}

static int open_house(void **state)
{
    static struct house h;
    sem_t *all[] = { &h.jobs, &h.begun, &h.done, &h.go_on };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sem_init(all[i], 0, 0);
    h.thread_count = 0;
    *state = &h;
    return crew_start(&h.crew, WANTED, more, &h) ? 0 : -1;
}

static int close_house(void **state)
{
    struct house *h = *state;
    crew_stop(&h->crew);
    for (unsigned i = 0; i < h->thread_count; i++)
        sem_post(&h->jobs);
    for (unsigned i = 0; i < h->thread_count; i++)
        pthread_join(h->threads[i], NULL);
    crew_end(&h->crew);
    return 0;
}

static void await(sem_t *s, unsigned count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(sem_timedwait(s, &until), 0);
}

static void post(struct house *h, enum job kind, unsigned count)
{
    atomic_store(&h->kind, (int)kind);
    for (unsigned i = 0; i < count; i++)
        sem_post(&h->jobs);
    await(&h->begun, count);
}

static void release(struct house *h, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        sem_post(&h->go_on);
    await(&h->done, count);
}

static void few_do_quick_jobs(void **state)
{
    struct house *h = *state;
    for (unsigned i = 0; i < 200; i++) {
        post(h, JOB_QUICK, 1);
        await(&h->done, 1);
    }
    assert_true(h->thread_count < THREADS_MAX); /* WANTED, or more on a machine that takes long to start those */
}

/* All but one wait; the last thread serves the quick ones. */
static void jobs_run_beside(struct house *h, enum job kind)
{
    post(h, kind, THREADS_MAX - 1);
    for (unsigned i = 0; i < 50; i++) {
        post(h, JOB_QUICK, 1);
        await(&h->done, 1);
    }
    release(h, THREADS_MAX - 1);
}

static void jobs_run_beside_waits_that_are_told(void **state)
{
    jobs_run_beside(*state, JOB_WAITS_ALOUD);
}

static void jobs_run_beside_waits_that_are_not(void **state)
{
    jobs_run_beside(*state, JOB_WAITS_SILENTLY);
}

static void the_rest_sleeps_again(void **state)
{
    struct house *h = *state;
    jobs_run_beside(h, JOB_WAITS_ALOUD);
    for (unsigned i = 0; i < 10000 && atomic_load(&h->crew.awake) > WANTED; i++) {
        post(h, JOB_QUICK, 1);
        await(&h->done, 1);
    }
    assert_int_equal(atomic_load(&h->crew.awake), WANTED);
    jobs_run_beside(h, JOB_WAITS_SILENTLY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(few_do_quick_jobs, open_house, close_house),
        cmocka_unit_test_setup_teardown(jobs_run_beside_waits_that_are_told, open_house, close_house),
        cmocka_unit_test_setup_teardown(jobs_run_beside_waits_that_are_not, open_house, close_house),
        cmocka_unit_test_setup_teardown(the_rest_sleeps_again, open_house, close_house),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
