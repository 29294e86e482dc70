/* The Lucene subset of search engines v2 and v3 (AUTH-REFERENCE 22):
 *
 *   sequence := clause …            clauses side by side: any, but + must and - must not hold
 *   clause   := all (OR all)…
 *   all      := unary (AND unary)…
 *   unary    := (NOT | ! | + | -) unary | primary
 *   primary  := ( sequence ) | [field:] value | field:( sequence )
 */
#include "search/lexer.h"
#include "search/node.h"
#include "search/pattern.h"

enum { QUERY_LEN_MAX = 16 * 1024, DEPTH_MAX = 32, LEAVES_MAX = 256, WILDCARD_LITERALS_MIN = 3 };

struct parser {
    struct lexer lx;
    struct arena *a;
    struct token token; /* the next one, not yet taken */
    unsigned depth, leaves;
};

enum clause_mode { CLAUSE_MAY, CLAUSE_MUST, CLAUSE_MUST_NOT };

struct clause {
    struct search_node *node;
    enum clause_mode mode;
};

static struct result advance(struct parser *p)
{
    return lexer_next(&p->lx, false, &p->token);
}

static struct result refuse(const struct parser *p, const char *words)
{
    return lexer_fail(&p->lx, p->token.start, words);
}

static struct result deeper(struct parser *p)
{
    return ++p->depth > DEPTH_MAX ? refuse(p, "the query is nested too deeply") : OK;
}

static struct result parse_sequence(struct parser *p, str field, struct search_node **out);

/* --- values ------------------------------------------------------------------------ */

static struct result make_leaf(struct parser *p, struct leaf leaf, struct search_node **out)
{
    if (++p->leaves > LEAVES_MAX)
        return refuse(p, "the query has too many terms");
    *out = node_leaf(p->a, leaf);
    return OK;
}

/* v3: a star at the end stands behind text of any length; before or inside it
 * asks for three literal characters. */
static bool wildcard_is_allowed(const struct parser *p, str pattern)
{
    if (p->lx.engine != SEARCH_V3 || pattern_head(pattern).len + 1 == pattern.len)
        return true;
    size_t literals = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        bool continues = ((unsigned char)pattern.p[i] & 0xc0) == 0x80;
        literals += pattern.p[i] != PATTERN_MANY && !continues;
    }
    return literals >= WILDCARD_LITERALS_MIN;
}

static bool is_star(str pattern)
{
    return pattern.len == 1 && pattern.p[0] == PATTERN_MANY;
}

static struct result make_word(struct parser *p, str field, str text, struct search_node **out)
{
    if (is_star(text) && !field.p) {
        *out = node_new(p->a, NODE_ALL);
        return OK;
    }
    if (is_star(text))
        return make_leaf(p, (struct leaf){ .op = LEAF_EXISTS, .field = field }, out);
    if (!pattern_has_marks(text))
        return make_leaf(p, (struct leaf){ .op = LEAF_EQUALS, .field = field, .text = text }, out);
    if (!wildcard_is_allowed(p, text))
        return refuse(p, "a wildcard before or inside a term needs at least three other characters");
    return make_leaf(p, (struct leaf){ .op = LEAF_PATTERN, .field = field, .text = text }, out);
}

static struct result make_range(struct parser *p, str field, struct search_node **out)
{
    const struct token *t = &p->token;
    struct leaf leaf = {
        .op = t->low.text.p || t->high.text.p ? LEAF_RANGE : LEAF_EXISTS,
        .field = field,
        .low = { t->low.text, t->low.inclusive },
        .high = { t->high.text, t->high.inclusive },
    };
    return make_leaf(p, leaf, out);
}

