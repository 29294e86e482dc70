#include "domain/rbac.h"

#include <stdlib.h>

/* --- roles ------------------------------------------------------------------------ */

struct role_set {
    struct rbac_role *v;
    size_t count, cap;
};

static struct rbac_role *role_slot(struct arena *a, struct role_set *s, str id)
{
    for (size_t i = 0; i < s->count; i++)
        if (str_eq(s->v[i].role.id, id))
            return &s->v[i];
    if (s->count == s->cap) {
        struct rbac_role *more = ARENA_ARRAY(a, struct rbac_role, s->cap ? s->cap * 2 : 16);
        for (size_t i = 0; i < s->count; i++)
            more[i] = s->v[i];
        s->v = more;
        s->cap = s->cap ? s->cap * 2 : 16;
    }
    s->v[s->count] = (struct rbac_role){ .role.id = id };
    return &s->v[s->count++];
}

/* Side b of the four relations: a role id, or (role id, organization). */
static str role_of(enum relation relation, str b)
{
    bool is_pair = relation == RELATION_ORGANIZATION_MEMBER_ROLE || relation == RELATION_ORGANIZATION_GROUP_ROLE;
    return is_pair ? relation_pair_first(b) : b;
}

static struct result add_roles(struct tx *tx, struct role_set *s, enum relation relation, str holder, bool by_group)
{
    struct relation_row *rows;
    size_t count;
    TRY(relation_list_by_a(tx, relation, holder, 0, 0, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        struct rbac_role *r = role_slot(tx->arena, s, role_of(relation, rows[i].b));
        r->direct = r->direct || !by_group;
        r->by_group = r->by_group || by_group;
    }
    return OK;
}

static struct result groups_of(struct tx *tx, str user_id, struct relation_row **out, size_t *out_count)
{
    return relation_list_by_b(tx, RELATION_GROUP_MEMBER, user_id, 0, 0, out, out_count);
}

static str holder_in(struct tx *tx, str organization, str holder)
{
    return organization.len ? relation_pair(tx->arena, organization, holder) : holder;
}

static int by_creation(const void *x, const void *y)
{
    int64_t a = ((const struct rbac_role *)x)->role.seq, b = ((const struct rbac_role *)y)->role.seq;
    return (a > b) - (a < b);
}

static struct result read_roles(struct tx *tx, struct role_set *s, struct rbac_role **out, size_t *out_count)
{
    for (size_t i = 0; i < s->count; i++)
        TRY(role_read(tx, s->v[i].role.id, &s->v[i].role));
    if (s->count)
        qsort(s->v, s->count, sizeof *s->v, by_creation);
    *out = s->v;
    *out_count = s->count;
    return OK;
}

struct result rbac_direct_roles_of_user(struct tx *tx, str user_id, struct rbac_role **out, size_t *out_count)
{
    struct role_set s = { 0 };
    TRY(add_roles(tx, &s, RELATION_USER_ROLE, user_id, false));
    return read_roles(tx, &s, out, out_count);
}

struct result rbac_roles_of_user(struct tx *tx, str user_id, str organization, struct rbac_role **out, size_t *out_count)
{
    enum relation own = organization.len ? RELATION_ORGANIZATION_MEMBER_ROLE : RELATION_USER_ROLE;
    enum relation groups = organization.len ? RELATION_ORGANIZATION_GROUP_ROLE : RELATION_GROUP_ROLE;
    struct role_set s = { 0 };
    struct relation_row *rows;
    size_t count;
    TRY(add_roles(tx, &s, own, holder_in(tx, organization, user_id), false));
    TRY(groups_of(tx, user_id, &rows, &count));
    for (size_t i = 0; i < count; i++)
        TRY(add_roles(tx, &s, groups, holder_in(tx, organization, rows[i].a), true));
    return read_roles(tx, &s, out, out_count);
}

struct result rbac_groups_of_role(struct tx *tx, str user_id, str role, str organization, struct relation_row **out,
                                  size_t *out_count)
{
    enum relation relation = organization.len ? RELATION_ORGANIZATION_GROUP_ROLE : RELATION_GROUP_ROLE;
    str b = organization.len ? relation_pair(tx->arena, role, organization) : role;
    size_t kept = 0;
    TRY(groups_of(tx, user_id, out, out_count));
    for (size_t i = 0; i < *out_count; i++) {
        bool has;
        TRY(relation_has(tx, relation, holder_in(tx, organization, (*out)[i].a), b, &has));
        if (has)
            (*out)[kept++] = (*out)[i];
    }
    *out_count = kept;
    return OK;
}

/* --- permissions --------------------------------------------------------------------- */

/* One row that gives one permission; role NULL: the user's own. */
struct source {
    str pair;
    int64_t seq;
    const struct rbac_role *role;
};
struct source_list {
    struct source *v;
    size_t count, cap;
};

static void source_add(struct arena *a, struct source_list *l, struct source s)
{
    if (l->count == l->cap) {
        struct source *more = ARENA_ARRAY(a, struct source, l->cap ? l->cap * 2 : 64);
        for (size_t i = 0; i < l->count; i++)
            more[i] = l->v[i];
        l->v = more;
        l->cap = l->cap ? l->cap * 2 : 64;
    }
    l->v[l->count++] = s;
}

static struct result add_sources(struct tx *tx, struct source_list *l, enum relation relation, str holder, str server,
                                 const struct rbac_role *role)
{
    struct relation_row *rows;
    size_t count;
    TRY(server.len ? relation_list_pairs(tx, relation, holder, server, &rows, &count)
                   : relation_list_by_a(tx, relation, holder, 0, 0, &rows, &count));
    for (size_t i = 0; i < count; i++)
        source_add(tx->arena, l, (struct source){ rows[i].b, rows[i].seq, role });
    return OK;
}

static int by_pair(const void *x, const void *y)
{
    const struct source *a = x, *b = y;
    int order = str_cmp(a->pair, b->pair);
    return order ? order : (a->seq > b->seq) - (a->seq < b->seq);
}

static int by_first_source(const void *x, const void *y)
{
    int64_t a = ((const struct rbac_permission *)x)->seq, b = ((const struct rbac_permission *)y)->seq;
    return (a > b) - (a < b);
}

/* Sources of equal pairs, which stand together, become one permission. */
static void merge(struct arena *a, const struct source_list *l, struct rbac_permission *out, size_t *out_count)
{
    size_t n = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct source *s = &l->v[i];
        if (n == 0 || !str_eq(out[n - 1].pair, s->pair))
            out[n++] = (struct rbac_permission){ .seq = s->seq, .pair = s->pair };
        struct rbac_permission *p = &out[n - 1];
        p->direct = p->direct || !s->role;
        if (!s->role)
            continue;
        const struct rbac_role **roles = ARENA_ARRAY(a, const struct rbac_role *, p->role_count + 1);
        for (size_t j = 0; j < p->role_count; j++)
            roles[j] = p->roles[j];
        roles[p->role_count++] = s->role;
        p->roles = roles;
    }
    *out_count = n;
}

