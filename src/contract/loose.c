#include "contract/loose.h"

static bool is_json_number(str s)
{
    size_t i = s.len && s.p[0] == '-', digits = i;
    while (i < s.len && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    if (i == digits || (i - digits > 1 && s.p[digits] == '0'))
        return false;
    if (i == s.len)
        return true;
    size_t fraction = i + 1;
    if (s.p[i] != '.')
        return false;
    for (i = fraction; i < s.len; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return i > fraction;
}

static bool is_word(const struct schema *s, str text, str word)
{
    return s->flags & SCHEMA_LOOSE ? str_eq_nocase(text, word) : str_eq(text, word);
}

/* What an alternative would make of it, when it would make anything. */
static struct json *by_alternative(struct arena *a, const struct schema *s, str text)
{
    for (size_t i = 0; i < s->alternative_count; i++) {
        struct json *v = text_to_value(a, s->alternatives[i], text);
        if (v->type != JSON_STRING)
            return v;
    }
    return json_string(a, text);
}

struct json *text_to_value(struct arena *a, const struct schema *s, str text)
{
    if (s->alternative_count)
        return by_alternative(a, s, text);
    if (s->types & SCHEMA_STRING)
        return json_string(a, text);
    if (s->types & SCHEMA_BOOLEAN) {
        bool yes = is_word(s, text, STR("true")), no = is_word(s, text, STR("false"));
        if (s->flags & SCHEMA_LOOSE) {
            yes = yes || str_eq(text, STR("1"));
            no = no || str_eq(text, STR("0"));
        }
        if (yes || no)
            return json_bool(a, yes);
    }
    if ((s->types & (SCHEMA_INTEGER | SCHEMA_NUMBER)) && is_json_number(text))
        return json_number(a, text);
    return json_string(a, text);
}

static void loosen_number(const struct schema *s, struct json *v)
{
    int64_t n;
    if ((s->types & SCHEMA_BOOLEAN) && !(s->types & SCHEMA_INTEGER) && json_to_int(v, &n) && (n == 0 || n == 1)) {
        v->type = JSON_BOOL;
        v->boolean = n == 1;
    }
}

static void clamp(struct arena *a, const struct schema *s, struct json *v)
{
    double n = json_to_double(v);
    if ((s->flags & SCHEMA_HAS_MIN) && n < s->min)
        *v = *json_int(a, (int64_t)s->min);
    else if ((s->flags & SCHEMA_HAS_MAX) && n > s->max)
        *v = *json_int(a, (int64_t)s->max);
}

void loosen(struct arena *a, const struct schema *s, struct json *v)
{
    if (s->flags & SCHEMA_LOOSE) {
        if (v->type == JSON_STRING)
            *v = *text_to_value(a, s, v->text);
        else if (v->type == JSON_NUMBER)
            loosen_number(s, v);
    }
    if ((s->flags & SCHEMA_CLAMP) && v->type == JSON_NUMBER)
        clamp(a, s, v);
}

bool counts_as_absent(const struct schema *s, const struct json *v)
{
    return (s->flags & SCHEMA_EMPTY_ABSENT) && v->type == JSON_STRING && v->text.len == 0;
}
