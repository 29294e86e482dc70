#include "api/v2/rows.h"

#include "domain/group.h"
#include "domain/organization/organization.h"
#include "domain/role.h"
#include "domain/user/user.h"

#include <stdlib.h>

enum { OFFSET_WINDOW = 1000 };

/* --- paging -------------------------------------------------------------------------- */

struct result rows_check_window(const struct call *c, const struct call_page *p)
{
    size_t end;
    bool beyond = __builtin_add_overflow(p->offset, p->limit, &end) || end > OFFSET_WINDOW;
    return c->real_limits && !p->checkpoint && beyond ? fail(ERR_INVALID_PAGING) : OK;
}

struct result rows_reply(struct call *c, const struct rows_view *view, str id)
{
    struct call_page p;
    struct json *items = json_array(c->arena), *item;
    TRY(call_get_page(c, &p));
    if (view->windowed)
        TRY(rows_check_window(c, &p));
    struct relation_page page = { .relation = view->relation,
                                  .by = view->by,
                                  .id = id,
                                  .after_seq = p.after_seq,
                                  .offset = p.offset,
                                  .limit = p.limit,
                                  .want_total = !p.checkpoint };
    TRY(relation_page(c->tx, &page));
    for (size_t i = 0; i < page.count; i++) {
        TRY(view->show(c, &page.rows[i], &item));
        json_push(c->arena, items, item);
    }
    return call_reply_page(c, &p, items, page.total, page.count ? page.rows[page.count - 1].seq : p.after_seq, page.more);
}

static int by_seq(const void *x, const void *y)
{
    int64_t a = ((const struct listed *)x)->seq, b = ((const struct listed *)y)->seq;
    return (a > b) - (a < b);
}

void listed_sort(struct listed *all, size_t count)
{
    if (count)
        qsort(all, count, sizeof *all, by_seq);
}

struct result listed_reply(struct call *c, const struct listed *all, size_t count)
{
    struct call_page p;
    struct json *items = json_array(c->arena);
    size_t from = 0;
    TRY(call_get_page(c, &p));
    while (from < count && all[from].seq <= p.after_seq)
        from++;
    from = p.offset < count - from ? from + p.offset : count;
    size_t n = p.limit < count - from ? p.limit : count - from;
    for (size_t i = from; i < from + n; i++)
        json_push(c->arena, items, all[i].item);
    return call_reply_page(c, &p, items, count, n ? all[from + n - 1].seq : p.after_seq, from + n < count);
}

struct result limit_is_count(struct call *c)
{
    if (json_get(c->reply, STR("limit")))
        json_set_int(c->arena, c->reply, STR("limit"), (int64_t)json_count(json_get(c->reply, c->op->page.items)));
    return OK;
}

struct result array_reply(struct call *c, const struct json *all)
{
    size_t count = json_count(all);
    struct listed *each = ARENA_ARRAY(c->arena, struct listed, count + 1);
    for (size_t i = 0; i < count; i++)
        each[i] = (struct listed){ (int64_t)i + 1, json_item(all, i) };
    return listed_reply(c, each, count);
}

struct result listed_rows_reply(struct call *c, const struct relation_row *rows, size_t count, row_show show)
{
    struct listed *each = ARENA_ARRAY(c->arena, struct listed, count + 1);
    for (size_t i = 0; i < count; i++) {
        each[i].seq = rows[i].seq;
        TRY(show(c, &rows[i], &each[i].item));
    }
    return listed_reply(c, each, count);
}

/* --- what the query and the token say -------------------------------------------------- */

bool call_may(const struct call *c, const char *scope)
{
    int id = scope_find(str_from(scope));
    return id >= 0 && scopes_has(&c->caller.scopes, id);
}

bool call_asks_field(const struct call *c, str name)
{
    const struct json *include = json_get(c->query, STR("include_fields"));
    str rest = call_query_text(c, "fields");
    if (include && !json_true(include))
        return false;
    while (rest.p)
        if (str_eq(str_trim(str_cut(rest, ',', &rest)), name))
            return true;
    return false;
}

/* --- rows ----------------------------------------------------------------------------------- */

static struct result show_role(struct call *c, str id, struct json **out)
{
    struct document d;
    TRY(role_read(c->tx, id, &d));
    *out = d.body;
    return OK;
}

static struct result show_group(struct call *c, str id, struct json **out)
{
    struct document d;
    TRY(group_read(c->tx, id, &d));
    *out = call_pick_fields(c, d.body);
    return OK;
}

