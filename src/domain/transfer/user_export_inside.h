/* What the files of the users' export share (user_export*.c). */
#ifndef DOMAIN_USER_EXPORT_INSIDE_H
#define DOMAIN_USER_EXPORT_INSIDE_H

#include "domain/transfer/user_export.h"

struct exported_user {
    int64_t row;
    str uid, doc;
    struct json *members; /* beside the document; NULL: none */
    struct json *secrets; /* NULL: none */
};
struct exported_batch {
    struct tx *tx;
    struct user_export *ex;
    struct exported_user *users; /* by row */
    size_t count;
    int64_t from, to; /* rows: from < row <= to */
};
/* NULL for a row that is not exported. */
struct exported_user *exported_user_find(const struct exported_batch *b, int64_t row);
struct json *exported_user_members(struct exported_batch *b, struct exported_user *u);
struct json *exported_user_secrets(struct exported_batch *b, struct exported_user *u);
/* The array of that name in object, made when it is missing. */
struct json *exported_array(struct arena *a, struct json *object, str name);

/* transfer/user_export_secret.c: passwords, provider tokens, recovery codes. */
MUST_USE struct result user_export_secrets(struct exported_batch *b);
/* transfer/user_export_factor.c: authentication methods, with their secrets where the file keeps these. */
MUST_USE struct result user_export_factors(struct exported_batch *b);
/* transfer/user_export_relation.c: roles, permissions, organizations, groups, blocks. */
MUST_USE struct result user_export_relations(struct exported_batch *b);
/* transfer/user_export_bulk.c: the line of the real API's schema, its hashes and factors out of what is above. */
MUST_USE struct result user_export_bulk_line(struct exported_batch *b, struct exported_user *u, str *out);

#endif
