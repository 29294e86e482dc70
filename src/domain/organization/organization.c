#include "domain/organization/organization.h"

#include "domain/log.h"
#include "domain/organization/connection.h"
#include "domain/organization/discovery_domain.h"
#include "domain/organization/invitation.h"
#include "domain/relation.h"
#include "domain/role.h"
#include "domain/user/user.h"

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_ORGANIZATION];
}

struct result organization_read(struct tx *tx, str id, struct document *out)
{
    return document_read(tx, spec(), id, out);
}

struct result organization_by_name(struct tx *tx, str name, struct document *out)
{
    bool found;
    TRY(document_find(tx, spec(), STR("name"), name, out, &found));
    return found ? OK : fail(ERR_INEXISTENT_ORGANIZATION);
}

static struct result add_connections(struct tx *tx, str id, const struct json *connections, struct json *shown)
{
    struct json *one, *added;
    JSON_EACH_ITEM(connections, i, one) {
        TRY(organization_connection_add(tx, id, one, &added));
        json_push(tx->arena, shown, organization_connection_older(tx->arena, added));
    }
    return OK;
}

struct result organization_create(struct tx *tx, struct json *body, struct document *out, struct json **out_connections)
{
    struct json *own = json_copy_shallow(tx->arena, body);
    const struct json *connections = json_get(body, STR("enabled_connections"));
    json_remove(own, STR("enabled_connections"));
    TRY(document_create(tx, spec(), STR_NONE, own, out));
    *out_connections = connections ? json_array(tx->arena) : NULL;
    return add_connections(tx, out->id, connections, *out_connections);
}

/* --- members -------------------------------------------------------------------------- */

struct result organization_add_members(struct tx *tx, str organization, const struct json *user_ids)
{
    TRY(user_check_all(tx, user_ids));
    return relation_add_each_b(tx, RELATION_ORGANIZATION_MEMBER, organization, user_ids);
}

struct result organization_remove_members(struct tx *tx, str organization, const struct json *user_ids)
{
    return relation_remove_each_b(tx, RELATION_ORGANIZATION_MEMBER, organization, user_ids);
}

static struct result log_admission(struct tx *tx, const struct document *organization, const struct user *u,
                                   enum organization_admission why)
{
    static const str reasons[] = { [ADMISSION_INVITATION] = STR_INIT("invitation"),
                                   [ADMISSION_AUTO_MEMBERSHIP] = STR_INIT("auto_membership") };
    struct json *details = json_object(tx->arena);
    json_set_text(tx->arena, details, STR("reason"), reasons[why]);
    const struct log_entry e = { .type = STR("organization_member_added"),
                                 .description = STR("Organization member added"),
                                 .user_id = u->uid,
                                 .user_name = user_display_name(u),
                                 .organization_id = organization->id,
                                 .organization_name = json_get_text(organization->body, STR("name")),
                                 .details = details };
    return log_append(tx, &e);
}

struct result organization_admit(struct tx *tx, const struct document *organization, const struct user *u,
                                 enum organization_admission why)
{
    bool added;
    TRY(relation_add(tx, RELATION_ORGANIZATION_MEMBER, organization->id, u->uid, NULL, &added));
    return added ? log_admission(tx, organization, u, why) : OK;
}

/* --- hooks -------------------------------------------------------------------------------- */

/* metadata is replaced whole; null in it means absent. */
static struct result check(struct tx *tx, const struct json *old, struct json *now)
{
    const struct json *given = json_get(now, STR("metadata"));
    const struct json_member *m;
    struct json *kept = json_object(tx->arena);
    (void)old;
    JSON_EACH_MEMBER(given, i, m)
        if (m->value->type != JSON_NULL)
            json_set(tx->arena, kept, m->key, m->value);
    if (given)
        json_set(tx->arena, now, STR("metadata"), kept);
    return OK;
}

static struct result deleting(struct tx *tx, const struct document *d)
{
    TRY(discovery_domain_drop_organization(tx, d->id));
    TRY(invitation_drop_organization(tx, d->id));
    TRY(role_drop_owner(tx, d->id));
    return relation_drop(tx, THING_ORGANIZATION, d->id);
}

const struct resource_hooks organization_hooks = { .check = check, .deleting = deleting };