static struct result show_user(struct call *c, str id, struct json **out)
{
    static const str shown[] = { STR_INIT("user_id"), STR_INIT("email"), STR_INIT("picture"), STR_INIT("name") };
    struct user u;
    struct json *o = json_object(c->arena);
    TRY(user_by_id(c->tx, id, &u));
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (json_get(u.doc, shown[i]))
            json_set(c->arena, o, shown[i], json_get(u.doc, shown[i]));
    *out = call_pick_fields(c, o);
    return OK;
}

struct result row_role(struct call *c, const struct relation_row *row, struct json **out)
{
    return show_role(c, row->b, out);
}

struct result row_role_there(struct call *c, const struct relation_row *row, struct json **out)
{
    return show_role(c, relation_pair_first(row->b), out);
}

struct result row_group(struct call *c, const struct relation_row *row, struct json **out)
{
    return show_group(c, row->a, out);
}

struct result row_group_of(struct call *c, const struct relation_row *row, struct json **out)
{
    return show_group(c, row->b, out);
}

struct result row_group_there(struct call *c, const struct relation_row *row, struct json **out)
{
    return show_group(c, relation_pair_second(row->a), out);
}

struct result row_user(struct call *c, const struct relation_row *row, struct json **out)
{
    return show_user(c, row->b, out);
}

struct result row_user_of(struct call *c, const struct relation_row *row, struct json **out)
{
    return show_user(c, row->a, out);
}

struct result row_user_there(struct call *c, const struct relation_row *row, struct json **out)
{
    return show_user(c, relation_pair_second(row->a), out);
}

struct result organization_of_path(struct call *c, str *out_id)
{
    struct document d;
    TRY(organization_read(c->tx, c->path_values[0], &d));
    *out_id = d.id;
    return OK;
}

struct json *organization_shown(struct call *c, const struct json *body)
{
    static const str settings[] = { STR_INIT("metadata"), STR_INIT("token_quota"), STR_INIT("third_party_client_access"),
                                    STR_INIT("is_app_entitlement_active") };
    struct json *o = json_copy_shallow(c->arena, body);
    bool summary = call_may(c, "read:organizations_summary") && !call_may(c, "read:organizations");
    for (size_t i = 0; summary && i < sizeof settings / sizeof *settings; i++)
        json_remove(o, settings[i]);
    return o;
}

struct result row_organization(struct call *c, const struct relation_row *row, struct json **out)
{
    struct document d;
    TRY(organization_read(c->tx, row->a, &d));
    *out = organization_shown(c, d.body);
    return OK;
}

/* --- effective roles -------------------------------------------------------------------------- */

struct json *kinds_shown(struct arena *a, bool direct, const char *other, bool has_other)
{
    struct json *kinds = json_array(a);
    if (direct)
        json_push_text(a, kinds, STR("direct"));
    if (has_other)
        json_push_text(a, kinds, str_from(other));
    return kinds;
}

struct json *effective_role_shown(struct arena *a, const struct rbac_role *r)
{
    struct json *o = json_copy_shallow(a, r->role.body);
    if (!json_get(o, STR("description")))
        json_set_text(a, o, STR("description"), STR(""));
    json_set(a, o, STR("sources"), kinds_shown(a, r->direct, "groups", r->by_group));
    return o;
}

/* The type and owner of a role are shown elsewhere. */
struct result effective_roles_reply(struct call *c, str user_id, str organization)
{
    struct rbac_role *roles;
    size_t count;
    TRY(rbac_roles_of_user(c->tx, user_id, organization, &roles, &count));
    struct listed *each = ARENA_ARRAY(c->arena, struct listed, count + 1);
    for (size_t i = 0; i < count; i++) {
        each[i] = (struct listed){ roles[i].role.seq, effective_role_shown(c->arena, &roles[i]) };
        json_remove(each[i].item, STR("type"));
        json_remove(each[i].item, STR("owner_id"));
    }
    return listed_reply(c, each, count);
}

struct result role_groups_reply(struct call *c, str user_id, str organization)
{
    struct document role;
    struct relation_row *rows;
    size_t count;
    TRY(role_read(c->tx, call_query_text(c, "role_id"), &role));
    TRY(rbac_groups_of_role(c->tx, user_id, role.id, organization, &rows, &count));
    return listed_rows_reply(c, rows, count, row_group);
}
