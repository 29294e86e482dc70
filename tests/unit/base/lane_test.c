#include "base/lane.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 5000 };

static void count(void *ctx)
{
    atomic_fetch_add((atomic_int *)ctx, 1);
}

static bool becomes(atomic_int *value, int want)
{
    for (int ms = 0; ms < PATIENCE_MS; ms++) {
        if (atomic_load(value) == want)
            return true;
        usleep(1000);
    }
    return false;
}

struct visitor {
    struct lane *lane;
    atomic_int *inside;
};

static void *visit(void *arg)
{
    struct visitor *v = arg;
    if (failed(lane_enter(v->lane)))
        return arg;
    atomic_fetch_add(v->inside, 1);
    return NULL;
}

static void full_lane_lets_some_wait_and_no_more(void **state)
{
    (void)state;
    struct lane *l = lane_new(1);
    atomic_int inside = 0;
    struct visitor v = { l, &inside };
    pthread_t waiting;
    lane_set_waiters_max(1);
    assert_int_equal(lane_enter(l).kind, ERR_NONE);
    pthread_create(&waiting, NULL, visit, &v);
    usleep(100 * 1000); /* by then it waits */
    struct result third = lane_enter(l);
    assert_int_equal(third.kind, ERR_LANE_FULL);
    assert_int_equal(atomic_load(&inside), 0);
    lane_leave(l);
    void *refused = NULL;
    pthread_join(waiting, &refused);
    assert_null(refused);
    assert_int_equal(atomic_load(&inside), 1);
    lane_leave(l);
    lane_free(l);
}

static void waiters_max_is_shared_by_all_lanes(void **state)
{
    (void)state;
    struct lane *a = lane_new(1), *b = lane_new(1);
    lane_set_waiters_max(0);
    assert_int_equal(lane_enter(a).kind, ERR_NONE);
    assert_int_equal(lane_enter(a).kind, ERR_LANE_FULL);
    assert_int_equal(lane_enter(b).kind, ERR_NONE);
    assert_int_equal(lane_enter(b).kind, ERR_LANE_FULL);
    lane_leave(a);
    lane_leave(b);
    lane_free(a);
    lane_free(b);
}

static void parked_ones_are_told_once_and_in_turn(void **state)
{
    (void)state;
    struct lane *l = lane_new(1);
    atomic_int first = 0, second = 0, now = 0;
    lane_when_free(l, count, &now);
    assert_int_equal(atomic_load(&now), 1);
    assert_int_equal(lane_enter(l).kind, ERR_NONE);
    lane_when_free(l, count, &first);
    lane_when_free(l, count, &second);
    assert_int_equal(atomic_load(&first), 0);
    lane_pass(l); /* no place: nobody's turn */
    assert_int_equal(atomic_load(&first), 0);
    lane_leave(l);
    assert_int_equal(atomic_load(&first), 1);
    assert_int_equal(atomic_load(&second), 0);
    lane_pass(l); /* the first did not enter */
    assert_int_equal(atomic_load(&second), 1);
    lane_pass(l);
    assert_int_equal(atomic_load(&first), 1);
    assert_int_equal(atomic_load(&second), 1);
    lane_free(l);
}

static void *work(void *arg)
{
    struct visitor *v = arg;
    for (int i = 0; i < 2000; i++) {
        if (failed(lane_enter(v->lane)))
            continue;
        int with_me = atomic_fetch_add(v->inside, 1);
        atomic_fetch_sub(v->inside, 1);
        lane_leave(v->lane);
        if (with_me > 1)
            return arg; /* three at once in a lane of two */
    }
    return NULL;
}

static void places_are_never_exceeded(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    struct lane *l = lane_new(2);
    atomic_int inside = 0, told = 0;
    struct visitor v = { l, &inside };
    pthread_t threads[THREADS];
    lane_set_waiters_max(4);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, &v);
    for (int i = 0; i < 100; i++)
        lane_when_free(l, count, &told);
    for (int i = 0; i < THREADS; i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    while (atomic_load(&told) < 100 && !failed(lane_enter(l)))
        lane_leave(l);
    assert_true(becomes(&told, 100));
    lane_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_lane_lets_some_wait_and_no_more),
        cmocka_unit_test(waiters_max_is_shared_by_all_lanes),
        cmocka_unit_test(parked_ones_are_told_once_and_in_turn),
        cmocka_unit_test(places_are_never_exceeded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
