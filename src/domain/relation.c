#include "domain/relation.h"

/* What stands on a side, and by that which rows go with which thing. A pair
 * goes with its first thing; with its second by `hanging`. */
struct side {
    enum thing thing;
    bool is_pair;
};
static const struct {
    const char *name;
    struct side a, b;
    enum relation hanging; /* its side a is the pair (a, b) of this one; RELATION_MAX: none */
} rules[RELATION_MAX] = {
    [RELATION_CONNECTION_CLIENT] = { "connection_client", { THING_CONNECTION, false }, { THING_CLIENT, false }, RELATION_MAX },
    [RELATION_USER_ROLE] = { "user_role", { THING_USER, false }, { THING_ROLE, false }, RELATION_MAX },
    [RELATION_USER_PERMISSION] = { "user_permission", { THING_USER, false }, { THING_RESOURCE_SERVER, true }, RELATION_MAX },
    [RELATION_ROLE_PERMISSION] = { "role_permission", { THING_ROLE, false }, { THING_RESOURCE_SERVER, true }, RELATION_MAX },
    [RELATION_GROUP_MEMBER] = { "group_member", { THING_GROUP, false }, { THING_USER, false }, RELATION_MAX },
    [RELATION_GROUP_ROLE] = { "group_role", { THING_GROUP, false }, { THING_ROLE, false }, RELATION_MAX },
    [RELATION_ORGANIZATION_MEMBER] = { "organization_member", { THING_ORGANIZATION, false }, { THING_USER, false },
                                       RELATION_ORGANIZATION_MEMBER_ROLE },
    [RELATION_ORGANIZATION_HOLDER] = { "organization_holder", { THING_ORGANIZATION, false }, { THING_USER, false },
                                       RELATION_ORGANIZATION_MEMBER_ROLE },
    [RELATION_ORGANIZATION_MEMBER_ROLE] = { "organization_member_role", { THING_ORGANIZATION, true }, { THING_ROLE, true },
                                            RELATION_MAX },
    [RELATION_ORGANIZATION_GROUP] = { "organization_group", { THING_ORGANIZATION, false }, { THING_GROUP, false },
                                      RELATION_ORGANIZATION_GROUP_ROLE },
    [RELATION_ORGANIZATION_GROUP_ROLE] = { "organization_group_role", { THING_ORGANIZATION, true }, { THING_ROLE, true },
                                           RELATION_MAX },
    [RELATION_ORGANIZATION_CONNECTION] = { "organization_connection", { THING_ORGANIZATION, false }, { THING_CONNECTION, false },
                                           RELATION_MAX },
    [RELATION_ORGANIZATION_CLIENT] = { "organization_client", { THING_ORGANIZATION, false }, { THING_CLIENT, false },
                                       RELATION_MAX },
    [RELATION_ORGANIZATION_CLIENT_GRANT] = { "organization_client_grant", { THING_ORGANIZATION, false },
                                             { THING_CLIENT_GRANT, false }, RELATION_MAX },
};

str relation_name(enum relation r)
{
    return str_from(rules[r].name);
}

static struct sql_value name_of(enum relation r)
{
    return sql_text(relation_name(r));
}

/* --- pairs ------------------------------------------------------------------------ */

str relation_pair(struct arena *a, str first, str second)
{
    return str_fmt(a, "%.*s %.*s", STR_ARG(first), STR_ARG(second));
}

str relation_pair_first(str pair)
{
    str rest;
    return str_cut(pair, ' ', &rest);
}

str relation_pair_second(str pair)
{
    str rest;
    (void)str_cut(pair, ' ', &rest);
    return rest;
}

/* All pairs of first lie in [from, to): '!' follows the blank. */
struct pairs {
    struct sql_value from, to;
};
static struct pairs pairs_of(struct arena *a, str first)
{
    return (struct pairs){ sql_text(str_cat(a, first, STR(" "))), sql_text(str_cat(a, first, STR("!"))) };
}

/* --- one row ------------------------------------------------------------------------ */

