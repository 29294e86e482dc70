/* What queries mean, written a second time: a linear look at one document, with
 * nothing of src/search in it, for tests that compare. Queries are made as
 * trees, printed as text for the parser under test, and evaluated here. */
#ifndef TESTS_SEARCH_EVALUATOR_H
#define TESTS_SEARCH_EVALUATOR_H

#include "base/buf.h"
#include "json/json.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum expr_kind { EXPR_TERM, EXPR_WILDCARD, EXPR_RANGE, EXPR_EXISTS, EXPR_NOT, EXPR_AND, EXPR_OR, EXPR_SIDE_BY_SIDE };

struct expr {
    enum expr_kind kind;
    const char *field; /* NULL: the default fields */
    const char *text;  /* term: as it is; wildcard: * is any text */
    const char *low, *high; /* NULL: open */
    bool low_in, high_in;
    struct expr *kids[3];
    char signs[3]; /* side by side: '+', '-' or ' ' */
    int count;
};

/* --- values ---------------------------------------------------------------------------- */

/* Orders as types do: booleans, numbers, dates, texts. */
enum rank { RANK_NONE, RANK_BOOL, RANK_NUMBER, RANK_DATE, RANK_TEXT };
struct ranked {
    enum rank rank;
    double number; /* a boolean, a number, microseconds */
    char text[320];
};

static inline bool among(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

static inline bool ignores_case(const char *field)
{
    static const char *const all[] = { "email", "email.domain", "name", "given_name", "family_name", "nickname", NULL };
    return among(field, all);
}

static inline bool holds_dates(const char *field)
{
    static const char *const all[] = { "created_at", "updated_at", "last_login", NULL };
    return among(field, all);
}

/* Enough for the tests' words: ASCII, and one letter with an accent in its three forms. */
static inline void lower(char *out, size_t room, const char *text)
{
    size_t n = 0;
    while (*text && n + 2 < room) {
        bool upper_accent = memcmp(text, "\xc3\x89", 2) == 0, apart = strncmp(text, "e\xcc\x81", 3) == 0 || strncmp(text, "E\xcc\x81", 3) == 0;
        if (upper_accent || apart) {
            out[n++] = '\xc3';
            out[n++] = '\xa9';
            text += apart ? 3 : 2;
        } else {
            out[n++] = (char)((unsigned char)*text < 0x80 ? tolower(*text) : *text);
            text++;
        }
    }
    out[n] = '\0';
}

static inline bool reads_number(const char *text, double *out)
{
    char *end;
    const char *digits = text + (*text == '-' || *text == '+');
    if (!isdigit((unsigned char)*digits))
        return false;
    *out = strtod(text, &end);
    return *end == '\0' && !strchr(text, 'x') && end[-1] != '.';
}

static inline int two_digits(const char *p)
{
    return (p[0] - '0') * 10 + p[1] - '0';
}

static inline double moment(int year, int month, int day, int hour, int minute, double second)
{
    struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute };
    return (double)timegm(&tm) * 1e6 + round(second * 1e6);
}

/* The first microsecond of what the text names, and the first one behind it. */
static inline bool reads_date(const char *text, double *from, double *until)
{
    int year, month, day, hour, minute, zone, n = 0;
    double second;
    size_t len = strlen(text);
    if (len == 4 && sscanf(text, "%4d%n", &year, &n) == 1 && n == 4) {
        *from = moment(year, 1, 1, 0, 0, 0);
        *until = moment(year + 1, 1, 1, 0, 0, 0);
    } else if (len == 7 && sscanf(text, "%4d-%2d%n", &year, &month, &n) == 2 && n == 7) {
        *from = moment(year, month, 1, 0, 0, 0);
        *until = moment(year, month + 1, 1, 0, 0, 0);
    } else if (len == 10 && sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &n) == 3 && n == 10) {
        *from = moment(year, month, day, 0, 0, 0);
        *until = moment(year, month, day + 1, 0, 0, 0);
    } else if (len > 19 && sscanf(text, "%4d-%2d-%2dT%2d:%2d:%lf%n", &year, &month, &day, &hour, &minute, &second, &n) == 6) {
        zone = text[n] == '+' ? two_digits(text + n + 1) : 0;
        *from = moment(year, month, day, hour - zone, minute, second);
        *until = *from + (strchr(text, '.') ? 1e3 : 1e6);
    } else {
        return false;
    }
    return true;
}

