/* One validator that walks schemas. Its order of checks and of members (from
 * the last to the first) is that of the validator behind the real API, since
 * the order shows in messages. */
#include "contract/ecma.h"
#include "contract/fault.h"
#include "contract/format.h"
#include "contract/loose.h"

#include <math.h>

/* A union inside a union multiplies the work; beyond this nobody means it. */
enum { VISITS_MAX = 1 << 20 };

struct walk {
    struct arena *arena;
    unsigned visits;
};

static void check(struct walk *w, struct faults *f, const struct step *at, const struct schema *s, struct json *v);

/* --- types -------------------------------------------------------------------- */

static const struct {
    unsigned bit;
    str name;
} type_names[] = {
    { SCHEMA_BOOLEAN, STR_INIT("boolean") }, { SCHEMA_INTEGER, STR_INIT("integer") }, { SCHEMA_NUMBER, STR_INIT("number") },
    { SCHEMA_STRING, STR_INIT("string") },   { SCHEMA_ARRAY, STR_INIT("array") },     { SCHEMA_OBJECT, STR_INIT("object") },
    { SCHEMA_NULL, STR_INIT("null") },
};

/* 1.0 is an integer (JSON Schema, and what JavaScript makes of it). */
static bool is_integral(const struct json *v)
{
    int64_t n;
    if (json_to_int(v, &n))
        return true;
    double d = json_to_double(v);
    return isfinite(d) && fabs(d) >= 9007199254740992.0 && floor(d) == d;
}

static unsigned type_of(const struct json *v)
{
    switch (v->type) {
    case JSON_NULL:
        return SCHEMA_NULL;
    case JSON_BOOL:
        return SCHEMA_BOOLEAN;
    case JSON_NUMBER:
        return is_integral(v) ? SCHEMA_INTEGER : SCHEMA_NUMBER;
    case JSON_STRING:
        return SCHEMA_STRING;
    case JSON_ARRAY:
        return SCHEMA_ARRAY;
    case JSON_OBJECT:
        return SCHEMA_OBJECT;
    }
    return 0;
}

/* "string,null" */
static str type_words(struct arena *a, unsigned types)
{
    str out = STR("");
    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
        if (types & type_names[i].bit)
            out = out.len ? str_fmt(a, "%.*s,%.*s", STR_ARG(out), STR_ARG(type_names[i].name)) : type_names[i].name;
    return out;
}

static bool check_type(struct walk *w, struct faults *f, const struct step *at, const struct schema *s, const struct json *v)
{
    unsigned found = type_of(v);
    if ((found & s->types) || (found == SCHEMA_INTEGER && (s->types & SCHEMA_NUMBER)))
        return true;
    str wanted = type_words(w->arena, s->types), got = type_words(w->arena, found);
    fault_add(f, at, s->about,
              str_fmt(w->arena, "Expected type %.*s but found type %.*s", STR_ARG(wanted), STR_ARG(got)));
    return false;
}

/* --- scalars ---------------------------------------------------------------------- */

static str value_text(struct arena *a, const struct json *v)
{
    return fault_shown(v->type == JSON_STRING ? v->text : json_dump(a, v));
}

static str number_text(struct arena *a, double n)
{
    return floor(n) == n && fabs(n) < 1e15 ? str_fmt(a, "%lld", (long long)n) : str_fmt(a, "%.15g", n);
}

static void check_enum(struct walk *w, struct faults *f, const struct step *at, const struct schema *s, const struct json *v)
{
    bool case_differs = false;
    int64_t n;
    str text = v->type == JSON_NUMBER && json_to_int(v, &n) ? str_fmt(w->arena, "%lld", (long long)n) : json_dump(w->arena, v);
    for (size_t i = 0; i < s->value_count; i++) {
        if (str_eq(s->values[i], text))
            return;
        case_differs = case_differs || str_eq_nocase(s->values[i], text);
    }
    str shown = value_text(w->arena, v);
    fault_add(f, at, s->about,
              str_fmt(w->arena, "%s: %.*s", case_differs ? "Enum does not match case for" : "No enum match for", STR_ARG(shown)));
}

/* {word} of a size outside its bounds; both texts have the places of size and bound. */
struct bound_words {
    const char *below, *above;
};
static const struct bound_words string_words = { "String is too short (%zu chars), minimum %.*s",
                                                 "String is too long (%zu chars), maximum %.*s" };
static const struct bound_words array_words = { "Array is too short (%zu), minimum %.*s",
                                                "Array is too long (%zu), maximum %.*s" };
