#include "search/span.h"

#include "search/field.h"
#include "search/pattern.h"
#include "search/value.h"

#include <string.h>

struct maker {
    struct arena *a;
    str field;
    struct span *out;
    size_t count;
};

/* --- keys ---------------------------------------------------------------------------- */

static str keep(struct arena *a, struct buf *b)
{
    str kept = str_dup(a, buf_str(b));
    buf_free(b);
    return kept;
}

static str text_key(struct arena *a, str text)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    buf_add_char(&b, KEY_TEXT);
    buf_add(&b, text);
    return keep(a, &b);
}

static str number_key(struct arena *a, double v)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    key_add_number(&b, v);
    return keep(a, &b);
}

static str date_key(struct arena *a, int64_t us)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    key_add_date(&b, us);
    return keep(a, &b);
}

static str tag_key(struct arena *a, unsigned tag)
{
    char c = (char)tag;
    return str_dup(a, (str){ &c, 1 });
}

/* The first key behind this one. */
static str behind(struct arena *a, str key)
{
    return str_cat(a, key, (str){ "", 1 });
}

/* The first key behind all that start with this one. A key starts with its tag,
 * so that some byte can always grow. */
static str behind_all(struct arena *a, str key)
{
    size_t len = key.len;
    while ((unsigned char)key.p[len - 1] == 0xff)
        len--;
    char *p = arena_copy(a, key.p, len);
    p[len - 1] = (char)((unsigned char)p[len - 1] + 1);
    return (str){ p, len };
}

static str folded(struct arena *a, str text, bool is_pattern)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    if (is_pattern)
        pattern_fold(&b, text);
    else
        value_fold(&b, text);
    return keep(a, &b);
}

/* --- spans --------------------------------------------------------------------------- */

static void add_span(struct maker *m, str low, str high)
{
    if (str_cmp(low, high) < 0)
        m->out[m->count++] = (struct span){ .low = low, .high = high };
}

static void add_point(struct maker *m, str key)
{
    m->out[m->count++] = (struct span){ .low = key, .high = behind(m->a, key), .point = true };
}

static void add_typed_points(struct maker *m, str text)
{
    bool yes = str_eq(text, STR("true"));
    double number;
    if (yes || str_eq(text, STR("false"))) {
        struct buf b;
        buf_init(&b, SIZE_MAX);
        key_add_bool(&b, yes);
        add_point(m, keep(m->a, &b));
    }
    if (number_read(text, &number))
        add_point(m, number_key(m->a, number));
}

static bool add_date(struct maker *m, str text)
{
    int64_t from, until;
    if (!field_is_date(m->field) || !date_period(text, &from, &until))
        return false;
    add_span(m, date_key(m->a, from), date_key(m->a, until));
    return true;
}

/* All texts, each tried against a pattern: for folding that the index lacks. */
static void add_folded_pattern(struct maker *m, str pattern)
{
    add_span(m, tag_key(m->a, KEY_TEXT), tag_key(m->a, KEY_TEXT + 1));
    m->out[m->count - 1].pattern = folded(m->a, pattern, true);
    m->out[m->count - 1].fold = true;
}

static void make_equals(struct maker *m, const struct leaf *leaf)
{
    add_typed_points(m, leaf->text);
    if (add_date(m, leaf->text))
        return;
    if (field_is_folded(m->field))
        add_point(m, text_key(m->a, folded(m->a, leaf->text, false)));
    else if (leaf->nocase)
        add_folded_pattern(m, leaf->text);
    else
        add_point(m, text_key(m->a, leaf->text));
}

static void make_starts(struct maker *m, const struct leaf *leaf)
{
    add_typed_points(m, leaf->text);
    if (add_date(m, leaf->text))
        return;
    if (leaf->nocase && !field_is_folded(m->field)) {
        add_folded_pattern(m, str_cat(m->a, leaf->text, (str){ (const char[]){ PATTERN_MANY }, 1 }));
        return;
    }
    str low = text_key(m->a, field_is_folded(m->field) ? folded(m->a, leaf->text, false) : leaf->text);
    add_span(m, low, behind_all(m->a, low));
}