struct result relation_has(struct tx *tx, enum relation r, str a, str b, bool *out_has)
{
    struct sql_value row[1];
    return sql_row(tx->sql, tx->arena, "SELECT seq FROM relations WHERE kind = ? AND a = ? AND b = ?",
                   SQL_ARGS(name_of(r), sql_text(a), sql_text(b)), row, 1, out_has);
}

struct result relation_find(struct tx *tx, enum relation r, str a, str b, struct relation_row *out, bool *out_found)
{
    struct sql_value row[2];
    TRY(sql_row(tx->sql, tx->arena, "SELECT seq, body FROM relations WHERE kind = ? AND a = ? AND b = ?",
                SQL_ARGS(name_of(r), sql_text(a), sql_text(b)), row, 2, out_found));
    if (!*out_found)
        return OK;
    *out = (struct relation_row){ .seq = row[0].i, .a = a, .b = b };
    return json_parse(tx->arena, row[1].s, &out->body);
}

struct result relation_add(struct tx *tx, enum relation r, str a, str b, const struct json *body, bool *out_added)
{
    str text = body ? json_dump(tx->arena, body) : STR("{}");
    int64_t changed;
    TRY(sql_run(tx->sql, "UPDATE relations SET body = ? WHERE kind = ? AND a = ? AND b = ?",
                SQL_ARGS(sql_text(text), name_of(r), sql_text(a), sql_text(b)), &changed));
    if (out_added)
        *out_added = changed == 0;
    if (changed)
        return OK;
    return sql_run(tx->sql, "INSERT INTO relations (kind, a, b, body) VALUES (?, ?, ?, ?)",
                   SQL_ARGS(name_of(r), sql_text(a), sql_text(b), sql_text(text)), NULL);
}

struct result relation_remove(struct tx *tx, enum relation r, str a, str b, bool *out_removed)
{
    int64_t changed;
    if (rules[r].hanging != RELATION_MAX)
        TRY(relation_drop_a(tx, rules[r].hanging, relation_pair(tx->arena, a, b)));
    TRY(sql_run(tx->sql, "DELETE FROM relations WHERE kind = ? AND a = ? AND b = ?",
                SQL_ARGS(name_of(r), sql_text(a), sql_text(b)), &changed));
    if (out_removed)
        *out_removed = changed > 0;
    return OK;
}

struct result relation_add_each_b(struct tx *tx, enum relation r, str a, const struct json *ids)
{
    const struct json *id;
    JSON_EACH_ITEM(ids, i, id)
        TRY(relation_add(tx, r, a, json_text(id), NULL, NULL));
    return OK;
}

struct result relation_add_each_a(struct tx *tx, enum relation r, const struct json *ids, str b)
{
    const struct json *id;
    JSON_EACH_ITEM(ids, i, id)
        TRY(relation_add(tx, r, json_text(id), b, NULL, NULL));
    return OK;
}

struct result relation_remove_each_b(struct tx *tx, enum relation r, str a, const struct json *ids)
{
    const struct json *id;
    JSON_EACH_ITEM(ids, i, id)
        TRY(relation_remove(tx, r, a, json_text(id), NULL));
    return OK;
}

struct result relation_remove_each_a(struct tx *tx, enum relation r, const struct json *ids, str b)
{
    const struct json *id;
    JSON_EACH_ITEM(ids, i, id)
        TRY(relation_remove(tx, r, json_text(id), b, NULL));
    return OK;
}

/* --- lists ----------------------------------------------------------------------------- */

static struct result row_read(struct tx *tx, const struct sql_rows *rows, struct relation_row *out)
{
    out->seq = sql_col_int(rows, 0);
    out->a = str_dup(tx->arena, sql_col_text(rows, 1));
    out->b = str_dup(tx->arena, sql_col_text(rows, 2));
    return json_parse(tx->arena, str_dup(tx->arena, sql_col_text(rows, 3)), &out->body);
}

