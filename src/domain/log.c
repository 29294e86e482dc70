#include "domain/log.h"

#include "base/clock.h"
#include "base/map.h"
#include "contract/contract.h"
#include "domain/stats.h"

#include <pthread.h>
#include <string.h>

enum { LOG_ID_LEN = 56, LOG_ID_NUMBER_DIGITS = 36 };

/* Members whose value never enters the log, wherever they stand. */
static const str masked_names[] = {
    STR_INIT("password"),      STR_INIT("newPassword"),     STR_INIT("client_secret"),  STR_INIT("clientSecret"),
    STR_INIT("signing_secret"), STR_INIT("access_token"),   STR_INIT("refresh_token"),  STR_INIT("id_token"),
    STR_INIT("link_with"),     STR_INIT("code"),            STR_INIT("otp"),            STR_INIT("private_key"),
    STR_INIT("signing_keys"),  STR_INIT("signingKey"),      STR_INIT("encryption_key"), STR_INIT("pem"),
    STR_INIT("ticket"),        STR_INIT("custom_password_hash"), STR_INIT("password_hash"), STR_INIT("key"),
    STR_INIT("api_key"),       STR_INIT("token"),           STR_INIT("secret"),         STR_INIT("twilio_token"),
    STR_INIT("configuration"), STR_INIT("app_secret"),      STR_INIT("smtp_pass"),  STR_INIT("bewit"),
    STR_INIT("invitation_url"),
};

static str last_step(str path)
{
    str step = path;
    while (path.p)
        step = str_cut(path, '.', &path);
    return step;
}

/* By their small letters; made once, since every member of every entry is looked
 * up. What the contract seals is masked too, by the name of its last member. */
static struct map *masked;

static void make_masked(void)
{
    struct arena *a = arena_new(0); /* for good */
    masked = map_new(a);
    for (size_t i = 0; i < sizeof masked_names / sizeof *masked_names; i++)
        map_set(masked, str_lower(a, masked_names[i]), masked);
    for (size_t i = 0; i < RESOURCE_MAX; i++)
        for (size_t j = 0; j < resource_specs[i].secrets.count; j++)
            map_set(masked, str_lower(a, last_step(resource_specs[i].secrets.v[j])), masked);
}

/* Free places hold names that nobody foresaw; a text under one that ends so is
 * taken for a secret. */
static bool sounds_secret(str name)
{
    static const str ends[] = { STR_INIT("password"), STR_INIT("passwd"), STR_INIT("secret"),     STR_INIT("token"),
                                STR_INIT("apikey"),   STR_INIT("_pass"),  STR_INIT("private_key"), STR_INIT("privatekey") };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (name.len >= ends[i].len && str_eq_nocase(str_sub(name, name.len - ends[i].len, name.len), ends[i]))
            return true;
    return false;
}

static bool is_masked(struct arena *a, str name, const struct json *value)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_masked);
    return map_get(masked, str_lower(a, name)) || (json_is(value, JSON_STRING) && sounds_secret(name));
}

struct json *log_mask(struct arena *a, const struct json *v)
{
    if (json_is(v, JSON_ARRAY)) {
        struct json *array = json_array(a), *item;
        JSON_EACH_ITEM(v, i, item)
            json_push(a, array, log_mask(a, item));
        return array;
    }
    if (!json_is(v, JSON_OBJECT))
        return (struct json *)v;
    struct json *object = json_object(a);
    struct json_member *m;
    JSON_EACH_MEMBER(v, i, m)
        json_set(a, object, m->key, is_masked(a, m->key, m->value) ? json_string(a, STR("*****")) : log_mask(a, m->value));
    return object;
}

static str log_id_text(struct arena *a, str iso, int64_t number)
{
    static const str prefix = STR_INIT("900");
    char room[INT64_DIGITS_MAX], *text = arena_raw(a, LOG_ID_LEN);
    str digits = str_digits(number, room);
    size_t len = prefix.len;
    memset(text, '0', LOG_ID_LEN);
    memcpy(text, prefix.p, prefix.len);
    for (size_t i = 0; i < iso.len && len < LOG_ID_LEN - LOG_ID_NUMBER_DIGITS; i++)
        if (iso.p[i] >= '0' && iso.p[i] <= '9')
            text[len++] = iso.p[i];
    memcpy(text + LOG_ID_LEN - digits.len, digits.p, digits.len);
    return (str){ text, LOG_ID_LEN };
}

/* Sortable by time and unique in the tenant: "900", the UTC time to the
 * millisecond, then the entry's number (AUTH-REFERENCE 24; 56 digits in all). */
