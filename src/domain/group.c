#include "domain/group.h"

#include "base/clock.h"
#include "domain/relation.h"

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_GROUP];
}

struct result group_read(struct tx *tx, str id, struct document *out)
{
    return document_read(tx, spec(), id, out);
}

struct result group_check_all(struct tx *tx, const struct json *ids)
{
    const struct json *id;
    struct document group;
    JSON_EACH_ITEM(ids, i, id)
        TRY(group_read(tx, json_text(id), &group));
    return OK;
}

struct result group_create(struct tx *tx, struct json *body, struct document *out)
{
    return document_create(tx, spec(), STR_NONE, body, out);
}

/* The row says when the membership began. */
struct result group_add_member(struct tx *tx, str group, str user)
{
    struct json *body = json_object(tx->arena);
    bool is_member;
    TRY(relation_has(tx, RELATION_GROUP_MEMBER, group, user, &is_member));
    json_set_text(tx->arena, body, STR("created_at"), clock_iso(tx->arena, tx->now_us));
    return is_member ? OK : relation_add(tx, RELATION_GROUP_MEMBER, group, user, body, NULL);
}

struct result group_remove_member(struct tx *tx, str group, str user)
{
    return relation_remove(tx, RELATION_GROUP_MEMBER, group, user, NULL);
}

/* --- roles in an organization --------------------------------------------------------- */

struct result group_leave_when_bare(struct tx *tx, str organization, str group)
{
    size_t count;
    TRY(relation_count_a(tx, RELATION_ORGANIZATION_GROUP_ROLE, relation_pair(tx->arena, organization, group), &count));
    return count ? OK : relation_remove(tx, RELATION_ORGANIZATION_GROUP, organization, group, NULL);
}

struct result group_forget_role(struct tx *tx, str role)
{
    struct relation_row *rows;
    size_t count;
    TRY(relation_list_b_pairs(tx, RELATION_ORGANIZATION_GROUP_ROLE, role, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(relation_remove(tx, RELATION_ORGANIZATION_GROUP_ROLE, rows[i].a, rows[i].b, NULL));
        TRY(group_leave_when_bare(tx, relation_pair_first(rows[i].a), relation_pair_second(rows[i].a)));
    }
    return OK;
}

/* --- going -------------------------------------------------------------------------------- */

struct result group_drop_connection(struct tx *tx, str connection_id)
{
    return document_delete_by(tx, spec(), "connection_id", connection_id);
}

static struct result check(struct tx *tx, const struct json *old, struct json *now)
{
    str at = clock_iso(tx->arena, tx->now_us);
    if (!old)
        json_set_text(tx->arena, now, STR("created_at"), at);
    json_set_text(tx->arena, now, STR("updated_at"), at);
    json_set_text(tx->arena, now, STR("tenant_name"), tenant_get_info(tx->tenant)->name);
    return OK;
}

static struct result deleting(struct tx *tx, const struct document *d)
{
    return relation_drop(tx, THING_GROUP, d->id);
}

const struct resource_hooks group_hooks = { .check = check, .deleting = deleting };
