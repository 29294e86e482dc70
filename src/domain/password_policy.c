#include "domain/password_policy.h"

#include <string.h>

/* --- reading ------------------------------------------------------------------ */

#define CLASS(c) (1u << PASSWORD_##c)
enum { ALL_CLASSES = (1u << PASSWORD_CLASS_MAX) - 1 };

static const struct {
    str name;
    unsigned min_length, classes, classes_needed, identical_max;
} levels[] = {
    { STR_INIT("none"), 1, 0, 0, 0 },
    { STR_INIT("low"), 6, 0, 0, 0 },
    { STR_INIT("fair"), 8, CLASS(LOWER) | CLASS(UPPER) | CLASS(NUMBER), 3, 0 },
    { STR_INIT("good"), 8, ALL_CLASSES, 3, 0 },
    { STR_INIT("excellent"), 10, ALL_CLASSES, 3, 2 },
};
enum { LEVEL_NONE = 0, LEVEL_GOOD = 3, FLEXIBLE_MIN_LENGTH = 8, FLEXIBLE_REPEATS_MAX = 2 };

static const struct {
    str name; /* in password_options.complexity.character_types */
    const char *label;
    str code;
} classes[PASSWORD_CLASS_MAX] = {
    [PASSWORD_LOWER] = { STR_INIT("lowercase"), "lower case letters (a-z)", STR_INIT("lowerCase") },
    [PASSWORD_UPPER] = { STR_INIT("uppercase"), "upper case letters (A-Z)", STR_INIT("upperCase") },
    [PASSWORD_NUMBER] = { STR_INIT("number"), "numbers (i.e. 0-9)", STR_INIT("numbers") },
    [PASSWORD_SPECIAL] = { STR_INIT("special"), "special characters (e.g. !@#$%^&*)", STR_INIT("specialCharacters") },
};

/* An absent policy is the default of a new connection; null is none. */
static size_t level_of(const struct json *options)
{
    const struct json *policy = json_get(options, STR("passwordPolicy"));
    if (!policy)
        return LEVEL_GOOD;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (str_eq(levels[i].name, json_text(policy)))
            return i;
    return LEVEL_NONE;
}

static unsigned bounded(const struct json *object, const char *name, unsigned otherwise, unsigned max)
{
    int64_t v = json_get_int(object, str_from(name), otherwise);
    return v < 0 ? 0 : v > (int64_t)max ? max : (unsigned)v;
}

static void read_classic(const struct json *options, struct password_policy *p)
{
    size_t level = level_of(options);
    p->min_length = bounded(json_get(options, STR("password_complexity_options")), "min_length", levels[level].min_length, 128);
    p->classes = levels[level].classes;
    p->classes_needed = levels[level].classes_needed;
    p->identical_max = levels[level].identical_max;
    const struct json *history = json_get(options, STR("password_history"));
    if (json_get_true(history, STR("enable")))
        p->history_size = bounded(history, "size", 5, PASSWORD_HISTORY_MAX);
    const struct json *dictionary = json_get(options, STR("password_dictionary"));
    p->dictionary = json_get_true(dictionary, STR("enable"));
    p->dictionary_words = json_get(dictionary, STR("dictionary"));
    p->personal_info = json_get_true(json_get(options, STR("password_no_personal_info")), STR("enable"));
}

static unsigned classes_of(const struct json *names)
{
    unsigned set = 0;
    for (size_t i = 0; i < PASSWORD_CLASS_MAX; i++)
        if (json_array_has(names, classes[i].name))
            set |= 1u << i;
    return set;
}

static unsigned count_bits(unsigned set)
{
    unsigned n = 0;
    for (; set; set &= set - 1)
        n++;
    return n;
}

static bool says(const struct json *object, const char *name, str word)
{
    return str_eq(json_get_text(object, str_from(name)), word);
}

static void read_flexible(const struct json *flexible, struct password_policy *p)
{
    const struct json *c = json_get(flexible, STR("complexity"));
    p->min_length = bounded(c, "min_length", FLEXIBLE_MIN_LENGTH, PASSWORD_BYTES_MAX);
    p->classes = classes_of(json_get(c, STR("character_types")));
    p->classes_needed = count_bits(p->classes);
    if (says(c, "character_type_rule", STR("three_of_four")) && p->classes == ALL_CLASSES)
        p->classes_needed = 3;
    p->identical_max = says(c, "identical_characters", STR("block")) ? FLEXIBLE_REPEATS_MAX : 0;
    p->sequential_max = says(c, "sequential_characters", STR("block")) ? FLEXIBLE_REPEATS_MAX : 0;
    p->too_long_is_error = says(c, "max_length_exceeded", STR("error"));
    const struct json *history = json_get(flexible, STR("history"));
    if (json_get_true(history, STR("active")))
        p->history_size = bounded(history, "size", 5, PASSWORD_HISTORY_MAX);
    const struct json *dictionary = json_get(flexible, STR("dictionary"));
    p->dictionary = json_get_true(dictionary, STR("active"));
    p->dictionary_words = json_get(dictionary, STR("custom"));
    const struct json *personal = json_get(flexible, STR("profile_data"));
    p->personal_info = json_get_true(personal, STR("active"));
    p->personal_fields = json_get(personal, STR("blocked_fields"));
}