static const struct bound_words object_words = { "Too few properties defined (%zu), minimum %.*s",
                                                 "Too many properties defined (%zu), maximum %.*s" };

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the texts are the constants above */
static void check_size(struct walk *w, struct faults *f, const struct step *at, const struct schema *s, size_t size,
                       const struct bound_words *words)
{
    bool below = (s->flags & SCHEMA_HAS_MIN) && (double)size < s->min;
    bool above = (s->flags & SCHEMA_HAS_MAX) && (double)size > s->max;
    if (!below && !above)
        return;
    str bound = number_text(w->arena, below ? s->min : s->max);
    fault_add(f, at, s->about, str_fmt(w->arena, below ? words->below : words->above, size, STR_ARG(bound)));
}
#pragma GCC diagnostic pop

static void check_string(struct walk *w, struct faults *f, const struct step *at, const struct schema *s, const struct json *v)
{
    str shown = fault_shown(v->text);
    if (s->format && !format_ok(s->format, v->text)) {
        str name = format_name(s->format);
        fault_add(f, at, s->about,
                  str_fmt(w->arena, "Object didn't pass validation for format %.*s: %.*s", STR_ARG(name), STR_ARG(shown)));
    }
    if (s->pattern && !ecma_matches(s->pattern, v->text)) {
        str pattern = ecma_patterns[s->pattern];
        fault_add(f, at, s->about,
                  str_fmt(w->arena, "String does not match pattern %.*s: %.*s", STR_ARG(pattern), STR_ARG(shown)));
    }
    if (s->flags & (SCHEMA_HAS_MIN | SCHEMA_HAS_MAX))
        check_size(w, f, at, s, str_utf8_len(v->text), &string_words);
}

static void check_number(struct walk *w, struct faults *f, const struct step *at, const struct schema *s, const struct json *v)
{
    double n = json_to_double(v);
    bool below = (s->flags & SCHEMA_HAS_MIN) && n < s->min, above = (s->flags & SCHEMA_HAS_MAX) && n > s->max;
    if (!below && !above)
        return;
    str bound = number_text(w->arena, below ? s->min : s->max), shown = fault_shown(v->text);
    fault_add(f, at, s->about,
              str_fmt(w->arena, "Value %.*s is %s %.*s", STR_ARG(shown), below ? "less than minimum" : "greater than maximum",
                      STR_ARG(bound)));
}

/* --- arrays ------------------------------------------------------------------------ */

enum { UNIQUE_ITEMS_MAX = 2000 }; /* compared in pairs; longer lists are refused */
enum { LIST_ITEMS_MAX = 5000 };   /* where the contract says nothing: what handlers compare one by one stays affordable */

static void check_unique(struct walk *w, struct faults *f, const struct step *at, const struct schema *s, const struct json *v)
{
    if (v->count > UNIQUE_ITEMS_MAX) {
        fault_add(f, at, s->about, str_fmt(w->arena, "Array is too long (%u), maximum %d", v->count, UNIQUE_ITEMS_MAX));
        return;
    }
    for (size_t i = 0; i < v->count; i++) {
        for (size_t j = i + 1; j < v->count; j++) {
            if (!json_equal(v->items[i], v->items[j]))
                continue;
            fault_add(f, at, s->about, str_fmt(w->arena, "Array items are not unique (indexes %zu and %zu)", i, j));
            return;
        }
    }
}

static void check_array(struct walk *w, struct faults *f, const struct step *at, const struct schema *s, struct json *v)
{
    if (s->items && !(s->flags & SCHEMA_HAS_MAX) && v->count > LIST_ITEMS_MAX) {
        fault_add(f, at, s->about, str_fmt(w->arena, "Array is too long (%u), maximum %d", v->count, LIST_ITEMS_MAX));
        return;
    }
    if (s->flags & SCHEMA_UNIQUE)
        check_unique(w, f, at, s, v);
    check_size(w, f, at, s, v->count, &array_words);
    for (size_t i = v->count; s->items && i-- > 0 && !faults_full(f);) {
        struct step here = { .up = at, .index = i };
        check(w, f, &here, s->items, v->items[i]);
    }
}

/* --- objects ------------------------------------------------------------------------- */

static void drop_empty(const struct schema *s, struct json *v)
{
    for (size_t i = 0; i < s->member_count; i++) {
        const struct json *member = json_get(v, s->members[i].name);
        if (member && counts_as_absent(s->members[i].schema, member))
            json_remove(v, s->members[i].name);
    }
}

static void check_required(struct walk *w, struct faults *f, const struct step *at, const struct schema *s, const struct json *v)
{
    for (size_t i = s->member_count; i-- > 0;) {
        const struct schema_member *m = &s->members[i];
        if (m->required && !json_get(v, m->name))
            fault_add(f, at, s->about, str_fmt(w->arena, "Missing required property: %.*s", STR_ARG(m->name)));
    }
}