/* field:>x and its kin (v2). */
static struct result parse_comparison(struct parser *p, str field, struct search_node **out)
{
    enum token_kind how = p->token.kind;
    if (p->lx.engine == SEARCH_V3)
        return refuse(p, "comparisons are not supported; write a range, field:[low TO high]");
    if (!field.p)
        return refuse(p, "a comparison needs a field");
    TRY(lexer_next(&p->lx, true, &p->token));
    if (p->token.kind != TOKEN_QUOTED && (p->token.kind != TOKEN_WORD || pattern_has_marks(p->token.text)))
        return refuse(p, "a value to compare with is missing");
    struct leaf_bound bound = { p->token.text, how == TOKEN_LESS_EQUAL || how == TOKEN_GREATER_EQUAL };
    struct leaf leaf = { .op = LEAF_RANGE, .field = field };
    if (how == TOKEN_LESS || how == TOKEN_LESS_EQUAL)
        leaf.high = bound;
    else
        leaf.low = bound;
    TRY(make_leaf(p, leaf, out));
    return advance(p);
}

static struct result parse_group(struct parser *p, str field, struct search_node **out)
{
    size_t start = p->token.start;
    TRY(deeper(p));
    TRY(advance(p));
    TRY(parse_sequence(p, field, out));
    if (p->token.kind != TOKEN_CLOSE)
        return lexer_fail(&p->lx, start, "the closing parenthesis is missing");
    p->depth--;
    return advance(p);
}

/* --- fields ------------------------------------------------------------------------ */

static bool is_metadata(str field)
{
    return str_starts(field, STR("app_metadata.")) || str_starts(field, STR("user_metadata."));
}

/* The exact form of an analysed field in v2; here every field is exact. */
static struct result field_name(struct parser *p, str name, str *out)
{
    static const str raw = STR_INIT(".raw");
    if (name.len == 0)
        return refuse(p, "a field name is missing");
    if (pattern_has_marks(name))
        return refuse(p, "wildcards in field names are not supported");
    *out = name;
    if (!str_ends(name, raw) || is_metadata(name))
        return OK;
    if (p->lx.engine == SEARCH_V3)
        return refuse(p, "fields ending in .raw are not supported");
    *out = str_sub(name, 0, name.len - raw.len);
    return OK;
}

static struct result parse_existence(struct parser *p, bool missing, struct search_node **out)
{
    str field;
    if ((p->token.kind != TOKEN_WORD && p->token.kind != TOKEN_QUOTED) || p->token.text.len == 0)
        return refuse(p, "the name of a field is missing");
    TRY(field_name(p, p->token.text, &field));
    TRY(make_leaf(p, (struct leaf){ .op = LEAF_EXISTS, .field = field }, out));
    if (missing)
        *out = search_not(p->a, *out);
    return advance(p);
}

/* One value, for field or (STR_NONE) for the default fields. */
static struct result parse_value(struct parser *p, str field, struct search_node **out)
{
    switch (p->token.kind) {
    case TOKEN_OPEN:
        return parse_group(p, field, out);
    case TOKEN_WORD:
        TRY(make_word(p, field, p->token.text, out));
        return advance(p);
    case TOKEN_QUOTED:
        TRY(make_leaf(p, (struct leaf){ .op = LEAF_EQUALS, .field = field, .text = p->token.text }, out));
        return advance(p);
    case TOKEN_RANGE:
        TRY(make_range(p, field, out));
        return advance(p);
    case TOKEN_LESS:
    case TOKEN_LESS_EQUAL:
    case TOKEN_GREATER:
    case TOKEN_GREATER_EQUAL:
        return parse_comparison(p, field, out);
    case TOKEN_END:
    case TOKEN_CLOSE:
    case TOKEN_AND:
    case TOKEN_OR:
    case TOKEN_NOT:
    case TOKEN_PLUS:
    case TOKEN_MINUS:
        break;
    }
    return refuse(p, p->token.kind == TOKEN_END ? "a term is missing at the end" : "a term is missing here");
}

/* The word that was just read names a field. */
static struct result parse_field(struct parser *p, struct search_node **out)
{
    str name = p->token.text, field;
    TRY(lexer_next(&p->lx, true, &p->token));
    if (is_star(name) && p->token.kind == TOKEN_WORD && is_star(p->token.text)) {
        *out = node_new(p->a, NODE_ALL);
        return advance(p);
    }
    if (str_eq(name, STR("_exists_")))
        return parse_existence(p, false, out);
    if (str_eq(name, STR("_missing_")) && p->lx.engine == SEARCH_V2)
        return parse_existence(p, true, out);
    TRY(field_name(p, name, &field));
    return parse_value(p, field, out);
}

