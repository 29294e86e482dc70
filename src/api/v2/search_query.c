#include "api/v2/search_query.h"

#include <ctype.h>
#include <string.h>

enum { QUERY_MAX = 4096 };

bool search_query_matches(const struct search_node *query, const struct json *object, const str *bare, size_t bare_count)
{
    return !query || search_matches(query, object, bare, bare_count);
}

/* --- SCIM filters --------------------------------------------------------------------- */

struct scan {
    str text;
    size_t at;
    struct buf out;
};

static struct result wrong(struct arena *a, str word)
{
    return fail1(ERR_INVALID_QUERY, str_fmt(a, "Query validation error: 'Invalid filter at %.*s' on property q.", STR_ARG(word)));
}

/* The next word, parenthesis or quoted text (with its quotes); empty at the end. */
static str next(struct scan *s)
{
    while (s->at < s->text.len && isspace((unsigned char)s->text.p[s->at]))
        s->at++;
    size_t from = s->at;
    if (from == s->text.len)
        return STR("");
    char c = s->text.p[s->at++];
    if (c == '(' || c == ')')
        return str_sub(s->text, from, 1);
    if (c == '"') {
        while (s->at < s->text.len && s->text.p[s->at] != '"')
            s->at += s->text.p[s->at] == '\\' && s->at + 1 < s->text.len ? 2 : 1;
        s->at += s->at < s->text.len;
    } else {
        while (s->at < s->text.len && !strchr(" \t()\"", s->text.p[s->at]))
            s->at++;
    }
    return str_sub(s->text, from, s->at - from);
}

static str unquoted(str value)
{
    bool quoted = value.len >= 2 && value.p[0] == '"' && value.p[value.len - 1] == '"';
    return quoted ? str_sub(value, 1, value.len - 2) : value;
}

/* Escapes for a place where * counts: every sign that Lucene reads. */
static void add_escaped(struct buf *b, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool plain = isalnum((unsigned char)text.p[i]) || (unsigned char)text.p[i] >= 0x80 || text.p[i] == '_';
        buf_fmt(b, "%s%c", plain ? "" : "\\", text.p[i]);
    }
}

static const struct {
    str name;
    const char *before, *after;
    bool negated;
} operators[] = {
    { STR_INIT("eq"), "", "", false }, { STR_INIT("ne"), "", "", true },   { STR_INIT("sw"), "", "*", false },
    { STR_INIT("co"), "*", "*", false }, { STR_INIT("ew"), "*", "", false },
};

/* attribute operator value, or attribute pr */
static struct result comparison(struct arena *a, struct scan *s, str attribute)
{
    str name = next(s);
    if (str_eq_nocase(name, STR("pr"))) {
        buf_fmt(&s->out, "_exists_:%.*s", STR_ARG(attribute));
        return OK;
    }
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!str_eq_nocase(name, operators[i].name))
            continue;
        str value = next(s);
        if (!value.len)
            return wrong(a, name);
        buf_fmt(&s->out, "%s%.*s:%s", operators[i].negated ? "NOT " : "", STR_ARG(attribute), operators[i].before);
        add_escaped(&s->out, unquoted(value));
        buf_fmt(&s->out, "%s", operators[i].after);
        return OK;
    }
    return wrong(a, name.len ? name : attribute);
}

static struct result to_lucene(struct arena *a, struct scan *s)
{
    static const str words[] = { STR_INIT("and"), STR_INIT("or"), STR_INIT("not") };
    static const char *const lucene[] = { " AND ", " OR ", " NOT " };
    for (str word = next(s); word.len; word = next(s)) {
        size_t i = 0;
        while (i < 3 && !str_eq_nocase(word, words[i]))
            i++;
        if (i < 3)
            buf_fmt(&s->out, "%s", lucene[i]);
        else if (word.p[0] == '(' || word.p[0] == ')')
            buf_fmt(&s->out, "%c", word.p[0]);
        else
            TRY(comparison(a, s, word));
    }
    return OK;
}

struct result search_query_parse(struct arena *a, str q, str parser, struct search_node **out)
{
    struct scan s = { .text = q };
    if (!str_eq(parser, STR("scim")))
        return search_parse(a, q, SEARCH_V3, out);
    if (q.len > QUERY_MAX)
        return wrong(a, STR("its length"));
    buf_init(&s.out, 4 * QUERY_MAX);
    struct result r = to_lucene(a, &s);
    str lucene = str_dup(a, buf_str(&s.out));
    buf_free(&s.out);
    return failed(r) ? r : search_parse(a, lucene, SEARCH_V3, out);
}
