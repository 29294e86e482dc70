/* The `search` parameter of API v1 (V1-REFERENCE 1.7 for users, 11.2 for logs).
 * Text without a `field:` part is a prefix; clauses are joined by blanks or
 * semicolons and all must hold; values in quotes are whole, others prefixes;
 * case never counts. */
#include "search/field.h"
#include "search/node.h"

#include <string.h>

enum { TEXT_LEN_MAX = 16 * 1024, CLAUSES_MAX = 64 };

/* One list of API v1: where plain text looks and what attribute names mean. */
struct dialect {
    const str *plain;
    size_t plain_count;
    /* NULL: there is no such attribute, and that is an error. */
    struct search_node *(*attribute)(struct arena *a, str name, struct leaf leaf);
};

struct scanner {
    struct arena *a;
    const struct dialect *dialect;
    str rest;
    unsigned clauses;
};

/* --- users --------------------------------------------------------------------------- */

static const struct {
    str name, path; /* of the v1 object; in the stored document */
} user_attributes[] = {
    /* Names that metadata cannot lie over, so that they have one place (V1-REFERENCE 3). */
    { STR_INIT("_id"), STR_INIT("_id") },
    { STR_INIT("user_id"), STR_INIT("user_id") },
    { STR_INIT("v2_id"), STR_INIT("v2_id") },
    { STR_INIT("created_at"), STR_INIT("created_at") },
    { STR_INIT("lastLogin"), STR_INIT("last_login") },
    { STR_INIT("lastIP"), STR_INIT("last_ip") },
    { STR_INIT("loginsCount"), STR_INIT("logins_count") },
    { STR_INIT("email"), STR_INIT("email") },
    { STR_INIT("email_verified"), STR_INIT("email_verified") },
    { STR_INIT("identities.connection"), STR_INIT("identities.connection") },
    { STR_INIT("identities.provider"), STR_INIT("identities.provider") },
    { STR_INIT("identities.user_id"), STR_INIT("identities.user_id") },
    { STR_INIT("identities.isSocial"), STR_INIT("identities.isSocial") },
};

/* Members of the stored document that the v1 object does not have. */
static const str not_in_v1[] = { STR_INIT("app_metadata"), STR_INIT("user_metadata") };

static struct search_node *leaf_at(struct arena *a, struct leaf leaf, str field)
{
    leaf.field = field;
    return node_leaf(a, leaf);
}

/* A v1 object shows metadata at its root, over the profile's own members: the
 * metadata key counts, and the profile where that is missing. Memberships are
 * members of neither. */
static struct search_node *overlaid(struct arena *a, str name, struct leaf leaf)
{
    str deeper, first = str_cut(name, '.', &deeper);
    for (size_t i = 0; i < sizeof not_in_v1 / sizeof not_in_v1[0]; i++)
        if (str_eq(first, not_in_v1[i]))
            return node_new(a, NODE_NONE);
    str prefix = STR("app_metadata.");
    if (field_is_membership(name))
        return leaf_at(a, leaf, str_cat(a, prefix, name));
    struct search_node *over = node_leaf(a, (struct leaf){ .op = LEAF_EXISTS, .field = str_cat(a, prefix, first) });
    struct search_node *below = node_join(a, NODE_AND, leaf_at(a, leaf, name), search_not(a, over));
    return node_join(a, NODE_OR, leaf_at(a, leaf, str_cat(a, prefix, name)), below);
}

/* The v1 object always says whether a user is blocked; the stored one may not. */
static struct search_node *blocked(struct arena *a, struct leaf leaf)
{
    if (!str_eq_nocase(leaf.text, STR("false")))
        return leaf_at(a, leaf, STR("blocked"));
    leaf.text = STR("true");
    return search_not(a, leaf_at(a, leaf, STR("blocked")));
}

static struct search_node *user_attribute(struct arena *a, str name, struct leaf leaf)
{
    if (str_eq(name, STR("blocked")))
        return blocked(a, leaf);
    for (size_t i = 0; i < sizeof user_attributes / sizeof user_attributes[0]; i++)
        if (str_eq(name, user_attributes[i].name))
            return leaf_at(a, leaf, user_attributes[i].path);
    return overlaid(a, name, leaf);
}

static const str user_plain[] = { STR_INIT("name"), STR_INIT("email") };
static const struct dialect users = { user_plain, sizeof user_plain / sizeof user_plain[0], user_attribute };

/* --- logs ---------------------------------------------------------------------------- */

static const struct {
    str name, path;
} log_attributes[] = {
    { STR_INIT("application"), STR_INIT("client_name") },
    { STR_INIT("connection"), STR_INIT("connection") },
    { STR_INIT("user"), STR_INIT("user_name") },
};

static struct search_node *log_attribute(struct arena *a, str name, struct leaf leaf)
{
    for (size_t i = 0; i < sizeof log_attributes / sizeof log_attributes[0]; i++)
        if (str_eq(name, log_attributes[i].name))
            return leaf_at(a, leaf, log_attributes[i].path);
    return NULL;
}

static const str log_plain[] = { STR_INIT("client_name"), STR_INIT("connection"), STR_INIT("user_name") };
static const struct dialect logs = { log_plain, sizeof log_plain / sizeof log_plain[0], log_attribute };

/* --- scanning ------------------------------------------------------------------------ */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || memchr("_.-$", c, 4);
}

/* The length of the attribute name that s starts with, 0 when none with a colon does. */
static size_t name_len(str s)
{
    size_t n = 0;
    while (n < s.len && in_name(s.p[n]))
        n++;
    return n < s.len && s.p[n] == ':' ? n : 0;
}

