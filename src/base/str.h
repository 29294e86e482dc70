/* Text is a borrowed slice with a length: not terminated, may hold NUL, and
 * lives as long as its owner. Comparisons named *_secret take the same time
 * for any content of equal length. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

typedef struct {
    const char *p;
    size_t len;
} str;

#define STR_INIT(lit) { (lit), sizeof(lit) - 1 } /* in static tables */
#define STR(lit) ((str)STR_INIT(lit))
#define STR_NONE ((str){ NULL, 0 })
#define STR_ARG(s) (int)(s).len, (s).p /* for "%.*s" */

enum { INT64_DIGITS_MAX = 20 }; /* with the minus */

str str_from(const char *terminated); /* NULL gives STR_NONE */
bool str_eq(str a, str b);            /* public data only */
bool str_eq_secret(str a, str b);
bool str_eq_nocase(str a, str b);     /* ASCII letters only */
int str_cmp(str a, str b);            /* bytewise, shorter first */
bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);
ptrdiff_t str_find(str s, str needle); /* -1 when absent */
ptrdiff_t str_find_char(str s, char c);
str str_sub(str s, size_t from, size_t len); /* clamped to s */
str str_trim(str s);                         /* ASCII white space at both ends */

/* Cut s at the first sep: the part before is the answer, *rest is what follows
 * (STR_NONE with p == NULL when there was no sep). Loop while rest.p. */
str str_cut(str s, char sep, str *rest);

/* Results live in a. */
str str_dup(struct arena *a, str s);
str str_cat(struct arena *a, str x, str y);
str str_lower(struct arena *a, str s); /* ASCII letters only */
const char *str_cstr(struct arena *a, str s); /* terminated copy; a NUL inside cuts what C sees */
str str_fmt(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

str str_from_int(struct arena *a, int64_t v);
str str_digits(int64_t v, char room[INT64_DIGITS_MAX]); /* the same, in room */

/* %XX decoded once; a stray % stays (V1-REFERENCE 1.1). plus: '+' is a blank, as
 * in queries and forms. s itself when there is nothing to decode, else in a. */
str str_url_decode(struct arena *a, str s, bool plus);

/* Decimal digits with an optional minus, nothing else. False on overflow or
 * anything that is no number; out is then unchanged. */
bool str_int(str s, int64_t *out);

/* True when s is well-formed UTF-8 (RFC 3629: no surrogates, no overlongs). */
bool str_utf8_valid(str s);
/* Code points in valid UTF-8. */
size_t str_utf8_len(str s);

#endif
