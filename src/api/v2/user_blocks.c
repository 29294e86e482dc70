/* /api/v2/user-blocks. */
#include "api/v2/user_path.h"
#include "domain/user/block.h"

static struct result reply_blocks(struct call *c, struct json *blocks)
{
    struct json *o = json_object(c->arena);
    json_set(c->arena, o, STR("blocked_for"), blocks);
    return call_reply(c, 200, o);
}

static bool enforced_only(const struct call *c)
{
    return call_query_true(c, "consider_brute_force_enablement");
}

struct result v2_user_blocks_list(struct call *c)
{
    struct json *blocks;
    TRY(user_block_list(c->tx, call_query_text(c, "identifier"), enforced_only(c), &blocks));
    return reply_blocks(c, blocks);
}

struct result v2_user_blocks_delete(struct call *c)
{
    TRY(user_block_clear(c->tx, call_query_text(c, "identifier")));
    return call_reply_empty(c, 204);
}

struct result v2_user_blocks_of_user(struct call *c)
{
    struct user u;
    struct json *blocks;
    TRY(v2_user_of_path_or(c, "id", ERR_USER_NOT_FOUND, &u));
    TRY(user_block_list_user(c->tx, &u, enforced_only(c), &blocks));
    return reply_blocks(c, blocks);
}

struct result v2_user_blocks_delete_of_user(struct call *c)
{
    struct user u;
    TRY(v2_user_of_path_or(c, "id", ERR_USER_NOT_FOUND, &u));
    TRY(user_block_clear_user(c->tx, &u));
    return call_reply_empty(c, 204);
}
