/* The canonical form of a parsed query, for the tables of the parser tests:
 * (and X Y), (or X Y), (not X), all, none; a term is field=text, field^=text
 * (starts), field~pattern (with * and ?), field[low,high} or field? (exists). A default
 * field is _, ignoring case is an i behind the field. */
#ifndef TESTS_SEARCH_PRINT_H
#define TESTS_SEARCH_PRINT_H

#include "search/node.h"
#include "search/pattern.h"

static inline void print_pattern(struct buf *b, str pattern)
{
    for (size_t i = 0; i < pattern.len; i++)
        buf_add_char(b, pattern.p[i] == PATTERN_MANY ? '*' : pattern.p[i] == PATTERN_ONE ? '?' : pattern.p[i]);
}

static inline void print_leaf(struct buf *b, const struct leaf *leaf)
{
    buf_add(b, leaf->field.p ? leaf->field : STR("_"));
    if (leaf->nocase)
        buf_add(b, STR(":i"));
    switch (leaf->op) {
    case LEAF_EQUALS:
        buf_fmt(b, "=%.*s", STR_ARG(leaf->text));
        break;
    case LEAF_STARTS:
        buf_fmt(b, "^=%.*s", STR_ARG(leaf->text));
        break;
    case LEAF_PATTERN:
        buf_add_char(b, '~');
        print_pattern(b, leaf->text);
        break;
    case LEAF_EXISTS:
        buf_add_char(b, '?');
        break;
    case LEAF_RANGE:
        buf_add_char(b, leaf->low.inclusive ? '[' : '{');
        buf_add(b, leaf->low.text.p ? leaf->low.text : STR("*"));
        buf_add_char(b, ',');
        buf_add(b, leaf->high.text.p ? leaf->high.text : STR("*"));
        buf_add_char(b, leaf->high.inclusive ? ']' : '}');
        break;
    }
}

static inline void print_node(struct buf *b, const struct search_node *n)
{
    static const char *const names[] = { [NODE_ALL] = "all",  [NODE_NONE] = "none", [NODE_AND] = "(and",
                                         [NODE_OR] = "(or",   [NODE_NOT] = "(not",  [NODE_LEAF] = "" };
    if (n && n->kind == NODE_LEAF) {
        print_leaf(b, &n->leaf);
        return;
    }
    buf_add(b, str_from(names[n ? n->kind : NODE_ALL]));
    for (size_t i = 0; n && i < n->count; i++) {
        buf_add_char(b, ' ');
        print_node(b, n->kids[i]);
    }
    if (n && n->count)
        buf_add_char(b, ')');
}

#endif
