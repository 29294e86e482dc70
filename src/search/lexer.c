#include "search/lexer.h"

#include "search/pattern.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char peek(const struct lexer *lx, size_t ahead)
{
    return lx->at + ahead < lx->text.len ? lx->text.p[lx->at + ahead] : '\0';
}

static bool at_end(const struct lexer *lx)
{
    return lx->at >= lx->text.len;
}

static void skip_blanks(struct lexer *lx)
{
    while (!at_end(lx) && is_blank(peek(lx, 0)))
        lx->at++;
}

struct result lexer_fail(const struct lexer *lx, size_t at, const char *words)
{
    size_t characters = str_utf8_len(str_sub(lx->text, 0, at));
    return fail1(ERR_INVALID_QUERY,
                 str_fmt(lx->arena, "The query cannot be parsed at character %zu: %s", characters + 1, words));
}

bool lexer_take_colon(struct lexer *lx)
{
    size_t before = lx->at;
    skip_blanks(lx);
    if (peek(lx, 0) == ':') {
        lx->at++;
        return true;
    }
    lx->at = before;
    return false;
}

/* --- pieces of text ---------------------------------------------------------------- */

/* The text never grows, so one allocation of what is left of the query holds it. */
struct piece {
    char *p;
    size_t len;
};

static struct piece piece_new(struct lexer *lx)
{
    return (struct piece){ .p = arena_raw(lx->arena, lx->text.len - lx->at + 1) };
}

static struct result take_escaped(struct lexer *lx, struct piece *out)
{
    lx->at++;
    if (at_end(lx))
        return lexer_fail(lx, lx->at - 1, "nothing follows the backslash");
    out->p[out->len++] = lx->text.p[lx->at++];
    return OK;
}

static struct result read_quoted(struct lexer *lx, str *out)
{
    struct piece piece = piece_new(lx);
    size_t start = lx->at;
    char quote = lx->text.p[lx->at++];
    while (!at_end(lx) && peek(lx, 0) != quote) {
        if (peek(lx, 0) == '\\')
            TRY(take_escaped(lx, &piece));
        else
            piece.p[piece.len++] = lx->text.p[lx->at++];
    }
    if (at_end(lx))
        return lexer_fail(lx, start, "the closing quote is missing");
    lx->at++;
    *out = (str){ piece.p, piece.len };
    return OK;
}

/* An unescaped character with a meaning that this subset does not have. */
static const char *refused_in_word(const struct lexer *lx, char c)
{
    switch (c) {
    case '~':
        return "fuzzy and proximity searches are not supported";
    case '^':
        return "boosting is not supported";
    case '?':
        return lx->engine == SEARCH_V3 ? "the wildcard ? is not supported" : NULL;
    default:
        return NULL;
    }
}

static char mark_of(char c)
{
    return c == '*' ? PATTERN_MANY : c == '?' ? PATTERN_ONE : c;
}

static bool ends_word(char c)
{
    return is_blank(c) || memchr("()[]{}:\"", c, 8) != NULL;
}

static struct result read_word(struct lexer *lx, str *out)
{
    struct piece piece = piece_new(lx);
    while (!at_end(lx) && !ends_word(peek(lx, 0))) {
        char c = peek(lx, 0);
        if (c == '\\') {
            TRY(take_escaped(lx, &piece));
            continue;
        }
        const char *refused = refused_in_word(lx, c);
        if (refused)
            return lexer_fail(lx, lx->at, refused);
        char mark = mark_of(c);
        bool repeated = mark == PATTERN_MANY && piece.len && piece.p[piece.len - 1] == PATTERN_MANY;
        if (!repeated)
            piece.p[piece.len++] = mark;
        lx->at++;
    }
    *out = (str){ piece.p, piece.len };
    return OK;
}

/* --- ranges ------------------------------------------------------------------------ */

