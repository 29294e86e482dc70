#include "domain/role.h"

#include "domain/group.h"

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_ROLE];
}

struct result role_read(struct tx *tx, str id, struct document *out)
{
    return document_read(tx, spec(), id, out);
}

/* --- giving and taking ------------------------------------------------------------ */

static bool may_be_given(const struct json *role, str organization)
{
    str owner = json_get_text(role, STR("owner_id"));
    if (!str_eq(json_get_text(role, STR("type")), STR("organization")))
        return true;
    return owner.len ? str_eq(owner, organization) : organization.len > 0;
}

struct result role_check(struct tx *tx, str id, str organization)
{
    struct document role;
    TRY(role_read(tx, id, &role));
    return may_be_given(role.body, organization) ? OK : fail(ERR_INEXISTENT_ROLE);
}

struct result role_check_all(struct tx *tx, const struct json *ids, str organization, enum err_kind missing)
{
    const struct json *id;
    str wrong = STR("");
    JSON_EACH_ITEM(ids, i, id) {
        struct result r = role_check(tx, json_text(id), organization);
        if (failed(r) && r.kind != ERR_INEXISTENT_ROLE)
            return r;
        if (failed(r))
            wrong = str_fmt(tx->arena, "%.*s%s%.*s", STR_ARG(wrong), wrong.len ? ", " : "", STR_ARG(json_text(id)));
    }
    return wrong.len ? fail1(missing, wrong) : OK;
}

struct result role_give(struct tx *tx, enum relation relation, str holder, const struct json *ids)
{
    TRY(role_check_all(tx, ids, STR_NONE, ERR_INEXISTENT_ROLES));
    return relation_add_each_b(tx, relation, holder, ids);
}

struct result role_give_in(struct tx *tx, enum relation relation, str organization, str holder, const struct json *ids)
{
    const struct json *id;
    size_t count;
    str place = relation_pair(tx->arena, organization, holder);
    TRY(role_check_all(tx, ids, organization, ERR_INEXISTENT_ROLES));
    JSON_EACH_ITEM(ids, i, id)
        TRY(relation_add(tx, relation, place, relation_pair(tx->arena, json_text(id), organization), NULL, NULL));
    bool is_member = relation == RELATION_ORGANIZATION_MEMBER_ROLE;
    TRY(relation_add(tx, is_member ? RELATION_ORGANIZATION_HOLDER : RELATION_ORGANIZATION_GROUP, organization, holder, NULL, NULL));
    TRY(relation_count_a(tx, relation, place, &count));
    if (count <= ROLES_IN_ORGANIZATION_MAX)
        return OK;
    return fail(is_member ? ERR_TOO_MANY_MEMBER_ROLES : ERR_TOO_MANY_GROUP_ROLES);
}

struct result role_take_in(struct tx *tx, enum relation relation, str organization, str holder, const struct json *ids)
{
    const struct json *id;
    str place = relation_pair(tx->arena, organization, holder);
    JSON_EACH_ITEM(ids, i, id)
        TRY(relation_remove(tx, relation, place, relation_pair(tx->arena, json_text(id), organization), NULL));
    return relation == RELATION_ORGANIZATION_GROUP_ROLE ? group_leave_when_bare(tx, organization, holder) : OK;
}

struct result role_drop_owner(struct tx *tx, str organization)
{
    return document_delete_by(tx, spec(), "owner_id", organization);
}

/* --- hooks ------------------------------------------------------------------------- */

static struct result check(struct tx *tx, const struct json *old, struct json *now)
{
    struct document organization;
    str owner = json_get_text(now, STR("owner_id"));
    if (old || !owner.len)
        return OK;
    if (!str_eq(json_get_text(now, STR("type")), STR("organization")))
        return fail1(ERR_INVALID_BODY, STR("owner_id is for roles of type organization."));
    return document_read(tx, &resource_specs[RESOURCE_ORGANIZATION], owner, &organization);
}

static struct result deleting(struct tx *tx, const struct document *d)
{
    TRY(group_forget_role(tx, d->id));
    return relation_drop(tx, THING_ROLE, d->id);
}

const struct resource_hooks role_hooks = { .check = check, .deleting = deleting };
