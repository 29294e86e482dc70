/* Form bodies: a[b]=c nests, a[]=x and a[0]=x make lists, a repeated name makes
 * a list; texts become what the schema means. Checked afterwards like JSON. */
#include "contract/loose.h"
#include "contract/validate.h"

enum { FORM_DEPTH_MAX = 16 };

static const struct schema any_text = { .types = SCHEMA_STRING };

static const struct schema *member_schema(const struct schema *s, str name);

static const struct schema *in_alternatives(const struct schema *s, str name)
{
    for (size_t i = 0; i < s->alternative_count; i++) {
        const struct schema *found = member_schema(s->alternatives[i], name);
        if (found != &any_text)
            return found;
    }
    return &any_text;
}

static const struct schema *member_schema(const struct schema *s, str name)
{
    const struct schema_member *m = schema_member_find(s, name);
    if (m)
        return m->schema;
    return s->alternative_count ? in_alternatives(s, name) : s->extra ? s->extra : &any_text;
}

static bool is_list(const struct schema *s)
{
    return (s->types & SCHEMA_ARRAY) && !(s->types & (SCHEMA_STRING | SCHEMA_OBJECT));
}

static bool takes_list(const struct schema *s)
{
    for (size_t i = 0; i < s->alternative_count; i++)
        if (is_list(s->alternatives[i]))
            return true;
    return s->alternative_count == 0 && ((s->types & SCHEMA_ARRAY) || s == &any_text);
}

static bool is_index(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.len <= 4;
}

/* "a[b][]" → a, b, "" . A name whose brackets do not pair, or go too deep, is one plain name. */
static size_t split_name(str name, str *parts)
{
    ptrdiff_t open = str_find_char(name, '[');
    parts[0] = name;
    if (open <= 0 || !str_ends(name, STR("]")))
        return 1;
    size_t count = 0;
    str rest = str_sub(name, (size_t)open, name.len);
    parts[count++] = str_sub(name, 0, (size_t)open);
    while (rest.len) {
        ptrdiff_t close = str_find_char(rest, ']');
        if (rest.p[0] != '[' || close < 0 || count == FORM_DEPTH_MAX) {
            parts[0] = name;
            return 1;
        }
        parts[count++] = str_sub(rest, 1, (size_t)close - 1);
        rest = str_sub(rest, (size_t)close + 1, rest.len);
    }
    return count;
}

struct slot {
    struct json *in; /* object or array */
    str name;        /* of the member; in an array the index, or empty for the end */
};

static struct json *slot_get(struct slot s)
{
    int64_t index;
    if (s.in->type == JSON_OBJECT)
        return json_get(s.in, s.name);
    return s.name.len && str_int(s.name, &index) ? json_item(s.in, (size_t)index) : NULL;
}

/* An index beyond the end appends: nobody makes a list long by one big number. */
static void slot_set(struct arena *a, struct slot s, struct json *value)
{
    int64_t index;
    if (s.in->type == JSON_OBJECT)
        json_set(a, s.in, s.name, value);
    else if (s.name.len && str_int(s.name, &index) && (size_t)index < json_count(s.in))
        s.in->items[index] = value;
    else
        json_push(a, s.in, value);
}

/* The container in the slot, made when there is none; a text that stood there gives way. */
static struct json *slot_enter(struct arena *a, struct slot s, const struct schema *schema, str next)
{
    struct json *v = slot_get(s);
    if (v && (v->type == JSON_OBJECT || (v->type == JSON_ARRAY && is_index(next))))
        return v;
    v = is_index(next) && takes_list(schema) ? json_array(a) : json_object(a);
    slot_set(a, s, v);
    return v;
}

static void put_value(struct arena *a, struct slot s, const struct schema *schema, str text)
{
    struct json *before = s.in->type == JSON_OBJECT ? json_get(s.in, s.name) : NULL;
    const struct schema *item = is_list(schema) && schema->items ? schema->items : schema;
    struct json *value = text_to_value(a, item, text);
    if (!before && !is_list(schema)) {
        slot_set(a, s, value);
        return;
    }
    if (!before || before->type != JSON_ARRAY) {
        struct json *list = json_array(a);
        if (before)
            json_push(a, list, before);
        slot_set(a, s, list);
        before = list;
    }
    json_push(a, before, value);
}

static void put(struct arena *a, const struct schema *schema, struct json *body, struct text_pair pair)
{
    str parts[FORM_DEPTH_MAX];
    size_t count = split_name(pair.name, parts);
    struct slot at = { .in = body, .name = parts[0] };
    schema = member_schema(schema, parts[0]);
    for (size_t i = 1; i < count; i++) {
        struct json *inner = slot_enter(a, at, schema, parts[i]);
        bool in_list = inner->type == JSON_ARRAY;
        schema = in_list ? (schema->items ? schema->items : &any_text) : member_schema(schema, parts[i]);
        at = (struct slot){ .in = inner, .name = parts[i] };
    }
    put_value(a, at, schema, pair.value);
}

struct json *form_to_json(struct arena *a, const struct schema *s, const struct text_pair *pairs, size_t count)
{
    struct json *body = json_object(a);
    for (size_t i = 0; i < count; i++)
        put(a, s, body, pairs[i]);
    return body;
}