static void drop(struct scanner *sc, size_t count)
{
    sc->rest = str_sub(sc->rest, count, sc->rest.len);
}

static void skip_blanks(struct scanner *sc, bool separators)
{
    while (sc->rest.len && (is_blank(sc->rest.p[0]) || (separators && sc->rest.p[0] == ';')))
        drop(sc, 1);
}

/* Up to a semicolon, or a blank before the next `name:`. Blanks inside stay. */
static str take_unquoted(struct scanner *sc)
{
    size_t n = 0;
    while (n < sc->rest.len && sc->rest.p[n] != ';') {
        if (is_blank(sc->rest.p[n]) && name_len(str_sub(sc->rest, n + 1, sc->rest.len)))
            break;
        n++;
    }
    str value = str_trim(str_sub(sc->rest, 0, n));
    drop(sc, n);
    return value;
}

/* A quote that is never closed reaches to the end. */
static str take_quoted(struct scanner *sc)
{
    str inside = str_sub(sc->rest, 1, sc->rest.len);
    ptrdiff_t close = str_find_char(inside, sc->rest.p[0]);
    str value = str_sub(inside, 0, close < 0 ? inside.len : (size_t)close);
    drop(sc, value.len + 2);
    return value;
}

static str replaced(struct arena *a, str s, char from, char to)
{
    char *p = arena_raw(a, s.len + 1);
    for (size_t i = 0; i < s.len; i++)
        p[i] = s.p[i] == from ? to : s.p[i];
    return (str){ p, s.len };
}

/* --- clauses ------------------------------------------------------------------------- */

static struct search_node *plain_text(struct scanner *sc, struct leaf leaf)
{
    struct search_node *any = NULL;
    for (size_t i = 0; i < sc->dialect->plain_count; i++) {
        struct search_node *one = sc->dialect->attribute(sc->a, sc->dialect->plain[i], leaf);
        /* The log's plain fields have other names as attributes. */
        any = node_join(sc->a, NODE_OR, any, one ? one : leaf_at(sc->a, leaf, sc->dialect->plain[i]));
    }
    return any;
}

static struct search_node *clause_of(struct scanner *sc, str name, struct leaf leaf)
{
    return name.len ? sc->dialect->attribute(sc->a, name, leaf) : plain_text(sc, leaf);
}

/* Booleans are stored by value and told from texts by how they are written. */
static str boolean_or_text(str text)
{
    return str_eq_nocase(text, STR("true")) ? STR("true") : str_eq_nocase(text, STR("false")) ? STR("false") : text;
}

/* One client sends a plus unescaped, which form decoding makes a blank: a value
 * with blanks is also read with pluses. */
static struct result take_clause(struct scanner *sc, struct search_node **out)
{
    struct leaf leaf = { .op = LEAF_STARTS, .nocase = true };
    str name = str_sub(sc->rest, 0, name_len(sc->rest));
    if (name.len) {
        drop(sc, name.len + 1);
        skip_blanks(sc, false);
    }
    if (name.len && sc->rest.len && (sc->rest.p[0] == '"' || sc->rest.p[0] == '\'')) {
        leaf.op = LEAF_EQUALS;
        leaf.text = take_quoted(sc);
    } else {
        leaf.text = take_unquoted(sc);
    }
    leaf.text = boolean_or_text(leaf.text);
    struct search_node *node = clause_of(sc, name, leaf);
    if (!node)
        return fail1(ERR_INVALID_QUERY, str_fmt(sc->a, "There is no search field '%.*s'", STR_ARG(name)));
    if (str_find_char(leaf.text, ' ') >= 0) {
        leaf.text = replaced(sc->a, leaf.text, ' ', '+');
        node = node_join(sc->a, NODE_OR, node, clause_of(sc, name, leaf));
    }
    *out = node;
    return OK;
}

static struct result parse_reading(struct arena *a, const struct dialect *d, str text, struct search_node **out)
{
    struct scanner sc = { a, d, text, 0 };
    skip_blanks(&sc, true);
    while (sc.rest.len) {
        struct search_node *clause;
        if (++sc.clauses > CLAUSES_MAX)
            return fail1(ERR_INVALID_QUERY, STR("The search has too many clauses"));
        TRY(take_clause(&sc, &clause));
        *out = node_join(a, NODE_AND, *out, clause);
        skip_blanks(&sc, true);
    }
    return OK;
}

/* A plus may also stand for a blank, in text that was not decoded as a form:
 * what either reading finds is found. */
static struct result parse(struct arena *a, const struct dialect *d, str text, struct search_node **out)
{
    *out = NULL;
    if (text.len > TEXT_LEN_MAX)
        return fail1(ERR_INVALID_QUERY, STR("The search is too long"));
    if (!str_utf8_valid(text))
        return fail1(ERR_INVALID_QUERY, STR("The search is not valid UTF-8"));
    text = str_dup(a, text);
    struct search_node *literal = NULL, *blank = NULL;
    TRY(parse_reading(a, d, text, &literal));
    if (str_find_char(text, '+') >= 0)
        TRY(parse_reading(a, d, replaced(a, text, '+', ' '), &blank));
    *out = node_join(a, NODE_OR, literal, blank);
    return OK;
}

struct result search_parse_api_v1(struct arena *a, str text, struct search_node **out)
{
    return parse(a, &users, text, out);
}

struct result search_parse_api_v1_logs(struct arena *a, str text, struct search_node **out)
{
    return parse(a, &logs, text, out);
}
