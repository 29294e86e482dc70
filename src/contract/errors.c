/* Error kinds → the answer's body, in the shape of each API
 * (V1-V2-SEMANTICS §9, V1-REFERENCE §1.4, RFC 6749 §5.2). */
#include "contract/contract.h"

#include "json/json.h"

static const struct {
    int status;
    str reason;
} reasons[] = {
    { 200, STR_INIT("OK") },
    { 201, STR_INIT("Created") },
    { 202, STR_INIT("Accepted") },
    { 204, STR_INIT("No Content") },
    { 302, STR_INIT("Found") },
    { 303, STR_INIT("See Other") },
    { 304, STR_INIT("Not Modified") },
    { 307, STR_INIT("Temporary Redirect") },
    { 308, STR_INIT("Permanent Redirect") },
    { 400, STR_INIT("Bad Request") },
    { 401, STR_INIT("Unauthorized") },
    { 402, STR_INIT("Payment Required") },
    { 403, STR_INIT("Forbidden") },
    { 404, STR_INIT("Not Found") },
    { 405, STR_INIT("Method Not Allowed") },
    { 408, STR_INIT("Request Time-out") },
    { 409, STR_INIT("Conflict") },
    { 410, STR_INIT("Gone") },
    { 411, STR_INIT("Length Required") },
    { 413, STR_INIT("Request Entity Too Large") },
    { 414, STR_INIT("Request-URI Too Large") },
    { 415, STR_INIT("Unsupported Media Type") },
    { 417, STR_INIT("Expectation Failed") },
    { 422, STR_INIT("Unprocessable Entity") },
    { 429, STR_INIT("Too Many Requests") },
    { 431, STR_INIT("Request Header Fields Too Large") },
    { 500, STR_INIT("Internal Server Error") },
    { 501, STR_INIT("Not Implemented") },
    { 503, STR_INIT("Service Unavailable") },
    { 504, STR_INIT("Gateway Time-out") },
    { 505, STR_INIT("HTTP Version Not Supported") },
};

str http_reason(int status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return STR("Unknown");
}

enum { MESSAGE_BYTES_MAX = 64 << 10 };

/* {0} {1} {2} → arguments. The result lives in a. */
static str fill(struct arena *a, str text, const struct err_args *args)
{
    if (str_find_char(text, '{') < 0)
        return text;
    struct buf b;
    buf_init(&b, MESSAGE_BYTES_MAX);
    for (size_t i = 0; i < text.len; i++) {
        bool is_mark = text.p[i] == '{' && i + 2 < text.len && text.p[i + 2] == '}' && text.p[i + 1] >= '0' &&
                       text.p[i + 1] < '0' + ERR_ARGS_MAX;
        if (!is_mark) {
            buf_add_char(&b, text.p[i]);
            continue;
        }
        buf_add(&b, args->v[text.p[i + 1] - '0']);
        i += 2;
    }
    str out = str_dup(a, buf_str(&b));
    buf_free(&b);
    return out;
}

static void set_if(struct arena *a, struct json *body, str key, str text)
{
    if (text.len)
        json_set_text(a, body, key, text);
}

/* error_description beside message where access is refused: the older document
 * of v2 promises it (V1-V2-SEMANTICS, ambiguity 38). Both say the same, since
 * clients differ in which one they show. */
static void v2_body(struct arena *a, struct json *body, const struct err_words *w, str text)
{
    json_set_int(a, body, STR("statusCode"), w->status);
    json_set_text(a, body, STR("error"), http_reason(w->status));
    json_set_text(a, body, STR("message"), text);
    set_if(a, body, STR("errorCode"), w->code);
    if (w->status == 401 || w->status == 403)
        json_set_text(a, body, STR("error_description"), text);
    if (w->status == 401 && w->code.len) { /* what is wrong with a token (quoted answers) */
        struct json *attributes = json_object(a);
        json_set_text(a, attributes, STR("error"), text);
        json_set(a, body, STR("attributes"), attributes);
    }
}

static void v1_body(struct arena *a, struct json *body, const struct err_words *w, str text)
{
    json_set_int(a, body, STR("statusCode"), w->status);
    json_set_text(a, body, STR("error"), w->code);
    json_set_text(a, body, STR("detail"), text);
    json_set_text(a, body, STR("error_description"), text);
    json_set_text(a, body, STR("message"), text);
}

struct json *error_body(struct arena *a, enum api api, struct result r, int *out_status)
{
    const struct err_words *w = &err_rows[r.kind].words[api];
    str text = fill(a, w->text, &r.args);
    struct json *body = json_object(a);
    *out_status = w->status;
    if (api == API_V2) {
        v2_body(a, body, w, text);
    } else if (api == API_V1) {
        v1_body(a, body, w, text);
    } else {
        json_set_text(a, body, STR("error"), w->code);
        set_if(a, body, STR("error_description"), text);
        if (r.kind == ERR_V1_CLIENT_UNAUTHORIZED) /* V1-REFERENCE 2 */
            json_set_text(a, body, STR("detail"), text);
    }
    return body;
}
