/* One search on its way, shared by plan.c (what the index holds for the query,
 * which term drives), scan.c (index rows to sets of users), candidate.c (one user at
 * a time) and exec.c (order and pages). Never SQLite's planner: docs/design.md,
 * decision 11. */
#ifndef SEARCH_FINDER_H
#define SEARCH_FINDER_H

#include "search/idset.h"
#include "search/match.h"

/* Where one way gives place to another. The defaults were measured on 100,000
 * and 1,000,000 users (bench/); tests take others to walk every way. */
struct search_tuning {
    size_t estimate_max;   /* counts stop here; so few candidates are gathered, more are walked */
    size_t filter_max;     /* so few candidates are tested one by one rather than by more scans */
    int64_t walk_cost;     /* about microseconds: a walk that spent them looks how far it came … */
    double walk_more;      /* … and goes on if what it still needs seems less than this for each user there is */
    double document_cost;  /* about microseconds, of reading one hit's document to sort it … */
    double key_cost;       /* … or its row of user_sort_keys */
    double walk_patience;  /* a walk in order gets so many times what it takes if hits lie evenly */
    int64_t time_us;       /* of the whole search, then ERR_TIMEOUT */
    int64_t total_time_us; /* of counting, then the total is a bound */
};

/* What one span of one term reads in the index. */
struct scan {
    int64_t field;
    const struct span *span;
    str low, high; /* the span's bounds as the cut keys stand */
    bool point;
    bool plain;    /* every row that was not cut is a hit */
    size_t estimate;
};

struct plan_leaf {
    struct scan *scans;
    size_t count, estimate;
    bool probed; /* one user is cheaply asked in the index */
    struct idset *members; /* of a leaf on field_is_membership: its users, and there are no scans */
};

struct finder {
    struct tx *tx;
    const struct search_tuning *tuning;
    struct arena *a;      /* of this search */
    struct arena *doc_a;  /* of the document at hand */
    struct buf scratch[2];
    int64_t deadline_us;
    int64_t id_max;        /* of all users */
    struct matcher *query; /* resolved: only terms that the index can have */
    struct idset *spare;   /* sets for use again */
    size_t bytes_read;     /* of documents */
    int64_t cost_left;     /* of the walk at hand, in about microseconds */
};

/* search_users with other limits. */
MUST_USE struct result finder_search(struct tx *tx, const struct search_request *rq, const struct search_tuning *tuning,
                                     struct search_page *out);

/* ERR_TIMEOUT once the time is up. */
MUST_USE struct result finder_check_time(const struct finder *f);
/* An empty set that goes with the search, or earlier: given back for use again. */
struct idset *finder_set(struct finder *f);
void finder_give_set(struct finder *f, struct idset *s);

/* --- plan.c -------------------------------------------------------------------------- */

/* Finds the fields of m's terms and estimates them; *out is m without the terms
 * that nobody has. */
MUST_USE struct result plan_resolve(struct finder *f, struct matcher *m, struct matcher **out);
/* At most how many users; SIZE_MAX where the index cannot tell. */
size_t plan_estimate(const struct matcher *m);
/* The part of an AND that narrows most, or the query itself. */
struct matcher *plan_driver(struct matcher *m);
/* Points of the index: under each of them users stand in the order of their ids.
 * One of the users found under any of them is one for whom `part` holds. */
enum { POINTS_MAX = 16 };
struct point_list {
    struct matcher *part; /* the rarest that must hold and is made of points; NULL: there is none */
    const struct scan *v[POINTS_MAX];
    size_t count, estimate;
};
struct point_list plan_points(struct matcher *m);

/* --- scan.c -------------------------------------------------------------------------- */

/* The users for whom m holds, by the index. */
MUST_USE struct result scan_query(struct finder *f, const struct matcher *m, struct idset **out);
/* Leaves those of s for whom m holds. s is no complement. */
MUST_USE struct result scan_filter(struct finder *f, struct idset *s, struct matcher *m);
/* The users for whom a leaf on field_is_membership holds. */
MUST_USE struct result scan_members(struct finder *f, const struct matcher *leaf, struct idset **out);
/* All users. */
MUST_USE struct result scan_users(struct finder *f, struct idset **out);
MUST_USE struct result count_users(struct finder *f, size_t *out);
MUST_USE struct result count_scan(struct finder *f, const struct scan *s, size_t limit, size_t *out);

/* --- candidate.c -------------------------------------------------------------------------- */

/* One user that may match. */
struct candidate {
    int64_t id;
    struct json *doc; /* in f->doc_a until the next candidate; NULL: not read yet */
    bool gone;        /* there is no such user */
};
/* A user's document; one that does not parse is our own fault (ERR_INTERNAL). */
MUST_USE struct result finder_read_user(struct finder *f, struct arena *a, int64_t user, struct json **out, bool *out_found);
MUST_USE struct result candidate_read(struct finder *f, struct candidate *c);
/* Does m hold for the candidate? Asks the index or reads the document,
 * whichever is cheaper, and takes that from f->cost_left. */
MUST_USE struct result candidate_test(struct finder *f, const struct matcher *m, struct candidate *c, bool *out);

enum { COST_PROBE = 3, COST_DOCUMENT = 4 }; /* about microseconds */
enum { BYTES_A_COST = 256 };                /* of documents, beside that */

#endif
