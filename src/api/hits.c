#include "api/hits.h"

struct result hits_present(struct call *c, const struct search_page *page, present_user_fn present, struct json **out)
{
    struct json *list = json_array(c->arena), *one;
    for (size_t i = 0; i < page->count; i++) {
        const struct user u = { .row = page->hits[i].user,
                                .uid = json_get_text(page->hits[i].doc, STR("user_id")),
                                .doc = page->hits[i].doc };
        TRY(present(c, &u, &one));
        json_push(c->arena, list, one);
    }
    *out = list;
    return OK;
}