void password_policy_read(const struct json *options, struct password_policy *out)
{
    *out = (struct password_policy){ 0 };
    const struct json *flexible = json_get(options, STR("password_options"));
    if (json_is(flexible, JSON_OBJECT) && json_count(flexible))
        read_flexible(flexible, out);
    else
        read_classic(options, out);
}

/* --- measuring ------------------------------------------------------------------ */

/* The shared rule library counts JavaScript's units: two for what is beyond the
 * basic plane. */
static size_t utf16_len(str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        n += (c & 0xC0) != 0x80;
        n += c >= 0xF0;
    }
    return n;
}

static int class_of(char c)
{
    if (c >= 'a' && c <= 'z')
        return PASSWORD_LOWER;
    if (c >= 'A' && c <= 'Z')
        return PASSWORD_UPPER;
    if (c >= '0' && c <= '9')
        return PASSWORD_NUMBER;
    return c >= ' ' && c <= '~' ? PASSWORD_SPECIAL : -1;
}

static unsigned classes_in(str s)
{
    unsigned set = 0;
    for (size_t i = 0; i < s.len; i++) {
        int c = class_of(s.p[i]);
        set |= c < 0 ? 0 : 1u << c;
    }
    return set;
}

static bool has_identical_run(str s, unsigned max)
{
    size_t run = 1;
    for (size_t i = 1; i < s.len; i++) {
        run = s.p[i] == s.p[i - 1] ? run + 1 : 1;
        if (run > max)
            return true;
    }
    return false;
}

static bool is_alnum(char c)
{
    int k = class_of(c);
    return k == PASSWORD_LOWER || k == PASSWORD_UPPER || k == PASSWORD_NUMBER;
}

/* abc, 321: neighbours by code in one direction, letters and digits only. */
static bool has_sequential_run(str s, unsigned max)
{
    size_t run = 1;
    int direction = 0;
    for (size_t i = 1; i < s.len; i++) {
        int step = s.p[i] - s.p[i - 1];
        bool counts = (step == 1 || step == -1) && is_alnum(s.p[i]) && is_alnum(s.p[i - 1]);
        run = !counts ? 1 : step == direction ? run + 1 : 2;
        direction = counts ? step : 0;
        if (run > max)
            return true;
    }
    return false;
}

/* --- the rules, each with its words ------------------------------------------------ */

struct rule {
    struct arena *a;
    const struct password_policy *p;
    str password;
    struct json *list; /* where verdicts go */
};

static void rule_add(struct rule *r, str message, str code, struct json *format, struct json *items, bool verified)
{
    struct json *o = json_object(r->a);
    json_set_text(r->a, o, STR("message"), message);
    if (format)
        json_set(r->a, o, STR("format"), format);
    json_set_text(r->a, o, STR("code"), code);
    if (items)
        json_set(r->a, o, STR("items"), items);
    json_set_bool(r->a, o, STR("verified"), verified);
    json_push(r->a, r->list, o);
}

static struct json *numbers(struct arena *a, int64_t x, int64_t y)
{
    struct json *list = json_array(a);
    json_push(a, list, json_int(a, x));
    if (y)
        json_push(a, list, json_int(a, y));
    return list;
}

static struct json *run_format(struct arena *a, unsigned max, str example)
{
    struct json *list = numbers(a, max, 0);
    json_push_text(a, list, example);
    return list;
}

static void rule_length(struct rule *r)
{
    if (r->p->min_length <= 1)
        rule_add(r, STR("Non-empty password required"), STR("nonEmpty"), NULL, NULL, r->password.len > 0);
    else
        rule_add(r, STR("At least %d characters in length"), STR("lengthAtLeast"), numbers(r->a, r->p->min_length, 0), NULL,
                 utf16_len(r->password) >= r->p->min_length);
}

static void rule_classes(struct rule *r)
{
    if (!r->p->classes_needed)
        return;
    unsigned there = classes_in(r->password) & r->p->classes, wanted = count_bits(r->p->classes);
    struct json *items = json_array(r->a);
    for (size_t i = 0; i < PASSWORD_CLASS_MAX; i++) {
        if (!(r->p->classes & 1u << i))
            continue;
        struct json *item = json_object(r->a);
        json_set_text(r->a, item, STR("message"), str_from(classes[i].label));
        json_set_text(r->a, item, STR("code"), classes[i].code);
        json_set_bool(r->a, item, STR("verified"), (there & 1u << i) != 0);
        json_push(r->a, items, item);
    }
    bool enough = count_bits(there) >= r->p->classes_needed;
    if (wanted == r->p->classes_needed)
        rule_add(r, STR("Should contain:"), STR("shouldContain"), NULL, items, enough);
    else
        rule_add(r, STR("Contain at least %d of the following %d types of characters:"), STR("containsAtLeast"),
                 numbers(r->a, r->p->classes_needed, wanted), items, enough);
}