static void check_additional(struct walk *w, struct faults *f, const struct step *at, const struct schema *s,
                             const struct json *v)
{
    struct buf names;
    buf_init(&names, FAULT_VALUE_MAX);
    bool any = false;
    for (size_t i = v->count; i-- > 0;) {
        if (schema_member_find(s, v->members[i].key))
            continue;
        if (any)
            buf_add_char(&names, ',');
        buf_add(&names, v->members[i].key);
        any = true;
    }
    if (any) {
        str list = buf_str(&names);
        fault_add(f, at, s->about, str_fmt(w->arena, "Additional properties not allowed: %.*s", STR_ARG(list)));
    }
    buf_free(&names);
}

static void check_object(struct walk *w, struct faults *f, const struct step *at, const struct schema *s, struct json *v)
{
    drop_empty(s, v);
    check_required(w, f, at, s, v);
    if (!s->extra && !(s->flags & SCHEMA_FREE))
        check_additional(w, f, at, s, v);
    check_size(w, f, at, s, v->count, &object_words);
    for (size_t i = v->count; i-- > 0 && !faults_full(f);) {
        const struct schema_member *m = schema_member_find(s, v->members[i].key);
        const struct schema *inner = m ? m->schema : s->extra;
        struct step here = { .up = at, .name = v->members[i].key };
        if (inner)
            check(w, f, &here, inner, v->members[i].value);
    }
}

/* --- unions ----------------------------------------------------------------------------- */

/* Each alternative tells its first fault only, with paths from the failing property on. */
static void check_alternatives(struct walk *w, struct faults *f, const struct step *at, const struct schema *s, struct json *v)
{
    struct step tail[TAIL_STEPS_MAX];
    const struct step *from = step_tail(at, tail);
    struct faults inner;
    unsigned met = 0;
    faults_init(&inner, w->arena, f->place, 0);
    for (size_t i = 0; i < s->alternative_count && !(met && !(s->flags & SCHEMA_ONE)); i++) {
        unsigned before = inner.count;
        inner.max = before + 1;
        check(w, &inner, from, s->alternatives[i], v);
        met += inner.count == before;
    }
    if (met == 0)
        fault_add_none_met(f, at, s->about, &inner);
    else if (met > 1 && (s->flags & SCHEMA_ONE))
        fault_add(f, at, s->about, STR("Data is valid against more than one schema from 'oneOf'"));
    buf_free(&inner.text);
}

static void check(struct walk *w, struct faults *f, const struct step *at, const struct schema *s, struct json *v)
{
    if (faults_full(f))
        return;
    if (w->visits >= VISITS_MAX) {
        fault_add(f, at, s->about, STR("Value is too complex"));
        return;
    }
    w->visits++;
    loosen(w->arena, s, v);
    if (v->type == JSON_NULL && (s->types & SCHEMA_NULL))
        return;
    if (s->alternative_count) {
        check_alternatives(w, f, at, s, v);
        return;
    }
    bool typed = check_type(w, f, at, s, v);
    if (s->value_count)
        check_enum(w, f, at, s, v);
    if (v->type == JSON_NUMBER && (typed || (s->types & SCHEMA_INTEGER)))
        check_number(w, f, at, s, v); /* 1.5 is no integer and may be out of bounds too */
    if (!typed)
        return;
    if (v->type == JSON_STRING)
        check_string(w, f, at, s, v);
    else if (v->type == JSON_ARRAY)
        check_array(w, f, at, s, v);
    else if (v->type == JSON_OBJECT)
        check_object(w, f, at, s, v);
}

/* --- the face ------------------------------------------------------------------------------ */

struct result validate(struct arena *a, const struct schema *s, struct json *value, enum validate_place place)
{
    struct walk w = { .arena = a };
    struct faults f;
    faults_init(&f, a, place, FAULTS_MAX);
    check(&w, &f, NULL, s, value);
    return faults_end(&f);
}

struct result validate_path(struct arena *a, const struct operation *op, const str *values)
{
    struct walk w = { .arena = a };
    struct faults f;
    faults_init(&f, a, IN_PATH, FAULTS_MAX);
    for (size_t i = 0; i < op->path_param_count; i++) {
        struct step here = { .name = op->path_params[i].name };
        const struct schema *s = op->path_params[i].schema;
        check(&w, &f, &here, s, text_to_value(a, s, values[i]));
    }
    return faults_end(&f);
}

void validate_fill_defaults(struct arena *a, const struct schema *s, struct json *object)
{
    if (!json_is(object, JSON_OBJECT))
        return;
    for (size_t i = 0; i < s->member_count; i++) {
        const struct schema_member *m = &s->members[i];
        struct json *value = json_get(object, m->name);
        if (value) {
            validate_fill_defaults(a, m->schema, value);
            continue;
        }
        if (!m->schema->default_json.p)
            continue;
        ignore_result(json_parse(a, m->schema->default_json, &value), "the generator wrote it");
        if (value)
            json_set(a, object, m->name, value);
    }
}