static inline struct ranked rank_of(const char *field, const struct json *v)
{
    struct ranked r = { .rank = RANK_NONE };
    double until;
    char raw[320];
    switch (v->type) {
    case JSON_BOOL:
        r.rank = RANK_BOOL;
        r.number = v->boolean;
        break;
    case JSON_NUMBER:
        r.rank = RANK_NUMBER;
        snprintf(raw, sizeof raw, "%.*s", STR_ARG(v->text));
        r.number = strtod(raw, NULL);
        break;
    case JSON_STRING:
        snprintf(raw, sizeof raw, "%.*s", STR_ARG(v->text));
        r.rank = holds_dates(field) && reads_date(raw, &r.number, &until) ? RANK_DATE : RANK_TEXT;
        if (ignores_case(field))
            lower(r.text, sizeof r.text, raw);
        else
            memcpy(r.text, raw, sizeof raw);
        break;
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return r;
}

/* --- documents --------------------------------------------------------------------------- */

typedef bool (*value_test)(void *ctx, const char *field, const struct json *scalar);

struct look {
    const char *field;
    bool deep; /* members of the field count, too */
    value_test test;
    void *ctx;
};

static inline bool look_at_value(const struct look *l, const struct json *v)
{
    struct json *item;
    const struct json_member *member;
    if (v->type == JSON_ARRAY) {
        JSON_EACH_ITEM(v, i, item)
            if (look_at_value(l, item))
                return true;
        return false;
    }
    if (v->type == JSON_OBJECT) {
        if (l->deep)
            JSON_EACH_MEMBER(v, i, member)
                if (look_at_value(l, member->value))
                    return true;
        return false;
    }
    return v->type != JSON_NULL && l->test(l->ctx, l->field, v);
}

static inline bool look_along(const struct look *l, const struct json *v, const char *path)
{
    struct json *item;
    const struct json_member *member;
    if (v->type == JSON_ARRAY)
        JSON_EACH_ITEM(v, i, item)
            if (look_along(l, item, path))
                return true;
    if (v->type != JSON_OBJECT)
        return false;
    JSON_EACH_MEMBER(v, i, member) {
        size_t len = member->key.len;
        bool whole = strlen(path) == len && memcmp(path, member->key.p, len) == 0;
        bool start = strlen(path) > len && path[len] == '.' && memcmp(path, member->key.p, len) == 0;
        bool longer = l->deep && len > strlen(path) && member->key.p[strlen(path)] == '.' && memcmp(path, member->key.p, strlen(path)) == 0;
        if ((whole || longer) ? look_at_value(l, member->value) : start && look_along(l, member->value, path + len + 1))
            return true;
    }
    return false;
}

static inline bool look_for(const struct json *doc, const char *field, bool deep, value_test test, void *ctx)
{
    const struct look l = { field, deep, test, ctx };
    str email = json_get_text(doc, STR("email"));
    if (strcmp(field, "email.domain") == 0 && email.p) {
        size_t at = email.len;
        while (at > 0 && email.p[at - 1] != '@')
            at--;
        struct json domain = { .type = JSON_STRING, .text = { email.p + at, email.len - at } };
        if (at > 0 && test(ctx, field, &domain))
            return true;
    }
    return look_along(&l, doc, field);
}

/* --- terms ----------------------------------------------------------------------------------- */

static inline bool fits_wildcard(const char *pattern, const char *text)
{
    if (*pattern == '*')
        return fits_wildcard(pattern + 1, text) || (*text && fits_wildcard(pattern, text + 1));
    return *pattern ? *pattern == *text && fits_wildcard(pattern + 1, text + 1) : *text == '\0';
}

static inline void as_in_field(char out[320], const char *field, const char *text)
{
    if (ignores_case(field))
        lower(out, 320, text);
    else
        snprintf(out, 320, "%s", text);
}

static inline bool term_holds(void *ctx, const char *field, const struct json *v)
{
    const struct expr *e = ctx;
    struct ranked r = rank_of(field, v);
    double number, from, until;
    char want[320];
    as_in_field(want, field, e->text);
    switch (r.rank) {
    case RANK_BOOL:
        return strcmp(e->text, r.number ? "true" : "false") == 0;
    case RANK_NUMBER:
        return reads_number(e->text, &number) && number == r.number;
    case RANK_DATE:
        return reads_date(e->text, &from, &until) && r.number >= from && r.number < until;
    case RANK_TEXT:
        return !(holds_dates(field) && reads_date(e->text, &from, &until)) && strcmp(want, r.text) == 0;
    case RANK_NONE:
        break;
    }
    return false;
}

/* In a date field a date with a star behind it is that date. */
static inline bool wildcard_holds(void *ctx, const char *field, const struct json *v)
{
    const struct expr *e = ctx;
    struct ranked r = rank_of(field, v);
    char want[320], head[320];
    double from, until;
    snprintf(head, sizeof head, "%s", e->text);
    char *star = strchr(head, '*');
    if (star && star[1] == '\0')
        *star = '\0';
    if (holds_dates(field) && !strchr(head, '*') && reads_date(head, &from, &until))
        return r.rank == RANK_DATE && r.number >= from && r.number < until;
    as_in_field(want, field, e->text);
    return r.rank == RANK_TEXT && fits_wildcard(want, r.text);
}

static inline bool number_between(const struct expr *e, double v)
{
    double low = 0, high = 0;
    if ((e->low && !reads_number(e->low, &low)) || (e->high && !reads_number(e->high, &high)))
        return false;
    return (!e->low || (e->low_in ? v >= low : v > low)) && (!e->high || (e->high_in ? v <= high : v < high));
}

/* A bound that names a month is the whole month: [ from its start, { from behind it. */
static inline bool date_between(const struct expr *e, double v)
{
    double from, until;
    if (e->low && (!reads_date(e->low, &from, &until) || v < (e->low_in ? from : until)))
        return false;
    return !e->high || (reads_date(e->high, &from, &until) && v < (e->high_in ? until : from));
}

static inline bool text_between(const struct expr *e, const char *field, const char *v)
{
    char bound[320];
    as_in_field(bound, field, e->low ? e->low : "");
    if (e->low && strcmp(v, bound) < (e->low_in ? 0 : 1))
        return false;
    as_in_field(bound, field, e->high ? e->high : "");
    return !e->high || strcmp(v, bound) <= (e->high_in ? 0 : -1);
}

static inline bool range_holds(void *ctx, const char *field, const struct json *v)
{
    const struct expr *e = ctx;
    struct ranked r = rank_of(field, v);
    double from, until;
    bool dates = holds_dates(field) && (!e->low || reads_date(e->low, &from, &until)) && (!e->high || reads_date(e->high, &from, &until));
    switch (r.rank) {
    case RANK_NUMBER:
        return !dates && number_between(e, r.number);
    case RANK_DATE:
        return dates && date_between(e, r.number);
    case RANK_TEXT:
        return !dates && text_between(e, field, r.text);
    case RANK_BOOL:
    case RANK_NONE:
        break;
    }
    return false;
}

static inline bool anything(void *ctx, const char *field, const struct json *v)
{
    (void)ctx;
    (void)field;
    (void)v;
    return true;
}

/* --- queries -------------------------------------------------------------------------------- */

static inline bool leaf_holds(const struct expr *e, const char *field, const struct json *doc)
{
    static const value_test tests[] = { [EXPR_TERM] = term_holds, [EXPR_WILDCARD] = wildcard_holds, [EXPR_RANGE] = range_holds,
                                        [EXPR_EXISTS] = anything };
    bool exists = e->kind == EXPR_EXISTS || (e->kind == EXPR_RANGE && !e->low && !e->high);
    return look_for(doc, field, exists, exists ? anything : tests[e->kind], (void *)e);
}

static inline bool holds(const struct expr *e, const struct json *doc);

/* What a plus marks must hold, what a minus marks must not; the others are
 * alternatives, and count only where nothing has a plus. */
static inline bool side_by_side_holds(const struct expr *e, const struct json *doc)
{
    bool must = false, any = false, others = false;
    for (int i = 0; i < e->count; i++) {
        bool h = holds(e->kids[i], doc);
        if ((e->signs[i] == '+' && !h) || (e->signs[i] == '-' && h))
            return false;
        must |= e->signs[i] == '+';
        others |= e->signs[i] == ' ';
        any |= e->signs[i] == ' ' && h;
    }
    return must || !others || any;
}

static inline bool holds(const struct expr *e, const struct json *doc)
{
    static const char *const defaults[] = { "email", "name", "given_name", "family_name", "nickname", "username", "user_id", "phone_number" };
    switch (e->kind) {
    case EXPR_NOT:
        return !holds(e->kids[0], doc);
    case EXPR_AND:
    case EXPR_OR:
        for (int i = 0; i < e->count; i++)
            if (holds(e->kids[i], doc) != (e->kind == EXPR_AND))
                return e->kind == EXPR_OR;
        return e->kind == EXPR_AND;
    case EXPR_SIDE_BY_SIDE:
        return side_by_side_holds(e, doc);
    case EXPR_TERM:
    case EXPR_WILDCARD:
    case EXPR_RANGE:
    case EXPR_EXISTS:
        break;
    }
    if (e->field)
        return leaf_holds(e, e->field, doc);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        if (leaf_holds(e, defaults[i], doc))
            return true;
    return false;
}

/* --- order ------------------------------------------------------------------------------------ */

static inline int ranked_cmp(const struct ranked *a, const struct ranked *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->rank == RANK_TEXT)
        return strncmp(a->text, b->text, 255);
    return a->number < b->number ? -1 : a->number > b->number;
}

struct extreme {
    bool greatest;
    struct ranked best;
};

static inline bool take_extreme(void *ctx, const char *field, const struct json *v)
{
    struct extreme *x = ctx;
    struct ranked r = rank_of(field, v);
    if (x->best.rank == RANK_NONE || (x->greatest ? ranked_cmp(&r, &x->best) > 0 : ranked_cmp(&r, &x->best) < 0))
        x->best = r;
    return false;
}

static inline struct ranked sort_value(const struct json *doc, const char *field, bool descending)
{
    struct extreme x = { .greatest = descending };
    if (field)
        look_for(doc, field, false, take_extreme, &x);
    return x.best;
}

#endif
