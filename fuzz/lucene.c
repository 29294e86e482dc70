/* Queries of search engines v2 and v3, parsed and tried on a document. The
 * first byte picks the engine. */
#include "search/search.h"

static const char DOC[] = "{\"email\":\"jane@acme.example\",\"name\":\"Jane \\u00c9\",\"logins_count\":7,\"blocked\":false,"
                          "\"created_at\":\"2018-12-31T23:59:59.999Z\",\"app_metadata\":{\"tags\":[\"a\",[1]],\"x\":null}}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena *a = arena_new(0);
    struct json *doc = NULL;
    struct search_node *q = NULL;
    enum search_engine engine = data[0] & 1 ? SEARCH_V3 : SEARCH_V2;
    ignore_result(json_parse(a, str_from(DOC), &doc), "a constant");
    if (!failed(search_parse(a, (str){ (const char *)data + 1, size - 1 }, engine, &q))) {
        bool matches = search_matches(q, doc, NULL, 0);
        if (q && matches == search_matches(search_not(a, q), doc, NULL, 0))
            __builtin_trap();
    }
    arena_free(a);
    return 0;
}
