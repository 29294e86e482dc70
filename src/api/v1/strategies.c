/* /api/strategies and /api/connection-templates of API v1. */
#include "api/call.h"
#include "domain/connection/template.h"

struct result v1_strategies_list(struct call *c)
{
    size_t count;
    const struct strategy *all = strategy_list(&count);
    struct json *items = json_array(c->arena);
    for (size_t i = 0; i < count; i++) {
        struct json *o = json_object(c->arena);
        json_set_text(c->arena, o, STR("name"), all[i].name);
        json_set_text(c->arena, o, STR("display_name"), all[i].display_name);
        json_set_text(c->arena, o, STR("kind"), strategy_kind_name(all[i].kind));
        json_push(c->arena, items, o);
    }
    return call_reply(c, 200, items);
}

/* --- templates ----------------------------------------------------------------------- */

static struct result strategy_of_path(const struct call *c, const struct strategy **out)
{
    str name = call_param(c, "strategy");
    *out = strategy_find(name);
    return *out ? OK : fail1(ERR_UNSUPPORTED_STRATEGY, name);
}

struct result v1_connection_templates_read(struct call *c)
{
    const struct strategy *s;
    struct json *options;
    TRY(strategy_of_path(c, &s));
    TRY(connection_template_read(c->tx, s, &options));
    return call_reply(c, 200, options);
}

struct result v1_connection_templates_set(struct call *c)
{
    const struct strategy *s;
    TRY(strategy_of_path(c, &s));
    TRY(connection_template_set(c->tx, s, c->body));
    return call_reply(c, 200, json_object(c->arena));
}

struct result v1_connection_templates_delete(struct call *c)
{
    const struct strategy *s;
    TRY(strategy_of_path(c, &s));
    TRY(connection_template_delete(c->tx, s));
    return call_reply(c, 200, json_object(c->arena));
}
