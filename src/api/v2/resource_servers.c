/* GET /api/v2/resource-servers/search; the document engine does the other operations. */
#include "api/v2/document.h"
#include "api/v2/rows.h"
#include "api/v2/search_query.h"

#include <stdlib.h>

static int compare(const void *x, const void *y, void *arg)
{
    const struct document *a = x, *b = y;
    const str *member = arg;
    int order = str_eq(*member, STR("updated_at")) ? (a->updated_at_us > b->updated_at_us) - (a->updated_at_us < b->updated_at_us)
                                                   : str_cmp(json_get_text(a->body, *member), json_get_text(b->body, *member));
    return order ? order : (a->seq > b->seq) - (a->seq < b->seq);
}

/* There is no index of words: all APIs are read. Their places in the whole answer are the checkpoints. */
struct result v2_resource_servers_search(struct call *c)
{
    static const str bare[] = { STR_INIT("name"), STR_INIT("identifier") };
    struct document_list all = { 0 };
    struct search_node *query;
    struct json *found = json_array(c->arena);
    str sort = call_query_text(c, "sort");
    TRY(search_query_parse(c->arena, call_query_text(c, "q"), call_query_text(c, "parser"), &query));
    TRY(document_list(c->tx, c->op->resource, &all));
    if (sort.len && all.count)
        qsort_r(all.items, all.count, sizeof *all.items, compare, &sort);
    for (size_t i = 0; i < all.count; i++)
        if (search_query_matches(query, all.items[i].body, bare, sizeof bare / sizeof *bare))
            json_push(c->arena, found, v2_document_shown(c, &all.items[i]));
    return array_reply(c, found);
}
