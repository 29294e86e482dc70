/* The first byte chooses an operation, the rest is its JSON body. What was found
 * valid is still valid a second time (lenient types change the value once), a
 * fault is worded in valid UTF-8 of bounded length, and defaults stay valid. */
#include "contract/validate.h"

#include <stdlib.h>

enum { MESSAGE_MAX = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct arena *a, const struct schema *s, struct json *v)
{
    struct result r = validate(a, s, v, IN_BODY);
    if (failed(r)) {
        if (r.args.v[0].len == 0 || r.args.v[0].len > MESSAGE_MAX || !str_utf8_valid(r.args.v[0]))
            abort();
        return;
    }
    validate_fill_defaults(a, s, v);
    if (failed(validate(a, s, v, IN_BODY)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct operation *op = &operations[data[0] % OP_MAX];
    struct arena *a = arena_new(0);
    struct json *v;
    str text = { (const char *)data + 1, size - 1 };
    if (op->body && !failed(json_parse(a, text, &v)))
        check(a, op->body, v);
    if (op->reply_count && !failed(json_parse(a, text, &v)))
        ignore_result(validate_reply(a, op, op->replies[0].status, v), "either is fine");
    arena_free(a);
    return 0;
}
