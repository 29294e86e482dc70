/* A store with users for tests of what belongs to them. */
#ifndef TESTS_DOMAIN_PEOPLE_H
#define TESTS_DOMAIN_PEOPLE_H

#include "domain/user/user.h"
#include "testing.h"

#define DATABASE "Username-Password-Authentication"

struct people {
    struct testing t;
    struct user ann, bob; /* ann@example.com, bob@example.com */
    void *arg;            /* of the transaction that runs */
};

static inline struct result people_create(struct tx *tx, const char *email, struct user *out)
{
    const struct user_new n = { .connection = STR(DATABASE), .email = str_from(email), .user_id = STR_NONE, .is_import = true };
    return user_create(tx, &n, out);
}

static inline struct result people_fill_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    TRY(people_create(tx, "ann@example.com", &p->ann));
    return people_create(tx, "bob@example.com", &p->bob);
}

static inline void people_open(struct people *p)
{
    *p = (struct people){ 0 };
    testing_open(&p->t);
    testing_ok(testing_write(&p->t, people_fill_tx, p), "users");
}

static inline void people_close(struct people *p)
{
    testing_close(&p->t);
}

/* A transaction of its own that must be answered like that. */
static inline void people_want(struct people *p, tx_fn fn, void *arg, enum err_kind want, const char *what)
{
    p->arg = arg;
    struct result r = testing_write(&p->t, fn, p);
    if (r.kind != want)
        print_error("%s: error kind %d (%.*s), wants %d\n", what, (int)r.kind, STR_ARG(r.args.v[0]), (int)want);
    assert_int_equal(r.kind, want);
}
#define people_do(p, fn, arg) people_want(p, fn, arg, ERR_NONE, #fn)

static inline struct result people_reread_tx(struct tx *tx, void *arg)
{
    struct people *p = arg;
    TRY(user_by_id(tx, p->ann.uid, &p->ann));
    return user_by_id(tx, p->bob.uid, &p->bob);
}

static inline struct result people_delete_ann_tx(struct tx *tx, void *arg)
{
    return user_delete(tx, &((struct people *)arg)->ann);
}

#endif
