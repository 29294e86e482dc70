/* Text to values: one pass, recursive over at most JSON_DEPTH_MAX levels.
 * Members and items gather on one scratch stack and move to the arena, in a
 * table of their exact number, when their container closes. */
#include "json/inside.h"
#include "json/scan.h"

#include "base/log.h"

#include <stdlib.h>

enum { STACK_FIRST = 24, POOL_FIRST = 8, POOL_MAX = 256 };

struct parser {
    const char *at, *end;
    const char *wrong; /* why it failed; at then says where */
    struct arena *a;
    unsigned depth;
    struct json *pool; /* values not yet used */
    size_t pool_left, pool_size;
    struct json_member *stack; /* items use value only */
    size_t top, cap;
    struct json_member first[STACK_FIRST];
};

static struct json *parse_value(struct parser *p);

/* All failures come through here, so that each names its place. */
static bool wrong(struct parser *p, const char *at, const char *why)
{
    p->at = at;
    p->wrong = why;
    return false;
}

static struct json *value_new(struct parser *p, enum json_type type)
{
    if (!p->pool_left) {
        p->pool_size = p->pool_size < POOL_MAX ? p->pool_size * 2 : POOL_MAX;
        p->pool_left = p->pool_size;
        p->pool = ARENA_ARRAY(p->a, struct json, p->pool_size);
    }
    p->pool_left--;
    struct json *v = p->pool++;
    v->type = type;
    return v;
}

static void stack_grow(struct parser *p)
{
    size_t cap = p->cap * 2;
    struct json_member *bigger = malloc(cap * sizeof *bigger);
    if (!bigger)
        die("out of memory");
    memcpy(bigger, p->stack, p->top * sizeof *bigger);
    if (p->stack != p->first)
        free(p->stack);
    p->stack = bigger;
    p->cap = cap;
}

static void stack_push(struct parser *p, str key, struct json *value)
{
    if (p->top == p->cap)
        stack_grow(p);
    p->stack[p->top++] = (struct json_member){ key, value };
}

