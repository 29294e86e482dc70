/* /api/v2/blacklists/tokens. */
#include "api/call.h"
#include "domain/blacklist.h"

struct result v2_blacklists_tokens_list(struct call *c)
{
    struct json *tokens;
    TRY(blacklist_list(c->tx, call_query_text(c, "aud"), &tokens));
    return call_reply(c, 200, tokens);
}

struct result v2_blacklists_tokens_add(struct call *c)
{
    str aud = json_get_text(c->body, STR("aud"));
    TRY(blacklist_add(c->tx, json_get_text(c->body, STR("jti")), aud.p ? aud : c->caller.client_id));
    return call_reply_empty(c, 204);
}
