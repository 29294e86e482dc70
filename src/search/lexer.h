/* The words of the Lucene subset. */
#ifndef SEARCH_LEXER_H
#define SEARCH_LEXER_H

#include "search/search.h"

enum token_kind {
    TOKEN_END,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_NOT,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_WORD,   /* text may hold the marks of search/pattern.h */
    TOKEN_QUOTED, /* text is literal */
    TOKEN_RANGE,
    TOKEN_LESS,
    TOKEN_LESS_EQUAL,
    TOKEN_GREATER,
    TOKEN_GREATER_EQUAL,
};

struct token {
    enum token_kind kind;
    size_t start; /* byte offset, for messages */
    str text;     /* escapes resolved; in the arena */
    struct {
        str text; /* STR_NONE: open */
        bool inclusive;
    } low, high;
};

struct lexer {
    struct arena *arena;
    str text;
    size_t at;
    enum search_engine engine;
};

/* in_value: right behind a field's colon, where signs belong to the value. */
MUST_USE struct result lexer_next(struct lexer *lx, bool in_value, struct token *out);
/* Takes a colon when one follows: then the last word named a field. */
bool lexer_take_colon(struct lexer *lx);
/* ERR_INVALID_QUERY with the words and the place. */
struct result lexer_fail(const struct lexer *lx, size_t at, const char *words);

#endif
