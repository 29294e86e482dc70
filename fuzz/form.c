/* The first byte chooses an operation, the rest is a decoded form or query
 * string. Whatever comes of it can be written as JSON, read again and checked. */
#include "contract/validate.h"

#include <stdlib.h>

enum { PAIRS_MAX = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t split(str text, struct text_pair *out)
{
    size_t count = 0;
    str rest = text.len ? text : STR_NONE;
    while (rest.p && count < PAIRS_MAX) {
        str value, pair = str_cut(rest, '&', &rest);
        str name = str_cut(pair, '=', &value);
        if (pair.len)
            out[count++] = (struct text_pair){ name, value.p ? value : STR("") };
    }
    return count;
}

static void check(struct arena *a, const struct operation *op, const struct text_pair *pairs, size_t count)
{
    struct json *again, *query;
    static const struct schema anything = { .types = SCHEMA_ANY, .flags = SCHEMA_FREE };
    struct json *body = form_to_json(a, op->body ? op->body : &anything, pairs, count);
    if (failed(json_parse(a, json_dump(a, body), &again)) || !json_equal(body, again))
        abort();
    if (op->body)
        ignore_result(validate(a, op->body, body, IN_BODY), "either is fine");
    if (!failed(validate_query(a, op, pairs, count, &query)) && !json_is(query, JSON_OBJECT))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text_pair pairs[PAIRS_MAX];
    str text = { (const char *)data + 1, size ? size - 1 : 0 };
    if (size == 0 || !str_utf8_valid(text)) /* the server refuses other texts before */
        return 0;
    struct arena *a = arena_new(0);
    check(a, &operations[data[0] % OP_MAX], pairs, split(text, pairs));
    arena_free(a);
    return 0;
}
