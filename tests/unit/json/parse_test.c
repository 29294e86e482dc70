/* What RFC 8259 takes and refuses, what is kept, and how it is written again. */
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GOOD, BAD };

/* out: the compact text that a good one is written as; NULL: the text itself.
 * Names: y must be taken, n must be refused, i is ours to decide. */
static const struct { const char *name; int want; str text; const char *out; } rows[] = {
    { "y empty object", GOOD, STR_INIT("{}"), NULL },
    { "y empty array", GOOD, STR_INIT("[]"), NULL },
    { "y spaces everywhere", GOOD, STR_INIT(" \t\r\n{ \"a\" : [ 1 , 2 ] \n}\t"), "{\"a\":[1,2]}" },
    { "y lone null", GOOD, STR_INIT("null"), NULL },
    { "y lone true", GOOD, STR_INIT("true"), NULL },
    { "y lone false", GOOD, STR_INIT("false"), NULL },
    { "y lone string", GOOD, STR_INIT("\"x\""), NULL },
    { "y lone number", GOOD, STR_INIT("42"), NULL },
    { "y empty string", GOOD, STR_INIT("\"\""), NULL },
    { "y empty key", GOOD, STR_INIT("{\"\":0}"), NULL },
    { "y number forms", GOOD, STR_INIT("[0,-0,0.5,-1.25e+3,1E-2,1e05,123456789012345678901234567890]"), NULL },
    { "y simple escapes", GOOD, STR_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
    { "y escaped ascii", GOOD, STR_INIT("\"\\u0041\\u007a\""), "\"Az\"" },
    { "y escaped two bytes", GOOD, STR_INIT("\"\\u00e9\""), "\"\xC3\xA9\"" },
    { "y escaped three bytes", GOOD, STR_INIT("\"\\u20AC\""), "\"\xE2\x82\xAC\"" },
    { "y escaped pair", GOOD, STR_INIT("\"\\uD83D\\ude00\""), "\"\xF0\x9F\x98\x80\"" },
    { "y escaped last code point", GOOD, STR_INIT("\"\\udbff\\udfff\""), "\"\xF4\x8F\xBF\xBF\"" },
    { "y escaped nul", GOOD, STR_INIT("\"a\\u0000b\""), "\"a\\u0000b\"" },
    { "y escaped control", GOOD, STR_INIT("\"\\u001F\""), "\"\\u001f\"" },
    { "y delete is plain", GOOD, STR_INIT("\"\x7f\""), NULL },
    { "y noncharacter", GOOD, STR_INIT("\"\xEF\xBF\xBF\""), NULL },
    { "y line separators stay", GOOD, STR_INIT("\"\xE2\x80\xA8\xE2\x80\xA9\""), NULL },
    { "y escape at each word place", GOOD, STR_INIT("[\"1234567\\n\",\"12345678\\n9\",\"\\n2345678901234567\"]"), NULL },
    { "y long text of many bytes", GOOD, STR_INIT("\"abcdefg\xC3\xA9hijklmnop\xF0\x9F\x98\x80qrstuvwxyz01234567\""), NULL },
    { "y utf8 and escapes mixed", GOOD, STR_INIT("\"\xC3\xA9\\n\xE2\x82\xAC\\u0041\xF0\x9F\x98\x80\""),
      "\"\xC3\xA9\\n\xE2\x82\xAC" "A\xF0\x9F\x98\x80\"" },
    { "y same key twice", GOOD, STR_INIT("{\"a\":1,\"b\":2,\"a\":3}"), "{\"a\":3,\"b\":2}" },
    { "y same key by escape", GOOD, STR_INIT("{\"a\":1,\"\\u0061\":2}"), "{\"a\":2}" },
    { "y same empty key", GOOD, STR_INIT("{\"\":1,\"\":2}"), "{\"\":2}" },
    { "i huge exponent is kept", GOOD, STR_INIT("1e99999"), NULL },
    { "i big integer is kept", GOOD, STR_INIT("-123123123123123123123123123123"), NULL },
    { "i lone high surrogate", BAD, STR_INIT("\"\\uD800\""), NULL },
    { "i lone low surrogate", BAD, STR_INIT("\"\\uDC00\""), NULL },
    { "i high surrogate then text", BAD, STR_INIT("\"\\uD83Dxyzabc\""), NULL },
    { "i two high surrogates", BAD, STR_INIT("\"\\uD83D\\uD83D\""), NULL },
    { "i high surrogate then escape", BAD, STR_INIT("\"\\uD83D\\n1234\""), NULL },
    { "i byte order mark", BAD, STR_INIT("\xEF\xBB\xBF{}"), NULL },
    { "i utf-16 text", BAD, STR_INIT("[\0]\0"), NULL },
    { "i overlong slash", BAD, STR_INIT("\"\xC0\xAF\""), NULL },
    { "i overlong three", BAD, STR_INIT("\"\xE0\x80\xAF\""), NULL },
    { "i overlong four", BAD, STR_INIT("\"\xF0\x80\x80\xAF\""), NULL },
    { "i surrogate as utf-8", BAD, STR_INIT("\"\xED\xA0\x80\""), NULL },
    { "i past the last code point", BAD, STR_INIT("\"\xF4\x90\x80\x80\""), NULL },
    { "i five byte form", BAD, STR_INIT("\"\xF8\x88\x80\x80\x80\""), NULL },
    { "i latin-1 letter", BAD, STR_INIT("\"\xE9\""), NULL },
    { "i lone continuation", BAD, STR_INIT("\"\x81\""), NULL },
    { "i cut sequence", BAD, STR_INIT("\"\xE2\x82\""), NULL },
    { "i bad third byte", BAD, STR_INIT("\"\xE2\x82\x41\""), NULL },
    { "i bad utf-8 after an escape", BAD, STR_INIT("\"\\n\xFF\""), NULL },
    { "i bad utf-8 in a key", BAD, STR_INIT("{\"\xFF\":0}"), NULL },
    { "n nothing", BAD, STR_INIT(""), NULL },
    { "n spaces only", BAD, STR_INIT("  "), NULL },
    { "n no-break space", BAD, STR_INIT("\xC2\xA0[]"), NULL },
    { "n form feed", BAD, STR_INIT("\f[]"), NULL },
    { "n open array", BAD, STR_INIT("["), NULL },
    { "n open array after item", BAD, STR_INIT("[1"), NULL },
    { "n open array after comma", BAD, STR_INIT("[1,"), NULL },
    { "n comma after last item", BAD, STR_INIT("[1,]"), NULL },
    { "n comma first", BAD, STR_INIT("[,1]"), NULL },
    { "n two commas", BAD, STR_INIT("[1,,2]"), NULL },
    { "n no comma", BAD, STR_INIT("[1 2]"), NULL },
    { "n wrong close", BAD, STR_INIT("[1}"), NULL },
    { "n close only", BAD, STR_INIT("]"), NULL },
    { "n closed twice", BAD, STR_INIT("[]]"), NULL },
    { "n two values", BAD, STR_INIT("{} {}"), NULL },
    { "n nul after value", BAD, STR_INIT("1\0"), NULL },
    { "n open object", BAD, STR_INIT("{"), NULL },
    { "n key only", BAD, STR_INIT("{\"a\""), NULL },
    { "n key and colon", BAD, STR_INIT("{\"a\":"), NULL },
    { "n no value", BAD, STR_INIT("{\"a\":}"), NULL },
    { "n no colon", BAD, STR_INIT("{\"a\" 1}"), NULL },
    { "n two colons", BAD, STR_INIT("{\"a\"::1}"), NULL },
    { "n comma for colon", BAD, STR_INIT("{\"a\",1}"), NULL },
    { "n comma after last member", BAD, STR_INIT("{\"a\":1,}"), NULL },
    { "n number as key", BAD, STR_INIT("{1:1}"), NULL },
    { "n bare key", BAD, STR_INIT("{a:1}"), NULL },
    { "n single quotes", BAD, STR_INIT("{'a':1}"), NULL },
    { "n comment", BAD, STR_INIT("[1/**/]"), NULL },
    { "n plus sign", BAD, STR_INIT("+1"), NULL },
    { "n minus only", BAD, STR_INIT("-"), NULL },
    { "n minus word", BAD, STR_INIT("-a"), NULL },
    { "n leading zero", BAD, STR_INIT("012"), NULL },
    { "n minus leading zero", BAD, STR_INIT("-01"), NULL },
    { "n point only", BAD, STR_INIT("."), NULL },
    { "n point first", BAD, STR_INIT(".5"), NULL },
    { "n point last", BAD, STR_INIT("[1.]"), NULL },
    { "n point then exponent", BAD, STR_INIT("1.e1"), NULL },
    { "n exponent without digits", BAD, STR_INIT("1e"), NULL },
    { "n exponent sign without digits", BAD, STR_INIT("1e+"), NULL },
    { "n hexadecimal", BAD, STR_INIT("0x1"), NULL },
    { "n not a number", BAD, STR_INIT("NaN"), NULL },
    { "n infinity", BAD, STR_INIT("-Infinity"), NULL },
    { "n wide digit", BAD, STR_INIT("\xEF\xBC\x91"), NULL },
    { "n upper-case word", BAD, STR_INIT("True"), NULL },
    { "n cut word", BAD, STR_INIT("tru"), NULL },
    { "n longer word", BAD, STR_INIT("nullx"), NULL },
    { "n open string", BAD, STR_INIT("\""), NULL },
    { "n open string after text", BAD, STR_INIT("\"abcdefghijkl"), NULL },
    { "n open string after backslash", BAD, STR_INIT("\"abc\\"), NULL },
    { "n escaped quote last", BAD, STR_INIT("\"abc\\\""), NULL },
    { "n unknown escape", BAD, STR_INIT("\"\\a\""), NULL },
    { "n escaped nul byte", BAD, STR_INIT("\"\\\0\""), NULL },
    { "n short unicode escape", BAD, STR_INIT("\"\\u00A\""), NULL },
    { "n unicode escape not hex", BAD, STR_INIT("\"\\u00G0\""), NULL },
    { "n raw newline", BAD, STR_INIT("\"a\nb\""), NULL },
    { "n raw tab", BAD, STR_INIT("\"\t\""), NULL },
    { "n raw nul", BAD, STR_INIT("\"a\0b\""), NULL },
    { "n raw control after escape", BAD, STR_INIT("\"\\n\x1f\""), NULL },
    { "n raw control in a word's middle", BAD, STR_INIT("\"abcdefghijk\x01lmnop\""), NULL },
};

/* The text stands at the end of its own heap block, so that the sanitizer sees
 * a read past it. */
static struct result parse_exact(struct arena *a, str text, struct json **out)
{
    char *block = malloc(text.len ? text.len : 1);
    assert_non_null(block);
    memcpy(block, text.p, text.len);
    struct result r = json_parse(a, (str){ block, text.len }, out);
    if (r.kind == ERR_NONE)
        *out = json_copy(a, *out); /* nothing borrowed from block */
    free(block);
    return r;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *a = arena_new(0);
        struct json *v = NULL;
        print_message("  %s\n", rows[i].name);
        struct result r = parse_exact(a, rows[i].text, &v);
        if (rows[i].want == BAD) {
            assert_int_equal(r.kind, ERR_INVALID_JSON);
            assert_true(str_find(r.args.v[0], STR(" at byte ")) > 0);
            assert_null(v);
        } else {
            str want = rows[i].out ? str_from(rows[i].out) : rows[i].text, got;
            assert_int_equal(r.kind, ERR_NONE);
            got = json_dump(a, v);
            assert_int_equal(got.len, want.len);
            assert_memory_equal(got.p, want.p, want.len);
        }
        arena_free(a);
    }
}

