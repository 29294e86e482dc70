/* One error type. A function that can fail returns a struct result that must be
 * used; the edge (api/, server/) words it with the row that contract/errors.yaml
 * has for its kind, once for each API. The kinds are generated from that file. */
#ifndef BASE_RESULT_H
#define BASE_RESULT_H

#include "base/str.h"
#include "gen/err_kinds.h" /* enum err_kind: ERR_NONE, ERR_…, ERR_MAX */

#define MUST_USE __attribute__((warn_unused_result))

enum { ERR_ARGS_MAX = 3 };

/* What the wording fills into {0} {1} {2}. Slices live in the caller's arena or
 * are static. */
struct err_args {
    str v[ERR_ARGS_MAX];
};

struct result {
    enum err_kind kind;
    struct err_args args;
};

#define OK ((struct result){ .kind = ERR_NONE })

static inline struct result fail(enum err_kind kind)
{
    return (struct result){ .kind = kind };
}

static inline struct result fail1(enum err_kind kind, str a)
{
    return (struct result){ .kind = kind, .args = { { a } } };
}

static inline struct result fail2(enum err_kind kind, str a, str b)
{
    return (struct result){ .kind = kind, .args = { { a, b } } };
}

static inline bool failed(struct result r)
{
    return r.kind != ERR_NONE;
}

#define TRY(call)                                                                                  \
    do {                                                                                           \
        struct result r_ = (call);                                                                 \
        if (r_.kind != ERR_NONE)                                                                   \
            return r_;                                                                             \
    } while (0)

/* Throw a result away. why says why that is right. */
static inline void ignore_result(struct result r, const char *why)
{
    (void)r;
    (void)why;
}

#endif
