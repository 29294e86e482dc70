/* The bulk import's schema, walked. Texts: the validator's own (VALIDATION). */
#include "domain/transfer/import_shape.h"

enum { SHOWN_MAX = 200 }; /* of a value in a message */

void import_fault(struct arena *a, struct json *faults, str code, str path, str text)
{
    struct json *fault = json_object(a);
    json_set_text(a, fault, STR("code"), code);
    json_set_text(a, fault, STR("message"), path.len ? str_fmt(a, "Error in %.*s property - %.*s", STR_ARG(path), STR_ARG(text)) : text);
    if (path.len)
        json_set_text(a, fault, STR("path"), path);
    json_push(a, faults, fault);
}

void import_fault_missing(struct arena *a, struct json *faults, str parent, str name)
{
    import_fault(a, faults, STR("OBJECT_REQUIRED"), parent, str_fmt(a, "Missing required property: %.*s", STR_ARG(name)));
}

static const struct { const char *name; enum json_type json; } types[IMPORT_TYPE_MAX] = {
    [IMPORT_STRING] = { "string", JSON_STRING },
    [IMPORT_INTEGER] = { "integer", JSON_NUMBER },
    [IMPORT_OBJECT] = { "object", JSON_OBJECT },
    [IMPORT_BOOLEAN] = { "boolean", JSON_BOOL },
    [IMPORT_ARRAY] = { "array", JSON_ARRAY },
};

static const char *type_found(const struct json *v)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",     [JSON_BOOL] = "boolean", [JSON_NUMBER] = "number",
        [JSON_STRING] = "string", [JSON_ARRAY] = "array",  [JSON_OBJECT] = "object",
    };
    return names[v->type];
}

static bool has_type(const struct import_shape *s, const struct json *v)
{
    int64_t n;
    return v->type == types[s->type].json && (s->type != IMPORT_INTEGER || json_to_int(v, &n));
}

static void check_text(struct arena *a, const struct import_shape *s, str path, str text, struct json *faults)
{
    bool differs_in_case = false;
    for (const str *one = s->one_of; one && one->p; one++) {
        if (str_eq(text, *one))
            return;
        differs_in_case |= str_eq_nocase(text, *one);
    }
    const char *what = differs_in_case ? "Enum does not match case for" : "No enum match for";
    str shown = text.len <= SHOWN_MAX ? text : STR("*****");
    if (s->one_of)
        import_fault(a, faults, STR("ENUM_MISMATCH"), path, str_fmt(a, "%s: %.*s", what, STR_ARG(shown)));
}

static void check_form(struct arena *a, const struct import_form *form, str path, str text, struct json *faults)
{
    str shown = text.len <= SHOWN_MAX ? text : STR("*****");
    if (form && !form->holds(text))
        import_fault(a, faults, str_from(form->code), path,
                     form->shows_text ? str_fmt(a, "%s: %.*s", form->message, STR_ARG(shown)) : str_from(form->message));
}

static void check_number(struct arena *a, const struct import_shape *s, str path, const struct json *v, struct json *faults)
{
    int64_t n = 0;
    json_to_int(v, &n);
    if (n < s->min)
        import_fault(a, faults, STR("MINIMUM"), path,
                     str_fmt(a, "Value %lld is less than minimum %lld", (long long)n, (long long)s->min));
    if (n > s->max)
        import_fault(a, faults, STR("MAXIMUM"), path,
                     str_fmt(a, "Value %lld is greater than maximum %lld", (long long)n, (long long)s->max));
}

static const struct import_shape *member_of(const struct import_shape *members, str name)
{
    for (; members->name.p; members++)
        if (str_eq(members->name, name))
            return members;
    return NULL;
}

/* The validator names them in reverse order (recorded). */
static void check_unknown(struct arena *a, const struct import_shape *s, str path, const struct json *v, struct json *faults)
{
    str names = STR_NONE;
    for (size_t i = json_count(v); i-- > 0 && names.len < SHOWN_MAX;) {
        str name = str_sub(v->members[i].key, 0, SHOWN_MAX);
        if (!member_of(s->members, v->members[i].key))
            names = names.p ? str_fmt(a, "%.*s,%.*s", STR_ARG(names), STR_ARG(name)) : name;
    }
    if (names.p)
        import_fault(a, faults, STR("OBJECT_ADDITIONAL_PROPERTIES"), path,
                     str_fmt(a, "Additional properties not allowed: %.*s", STR_ARG(names)));
}

static void check_members(struct arena *a, const struct import_shape *s, str path, const struct json *v, struct json *faults)
{
    if (!s->members)
        return;
    check_unknown(a, s, path, v, faults);
    for (const struct import_shape *m = s->members; m->name.p; m++) {
        const struct json *value = json_get(v, m->name);
        if (value)
            import_shape_check(a, m, path.len ? str_fmt(a, "%.*s.%.*s", STR_ARG(path), STR_ARG(m->name)) : m->name, value, faults);
        else if (m->is_required)
            import_fault_missing(a, faults, path, m->name);
    }
}

static void check_items(struct arena *a, const struct import_shape *s, str path, const struct json *v, struct json *faults)
{
    const struct json *item;
    if (json_count(v) < s->count_min)
        import_fault(a, faults, STR("ARRAY_LENGTH_SHORT"), path,
                     str_fmt(a, "Array is too short (%zu), minimum %zu", json_count(v), s->count_min));
    if (s->items)
        JSON_EACH_ITEM(v, i, item)
            import_shape_check(a, s->items, str_fmt(a, "%.*s[%zu]", STR_ARG(path), i), item, faults);
}

void import_shape_check(struct arena *a, const struct import_shape *s, str path, const struct json *v, struct json *faults)
{
    if (!has_type(s, v)) {
        import_fault(a, faults, STR("INVALID_TYPE"), path,
                     str_fmt(a, "Expected type %s but found type %s", types[s->type].name, type_found(v)));
        return;
    }
    switch (s->type) {
    case IMPORT_STRING:
        check_text(a, s, path, v->text, faults);
        check_form(a, s->form, path, v->text, faults);
        break;
    case IMPORT_INTEGER:
        check_number(a, s, path, v, faults);
        break;
    case IMPORT_OBJECT:
        check_members(a, s, path, v, faults);
        break;
    case IMPORT_ARRAY:
        check_items(a, s, path, v, faults);
        break;
    case IMPORT_BOOLEAN:
    case IMPORT_TYPE_MAX:
        break;
    }
}