static struct result parse_nested(struct arena *a, const char *open, const char *close, int depth, struct json **out)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    for (int i = 0; i < depth; i++)
        buf_add(&b, str_from(open));
    buf_add(&b, STR("0"));
    for (int i = 0; i < depth; i++)
        buf_add(&b, str_from(close));
    struct result r = json_parse(a, str_dup(a, buf_str(&b)), out);
    buf_free(&b);
    return r;
}

static void test_depth(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct json *v = NULL;
    assert_int_equal(parse_nested(a, "[", "]", JSON_DEPTH_MAX, &v).kind, ERR_NONE);
    assert_int_equal(parse_nested(a, "[", "]", JSON_DEPTH_MAX + 1, &v).kind, ERR_INVALID_JSON);
    assert_int_equal(parse_nested(a, "{\"k\":", "}", JSON_DEPTH_MAX, &v).kind, ERR_NONE);
    assert_int_equal(parse_nested(a, "{\"k\":", "}", JSON_DEPTH_MAX + 1, &v).kind, ERR_INVALID_JSON);
    assert_int_equal(parse_nested(a, "[", "]", 100000, &v).kind, ERR_INVALID_JSON);
    /* Depth counts what is open, not what was. */
    assert_int_equal(json_parse(a, STR("[[],[],[],[[]],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
                                       "[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
                                       "[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]"), &v).kind,
                     ERR_NONE);
    arena_free(a);
}