struct result rbac_permissions_list(struct tx *tx, str user_id, const struct rbac_role *roles, size_t role_count,
                                    str resource_server_id, struct rbac_permission **out, size_t *out_count)
{
    struct source_list l = { 0 };
    TRY(add_sources(tx, &l, RELATION_USER_PERMISSION, user_id, resource_server_id, NULL));
    for (size_t i = 0; i < role_count; i++)
        TRY(add_sources(tx, &l, RELATION_ROLE_PERMISSION, roles[i].role.id, resource_server_id, &roles[i]));
    *out = ARENA_ARRAY(tx->arena, struct rbac_permission, l.count + 1);
    if (l.count)
        qsort(l.v, l.count, sizeof *l.v, by_pair);
    merge(tx->arena, &l, *out, out_count);
    if (*out_count)
        qsort(*out, *out_count, sizeof **out, by_first_source);
    return OK;
}

struct result rbac_permissions_of_user(struct tx *tx, str user_id, str audience, str organization, struct json **out)
{
    struct resource_server rs;
    struct rbac_role *roles;
    struct rbac_permission *all;
    size_t role_count, count;
    bool found;
    struct json *scopes = json_array(tx->arena);
    TRY(resource_server_find(tx, audience, &rs, &found));
    *out = scopes;
    if (!found)
        return OK;
    TRY(rbac_roles_of_user(tx, user_id, organization, &roles, &role_count));
    TRY(rbac_permissions_list(tx, user_id, roles, role_count, rs.id, &all, &count));
    for (size_t i = 0; i < count; i++)
        json_push_text(tx->arena, scopes, relation_pair_second(all[i].pair));
    return OK;
}
