/* How a value stands in the index: bytes that sort as the values do. A tag
 * tells the type, then: one byte for a boolean; an order-preserving 8-byte
 * double for a number (integers are exact to 2^53); 8 bytes of microseconds for
 * a date in a date field; a text's own bytes, folded where the field is.
 * Both databases and the match on documents compare nothing but these keys. */
#ifndef SEARCH_VALUE_H
#define SEARCH_VALUE_H

#include "base/buf.h"
#include "json/json.h"

enum { KEY_BOOL = 0x10, KEY_NUMBER = 0x20, KEY_DATE = 0x30, KEY_TEXT = 0x40, KEY_END = 0x50 };
/* In the index keys are cut at this length; a stored key of exactly this length
 * was cut, so that the document has to be asked. */
enum { KEY_MAX = 256 };

/* Appends the whole key. False, and nothing appended, for what has none: null,
 * arrays, objects. */
bool value_key(struct buf *out, str field, const struct json *v);
str key_cut(str key);
static inline bool key_was_cut(str key)
{
    return key.len >= KEY_MAX;
}

void key_add_bool(struct buf *out, bool v);
void key_add_number(struct buf *out, double v);
void key_add_date(struct buf *out, int64_t us);

/* NFC and case folding. Text that utf8proc refuses stays as it is. */
void value_fold(struct buf *out, str text);

/* "2018-12" is the month from its first microsecond to the first behind it. */
bool date_period(str text, int64_t *out_from_us, int64_t *out_until_us);
/* A number as JSON writes it, also with a plus sign or leading zeros. */
bool number_read(str text, double *out);

#endif
