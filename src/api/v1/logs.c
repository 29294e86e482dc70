/* /api/logs of API v1 and a user's log (V1-REFERENCE 11): one envelope for
 * pages, searches and the walk from a checkpoint. An ordinary client sees the
 * entries that its own requests caused. */
#include "api/v1/link.h"
#include "api/v1/page.h"
#include "api/v1/user_shape.h"
#include "domain/log_list.h"

enum { TAKE_MAX = 200, WALK_ROUNDS_MAX = LOG_SCAN_MAX / TAKE_MAX };

/* --- an entry ------------------------------------------------------------------------ */

/* Short names stand in old samples and old data; answers have the long ones. */
static str long_name(str name)
{
    static const struct {
        str short_name, long_name;
    } names[] = {
        { STR_INIT("at"), STR_INIT("date") },       { STR_INIT("e"), STR_INIT("type") },
        { STR_INIT("ed"), STR_INIT("description") }, { STR_INIT("c"), STR_INIT("connection") },
        { STR_INIT("ci"), STR_INIT("client_id") },  { STR_INIT("cn"), STR_INIT("client_name") },
        { STR_INIT("ui"), STR_INIT("user_id") },    { STR_INIT("un"), STR_INIT("user_name") },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(names[i].short_name, name))
            return names[i].long_name;
    return name;
}

static struct json *present(const struct call *c, const struct json *entry)
{
    static const str members[] = {
        STR_INIT("_id"), STR_INIT("date"),    STR_INIT("type"),      STR_INIT("description"), STR_INIT("connection"), STR_INIT("client_id"),
        STR_INIT("client_name"), STR_INIT("ip"), STR_INIT("user_id"), STR_INIT("user_name"), STR_INIT("user_agent"), STR_INIT("details"),
    };
    struct json *o = json_object(c->arena);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (json_get(entry, members[i]))
            json_set(c->arena, o, members[i], json_get(entry, members[i]));
    return v1_pick_fields(c, o, long_name);
}

struct envelope {
    const struct json *entries;
    size_t start, limit, total;
};

static struct result reply_entries(struct call *c, const struct envelope *e)
{
    struct arena *a = c->arena;
    struct json *o = json_object(a), *logs = json_array(a), *entry;
    JSON_EACH_ITEM(e->entries, i, entry)
        json_push(a, logs, present(c, entry));
    json_set_int(a, o, STR("start"), (int64_t)e->start);
    json_set_int(a, o, STR("length"), (int64_t)json_count(logs));
    json_set_int(a, o, STR("limit"), (int64_t)e->limit);
    json_set_int(a, o, STR("total"), (int64_t)e->total);
    json_set(a, o, STR("logs"), logs);
    return call_reply(c, 200, o);
}

/* --- what is asked for ------------------------------------------------------------------ */

static struct result read_search(struct call *c, struct search_node **out)
{
    struct search_node *asked, *own = NULL;
    TRY(search_parse_api_v1_logs(c->arena, call_query_text(c, "search"), &asked));
    if (c->caller.kind != CALLER_V1_GLOBAL)
        own = search_equals(c->arena, STR("client_id"), c->caller.client_id);
    *out = search_and(c->arena, asked, own);
    return OK;
}

static struct result read_sort(const struct call *c, struct log_query *q)
{
    static const str sortable[] = { STR_INIT("date"), STR_INIT("connection"), STR_INIT("client_name"), STR_INIT("user_name") };
    bool down = true;
    str field;
    TRY(v1_sort_read(c, &field, &down));
    q->ascending = !down;
    if (!field.p)
        return OK;
    for (size_t i = 0; i < sizeof sortable / sizeof *sortable; i++)
        if (str_eq(long_name(field), sortable[i]))
            q->sort_field = sortable[i];
    return q->sort_field.p ? OK
                           : fail1(ERR_INVALID_QUERY, STR("Query validation error: 'Logs are sorted by date, connection, "
                                                          "client_name or user_name' on property sort."));
}