static struct result log_id_make(struct tx *tx, str *out)
{
    struct sql_value row[1];
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT COALESCE(MAX(seq), 0) + 1 FROM logs", SQL_NO_ARGS, row, 1, &found));
    *out = log_id_text(tx->arena, clock_iso(tx->arena, tx->now_us), row[0].i);
    return OK;
}

static void set_if(struct arena *a, struct json *o, const char *key, str value)
{
    if (value.len)
        json_set_text(a, o, str_from(key), value);
}

/* "Chrome 120.0.0 / Linux 0.0.0" in the real log; we keep what was sent, which
 * is what its readers search for. */
static bool is_mobile(str user_agent)
{
    return str_find(user_agent, STR("Mobile")) >= 0;
}

static struct json *entry_body(struct tx *tx, const struct log_entry *e, str log_id)
{
    static const struct actor nobody;
    const struct actor *who = tx->actor ? tx->actor : &nobody;
    struct arena *a = tx->arena;
    struct json *o = json_object(a);
    json_set_text(a, o, STR("date"), clock_iso(a, tx->now_us));
    json_set_text(a, o, STR("type"), e->type);
    set_if(a, o, "description", e->description);
    set_if(a, o, "connection", e->connection);
    set_if(a, o, "connection_id", e->connection_id);
    json_set_text(a, o, STR("client_id"), e->client_id.len ? e->client_id : who->client_id.p ? who->client_id : STR(""));
    json_set_text(a, o, STR("client_name"), e->client_name.len ? e->client_name : who->client_name.p ? who->client_name : STR(""));
    json_set_text(a, o, STR("ip"), who->ip.p ? who->ip : STR(""));
    json_set_text(a, o, STR("user_agent"), who->user_agent.p ? who->user_agent : STR(""));
    if (e->details)
        json_set(a, o, STR("details"), e->details);
    json_set_text(a, o, STR("user_id"), e->user_id.p ? e->user_id : who->user_id.p ? who->user_id : STR(""));
    set_if(a, o, "user_name", e->user_name);
    set_if(a, o, "strategy", e->strategy);
    set_if(a, o, "strategy_type", e->strategy_type);
    set_if(a, o, "audience", e->audience);
    set_if(a, o, "scope", e->scope);
    set_if(a, o, "organization_id", e->organization_id);
    set_if(a, o, "organization_name", e->organization_name);
    json_set_text(a, o, STR("log_id"), log_id);
    json_set_text(a, o, STR("_id"), log_id);
    json_set_bool(a, o, STR("isMobile"), is_mobile(who->user_agent));
    return o;
}

/* Whole requests and answers stand in entries; lists and searches read many
 * entries at once. */
enum { LOG_ENTRY_BYTES_MAX = 64 << 10 };

static struct json *without_bodies(struct arena *a, const struct json *v)
{
    static const str shortened[] = { STR_INIT("request"), STR_INIT("response") };
    struct json *o = json_copy_shallow(a, v);
    json_remove(o, STR("body"));
    json_remove(o, STR("query"));
    for (size_t i = 0; i < sizeof shortened / sizeof *shortened; i++)
        if (json_is(json_get(o, shortened[i]), JSON_OBJECT))
            json_set(a, o, shortened[i], without_bodies(a, json_get(o, shortened[i])));
    return o;
}

/* The entry's text; of one that is too long without the bodies. */
static str entry_text(struct arena *a, struct json *entry)
{
    str text = json_dump(a, entry);
    const struct json *details = json_get(entry, STR("details"));
    if (text.len <= LOG_ENTRY_BYTES_MAX || !json_is(details, JSON_OBJECT))
        return text;
    struct json *shorter = without_bodies(a, details);
    json_set_bool(a, shorter, STR("truncated"), true);
    json_set(a, entry, STR("details"), shorter);
    return json_dump(a, entry);
}

struct result log_append(struct tx *tx, const struct log_entry *e)
{
    str log_id;
    TRY(log_id_make(tx, &log_id));
    struct json *body = entry_body(tx, e, log_id);
    str user_id = json_get_text(body, STR("user_id"));
    TRY(stats_count(tx, e->type));
    return sql_run(tx->sql, "INSERT INTO logs (log_id, date, type, user_id, body) VALUES (?, ?, ?, ?, ?)",
                   SQL_ARGS(sql_text(log_id), sql_int(tx->now_us), sql_text(e->type), sql_text(user_id.len ? user_id : STR_NONE),
                            sql_text(entry_text(tx->arena, body))),
                   NULL);
}
