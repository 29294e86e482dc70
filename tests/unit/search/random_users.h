/* Users and queries drawn from a small vocabulary, so that queries hit. */
#ifndef TESTS_SEARCH_RANDOM_USERS_H
#define TESTS_SEARCH_RANDOM_USERS_H

#include "base/buf.h"

static uint64_t random_state = 1;

static inline void random_seed(uint64_t seed)
{
    random_state = seed * 0x9e3779b97f4a7c15u + 1;
}

/* xorshift64 */
static inline unsigned random_below(unsigned limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % limit;
}

#define PICK(list) (list)[random_below(sizeof(list) / sizeof(list)[0])]

static const char *const random_words[] = { "jane", "Jane", "JANE ROE", "jo", "john", "roe", "\xc3\x89t\xc3\xa9", "x y", "true",
                                            "7", "2018-12", "gold", "Silver", "", "a*b", "acme.example", "Z", "z",
                                            "the start is alike, the end one", "the start is alike, the end two",
                                            "the start is alike, the", "E\xcc\x81t\xc3\xa9" };
static const char *const random_dates[] = { "2018-12-31T23:59:59.999Z", "2019-01-01T00:00:00.000Z", "2018-01-15T10:00:00.000Z",
                                            "2020-02-29T12:30:45.123Z", "2019-01-01T01:00:00.000+02:00", "never" };
static const char *const random_numbers[] = { "0", "-1", "1", "7", "1.5", "100", "1e3", "9007199254740992", "-0.25" };

/* Texts longer than a stored key, alike in what is stored. */
static inline void random_long_text(struct buf *b)
{
    for (int i = 0; i < 300; i++)
        buf_add_char(b, 'q');
    buf_add_char(b, (char)('a' + random_below(3)));
}

static inline void random_scalar(struct buf *b)
{
    switch (random_below(7)) {
    case 0:
        buf_add(b, str_from(PICK(random_numbers)));
        return;
    case 1:
        buf_add(b, random_below(2) ? STR("true") : STR("false"));
        return;
    case 2:
        buf_add(b, STR("null"));
        return;
    case 3:
        buf_add_char(b, '"');
        random_long_text(b);
        buf_add_char(b, '"');
        return;
    default:
        buf_fmt(b, "\"%s\"", PICK(random_words));
    }
}

static inline void random_value(struct buf *b, int depth)
{
    static const char *const keys[] = { "plan", "a", "b", "a.b" };
    unsigned kind = random_below(depth ? 6 : 4), count = random_below(3);
    if (kind < 4) {
        random_scalar(b);
        return;
    }
    buf_add_char(b, kind == 4 ? '[' : '{');
    for (unsigned i = 0; i < count; i++) {
        if (i)
            buf_add_char(b, ',');
        if (kind == 5)
            buf_fmt(b, "\"%s\":", keys[(i + random_below(2) * 2) % 4]);
        random_value(b, depth - 1);
    }
    buf_add_char(b, kind == 4 ? ']' : '}');
}

static inline void random_text_member(struct buf *b, const char *name)
{
    unsigned kind = random_below(18);
    if (kind >= 12)
        return;
    buf_fmt(b, ",\"%s\":", name);
    if (kind == 0)
        random_value(b, 2);
    else
        buf_fmt(b, "\"%s\"", PICK(random_words));
}

static inline void random_user(struct buf *b, unsigned number)
{
    static const char *const texts[] = { "name", "nickname", "family_name", "username" };
    static const char *const dates[] = { "created_at", "last_login" };
    static const char *const metadata[] = { "app_metadata", "user_metadata" };
    buf_clear(b);
    buf_fmt(b, "{\"user_id\":\"auth0|%04u\",\"email\":\"U%u@%s\"", number, number % 50, PICK(random_words));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        random_text_member(b, texts[i]);
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++)
        if (random_below(3))
            buf_fmt(b, ",\"%s\":\"%s\"", dates[i], PICK(random_dates));
    if (random_below(2))
        buf_fmt(b, ",\"logins_count\":%s", PICK(random_numbers));
    if (random_below(2))
        buf_fmt(b, ",\"blocked\":%s", random_below(4) ? "false" : "true");
    buf_fmt(b, ",\"identities\":[{\"provider\":\"auth0\",\"isSocial\":false}%s]",
            random_below(3) ? "" : ",{\"provider\":\"google\",\"isSocial\":true}");
    for (size_t i = 0; i < 2; i++) {
        buf_fmt(b, ",\"%s\":{\"plan\":", metadata[i]);
        random_value(b, 3);
        buf_add(b, STR(",\"tags\":["));
        random_value(b, 2);
        buf_add(b, STR("]}"));
    }
    buf_add_char(b, '}');
}

/* --- queries ----------------------------------------------------------------------------- */

static const char *const random_fields[] = {
    "name", "nickname", "family_name", "username", "email", "email.domain", "created_at", "last_login", "logins_count",
    "blocked", "identities.provider", "identities.isSocial", "app_metadata.plan", "app_metadata.tags", "app_metadata.plan.a",
    "user_metadata.plan", "user_metadata", "app_metadata.plan.a.b", "app_metadata.nope", "nope",
};

static inline void random_word(struct buf *b)
{
    static const char *const words[] = { "jane", "Jane", "\"jane roe\"", "jo", "roe", "\xc3\xa9t\xc3\x89", "true", "false", "7", "1.5",
                                         "-1", "2018-12", "2018", "2019-01-01", "gold", "\"\"", "a\\*b", "acme.example", "auth0",
                                         "google", "9007199254740992" };
    if (random_below(12)) {
        buf_add(b, str_from(PICK(words)));
        return;
    }
    random_long_text(b);
}

static inline void random_wildcard(struct buf *b)
{
    static const char *const patterns[] = { "j*", "J*", "*roe", "ja*oe", "q*", "qqq*b", "2018*", "u1*", "\xc3\xa9*", "*example" };
    buf_add(b, str_from(PICK(patterns)));
}

static inline void random_range(struct buf *b)
{
    static const char *const bounds[] = { "*", "0", "1", "7", "-1", "2018", "2018-12", "2019-01-01", "a", "jane", "Jane", "z", "1.5" };
    buf_add_char(b, random_below(2) ? '[' : '{');
    buf_fmt(b, "%s TO ", PICK(bounds));
    buf_add(b, str_from(PICK(bounds)));
    buf_add_char(b, random_below(2) ? ']' : '}');
}

static inline void random_term(struct buf *b)
{
    unsigned kind = random_below(10);
    if (kind == 0) {
        buf_fmt(b, "_exists_:%s", PICK(random_fields));
        return;
    }
    if (random_below(5))
        buf_fmt(b, "%s:", PICK(random_fields));
    if (kind < 3)
        random_range(b);
    else if (kind < 5)
        random_wildcard(b);
    else
        random_word(b);
}

static inline void random_query(struct buf *b, int depth)
{
    static const char *const operators[] = { " AND ", " OR ", " " };
    if (depth == 0 || random_below(3) == 0) {
        random_term(b);
        return;
    }
    unsigned count = 2 + random_below(2);
    buf_add_char(b, '(');
    for (unsigned i = 0; i < count; i++) {
        if (i)
            buf_add(b, str_from(PICK(operators)));
        if (random_below(4) == 0)
            buf_add(b, STR("NOT "));
        random_query(b, depth - 1);
    }
    buf_add_char(b, ')');
}

#endif
