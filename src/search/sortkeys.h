/* The record of user_sort_keys: for each root field that users are sorted by
 * (field_is_sorted) and that the user has, its number, a length and the start of
 * its key. Fields stand in the order of their names; one that is not there has
 * no value. */
#ifndef SEARCH_SORTKEYS_H
#define SEARCH_SORTKEYS_H

#include "search/value.h"

/* Long enough for an ObjectID behind "auth0|" to differ in its counter's first
 * bytes, and for most names and addresses; short, for a page holds some forty
 * users then. A key of exactly this length was cut. */
enum { SORT_KEY_MAX = 24 };

/* Adds one field's key, as it stands in the index. */
void sort_keys_add(struct buf *out, int64_t field, str key);
/* The field has several values: which one counts depends on the direction. */
void sort_keys_add_several(struct buf *out, int64_t field);

enum sort_key_kind {
    SORT_KEY_NONE,  /* the user lacks the field */
    SORT_KEY_WHOLE, /* *out_key is the key */
    SORT_KEY_CUT,   /* … is how the key starts */
    SORT_KEY_ASK,   /* only the document tells */
};
enum sort_key_kind sort_keys_find(str keys, int64_t field, str *out_key);

#endif
