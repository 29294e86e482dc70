/* Values: making, reading, changing. */
#include "json/inside.h"

#include "base/map.h"

#include <string.h>

/* --- member tables ---------------------------------------------------------
 * A table with room for more than JSON_SMALL_MAX members is followed by a hash
 * index: a power of two of slots, at least twice the room, each 0 or 1 + the
 * member's number, probed linearly. It is kept by every change, so reading
 * stays const and shared values can be read by many threads. */

static size_t index_slots(uint32_t cap)
{
    return cap > JSON_SMALL_MAX ? (size_t)1 << (33 - __builtin_clz(cap - 1)) : 0;
}

static uint32_t *index_of(const struct json *o)
{
    return (uint32_t *)(void *)(o->members + o->cap);
}

/* The slot that names key, or the empty one where it belongs. */
static size_t index_find(const struct json *o, str key)
{
    const uint32_t *index = index_of(o);
    size_t mask = index_slots(o->cap) - 1;
    size_t slot = hash_bytes(key) & mask;
    while (index[slot] && !str_eq(o->members[index[slot] - 1].key, key))
        slot = (slot + 1) & mask;
    return slot;
}

/* Empty a slot and close the gap, so that no probe ends early. */
static void index_remove(struct json *o, size_t gap)
{
    uint32_t *index = index_of(o);
    size_t mask = index_slots(o->cap) - 1;
    for (size_t at = (gap + 1) & mask; index[at]; at = (at + 1) & mask) {
        size_t home = hash_bytes(o->members[index[at] - 1].key) & mask;
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        index[gap] = index[at];
        gap = at;
    }
    index[gap] = 0;
}

static struct json_member *member_find(const struct json *o, str key)
{
    if (o->cap > JSON_SMALL_MAX) {
        uint32_t found = index_of(o)[index_find(o, key)];
        return found ? &o->members[found - 1] : NULL;
    }
    for (uint32_t i = 0; i < o->count; i++) {
        str k = o->members[i].key;
        if (k.len == key.len && (!key.len || memcmp(k.p, key.p, key.len) == 0))
            return &o->members[i];
    }
    return NULL;
}

/* There is room, and key is not in o. */
static void member_append(struct json *o, str key, struct json *value)
{
    if (o->cap > JSON_SMALL_MAX)
        index_of(o)[index_find(o, key)] = o->count + 1;
    o->members[o->count++] = (struct json_member){ key, value };
}

static void members_reserve(struct arena *a, struct json *o, uint32_t cap)
{
    if (cap <= o->cap)
        return;
    const struct json_member *old = o->members;
    uint32_t count = o->count;
    o->members = arena_alloc(a, cap * sizeof *o->members + index_slots(cap) * sizeof(uint32_t));
    o->cap = cap;
    if (cap <= JSON_SMALL_MAX && count)
        memcpy(o->members, old, count * sizeof *old);
    if (cap <= JSON_SMALL_MAX)
        return;
    o->count = 0;
    for (uint32_t i = 0; i < count; i++)
        member_append(o, old[i].key, old[i].value);
}

void json_object_fill(struct arena *a, struct json *o, const struct json_member *from, uint32_t count,
                      bool maybe_twice)
{
    members_reserve(a, o, count);
    if (count <= JSON_SMALL_MAX && !maybe_twice) {
        if (count)
            memcpy(o->members, from, count * sizeof *from);
        o->count = count;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        json_set(a, o, from[i].key, from[i].value);
}

/* --- making ----------------------------------------------------------------- */

static struct json *make(struct arena *a, enum json_type type)
{
    struct json *v = ARENA_NEW(a, struct json);
    v->type = type;
    return v;
}

struct json *json_null(struct arena *a)
{
    return make(a, JSON_NULL);
}

struct json *json_bool(struct arena *a, bool boolean)
{
    struct json *v = make(a, JSON_BOOL);
    v->boolean = boolean;
    return v;
}

struct json *json_int(struct arena *a, int64_t n)
{
    return json_number(a, str_from_int(a, n));
}

struct json *json_number(struct arena *a, str lexeme)
{
    struct json *v = make(a, JSON_NUMBER);
    v->text = lexeme;
    return v;
}

struct json *json_string(struct arena *a, str s)
{
    struct json *v = make(a, JSON_STRING);
    v->text = s;
    return v;
}

struct json *json_array(struct arena *a)
{
    return make(a, JSON_ARRAY);
}

struct json *json_object(struct arena *a)
{
    return make(a, JSON_OBJECT);
}

static void array_reserve(struct arena *a, struct json *array, uint32_t cap)
{
    if (cap <= array->cap)
        return;
    struct json **items = ARENA_ARRAY(a, struct json *, cap);
    if (array->count)
        memcpy(items, array->items, array->count * sizeof(struct json *));
    array->items = items;
    array->cap = cap;
}

struct json *json_copy_shallow(struct arena *a, const struct json *v)
{
    if (!v)
        return NULL;
    struct json *copy = make(a, v->type);
    if (v->type == JSON_OBJECT) {
        json_object_fill(a, copy, v->members, v->count, false);
        return copy;
    }
    if (v->type != JSON_ARRAY) {
        *copy = *v;
        return copy;
    }
    array_reserve(a, copy, v->count);
    if (v->count)
        memcpy(copy->items, v->items, v->count * sizeof(struct json *));
    copy->count = v->count;
    return copy;
}

struct json *json_copy(struct arena *a, const struct json *v)
{
    struct json *copy = json_copy_shallow(a, v);
    if (!copy)
        return NULL;
    switch (copy->type) {
    case JSON_NULL:
    case JSON_BOOL: break;
    case JSON_NUMBER:
    case JSON_STRING: copy->text = str_dup(a, v->text); break;
    case JSON_ARRAY:
        for (uint32_t i = 0; i < copy->count; i++)
            copy->items[i] = json_copy(a, v->items[i]);
        break;
    case JSON_OBJECT:
        for (uint32_t i = 0; i < copy->count; i++) {
            copy->members[i].key = str_dup(a, v->members[i].key);
            copy->members[i].value = json_copy(a, v->members[i].value);
        }
        break;
    }
    return copy;
}

/* --- reading ---------------------------------------------------------------- */

bool json_is(const struct json *v, enum json_type type)
{
    return v && v->type == type;
}

struct json *json_get(const struct json *object, str key)
{
    if (!json_is(object, JSON_OBJECT) || !object->count)
        return NULL;
    struct json_member *m = member_find(object, key);
    return m ? m->value : NULL;
}

struct json *json_item(const struct json *array, size_t i)
{
    return json_is(array, JSON_ARRAY) && i < array->count ? array->items[i] : NULL;
}

static struct json *step(const struct json *v, str name)
{
    int64_t i;
    if (!json_is(v, JSON_ARRAY))
        return json_get(v, name);
    return str_int(name, &i) && i >= 0 ? json_item(v, (size_t)i) : NULL;
}

struct json *json_at(const struct json *v, const char *path)
{
    str rest = str_from(path);
    while (v && rest.p) {
        str name = str_cut(rest, '.', &rest);
        v = step(v, name);
    }
    return (struct json *)v;
}

str json_text(const struct json *v)
{
    return json_is(v, JSON_STRING) ? v->text : STR_NONE;
}

bool json_true(const struct json *v)
{
    return json_is(v, JSON_BOOL) && v->boolean;
}

bool json_to_int(const struct json *v, int64_t *out)
{
    return json_is(v, JSON_NUMBER) && json_number_to_int(v->text, out);
}

str json_get_text(const struct json *object, str key)
{
    return json_text(json_get(object, key));
}

bool json_get_true(const struct json *object, str key)
{
    return json_true(json_get(object, key));
}

int64_t json_get_int(const struct json *object, str key, int64_t otherwise)
{
    int64_t n;
    return json_to_int(json_get(object, key), &n) ? n : otherwise;
}

size_t json_count(const struct json *v)
{
    return json_is(v, JSON_ARRAY) || json_is(v, JSON_OBJECT) ? v->count : 0;
}

static bool arrays_equal(const struct json *a, const struct json *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!json_equal(a->items[i], b->items[i]))
            return false;
    return true;
}