static struct result list(struct tx *tx, const char *text, const struct sql_value *args, size_t arg_count,
                          struct relation_row **out, size_t *out_count)
{
    struct sql_rows rows;
    struct result r = OK;
    struct relation_row *found = NULL;
    size_t count = 0, cap = 0;
    TRY(sql_open(tx->sql, &rows, text, args, arg_count));
    while (!failed(r) && sql_next(&rows)) {
        if (count == cap) {
            struct relation_row *more = ARENA_ARRAY(tx->arena, struct relation_row, cap ? cap * 2 : 16);
            for (size_t i = 0; i < count; i++)
                more[i] = found[i];
            found = more;
            cap = cap ? cap * 2 : 16;
        }
        r = row_read(tx, &rows, &found[count]);
        count++;
    }
    struct result closed = sql_close(&rows);
    TRY(r);
    TRY(closed);
    *out = found;
    *out_count = count;
    return OK;
}

/* SQLite and PostgreSQL both read a negative or huge LIMIT differently, so "all"
 * is the largest number. */
static struct sql_value limit_value(size_t limit)
{
    return sql_int(limit ? (int64_t)limit : INT64_MAX);
}

struct result relation_list_by_a(struct tx *tx, enum relation r, str a, int64_t after_seq, size_t limit,
                                 struct relation_row **out, size_t *out_count)
{
    return list(tx, "SELECT seq, a, b, body FROM relations WHERE kind = ? AND a = ? AND seq > ? ORDER BY seq LIMIT ?",
                SQL_ARGS(name_of(r), sql_text(a), sql_int(after_seq), limit_value(limit)), out, out_count);
}

struct result relation_list_by_b(struct tx *tx, enum relation r, str b, int64_t after_seq, size_t limit,
                                 struct relation_row **out, size_t *out_count)
{
    return list(tx, "SELECT seq, a, b, body FROM relations WHERE kind = ? AND b = ? AND seq > ? ORDER BY seq LIMIT ?",
                SQL_ARGS(name_of(r), sql_text(b), sql_int(after_seq), limit_value(limit)), out, out_count);
}

struct result relation_list_pairs(struct tx *tx, enum relation r, str a, str first, struct relation_row **out, size_t *out_count)
{
    const struct pairs p = pairs_of(tx->arena, first);
    return list(tx, "SELECT seq, a, b, body FROM relations WHERE kind = ? AND a = ? AND b >= ? AND b < ? ORDER BY b",
                SQL_ARGS(name_of(r), sql_text(a), p.from, p.to), out, out_count);
}

struct result relation_list_b_pairs(struct tx *tx, enum relation r, str first, struct relation_row **out, size_t *out_count)
{
    const struct pairs p = pairs_of(tx->arena, first);
    return list(tx, "SELECT seq, a, b, body FROM relations WHERE kind = ? AND b >= ? AND b < ? ORDER BY b, seq",
                SQL_ARGS(name_of(r), p.from, p.to), out, out_count);
}

/* --- pages -------------------------------------------------------------------------------- */

/* A long list has its number in a row (store/schema-3.sql). */
static struct result count(struct tx *tx, enum relation r, enum relation_side by, str id, size_t *out)
{
#define COUNT_OF(side)                                                                                       \
    "SELECT coalesce((SELECT n FROM row_counts WHERE kind = ? AND field = '" side "' AND value = ?), " \
    "(SELECT COUNT(*) FROM relations WHERE kind = ? AND " side " = ?))"
    static const char *const texts[] = { [RELATION_BY_A] = COUNT_OF("a"), [RELATION_BY_B] = COUNT_OF("b") };
    struct sql_value n;
    bool found;
    TRY(sql_row(tx->sql, tx->arena, texts[by], SQL_ARGS(name_of(r), sql_text(id), name_of(r), sql_text(id)), &n, 1, &found));
    *out = (size_t)n.i;
    return OK;
}

struct result relation_count_a(struct tx *tx, enum relation r, str a, size_t *out)
{
    return count(tx, r, RELATION_BY_A, a, out);
}