static void rule_identical(struct rule *r)
{
    if (r->p->identical_max)
        rule_add(r, STR("No more than %d identical characters in a row (e.g., \"%s\" not allowed)"), STR("identicalChars"),
                 run_format(r->a, r->p->identical_max, STR("aaa")), NULL,
                 r->password.len && !has_identical_run(r->password, r->p->identical_max));
}

static void rule_sequential(struct rule *r)
{
    if (r->p->sequential_max)
        rule_add(r, STR("No more than %d sequential alphanumeric characters (e.g., \"%s\" not allowed)"), STR("sequentialChars"),
                 run_format(r->a, r->p->sequential_max, STR("abc")), NULL,
                 r->password.len && !has_sequential_run(r->password, r->p->sequential_max));
}

static void rule_too_long(struct rule *r)
{
    if (r->p->too_long_is_error)
        rule_add(r, STR("Maximum password length exceeded"), STR("maxLength"), NULL, NULL,
                 r->password.len && r->password.len <= PASSWORD_BYTES_MAX);
}

struct json *password_policy_rules(struct arena *a, const struct password_policy *p, str password)
{
    static void (*const rules[])(struct rule *) = { rule_length, rule_classes, rule_identical, rule_sequential, rule_too_long };
    struct rule r = { a, p, password, json_array(a) };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        rules[i](&r);
    return r.list;
}

/* A rule's message with its format filled in: %d and %s in turn. */
static void write_message(struct buf *b, str message, const struct json *format)
{
    size_t next = 0;
    for (size_t i = 0; i < message.len; i++) {
        bool placeholder = message.p[i] == '%' && i + 1 < message.len && next < json_count(format);
        if (!placeholder) {
            buf_add_char(b, message.p[i]);
            continue;
        }
        const struct json *v = json_item(format, next++);
        buf_add(b, v->text); /* a number's lexeme or a text */
        i++;
    }
}

str password_policy_text(struct arena *a, const struct password_policy *p)
{
    struct buf b;
    const struct json *rule, *item;
    const struct json *rules = password_policy_rules(a, p, STR(""));
    buf_init(&b, 4096);
    JSON_EACH_ITEM(rules, i, rule) {
        buf_add(&b, i ? STR("\n* ") : STR("* "));
        write_message(&b, json_get_text(rule, STR("message")), json_get(rule, STR("format")));
        const struct json *items = json_get(rule, STR("items"));
        JSON_EACH_ITEM(items, k, item) {
            buf_add(&b, STR("\n  * "));
            buf_add(&b, json_get_text(item, STR("message")));
        }
    }
    str text = str_dup(a, buf_str(&b));
    buf_free(&b);
    return text;
}

/* --- personal data ------------------------------------------------------------------- */

/* A single letter as nickname must not forbid every password with that letter. */
enum { PERSONAL_LEN_MIN = 3 };

static bool contains(struct arena *a, str lower_password, str value)
{
    return value.len >= PERSONAL_LEN_MIN && str_find(lower_password, str_lower(a, value)) >= 0;
}

static str personal_value(const struct json *profile, str path)
{
    str rest, first = str_cut(path, '.', &rest);
    str value = json_text(rest.p ? json_get(json_get(profile, first), rest) : json_get(profile, first));
    return str_eq(path, STR("email")) ? str_cut(value, '@', &rest) : value;
}

static bool has_personal_info(struct arena *a, const struct password_policy *p, str password, const struct json *profile)
{
    static const str usual[] = {
        STR_INIT("name"), STR_INIT("username"), STR_INIT("nickname"), STR_INIT("user_metadata.name"),
        STR_INIT("user_metadata.first"), STR_INIT("user_metadata.last"), STR_INIT("email"),
    };
    str lower = str_lower(a, password);
    const struct json *field;
    JSON_EACH_ITEM(p->personal_fields, i, field)
        if (contains(a, lower, personal_value(profile, json_text(field))))
            return true;
    for (size_t i = 0; !json_count(p->personal_fields) && i < sizeof usual / sizeof *usual; i++)
        if (contains(a, lower, personal_value(profile, usual[i])))
            return true;
    return false;
}

/* --- all of it -------------------------------------------------------------------------- */

static bool is_in_words(const struct json *words, str password)
{
    const struct json *word;
    JSON_EACH_ITEM(words, i, word)
        if (str_eq_nocase(json_text(word), password))
            return true;
    return false;
}

static bool is_strong(struct arena *a, const struct password_policy *p, str password)
{
    const struct json *rules = password_policy_rules(a, p, password), *rule;
    JSON_EACH_ITEM(rules, i, rule)
        if (!json_get_true(rule, STR("verified")))
            return false;
    return true;
}

struct result password_policy_check(struct arena *a, const struct password_policy *p, str password, const struct json *profile)
{
    if (!is_strong(a, p, password))
        return fail(ERR_PASSWORD_TOO_WEAK);
    if (p->dictionary && (is_in_words(p->dictionary_words, password) || password_is_common(a, password)))
        return fail(ERR_PASSWORD_TOO_COMMON);
    if (p->personal_info && has_personal_info(a, p, password, profile))
        return fail(ERR_PASSWORD_USER_INFO);
    return OK;
}
