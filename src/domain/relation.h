/* Relations between two things, kept as rows that are found from both sides
 * (enabled clients of a connection, members of an organization), never as
 * arrays to scan. What happens when one side goes is written once in the table
 * of relation.c. */
#ifndef DOMAIN_RELATION_H
#define DOMAIN_RELATION_H

#include "json/json.h"
#include "store/store.h"

/* (a, b); "x y" is a pair: relation_pair. */
enum relation {
    RELATION_CONNECTION_CLIENT,         /* (connection id, client id) */
    RELATION_USER_ROLE,                 /* (user id, role id) */
    RELATION_USER_PERMISSION,           /* (user id, "resource server id, scope") */
    RELATION_ROLE_PERMISSION,           /* (role id, "resource server id, scope") */
    RELATION_GROUP_MEMBER,              /* (group id, user id) */
    RELATION_GROUP_ROLE,                /* (group id, role id) */
    RELATION_ORGANIZATION_MEMBER,       /* (organization id, user id) */
    RELATION_ORGANIZATION_HOLDER,       /* (organization id, user id): who has had roles there, member or not */
    RELATION_ORGANIZATION_MEMBER_ROLE,  /* ("organization id, user id", "role id, organization id") */
    RELATION_ORGANIZATION_GROUP,        /* (organization id, group id) */
    RELATION_ORGANIZATION_GROUP_ROLE,   /* ("organization id, group id", "role id, organization id") */
    RELATION_ORGANIZATION_CONNECTION,   /* (organization id, connection id); body: its settings there */
    RELATION_ORGANIZATION_CLIENT,       /* (organization id, client id); body: use_for_member_access */
    RELATION_ORGANIZATION_CLIENT_GRANT, /* (organization id, client grant id) */
    RELATION_MAX
};

str relation_name(enum relation r); /* in `kind` of its rows, for statements that walk many users at once */

/* What can go, and take its rows along. */
enum thing {
    THING_CLIENT,
    THING_CLIENT_GRANT,
    THING_CONNECTION,
    THING_GROUP,
    THING_ORGANIZATION,
    THING_RESOURCE_SERVER,
    THING_ROLE,
    THING_USER,
};

struct relation_row {
    int64_t seq;
    str a, b;
    struct json *body; /* what the relation itself carries */
};

/* Two ids as one side. first holds no blank, so that the pair can be taken
 * apart again and all pairs of first stand together in the index. */
str relation_pair(struct arena *a, str first, str second);
str relation_pair_first(str pair);
str relation_pair_second(str pair);

/* Already there: changes the body only; *out_added tells. */
MUST_USE struct result relation_add(struct tx *tx, enum relation r, str a, str b, const struct json *body, bool *out_added);
MUST_USE struct result relation_remove(struct tx *tx, enum relation r, str a, str b, bool *out_removed);
MUST_USE struct result relation_has(struct tx *tx, enum relation r, str a, str b, bool *out_has);
MUST_USE struct result relation_find(struct tx *tx, enum relation r, str a, str b, struct relation_row *out, bool *out_found);
/* One a with many b, or the other way round; ids: texts. What is there already,
 * or is not there, is no error. */
MUST_USE struct result relation_add_each_b(struct tx *tx, enum relation r, str a, const struct json *ids);
MUST_USE struct result relation_add_each_a(struct tx *tx, enum relation r, const struct json *ids, str b);
MUST_USE struct result relation_remove_each_b(struct tx *tx, enum relation r, str a, const struct json *ids);
MUST_USE struct result relation_remove_each_a(struct tx *tx, enum relation r, const struct json *ids, str b);
/* Rows of one side in order of creation, after a checkpoint; limit 0: all. */
MUST_USE struct result relation_list_by_a(struct tx *tx, enum relation r, str a, int64_t after_seq, size_t limit,
                                          struct relation_row **out, size_t *out_count);
MUST_USE struct result relation_list_by_b(struct tx *tx, enum relation r, str b, int64_t after_seq, size_t limit,
                                          struct relation_row **out, size_t *out_count);
/* Rows of a whose b is a pair of first: the permissions for one API. By b. */
MUST_USE struct result relation_list_pairs(struct tx *tx, enum relation r, str a, str first, struct relation_row **out,
                                           size_t *out_count);

/* Rows of any a whose b is a pair of first. */
MUST_USE struct result relation_list_b_pairs(struct tx *tx, enum relation r, str first, struct relation_row **out,
                                             size_t *out_count);

enum relation_side { RELATION_BY_A, RELATION_BY_B };
/* A page over the rows of one side, read from the index whatever their number;
 * total is that number, at the same cost. */
struct relation_page {
    enum relation relation;
    enum relation_side by;
    str id;
    int64_t after_seq;    /* checkpoint: 0 from the start */
    size_t offset, limit; /* limit 0: all */
    bool want_total;
    /* out */
    struct relation_row *rows;
    size_t count, total;
    bool more;
};
MUST_USE struct result relation_page(struct tx *tx, struct relation_page *page);
MUST_USE struct result relation_count_a(struct tx *tx, enum relation r, str a, size_t *out);

/* A thing goes: every row with it on that side goes too. */
MUST_USE struct result relation_drop_a(struct tx *tx, enum relation r, str a);
MUST_USE struct result relation_drop_b(struct tx *tx, enum relation r, str b);
/* A thing goes: its rows of all relations go, and those that hang on them (the
 * roles of a member). */
MUST_USE struct result relation_drop(struct tx *tx, enum thing what, str id);
/* All things of that kind go. */
MUST_USE struct result relation_drop_every(struct tx *tx, enum thing what);

#endif
