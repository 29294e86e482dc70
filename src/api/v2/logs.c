#include "api/v2/logs.h"

#include "domain/log_list.h"

enum { TAKE_DEFAULT = 50 };

static const str default_fields[] = { STR_INIT("user_name"), STR_INIT("client_name"), STR_INIT("connection"),
                                      STR_INIT("description"), STR_INIT("type"), STR_INIT("ip"), STR_INIT("log_id") };

/* Members that every entry of the real log has, null where they do not apply
 * (recorded 2023); the order is theirs. */
static const char *const shown[] = {
    "_id",       "log_id",   "date",    "type",    "description", "connection", "connection_id", "organization_id", "organization_name",
    "client_id", "client_name", "ip",   "hostname", "details",    "user_id",    "user_name",     "user_agent",      "audience",
    "strategy",  "strategy_type", "isMobile", "location_info",
};

struct json *v2_log_show(const struct call *c, const struct json *entry)
{
    struct json *o = json_object(c->arena);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        struct json *v = json_get(entry, str_from(shown[i]));
        json_set(c->arena, o, str_from(shown[i]), v ? v : json_null(c->arena));
    }
    json_merge(c->arena, o, entry);
    return call_pick_fields(c, o);
}

struct json *v2_logs_show(const struct call *c, const struct json *entries)
{
    struct json *all = json_array(c->arena), *entry;
    JSON_EACH_ITEM(entries, i, entry)
        json_push(c->arena, all, v2_log_show(c, entry));
    return all;
}

/* A bare array; the next page is in the Link header, also on the last one, so
 * that a reader can come back for what happens later. */
static struct result walk(struct call *c)
{
    struct log_walk w = { .from = call_query_text(c, "from"), .take = (size_t)call_query_int(c, "take", TAKE_DEFAULT) };
    TRY(log_walk(c->tx, &w));
    if (w.last_id.len) {
        str domain = tenant_get_info(c->tenant)->domain;
        call_header(c, STR("Link"),
                    str_fmt(c->arena, "<https://%.*s%.*s?from=%.*s&take=%zu>; rel=\"next\"", STR_ARG(domain), STR_ARG(c->path),
                            STR_ARG(w.last_id), w.take));
    }
    return call_reply(c, 200, v2_logs_show(c, w.items));
}

void v2_logs_read_sort(const struct call *c, struct log_query *q)
{
    str direction, field = str_cut(call_query_text(c, "sort"), ':', &direction);
    q->sort_field = field.len ? field : STR_NONE;
    q->ascending = str_eq(direction, STR("1"));
}

static struct result read_search(const struct call *c, struct log_query *q)
{
    struct search_node *search = NULL;
    str text = call_query_text(c, "q");
    if (!text.len)
        text = call_query_text(c, "search");
    TRY(search_parse(c->arena, text, SEARCH_V3, &search));
    q->search = search;
    return OK;
}

static bool walks(const struct call *c)
{
    return json_get(c->query, STR("from")) || json_get(c->query, STR("take"));
}

struct result v2_logs_list(struct call *c)
{
    struct call_page p;
    if (walks(c))
        return walk(c);
    TRY(call_get_page(c, &p));
    struct log_query q = { .default_fields = default_fields,
                           .default_field_count = sizeof default_fields / sizeof *default_fields,
                           .offset = p.offset,
                           .limit = p.limit };
    v2_logs_read_sort(c, &q);
    TRY(read_search(c, &q));
    TRY(log_query(c->tx, &q));
    return call_reply_page(c, &p, v2_logs_show(c, q.items), q.total, 0, q.more);
}

struct result v2_logs_read(struct call *c)
{
    struct json *entry;
    TRY(log_read(c->tx, call_param(c, "id"), &entry));
    return call_reply(c, 200, v2_log_show(c, entry));
}
