/* For tests of the contract: an arena a test, JSON from text. */
#ifndef TESTS_CONTRACT_TESTING_H
#define TESTS_CONTRACT_TESTING_H

#include "contract/validate.h"
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ROWS(rows) (sizeof(rows) / sizeof *(rows))

static inline int testing_setup(void **state)
{
    *state = arena_new(0);
    return 0;
}

static inline int testing_teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static inline struct json *testing_json(struct arena *a, const char *text)
{
    struct json *v = NULL;
    if (json_parse(a, str_from(text), &v).kind != ERR_NONE)
        fail_msg("no JSON: %s", text);
    return v;
}

static inline void testing_same(const char *name, str got, const char *want)
{
    if (!str_eq(got, str_from(want))) {
        print_error("%s:\n  got  %.*s\n  want %s\n", name, STR_ARG(got), want);
        fail();
    }
}

static inline const struct operation *testing_operation(const char *name)
{
    for (size_t i = 0; i < OP_MAX; i++)
        if (str_eq(operations[i].name, str_from(name)))
            return &operations[i];
    fail_msg("no operation %s", name);
    return NULL;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, testing_setup, testing_teardown)

#endif