/* Keys are unique: as many members, each with its equal, are the same set. */
static bool objects_equal(const struct json *a, const struct json *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        const struct json *other = json_get(b, a->members[i].key);
        if (!other || !json_equal(a->members[i].value, other))
            return false;
    }
    return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
    if (a == b || !a || !b)
        return a == b;
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case JSON_NULL: return true;
    case JSON_BOOL: return a->boolean == b->boolean;
    case JSON_NUMBER: return json_number_equal(a->text, b->text);
    case JSON_STRING: return str_eq(a->text, b->text);
    case JSON_ARRAY: return arrays_equal(a, b);
    case JSON_OBJECT: return objects_equal(a, b);
    }
    return false;
}

bool json_array_has(const struct json *array, str text)
{
    struct json *item;
    if (!json_is(array, JSON_ARRAY))
        return false;
    JSON_EACH_ITEM (array, i, item)
        if (json_is(item, JSON_STRING) && str_eq(item->text, text))
            return true;
    return false;
}

/* --- changing ----------------------------------------------------------------- */

static uint32_t grown(uint32_t cap)
{
    return cap < 4 ? 8 : cap * 2;
}

void json_set(struct arena *a, struct json *object, str key, struct json *value)
{
    struct json_member *m = object->count ? member_find(object, key) : NULL;
    if (m) {
        m->value = value;
        return;
    }
    if (object->count == object->cap)
        members_reserve(a, object, grown(object->cap));
    member_append(object, key, value);
}

void json_set_text(struct arena *a, struct json *object, str key, str text)
{
    json_set(a, object, key, json_string(a, text));
}

void json_set_bool(struct arena *a, struct json *object, str key, bool v)
{
    json_set(a, object, key, json_bool(a, v));
}

void json_set_int(struct arena *a, struct json *object, str key, int64_t v)
{
    json_set(a, object, key, json_int(a, v));
}

bool json_remove(struct json *object, str key)
{
    struct json_member *m = json_is(object, JSON_OBJECT) && object->count ? member_find(object, key) : NULL;
    if (!m)
        return false;
    uint32_t number = (uint32_t)(m - object->members);
    if (object->cap > JSON_SMALL_MAX) {
        uint32_t *index = index_of(object);
        index_remove(object, index_find(object, key));
        for (size_t slot = index_slots(object->cap); slot-- > 0;)
            index[slot] -= index[slot] > number + 1;
    }
    object->count--;
    memmove(m, m + 1, (object->count - number) * sizeof *m);
    return true;
}

void json_push(struct arena *a, struct json *array, struct json *value)
{
    if (array->count == array->cap)
        array_reserve(a, array, grown(array->cap));
    array->items[array->count++] = value;
}

void json_push_text(struct arena *a, struct json *array, str text)
{
    json_push(a, array, json_string(a, text));
}

void json_merge(struct arena *a, struct json *into, const struct json *from)
{
    struct json_member *m;
    if (!json_is(from, JSON_OBJECT))
        return;
    JSON_EACH_MEMBER (from, i, m)
        json_set(a, into, m->key, m->value);
}
