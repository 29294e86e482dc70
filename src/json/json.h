/* JSON in an arena: a tree of values that keeps what it was given (number
 * lexemes, member order; of duplicate members the last wins, at the place of
 * the first). Texts are UTF-8 and checked; invalid UTF-8 is refused.
 * RFC 8259; docs/design.md, decision 17. */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json;
struct json_member {
    str key;
    struct json *value;
};

/* Read the union freely and put other values into items and members, but change
 * keys and counts by the functions below only: big objects are indexed by key. */
struct json {
    enum json_type type;
    uint32_t count, cap; /* items or members */
    union {
        bool boolean;
        str text; /* a string's text, or a number's lexeme */
        struct json **items;
        struct json_member *members;
    };
};

enum { JSON_DEPTH_MAX = 64 };

/* Fails with ERR_INVALID_JSON (argument: where and why, for the log). The
 * tree may borrow from text: both must outlive it. */
MUST_USE struct result json_parse(struct arena *a, str text, struct json **out);

/* --- making ------------------------------------------------------------ */
struct json *json_null(struct arena *a);
struct json *json_bool(struct arena *a, bool v);
struct json *json_int(struct arena *a, int64_t v);
struct json *json_number(struct arena *a, str lexeme);
struct json *json_string(struct arena *a, str s); /* borrows s */
struct json *json_array(struct arena *a);
struct json *json_object(struct arena *a);
struct json *json_copy(struct arena *a, const struct json *v); /* deep, texts too */
struct json *json_copy_shallow(struct arena *a, const struct json *v); /* own member table, shared values */

/* --- reading: all take NULL and answer as for something absent ---------- */
struct json *json_get(const struct json *object, str key); /* NULL when absent or no object */
struct json *json_at(const struct json *v, const char *path); /* "a.b.0.c"; keys without dots */
bool json_is(const struct json *v, enum json_type type);
str json_text(const struct json *v); /* of a string; else STR_NONE */
bool json_true(const struct json *v);
bool json_to_int(const struct json *v, int64_t *out); /* integral numbers only (1.0 and 1e2 count) */
double json_to_double(const struct json *v);
str json_get_text(const struct json *object, str key);
bool json_get_true(const struct json *object, str key);
int64_t json_get_int(const struct json *object, str key, int64_t otherwise);
size_t json_count(const struct json *v);
struct json *json_item(const struct json *array, size_t i);
bool json_equal(const struct json *a, const struct json *b); /* member order does not count; 1 equals 1.0 */
bool json_array_has(const struct json *array, str text);

/* --- changing: keys and texts are borrowed ------------------------------- */
void json_set(struct arena *a, struct json *object, str key, struct json *value); /* replaces in place or appends */
void json_set_text(struct arena *a, struct json *object, str key, str text);
void json_set_bool(struct arena *a, struct json *object, str key, bool v);
void json_set_int(struct arena *a, struct json *object, str key, int64_t v);
bool json_remove(struct json *object, str key); /* was it there? */
void json_push(struct arena *a, struct json *array, struct json *value);
void json_push_text(struct arena *a, struct json *array, str text);
/* Every member of from over those of into; values are shared. */
void json_merge(struct arena *a, struct json *into, const struct json *from);

/* --- writing ------------------------------------------------------------ */
void json_write(struct buf *b, const struct json *v); /* compact */
str json_dump(struct arena *a, const struct json *v);
void json_write_string(struct buf *b, str s); /* with quotes and escapes */

#define JSON_EACH_ITEM(array, i, item)                                                             \
    for (size_t i = 0; i < json_count(array) && ((item) = (array)->items[i], 1); i++)
#define JSON_EACH_MEMBER(object, i, m)                                                             \
    for (size_t i = 0; i < json_count(object) && ((m) = &(object)->members[i], 1); i++)

#endif