static void test_borrows_plain_text(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    str text = STR("{\"plain\":\"text\",\"n\":1.50}");
    struct json *v = NULL;
    assert_int_equal(json_parse(a, text, &v).kind, ERR_NONE);
    assert_ptr_equal(json_get_text(v, STR("plain")).p, text.p + 10);
    assert_ptr_equal(json_get(v, STR("n"))->text.p, text.p + 20);
    arena_free(a);
}

/* A big object with every key three times: the last value at the first place,
 * and in time that does not grow with the square. */
static void test_many_members(void **state)
{
    (void)state;
    enum { KEYS = 50000 };
    struct arena *a = arena_new(0);
    struct buf b;
    struct json *v = NULL;
    buf_init(&b, SIZE_MAX);
    for (int i = 0; i < 3 * KEYS; i++)
        buf_fmt(&b, "%s\"key%d\":%d", i ? "," : "{", i % KEYS, i);
    buf_add(&b, STR("}"));
    assert_int_equal(json_parse(a, buf_str(&b), &v).kind, ERR_NONE);
    assert_int_equal(json_count(v), KEYS);
    for (int i = 0; i < KEYS; i++) {
        str key = str_fmt(a, "key%d", i);
        assert_true(str_eq(v->members[i].key, key));
        assert_int_equal(json_get_int(v, key, -1), 2 * KEYS + i);
    }
    buf_free(&b);
    arena_free(a);
}