/* A star alone leaves the bound open: STR_NONE. */
static struct result read_bound(struct lexer *lx, str *out)
{
    skip_blanks(lx);
    if (peek(lx, 0) == '"' || (peek(lx, 0) == '\'' && lx->engine == SEARCH_V2))
        return read_quoted(lx, out);
    struct piece piece = piece_new(lx);
    size_t start = lx->at;
    while (!at_end(lx) && !is_blank(peek(lx, 0)) && peek(lx, 0) != ']' && peek(lx, 0) != '}') {
        if (peek(lx, 0) == '\\')
            TRY(take_escaped(lx, &piece));
        else
            piece.p[piece.len++] = lx->text.p[lx->at++];
    }
    if (lx->at == start)
        return lexer_fail(lx, start, "a bound of the range is missing");
    bool open = lx->at == start + 1 && lx->text.p[start] == '*';
    *out = open ? STR_NONE : (str){ piece.p, piece.len };
    return OK;
}

static struct result read_range(struct lexer *lx, struct token *t)
{
    t->low.inclusive = lx->text.p[lx->at++] == '[';
    TRY(read_bound(lx, &t->low.text));
    skip_blanks(lx);
    if (peek(lx, 0) != 'T' || peek(lx, 1) != 'O' || !is_blank(peek(lx, 2)))
        return lexer_fail(lx, lx->at, "the bounds of a range are joined by TO");
    lx->at += 2;
    TRY(read_bound(lx, &t->high.text));
    skip_blanks(lx);
    char close = peek(lx, 0);
    if (close != ']' && close != '}')
        return lexer_fail(lx, t->start, "the range is not closed by ] or }");
    lx->at++;
    t->high.inclusive = close == ']';
    t->kind = TOKEN_RANGE;
    return OK;
}

/* --- tokens ------------------------------------------------------------------------ */

static const struct {
    str text;
    enum token_kind kind;
    bool not_in_value; /* where it begins an ordinary value */
} symbols[] = {
    { STR_INIT("&&"), TOKEN_AND, false },           { STR_INIT("||"), TOKEN_OR, false },
    { STR_INIT(">="), TOKEN_GREATER_EQUAL, false }, { STR_INIT("<="), TOKEN_LESS_EQUAL, false },
    { STR_INIT(">"), TOKEN_GREATER, false },        { STR_INIT("<"), TOKEN_LESS, false },
    { STR_INIT("("), TOKEN_OPEN, false },           { STR_INIT(")"), TOKEN_CLOSE, false },
    { STR_INIT("!"), TOKEN_NOT, true },             { STR_INIT("+"), TOKEN_PLUS, true },
    { STR_INIT("-"), TOKEN_MINUS, true },
};

static const struct {
    str text;
    enum token_kind kind;
} keywords[] = {
    { STR_INIT("AND"), TOKEN_AND },
    { STR_INIT("OR"), TOKEN_OR },
    { STR_INIT("NOT"), TOKEN_NOT },
};

static bool take_symbol(struct lexer *lx, bool in_value, struct token *t)
{
    str rest = str_sub(lx->text, lx->at, lx->text.len);
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        if (!str_starts(rest, symbols[i].text) || (in_value && symbols[i].not_in_value))
            continue;
        t->kind = symbols[i].kind;
        lx->at += symbols[i].text.len;
        return true;
    }
    return false;
}

static struct result take_word(struct lexer *lx, struct token *t)
{
    if (peek(lx, 0) == '/')
        return lexer_fail(lx, t->start, "regular expressions are not supported; a leading / needs a backslash");
    t->kind = TOKEN_WORD;
    TRY(read_word(lx, &t->text));
    if (lx->at == t->start)
        return lexer_fail(lx, t->start, "this character needs a backslash here");
    str raw = str_sub(lx->text, t->start, lx->at - t->start);
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (str_eq(raw, keywords[i].text))
            t->kind = keywords[i].kind;
    return OK;
}

struct result lexer_next(struct lexer *lx, bool in_value, struct token *out)
{
    skip_blanks(lx);
    *out = (struct token){ .kind = TOKEN_END, .start = lx->at };
    if (at_end(lx) || take_symbol(lx, in_value, out))
        return OK;
    char c = peek(lx, 0);
    if (c == '[' || c == '{')
        return read_range(lx, out);
    if (c == '"' || (c == '\'' && lx->engine == SEARCH_V2)) {
        out->kind = TOKEN_QUOTED;
        return read_quoted(lx, &out->text);
    }
    return take_word(lx, out);
}