static struct result parse_primary(struct parser *p, str field, struct search_node **out)
{
    if (p->token.kind == TOKEN_WORD && lexer_take_colon(&p->lx))
        return parse_field(p, out);
    return parse_value(p, field, out);
}

/* --- operators --------------------------------------------------------------------- */

static struct search_node *clause_node(struct parser *p, const struct clause *c)
{
    return c->mode == CLAUSE_MUST_NOT ? search_not(p->a, c->node) : c->node;
}

static struct result parse_unary(struct parser *p, str field, struct clause *out)
{
    enum token_kind sign = p->token.kind;
    if (sign != TOKEN_NOT && sign != TOKEN_MINUS && sign != TOKEN_PLUS) {
        out->mode = CLAUSE_MAY;
        return parse_primary(p, field, &out->node);
    }
    struct clause inner;
    TRY(deeper(p));
    TRY(advance(p));
    TRY(parse_unary(p, field, &inner));
    p->depth--;
    out->mode = sign == TOKEN_PLUS ? CLAUSE_MUST : CLAUSE_MUST_NOT;
    out->node = clause_node(p, &inner);
    return OK;
}

typedef struct result (*clause_parser)(struct parser *p, str field, struct clause *out);

/* One or more of what `parse` reads with an operator between. */
static struct result parse_joined(struct parser *p, str field, enum token_kind op, enum node_kind kind,
                                  clause_parser parse, struct clause *out)
{
    TRY(parse(p, field, out));
    while (p->token.kind == op) {
        struct clause more;
        TRY(advance(p));
        TRY(parse(p, field, &more));
        out->node = node_join(p->a, kind, clause_node(p, out), clause_node(p, &more));
        out->mode = CLAUSE_MAY;
    }
    return OK;
}

static struct result parse_all(struct parser *p, str field, struct clause *out)
{
    return parse_joined(p, field, TOKEN_AND, NODE_AND, parse_unary, out);
}

/* Clauses that stand side by side without an operator: those with a plus must
 * hold, those with a minus or NOT must not; the others are alternatives, which
 * count only where nothing must hold. */
static struct result parse_sequence(struct parser *p, str field, struct search_node **out)
{
    struct search_node *required = NULL, *excluded = NULL, *any = NULL;
    bool must = false;
    do {
        struct clause c;
        TRY(parse_joined(p, field, TOKEN_OR, NODE_OR, parse_all, &c));
        must |= c.mode == CLAUSE_MUST;
        if (c.mode == CLAUSE_MUST)
            required = node_join(p->a, NODE_AND, required, c.node);
        else if (c.mode == CLAUSE_MUST_NOT)
            excluded = node_join(p->a, NODE_AND, excluded, search_not(p->a, c.node));
        else
            any = node_join(p->a, NODE_OR, any, c.node);
    } while (p->token.kind != TOKEN_END && p->token.kind != TOKEN_CLOSE);
    *out = node_join(p->a, NODE_AND, must ? required : any, excluded);
    return OK;
}

static struct result parse_lucene(struct arena *a, str q, enum search_engine engine, struct search_node **out)
{
    struct parser p = { .lx = { .arena = a, .text = q, .engine = engine }, .a = a };
    TRY(advance(&p));
    TRY(parse_sequence(&p, STR_NONE, out));
    return p.token.kind == TOKEN_END ? OK : refuse(&p, "this parenthesis was never opened");
}

struct result search_parse(struct arena *a, str q, enum search_engine engine, struct search_node **out)
{
    q = str_trim(q);
    if (q.len > QUERY_LEN_MAX)
        return fail1(ERR_INVALID_QUERY, STR("The query is too long"));
    if (!str_utf8_valid(q))
        return fail1(ERR_INVALID_QUERY, STR("The query is not valid UTF-8"));
    *out = NULL;
    if (q.len == 0)
        return OK;
    if (engine == SEARCH_V1)
        return search_parse_api_v1(a, q, out);
    return parse_lucene(a, q, engine, out);
}