/* The next byte after white space, or -1 at the end. */
static int peek(struct parser *p)
{
    const char *at = p->at;
    while (at < p->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    p->at = at;
    return at < p->end ? (unsigned char)*at : -1;
}

/* --- strings ------------------------------------------------------------- */

/* Length of the UTF-8 sequence at s (first byte from 0x80 on), 0 when it is
 * ill-formed (RFC 3629 §4). */
static size_t utf8_sequence(const char *s, const char *end)
{
    unsigned char first = (unsigned char)s[0];
    size_t len = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (!len || (size_t)(end - s) < len)
        return 0;
    unsigned char second = (unsigned char)s[1];
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (((unsigned char)s[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

static size_t utf8_put(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(lead[len] | c);
    return len;
}

static bool hex4(const char *s, const char *end, uint32_t *out)
{
    if (end - s < 4)
        return false;
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)s[i];
        unsigned char letter = c | 0x20;
        if (c >= '0' && c <= '9')
            v = v * 16 + (c - '0');
        else if (letter >= 'a' && letter <= 'f')
            v = v * 16 + (letter - 'a' + 10u);
        else
            return false;
    }
    *out = v;
    return true;
}

/* What follows "\u" at *s: one code unit or a pair of surrogates. */
static bool unicode_escape(const char **s, const char *end, uint32_t *out)
{
    uint32_t high, low;
    if (!hex4(*s, end, &high))
        return false;
    *s += 4;
    *out = high;
    if (high < 0xD800 || high > 0xDFFF)
        return true;
    if (high > 0xDBFF || end - *s < 6 || (*s)[0] != '\\' || (*s)[1] != 'u' || !hex4(*s + 2, end, &low))
        return false;
    if (low < 0xDC00 || low > 0xDFFF)
        return false;
    *s += 6;
    *out = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

/* One escape at *s (its backslash), decoded to *out. No escape is shorter than
 * what it stands for, so the text's own length is room enough. */
static bool unescape(const char **s, const char *end, char **out)
{
    static const char simple[256] = {
        ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
    };
    if (end - *s < 2)
        return false;
    char kind = (*s)[1];
    *s += 2;
    uint32_t c = (unsigned char)simple[(unsigned char)kind];
    if (!c && (kind != 'u' || !unicode_escape(s, end, &c)))
        return false;
    *out += utf8_put(*out, c);
    return true;
}

/* The quote that closes a string, looking from at; NULL when there is none. */
static const char *closing_quote(const char *at, const char *end)
{
    while (at < end && *at != '"')
        at += *at == '\\' ? 2 : 1;
    return at < end ? at : NULL;
}

/* A string whose first escape is at escape. */
static bool parse_escaped(struct parser *p, const char *start, const char *escape, str *out)
{
    const char *quote = closing_quote(escape, p->end);
    if (!quote)
        return wrong(p, p->end, "unterminated string");
    char *text = arena_raw(p->a, (size_t)(quote - start));
    size_t plain = (size_t)(escape - start);
    memcpy(text, start, plain);
    char *to = text + plain;
    for (const char *s = escape; s < quote;) {
        unsigned char c = (unsigned char)*s;
        if (c == '\\') {
            const char *here = s;
            if (!unescape(&s, quote, &to))
                return wrong(p, here, "bad escape");
            continue;
        }
        const char *run = scan_plain(s, quote, true);
        if (run == s) {
            size_t len = utf8_sequence(s, quote);
            if (!len)
                return wrong(p, s, c < 0x20 ? "control character" : "invalid UTF-8");
            run = s + len;
        }
        memcpy(to, s, (size_t)(run - s));
        to += run - s;
        s = run;
    }
    *out = (str){ text, (size_t)(to - text) };
    p->at = quote + 1;
    return true;
}

/* p->at is at the opening quote. */
static bool parse_text(struct parser *p, str *out)
{
    const char *start = p->at + 1;
    for (const char *s = start;;) {
        s = scan_plain(s, p->end, true);
        if (s == p->end)
            return wrong(p, s, "unterminated string");
        if (*s == '"') {
            *out = (str){ start, (size_t)(s - start) };
            p->at = s + 1;
            return true;
        }
        if (*s == '\\')
            return parse_escaped(p, start, s, out);
        size_t len = utf8_sequence(s, p->end);
        if (!len)
            return wrong(p, s, (unsigned char)*s < 0x20 ? "control character" : "invalid UTF-8");
        s += len;
    }
}

/* --- scalars --------------------------------------------------------------- */

static struct json *parse_string(struct parser *p)
{
    str text;
    if (!parse_text(p, &text))
        return NULL;
    struct json *v = value_new(p, JSON_STRING);
    v->text = text;
    return v;
}

static const char *digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* RFC 8259 §6. The end of the number at start, or NULL. */
static const char *number_end(const char *start, const char *end)
{
    const char *at = start < end && *start == '-' ? start + 1 : start;
    const char *after = digits(at, end);
    if (after == at || (*at == '0' && after - at > 1))
        return NULL;
    if (after < end && *after == '.') {
        at = after + 1;
        after = digits(at, end);
        if (after == at)
            return NULL;
    }
    if (after < end && (*after == 'e' || *after == 'E')) {
        at = after + 1;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        after = digits(at, end);
        if (after == at)
            return NULL;
    }
    return after;
}

static struct json *parse_number(struct parser *p)
{
    const char *after = number_end(p->at, p->end);
    if (!after) {
        wrong(p, p->at, "bad number");
        return NULL;
    }
    struct json *v = value_new(p, JSON_NUMBER);
    v->text = (str){ p->at, (size_t)(after - p->at) };
    p->at = after;
    return v;
}

static struct json *parse_word(struct parser *p, str word, enum json_type type, bool boolean)
{
    if ((size_t)(p->end - p->at) < word.len || memcmp(p->at, word.p, word.len) != 0) {
        wrong(p, p->at, "unknown word");
        return NULL;
    }
    p->at += word.len;
    struct json *v = value_new(p, type);
    v->boolean = boolean;
    return v;
}

/* --- containers -------------------------------------------------------------- */

static bool open_container(struct parser *p)
{
    if (p->depth == JSON_DEPTH_MAX)
        return wrong(p, p->at, "nested too deeply");
    p->depth++;
    p->at++;
    return true;
}

/* After a member or item: true to go on with another. False at the end, or
 * with p->wrong set. */
static bool go_on(struct parser *p, int closing)
{
    int c = peek(p);
    if (c == ',') {
        p->at++;
        return true;
    }
    if (c != closing)
        return wrong(p, p->at, c < 0 ? "unexpected end" : "a comma or the end of the list is missing");
    return false;
}

static struct json *parse_array(struct parser *p)
{
    size_t base = p->top;
    if (!open_container(p))
        return NULL;
    bool more = peek(p) != ']';
    while (more) {
        struct json *item = parse_value(p);
        if (!item)
            return NULL;
        stack_push(p, STR_NONE, item);
        more = go_on(p, ']');
    }
    if (p->wrong)
        return NULL;
    p->at++;
    p->depth--;

    struct json *v = value_new(p, JSON_ARRAY);
    v->count = v->cap = (uint32_t)(p->top - base);
    if (v->count)
        v->items = ARENA_ARRAY(p->a, struct json *, v->count);
    for (uint32_t i = 0; i < v->count; i++)
        v->items[i] = p->stack[base + i].value;
    p->top = base;
    return v;
}

static bool parse_member(struct parser *p, str *out_key, struct json **out_value)
{
    int c = peek(p);
    if (c != '"')
        return wrong(p, p->at, c < 0 ? "unexpected end" : "a member's name is missing");
    if (!parse_text(p, out_key))
        return false;
    if (peek(p) != ':')
        return wrong(p, p->at, "a colon is missing");
    p->at++;
    *out_value = parse_value(p);
    return *out_value != NULL;
}

/* One of 64 bits for a key: where all bits differ, all keys do. */
static uint64_t key_bit(str key)
{
    if (!key.len)
        return 1;
    unsigned mix = (unsigned)key.len * 7u + (unsigned char)key.p[0] * 5u + (unsigned char)key.p[key.len - 1] * 3u +
                   (unsigned char)key.p[key.len / 2];
    return 1ULL << (mix & 63);
}

static struct json *parse_object(struct parser *p)
{
    size_t base = p->top;
    uint64_t seen = 0;
    bool maybe_twice = false;
    if (!open_container(p))
        return NULL;
    bool more = peek(p) != '}';
    while (more) {
        str key;
        struct json *value;
        if (!parse_member(p, &key, &value))
            return NULL;
        uint64_t bit = key_bit(key);
        maybe_twice |= (seen & bit) != 0;
        seen |= bit;
        stack_push(p, key, value);
        more = go_on(p, '}');
    }
    if (p->wrong)
        return NULL;
    p->at++;
    p->depth--;

    struct json *v = value_new(p, JSON_OBJECT);
    json_object_fill(p->a, v, p->stack + base, (uint32_t)(p->top - base), maybe_twice);
    p->top = base;
    return v;
}

static struct json *parse_value(struct parser *p)
{
    int c = peek(p);
    switch (c) {
    case '"': return parse_string(p);
    case '{': return parse_object(p);
    case '[': return parse_array(p);
    case 't': return parse_word(p, STR("true"), JSON_BOOL, true);
    case 'f': return parse_word(p, STR("false"), JSON_BOOL, false);
    case 'n': return parse_word(p, STR("null"), JSON_NULL, false);
    default: break;
    }
    if (c == '-' || (c >= '0' && c <= '9'))
        return parse_number(p);
    wrong(p, p->at, c < 0 ? "unexpected end" : "a value is missing");
    return NULL;
}

struct result json_parse(struct arena *a, str text, struct json **out)
{
    if (text.len >= UINT32_MAX) /* keeps every count within 32 bits */
        return fail1(ERR_INVALID_JSON, STR("text too long"));
    if (!text.len)
        return fail1(ERR_INVALID_JSON, STR("unexpected end at byte 0"));
    struct parser p = {
        .at = text.p, .end = text.p + text.len, .a = a, .pool_size = POOL_FIRST / 2, .cap = STACK_FIRST
    };
    p.stack = p.first;
    struct json *v = parse_value(&p);
    if (v && peek(&p) >= 0)
        wrong(&p, p.at, "text after the value");
    if (p.stack != p.first)
        free(p.stack);
    if (p.wrong)
        return fail1(ERR_INVALID_JSON, str_fmt(a, "%s at byte %zu", p.wrong, (size_t)(p.at - text.p)));
    *out = v;
    return OK;
}
