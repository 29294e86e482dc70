#include "contract/multipart.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define HEAD "Content-Disposition: form-data; name=\"a\"\r\n\r\n"

static const struct {
    const char *name, *type, *body, *want; /* name=content, files name@filename=content, joined by '|'; NULL: refused */
} rows[] = {
    { "one field", "multipart/form-data; boundary=b", "--b\r\n" HEAD "x\r\n--b--\r\n", "a=x" },
    { "empty", "multipart/form-data; boundary=b", "--b\r\n" HEAD "\r\n--b--", "a=" },
    { "no part", "multipart/form-data; boundary=b", "--b--\r\n", "" },
    { "quoted boundary", "multipart/form-data; charset=utf-8; boundary=\"b;c\"", "--b;c\r\n" HEAD "x\r\n--b;c--", "a=x" },
    { "preamble and blanks", "multipart/form-data; boundary=b", "hello\r\n--b \t\r\n" HEAD "x\r\n--b--", "a=x" },
    { "a file", "multipart/form-data; boundary=b",
      "--b\r\nContent-Type: text/plain\r\ncontent-disposition: FORM-DATA; name=u; filename=\"a\\\"b;c\"\r\n\r\n1\r\n2\r\n--b\r\n" HEAD "y\r\n--b--",
      "u@a\"b;c=1\r\n2|a=y" },
    { "boundary inside a line", "multipart/form-data; boundary=b", "--b\r\n" HEAD "x--b\r\n--b--", "a=x--b" },
    { "no boundary", "multipart/form-data", "--b\r\n" HEAD "x\r\n--b--", NULL },
    { "other type", "multipart/mixed; boundary=b", "--b\r\n" HEAD "x\r\n--b--", NULL },
    { "other boundary", "multipart/form-data; boundary=c", "--b\r\n" HEAD "x\r\n--b--", NULL },
    { "no end", "multipart/form-data; boundary=b", "--b\r\n" HEAD "x\r\n--b\r\n", NULL },
    { "cut off in a part", "multipart/form-data; boundary=b", "--b\r\n" HEAD "x", NULL },
    { "cut off in a head", "multipart/form-data; boundary=b", "--b\r\nContent-Disp", NULL },
    { "no name", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", NULL },
    { "no disposition", "multipart/form-data; boundary=b", "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--", NULL },
    { "nothing", "multipart/form-data; boundary=b", "", NULL },
};

static void parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *a = arena_new(0);
        struct multipart_part out[MULTIPART_PARTS_MAX];
        size_t count = 0;
        str got = STR("");
        bool good = multipart_read(a, str_from(rows[i].type), str_from(rows[i].body), out, &count);
        for (size_t k = 0; good && k < count; k++)
            got = str_fmt(a, "%.*s%s%.*s%s%.*s=%.*s", STR_ARG(got), k ? "|" : "", STR_ARG(out[k].name), out[k].filename.p ? "@" : "",
                          STR_ARG(out[k].filename), STR_ARG(out[k].content));
        if (good != !!rows[i].want || (good && !str_eq(got, str_from(rows[i].want))))
            fail_msg("%s: %d '%.*s'", rows[i].name, good, STR_ARG(got));
        arena_free(a);
    }
}

static void too_many(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct multipart_part out[MULTIPART_PARTS_MAX];
    size_t count = 0;
    str body = STR("");
    for (int i = 0; i < MULTIPART_PARTS_MAX; i++)
        body = str_cat(a, body, STR("--b\r\n" HEAD "x\r\n"));
    assert_true(multipart_read(a, STR("multipart/form-data; boundary=b"), str_cat(a, body, STR("--b--")), out, &count));
    assert_int_equal(count, MULTIPART_PARTS_MAX);
    assert_false(multipart_read(a, STR("multipart/form-data; boundary=b"), str_cat(a, body, STR("--b\r\n" HEAD "x\r\n--b--")), out, &count));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(parts), cmocka_unit_test(too_many) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