/* Around the sizes where tables change their shape. */
static void test_sizes(void **state)
{
    (void)state;
    for (int n = 0; n < 70; n++) {
        struct arena *a = arena_new(0);
        struct buf b;
        struct json *v = NULL;
        buf_init(&b, SIZE_MAX);
        buf_add_char(&b, '{');
        for (int i = 0; i < n; i++)
            buf_fmt(&b, "%s\"%d\":[%d]", i ? "," : "", i, i);
        buf_add_char(&b, '}');
        assert_int_equal(json_parse(a, buf_str(&b), &v).kind, ERR_NONE);
        assert_int_equal(json_count(v), n);
        assert_true(str_eq(json_dump(a, v), buf_str(&b)));
        buf_free(&b);
        arena_free(a);
    }
}

static void test_write_stops_at_maximum(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct json *v = NULL;
    struct buf b;
    assert_int_equal(json_parse(a, STR("[\"0123456789\"]"), &v).kind, ERR_NONE);
    buf_init(&b, 13);
    json_write(&b, v);
    assert_true(b.full);
    buf_free(&b);
    buf_init(&b, 14);
    json_write(&b, v);
    assert_false(b.full);
    assert_int_equal(b.len, 14);
    buf_free(&b);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_borrows_plain_text),
        cmocka_unit_test(test_many_members),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_write_stops_at_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