static void make_pattern(struct maker *m, const struct leaf *leaf)
{
    str pattern = field_is_folded(m->field) ? folded(m->a, leaf->text, true) : leaf->text;
    str head = pattern_head(pattern);
    bool only_prefix = head.len + 1 == pattern.len && pattern.p[head.len] == PATTERN_MANY;
    if (only_prefix && add_date(m, head))
        return;
    str low = text_key(m->a, head);
    add_span(m, low, behind_all(m->a, low));
    if (!only_prefix)
        m->out[m->count - 1].pattern = pattern;
}

/* --- ranges -------------------------------------------------------------------------- */

static void add_date_range(struct maker *m, const struct leaf *leaf)
{
    int64_t from, until;
    str low = tag_key(m->a, KEY_DATE), high = tag_key(m->a, KEY_DATE + 1);
    if (leaf->low.text.p && date_period(leaf->low.text, &from, &until))
        low = date_key(m->a, leaf->low.inclusive ? from : until);
    if (leaf->high.text.p && date_period(leaf->high.text, &from, &until))
        high = date_key(m->a, leaf->high.inclusive ? until : from);
    add_span(m, low, high);
}

static void add_number_range(struct maker *m, const struct leaf *leaf)
{
    double v;
    str low = tag_key(m->a, KEY_NUMBER), high = tag_key(m->a, KEY_NUMBER + 1);
    if (leaf->low.text.p && number_read(leaf->low.text, &v))
        low = leaf->low.inclusive ? number_key(m->a, v) : behind(m->a, number_key(m->a, v));
    if (leaf->high.text.p && number_read(leaf->high.text, &v))
        high = leaf->high.inclusive ? behind(m->a, number_key(m->a, v)) : number_key(m->a, v);
    add_span(m, low, high);
}

static str bound_key(struct maker *m, str text)
{
    return text_key(m->a, field_is_folded(m->field) ? folded(m->a, text, false) : text);
}

static void add_text_range(struct maker *m, const struct leaf *leaf)
{
    str low = tag_key(m->a, KEY_TEXT), high = tag_key(m->a, KEY_TEXT + 1);
    if (leaf->low.text.p)
        low = leaf->low.inclusive ? bound_key(m, leaf->low.text) : behind(m->a, bound_key(m, leaf->low.text));
    if (leaf->high.text.p)
        high = leaf->high.inclusive ? behind(m->a, bound_key(m, leaf->high.text)) : bound_key(m, leaf->high.text);
    add_span(m, low, high);
}

static bool is_number(str bound)
{
    double v;
    return !bound.p || number_read(bound, &v);
}

static bool is_date(str bound)
{
    int64_t from, until;
    return !bound.p || date_period(bound, &from, &until);
}

/* A value is compared as what it is: numbers with numbers, texts with texts. */
static void make_range(struct maker *m, const struct leaf *leaf)
{
    if (field_is_date(m->field) && is_date(leaf->low.text) && is_date(leaf->high.text)) {
        add_date_range(m, leaf);
        return;
    }
    if (is_number(leaf->low.text) && is_number(leaf->high.text))
        add_number_range(m, leaf);
    add_text_range(m, leaf);
}

static void make_exists(struct maker *m)
{
    add_span(m, tag_key(m->a, KEY_BOOL), tag_key(m->a, KEY_END));
}

size_t span_make(struct arena *a, const struct leaf *leaf, str field, struct span out[SPANS_MAX])
{
    struct maker m = { a, field, out, 0 };
    if (field_is_hidden(field))
        return 0;
    switch (leaf->op) {
    case LEAF_EQUALS:
        make_equals(&m, leaf);
        break;
    case LEAF_STARTS:
        make_starts(&m, leaf);
        break;
    case LEAF_PATTERN:
        make_pattern(&m, leaf);
        break;
    case LEAF_RANGE:
        make_range(&m, leaf);
        break;
    case LEAF_EXISTS:
        make_exists(&m);
        break;
    }
    return m.count;
}

bool span_has(const struct span *s, str key, struct buf *scratch)
{
    if (str_cmp(key, s->low) < 0 || str_cmp(key, s->high) >= 0)
        return false;
    if (!s->pattern.p)
        return true;
    str text = str_sub(key, 1, key.len);
    if (!s->fold)
        return pattern_matches(s->pattern, text);
    buf_clear(scratch);
    value_fold(scratch, text);
    return pattern_matches(s->pattern, buf_str(scratch));
}