/* One row more than the page, so that `more` is known. */
struct result relation_page(struct tx *tx, struct relation_page *p)
{
    static const char *const texts[] = {
        [RELATION_BY_A] = "SELECT seq, a, b, body FROM relations WHERE kind = ? AND a = ? AND seq > ? ORDER BY seq LIMIT ? OFFSET ?",
        [RELATION_BY_B] = "SELECT seq, a, b, body FROM relations WHERE kind = ? AND b = ? AND seq > ? ORDER BY seq LIMIT ? OFFSET ?",
    };
    size_t wanted = p->limit ? p->limit + 1 : 0;
    TRY(list(tx, texts[p->by],
             SQL_ARGS(name_of(p->relation), sql_text(p->id), sql_int(p->after_seq), limit_value(wanted), sql_int((int64_t)p->offset)),
             &p->rows, &p->count));
    p->more = p->limit && p->count > p->limit;
    if (p->more)
        p->count = p->limit;
    bool known = !p->more && !p->after_seq && (p->count || !p->offset); /* the list ends here */
    p->total = p->offset + p->count;
    return p->want_total && !known ? count(tx, p->relation, p->by, p->id, &p->total) : OK;
}

/* --- when something goes --------------------------------------------------------------------- */

struct result relation_drop_a(struct tx *tx, enum relation r, str a)
{
    return sql_run(tx->sql, "DELETE FROM relations WHERE kind = ? AND a = ?", SQL_ARGS(name_of(r), sql_text(a)), NULL);
}

struct result relation_drop_b(struct tx *tx, enum relation r, str b)
{
    return sql_run(tx->sql, "DELETE FROM relations WHERE kind = ? AND b = ?", SQL_ARGS(name_of(r), sql_text(b)), NULL);
}

/* The roles of a member hang on the membership: they are named by both. */
static struct result drop_hanging(struct tx *tx, enum relation r, str b)
{
    struct relation_row *rows;
    size_t count;
    if (rules[r].hanging == RELATION_MAX)
        return OK;
    TRY(relation_list_by_b(tx, r, b, 0, 0, &rows, &count));
    for (size_t i = 0; i < count; i++)
        TRY(relation_drop_a(tx, rules[r].hanging, relation_pair(tx->arena, rows[i].a, b)));
    return OK;
}

static struct result drop_side_a(struct tx *tx, enum relation r, str id)
{
    const struct pairs p = pairs_of(tx->arena, id);
    if (!rules[r].a.is_pair)
        return relation_drop_a(tx, r, id);
    return sql_run(tx->sql, "DELETE FROM relations WHERE kind = ? AND a >= ? AND a < ?", SQL_ARGS(name_of(r), p.from, p.to), NULL);
}

static struct result drop_side_b(struct tx *tx, enum relation r, str id)
{
    const struct pairs p = pairs_of(tx->arena, id);
    TRY(drop_hanging(tx, r, id));
    if (!rules[r].b.is_pair)
        return relation_drop_b(tx, r, id);
    return sql_run(tx->sql, "DELETE FROM relations WHERE kind = ? AND b >= ? AND b < ?", SQL_ARGS(name_of(r), p.from, p.to), NULL);
}

struct result relation_drop(struct tx *tx, enum thing what, str id)
{
    for (enum relation r = 0; r < RELATION_MAX; r++) {
        if (rules[r].a.thing == what)
            TRY(drop_side_a(tx, r, id));
        if (rules[r].b.thing == what)
            TRY(drop_side_b(tx, r, id));
    }
    return OK;
}

static struct result drop_all(struct tx *tx, enum relation r)
{
    return sql_run(tx->sql, "DELETE FROM relations WHERE kind = ?", SQL_ARGS(name_of(r)), NULL);
}

struct result relation_drop_every(struct tx *tx, enum thing what)
{
    for (enum relation r = 0; r < RELATION_MAX; r++) {
        if (rules[r].a.thing != what && rules[r].b.thing != what)
            continue;
        TRY(drop_all(tx, r));
        if (rules[r].hanging != RELATION_MAX)
            TRY(drop_all(tx, rules[r].hanging));
    }
    return OK;
}