/* --- pages --------------------------------------------------------------------------------- */

static struct result list_page(struct call *c, str user_id)
{
    struct v1_page p;
    struct search_node *search;
    TRY(v1_page_read(c, &p));
    TRY(read_search(c, &search));
    struct log_query q = { .search = search, .user_id = user_id, .offset = p.offset, .limit = p.per_page };
    TRY(read_sort(c, &q));
    TRY(log_query(c->tx, &q));
    if (q.more)
        v1_page_link_next(c, &p);
    return reply_entries(c, &(struct envelope){ .entries = q.items, .start = p.offset, .limit = p.per_page, .total = q.total });
}

/* --- from a checkpoint, oldest first ---------------------------------------------------------- */

/* One round, in memory of its own: most of what it reads matches nothing. */
static struct result walk_round(struct call *c, struct log_walk *w, const struct search_node *search, size_t limit, struct json *found)
{
    struct arena *own = c->tx->arena, *round = arena_new(0);
    struct json *entry;
    c->tx->arena = round;
    struct result r = log_walk(c->tx, w);
    c->tx->arena = own;
    JSON_EACH_ITEM(failed(r) ? NULL : w->items, i, entry)
        if (json_count(found) < limit && search_matches(search, entry, NULL, 0))
            json_push(own, found, json_copy(own, entry));
    w->from = str_dup(own, w->last_id);
    w->take = failed(r) ? 0 : json_count(w->items);
    arena_free(round);
    return r;
}

/* Fills found with at most limit entries that match; a search walks in rounds. */
static struct result walk(struct call *c, const struct search_node *search, size_t limit, struct json *found)
{
    struct log_walk w = { .from = call_query_text(c, "from") };
    for (unsigned round = 0; round < WALK_ROUNDS_MAX && json_count(found) < limit; round++) {
        w.take = TAKE_MAX;
        TRY(walk_round(c, &w, search, limit, found));
        if (w.take < TAKE_MAX)
            break;
    }
    return OK;
}

static void link_walk(struct call *c, const struct json *last, size_t take)
{
    const struct link_parameter next[] = { { "from", json_get_text(last, STR("_id")) },
                                           { "take", str_fmt(c->arena, "%zu", take) } };
    v1_link_next(c, next, 2);
}

static struct result list_walk(struct call *c)
{
    size_t take = (size_t)call_query_int(c, "take", TAKE_MAX);
    struct json *found = json_array(c->arena), *shown = json_array(c->arena);
    struct search_node *search;
    TRY(read_search(c, &search));
    struct log_query all = { .search = search, .limit = 0 };
    TRY(log_query(c->tx, &all));
    TRY(walk(c, search, take + 1, found)); /* one more tells whether there is a next page */
    for (size_t i = 0; i < json_count(found) && i < take; i++)
        json_push(c->arena, shown, json_item(found, i));
    if (json_count(found) > take)
        link_walk(c, json_item(found, take - 1), take);
    return reply_entries(c, &(struct envelope){ .entries = shown, .start = 0, .limit = take, .total = all.total });
}

/* --- the handlers -------------------------------------------------------------------------------- */

struct result v1_logs_list(struct call *c)
{
    bool is_walk = json_get(c->query, STR("from")) || json_get(c->query, STR("take"));
    return is_walk ? list_walk(c) : list_page(c, STR_NONE);
}

struct result v1_logs_of_user(struct call *c)
{
    struct user u;
    TRY(v1_user_of_path(c, &u));
    return list_page(c, u.uid);
}

struct result v1_logs_read(struct call *c)
{
    struct json *entry;
    TRY(log_read(c->tx, call_param(c, "_id"), &entry));
    bool is_own = c->caller.kind == CALLER_V1_GLOBAL || str_eq(json_get_text(entry, STR("client_id")), c->caller.client_id);
    return is_own ? call_reply(c, 200, present(c, entry)) : fail(ERR_LOG_NOT_FOUND);
}
