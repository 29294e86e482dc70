/* Query strings: decoded pairs → one typed object, checked like a body. */
#include "contract/loose.h"
#include "contract/validate.h"

static bool is_list(const struct schema *s)
{
    return (s->types & SCHEMA_ARRAY) && !(s->types & SCHEMA_STRING) && !s->alternative_count;
}

/* "a,b" is two items, however often the name is repeated. */
static void push_items(struct arena *a, const struct schema *s, struct json *list, str text)
{
    static const struct schema any = { .types = SCHEMA_STRING };
    str rest = text;
    while (rest.p) {
        str item = str_cut(rest, ',', &rest);
        if (item.len)
            json_push(a, list, text_to_value(a, s->items ? s->items : &any, item));
    }
}

static void add_list(struct arena *a, struct json *query, const struct schema_member *m, str text)
{
    struct json *list = json_get(query, m->name);
    if (!list) {
        list = json_array(a);
        json_set(a, query, m->name, list);
    }
    push_items(a, m->schema, list, text);
}

/* A name that is no list and comes twice: the real API sees an array there, and
 * its type check refuses that. v1 takes the last. */
static void add_again(struct arena *a, const struct operation *op, struct json *query, str name, struct json *value)
{
    struct json *before = json_get(query, name);
    if (op->api == API_V1 || !before) {
        json_set(a, query, name, value);
        return;
    }
    if (before->type != JSON_ARRAY) {
        struct json *list = json_array(a);
        json_push(a, list, before);
        json_set(a, query, name, list);
        before = list;
    }
    json_push(a, before, value);
}

static void add(struct arena *a, const struct operation *op, const struct schema *all, struct json *query,
                struct text_pair pair)
{
    str name = pair.name;
    const struct schema_member *m = schema_member_find(all, name);
    if (!m && str_ends(name, STR("[]"))) {
        m = schema_member_find(all, str_sub(name, 0, name.len - 2));
        if (m && !is_list(m->schema))
            m = NULL;
    }
    if (m && is_list(m->schema))
        add_list(a, query, m, pair.value);
    else
        add_again(a, op, query, name, m ? text_to_value(a, m->schema, pair.value) : json_string(a, pair.value));
}

struct result validate_query(struct arena *a, const struct operation *op, const struct text_pair *pairs, size_t count,
                             struct json **out)
{
    /* v2 refuses names that it does not know, but for uploads (recorded: POST /jobs/users-imports?test=value);
     * v1 and the login pages always let them pass. */
    bool closed = op->api == API_V2 && !(op->body_kinds & BODY_MULTIPART);
    const struct schema all = { .types = SCHEMA_OBJECT,
                                .flags = closed ? 0 : SCHEMA_FREE,
                                .members = op->query_params,
                                .member_count = op->query_param_count };
    struct json *query = json_object(a);
    for (size_t i = 0; i < count; i++)
        add(a, op, &all, query, pairs[i]);
    TRY(validate(a, &all, query, IN_QUERY));
    validate_fill_defaults(a, &all, query);
    *out = query;
    return OK;
}
