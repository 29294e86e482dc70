/* Password hashes of every format that can be verified, right, wrong, malformed. */
#include "crypto/password.h"

#include "base/clock.h"
#include "rfc7515.h"

#include <string.h>
#include <time.h>

#define U72 "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static const struct { const char *name; str password; const char *hash; bool want; } rows[] = {
    { "bcrypt 2a", STR_INIT("U*U"), "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", true },
    { "bcrypt 2b", STR_INIT("U*U"), "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", true },
    { "bcrypt 2y", STR_INIT("U*U*"), "$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", true },
    { "bcrypt other password", STR_INIT("U*U"), "$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", false },
    { "bcrypt other salt", STR_INIT("U*U*U"), "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", true },
    { "bcrypt empty password", STR_INIT(""), "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", true },
    { "bcrypt cut at 72", STR_INIT(U72 "chars after 72 are ignored"),
      "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", true },
    { "bcrypt exactly 72", STR_INIT(U72), "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", true },
    { "bcrypt beyond crypt's own limit", STR_INIT(U72 U72 U72 U72 U72 U72 U72 U72),
      "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", true },
    { "bcrypt nul after the password", STR_INIT("U*U\0x"), "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", false },
    { "bcrypt hash cut", STR_INIT("U*U"), "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe", false },
    { "bcrypt hash and more", STR_INIT("U*U"), "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW.", false },
    { "bcrypt bad letter", STR_INIT("U*U"), "$2b$05$CCCCCCCCCCCCCCCCCCC:C.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", false },
    { "bcrypt cost of hours", STR_INIT("U*U"), "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", false },
    { "argon2id", STR_INIT("password"),
      "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", true },
    { "argon2id wrong", STR_INIT("passwore"),
      "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", false },
    { "argon2i", STR_INIT("password"),
      "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8", true },
    { "argon2i named argon2id", STR_INIT("password"),
      "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8", false },
    { "argon2 of gigabytes", STR_INIT("password"),
      "$argon2id$v=19$m=4000000,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", false },
    { "argon2 without parameters", STR_INIT("password"), "$argon2id$v=19$", false },
    { "pbkdf2 rfc6070, 4096 rounds", STR_INIT("password"), "$pbkdf2-sha1$i=4096,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", true },
    { "pbkdf2 wrong", STR_INIT("Password"), "$pbkdf2-sha1$i=4096,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", false },
    { "pbkdf2 other rounds", STR_INIT("password"), "$pbkdf2-sha1$i=4097,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", false },
    { "pbkdf2 parameters in other order", STR_INIT("password"),
      "$pbkdf2-sha1$l=20,i=4096$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", true },
    { "pbkdf2 defaults", STR_INIT("password"),
      "$pbkdf2-sha512$c2FsdA$9dFwIslq9GwKHcSaWLvmVKKOmBBIg+SvTel0zaLHQSLdCC9BBak/yAaSyk6xp4TP7agb+qM/UZLMkUPYGL11gQ", true },
    { "pbkdf2 length that lies", STR_INIT("password"), "$pbkdf2-sha1$i=4096,l=19$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", false },
    { "pbkdf2 empty hash", STR_INIT("password"), "$pbkdf2-sha1$i=1,l=0$c2FsdA$", false },
    { "pbkdf2 unknown digest", STR_INIT("password"), "$pbkdf2-sha9$i=4096,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", false },
    { "pbkdf2 of hours", STR_INIT("password"), "$pbkdf2-sha1$i=2000000000,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", false },
    { "pbkdf2 cut", STR_INIT("password"), "$pbkdf2-sha1", false },
    { "pbkdf2 without hash", STR_INIT("password"), "$pbkdf2-sha1$i=4096,l=20$c2FsdA", false },
    { "pbkdf2 unknown parameter", STR_INIT("password"), "$pbkdf2-sha1$i=4096,l=20,x=1$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", false },
    { "unknown format", STR_INIT("password"), "$1$salt$hash", false },
    { "plain text", STR_INIT("password"), "password", false },
    { "no hash", STR_INIT(""), "", false },
};

static void test_verify(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("  %s\n", rows[i].name);
        assert_int_equal(password_verify(rows[i].password, str_from(rows[i].hash)), rows[i].want);
    }
    assert_false(password_verify(STR("U*U"), STR("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe\0")));
}

static void test_hash(void **state)
{
    str one, two;
    assert_int_equal(password_hash(*state, STR("p\xC3\xA4ss w\xC3\xB6rd"), 4, &one).kind, ERR_NONE);
    assert_int_equal(password_hash(*state, STR("p\xC3\xA4ss w\xC3\xB6rd"), 4, &two).kind, ERR_NONE);
    assert_int_equal(one.len, 60);
    assert_true(str_starts(one, STR("$2b$04$")));
    assert_false(str_eq(one, two)); /* salted */
    assert_true(password_verify(STR("p\xC3\xA4ss w\xC3\xB6rd"), one));
    assert_false(password_verify(STR("pass word"), one));
    assert_false(password_verify(STR(""), one));
    assert_int_equal(password_hash(*state, STR("a\0b"), 4, &one).kind, ERR_BAD_REQUEST);
    assert_int_equal(password_hash(*state, STR("x"), 0, &one).kind, ERR_NONE); /* the lowest cost, not a weaker one */
    assert_true(str_starts(one, STR("$2b$04$")));
}

/* A malformed hash and an unknown user cost what a true verification costs:
 * counted in CPU time of this thread, so that a busy machine does not fail this. */
static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void test_equal_time(void **state)
{
    str hash;
    assert_int_equal(password_hash(*state, STR("x"), 10, &hash).kind, ERR_NONE);
    int64_t best[3] = { INT64_MAX, INT64_MAX, INT64_MAX };
    for (int round = 0; round < 3; round++) {
        int64_t t[4] = { cpu_us() };
        password_verify(STR("y"), hash);
        t[1] = cpu_us();
        password_verify(STR("y"), STR("$2b$10$short"));
        t[2] = cpu_us();
        password_verify_nobody(STR("y"), 10);
        t[3] = cpu_us();
        for (int i = 0; i < 3; i++)
            if (t[i + 1] - t[i] < best[i])
                best[i] = t[i + 1] - t[i];
    }
    for (int i = 1; i < 3; i++)
        assert_in_range(best[i], best[0] / 3, best[0] * 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify),
        cmocka_unit_test_setup_teardown(test_hash, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_equal_time, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
