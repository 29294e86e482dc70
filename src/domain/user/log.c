#include "domain/user/inside.h"

/* "body" as the real entries show it: what was asked for, with tenant, client
 * and connection (recorded ss, sdu, svr). */
static struct json *entry_details(struct tx *tx, const struct connection *c, const struct json *body)
{
    struct arena *a = tx->arena;
    struct json *details = json_object(a), *shown = body ? json_copy_shallow(a, log_mask(a, body)) : json_object(a);
    if (tx->actor && tx->actor->client_id.len)
        json_set_text(a, shown, STR("client_id"), tx->actor->client_id);
    json_set_text(a, shown, STR("tenant"), tenant_get_info(tx->tenant)->name);
    json_set_text(a, shown, STR("connection"), c->name);
    json_set(a, details, STR("body"), shown);
    return details;
}

struct result user_log(struct tx *tx, str type, str description, const struct user *u, const struct connection *c,
                       const struct json *body)
{
    const struct log_entry e = {
        .type = type,
        .description = description,
        .connection = c->name,
        .connection_id = c->id,
        .user_id = u->uid,
        .user_name = user_display_name(u),
        .strategy = c->strategy,
        .strategy_type = c->traits ? strategy_kind_name(c->traits->kind) : STR(""),
        .details = entry_details(tx, c, body),
    };
    return log_append(tx, &e);
}
