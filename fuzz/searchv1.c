/* The search parameter of API v1, for users and for logs, parsed and tried on
 * a document. */
#include "search/search.h"

static const char DOC[] = "{\"email\":\"jane+x@acme.example\",\"name\":\"Jane \\u00c9\",\"logins_count\":7,"
                          "\"client_name\":\"node\",\"app_metadata\":{\"plan\":\"gold\",\"name\":\"kit\"}}";

static void try(struct arena *a, const struct search_node *q, const struct json *doc)
{
    bool matches = search_matches(q, doc, NULL, 0);
    if (q && matches == search_matches(search_not(a, (struct search_node *)q), doc, NULL, 0))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct json *doc = NULL;
    struct search_node *q = NULL;
    str text = { (const char *)data, size };
    ignore_result(json_parse(a, str_from(DOC), &doc), "a constant");
    if (!failed(search_parse_api_v1(a, text, &q)))
        try(a, q, doc);
    if (!failed(search_parse_api_v1_logs(a, text, &q)))
        try(a, q, doc);
    arena_free(a);
    return 0;
}
