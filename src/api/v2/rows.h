/* Lists below a resource: pages over the rows of a relation, and over what was
 * gathered from several. Both answer in every form that the contract names. */
#ifndef API_V2_ROWS_H
#define API_V2_ROWS_H

#include "api/call.h"
#include "domain/rbac.h"

/* What one row is shown as. */
typedef struct result (*row_show)(struct call *c, const struct relation_row *row, struct json **out);

struct rows_view {
    enum relation relation;
    enum relation_side by;
    row_show show;
    bool windowed; /* rows_check_window */
};
/* The rows with id on that side. Errors: ERR_INVALID_PAGING. */
MUST_USE struct result rows_reply(struct call *c, const struct rows_view *view, str id);

/* A whole list in order of seq: the page of it that was asked for. */
struct listed {
    int64_t seq;
    struct json *item;
};
void listed_sort(struct listed *all, size_t count);
MUST_USE struct result listed_reply(struct call *c, const struct listed *all, size_t count);
/* The same of an array, whose places are the checkpoints. */
MUST_USE struct result array_reply(struct call *c, const struct json *all);
/* Rows that were gathered. */
MUST_USE struct result listed_rows_reply(struct call *c, const struct relation_row *rows, size_t count, row_show show);

/* A few lists tell as `limit` how many items came (recorded). After the reply was made. */
struct result limit_is_count(struct call *c);
/* Where the real service's limits are copied, an offset page beyond the first
 * 1000 is ERR_INVALID_PAGING. */
MUST_USE struct result rows_check_window(const struct call *c, const struct call_page *p);

/* --- what rows are shown as ----------------------------------------------------------- */
struct result row_role(struct call *c, const struct relation_row *row, struct json **out);         /* .b: role */
struct result row_role_there(struct call *c, const struct relation_row *row, struct json **out);   /* .b: (role, organization) */
struct result row_group(struct call *c, const struct relation_row *row, struct json **out);        /* .a: group */
struct result row_group_of(struct call *c, const struct relation_row *row, struct json **out);     /* .b: group */
struct result row_group_there(struct call *c, const struct relation_row *row, struct json **out);  /* .a: (organization, group) */
struct result row_user(struct call *c, const struct relation_row *row, struct json **out);         /* .b: user */
struct result row_user_of(struct call *c, const struct relation_row *row, struct json **out);      /* .a: user */
struct result row_user_there(struct call *c, const struct relation_row *row, struct json **out);   /* .a: (organization, user) */
struct result row_organization(struct call *c, const struct relation_row *row, struct json **out); /* .a: organization */

/* A role with its sources, as lists of effective roles show it. */
struct json *effective_role_shown(struct arena *a, const struct rbac_role *r);
/* ["direct", other], without what is not. */
struct json *kinds_shown(struct arena *a, bool direct, const char *other, bool has_other);
/* The user's roles in the organization (STR_NONE: the tenant), whatever their source … */
MUST_USE struct result effective_roles_reply(struct call *c, str user_id, str organization);
/* … and the groups that give the role of the query. Errors: ERR_INEXISTENT_ROLE. */
MUST_USE struct result role_groups_reply(struct call *c, str user_id, str organization);

/* Does the token hold that scope? */
bool call_may(const struct call *c, const char *scope);
/* Is that member among the fields that the query asks for by name? */
bool call_asks_field(const struct call *c, str name);
/* Below an organization, which is the path's first parameter. Errors: ERR_INEXISTENT_ORGANIZATION. */
MUST_USE struct result organization_of_path(struct call *c, str *out_id);
/* An organization as read:organizations or read:organizations_summary show it. */
struct json *organization_shown(struct call *c, const struct json *body);

#endif
