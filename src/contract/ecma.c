#define PCRE2_CODE_UNIT_WIDTH 8
#include "contract/ecma.h"

#include "base/buf.h"
#include "base/log.h"

#include <pcre2.h>
#include <stdatomic.h>
#include <string.h>

/* Enough for every sane match of a value of a few KB; a pattern that backtracks
 * without end meets it within milliseconds. */
enum { MATCH_LIMIT = 200000, DEPTH_LIMIT = 500, HEAP_LIMIT_KIB = 2048 };

static _Atomic(pcre2_code *) compiled[PATTERN_MAX + 1];

enum { PATTERN_BYTES_MAX = 64 << 10 };

/* In ECMA-262 a hyphen after \w, \d or \s in a class is a hyphen ([\w-.]); PCRE2
 * sees a broken range there and wants it escaped. */
static void translate(struct buf *out, str pattern)
{
    bool in_class = false;
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.p[i];
        buf_add_char(out, c);
        if (c == '[')
            in_class = true;
        else if (c == ']')
            in_class = false;
        if (c != '\\' || i + 1 == pattern.len)
            continue;
        char escaped = pattern.p[++i];
        buf_add_char(out, escaped);
        bool is_set = strchr("wWdDsS", escaped) && escaped;
        if (in_class && is_set && i + 1 < pattern.len && pattern.p[i + 1] == '-')
            buf_add_char(out, '\\');
    }
}

/* What ECMA-262 reads otherwise than Perl: $ only at the very end, [] and [^],
 * \u0041, unset back references match the empty text. */
static pcre2_code *compile(str pattern)
{
    static const uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_ALT_BSUX |
                                    PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C;
    int code;
    PCRE2_SIZE at;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context)
        die("out of memory");
    pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
    struct buf text;
    buf_init(&text, PATTERN_BYTES_MAX);
    translate(&text, pattern);
    pcre2_code *re = text.full ? NULL : pcre2_compile((PCRE2_SPTR)(text.p ? text.p : ""), text.len, options, &code, &at, context);
    buf_free(&text);
    pcre2_compile_context_free(context);
    return re;
}

static pcre2_code *compiled_row(unsigned row)
{
    pcre2_code *re = atomic_load_explicit(&compiled[row], memory_order_acquire);
    if (re)
        return re;
    re = compile(ecma_patterns[row]);
    if (!re)
        die("the contract's pattern %.*s cannot be read", STR_ARG(ecma_patterns[row]));
    pcre2_code *other = NULL;
    if (atomic_compare_exchange_strong(&compiled[row], &other, re))
        return re;
    pcre2_code_free(re);
    return other;
}

static bool match(const pcre2_code *re, str s)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    if (!data || !context)
        die("out of memory");
    pcre2_set_match_limit(context, MATCH_LIMIT);
    pcre2_set_depth_limit(context, DEPTH_LIMIT);
    pcre2_set_heap_limit(context, HEAP_LIMIT_KIB);
    int found = pcre2_match(re, (PCRE2_SPTR)(s.p ? s.p : ""), s.len, 0, 0, data, context);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
    return found >= 0;
}

bool ecma_matches(unsigned row, str s)
{
    return match(compiled_row(row), s);
}

bool ecma_matches_text(str pattern, str s)
{
    pcre2_code *re = compile(pattern);
    if (!re)
        return false;
    bool found = match(re, s);
    pcre2_code_free(re);
    return found;
}
